// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// The actors of events that are not decoded: each once, by the bytes that it has in a leaf.
struct StoredActors: Sendable {
  private(set) var actors: [Actor] = []
  private var stored: [[UInt8]] = []
  private var indices: [[UInt8]: Int] = [:]
  private var last: Int?

  /// Which of the actors a leaf names; those of one job follow each other.
  mutating func index(
    of outline: LeafOutline, in leaf: UnsafeRawBufferPointer, at position: Position
  ) throws(ReadingError) -> Int {
    if let last, outline.end(ofActor: stored[last], in: leaf) != nil { return last }
    guard let range = outline.actor(in: leaf) else {
      throw Documents.altered(leaf, at: position)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: leaf[range])
    let key = Array(bytes)
    if let index = indices[key] {
      last = index
      return index
    }
    guard let actor = EventCodec.actor(bytes) else {
      throw Documents.altered(leaf, at: position)
    }
    let index = add(actor, storedAs: key)
    last = index
    return index
  }

  private mutating func add(_ actor: Actor, storedAs key: [UInt8]) -> Int {
    actors.append(actor)
    stored.append(key)
    indices[key] = actors.count - 1
    return actors.count - 1
  }

  /// Takes in other actors, and tells which of these each of them is.
  mutating func add(_ other: StoredActors) -> [Int] {
    zip(other.actors, other.stored).map { actor, key in
      indices[key] ?? add(actor, storedAs: key)
    }
  }
}
