// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Counts words: exactly up to a bound of different ones and of their bytes, then the frequent ones.
///
/// When it is full, the median count is taken from all, and what reaches zero is dropped (Misra and
/// Gries 1982, in the form of Anderson et al. 2017). A count is then too low by at most `error`, the
/// sum of what was taken: at most 2n/bound. Whatever is more frequent than that is kept.
/// Different words are then estimated by a HyperLogLog.
struct WordTable: ~Copyable {
  /// Longer words are told apart by their hash alone, and never listed.
  static let listedBytes = 128

  private struct Slot {
    var hash: UInt64 = 0
    var count: UInt64 = 0
    var offset: UInt32 = 0
    var length: UInt32 = 0
  }

  private var error: UInt64 = 0
  /// All words, dropped ones too.
  private(set) var total: UInt64 = 0
  private var entries = 0
  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private var arena: [UInt8] = []
  private var distinct: HyperLogLog?
  private let bounds: Bounds

  init(_ bounds: Bounds) {
    self.bounds = bounds
    mask = 63
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(), count: mask + 1)
  }

  deinit { slots.deallocate() }

  /// Counts a word of well-formed UTF-8 with its hash.
  @inline(__always)
  mutating func add(_ bytes: UnsafePointer<UInt8>, _ count: Int, hash: UInt64) {
    total &+= 1
    distinct?.add(hash)
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at].count != 0 {
      if slots[at].hash == hash, Int(slots[at].length) == count, holds(at, bytes, count) {
        slots[at].count &+= 1
        return
      }
      at = (at &+ 1) & mask
    }
    insert(bytes, count, hash)
  }

  @inline(__always)
  private func holds(_ at: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    if count > Self.listedBytes { return true }
    let offset = Int(slots[at].offset)
    return arena.withUnsafeBufferPointer { words in
      for index in 0..<count where words[offset &+ index] != bytes[index] { return false }
      return true
    }
  }

  @inline(never)
  private mutating func insert(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) {
    let kept = count > Self.listedBytes ? 0 : count
    if entries == bounds.distinct || arena.count + kept > bounds.wordBytes {
      beginEstimate(hash)
      purge()
    }
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at].count != 0 { at = (at &+ 1) & mask }
    slots[at] = Slot(
      hash: hash, count: 1, offset: UInt32(arena.count), length: UInt32(clamping: count))
    arena.append(contentsOf: UnsafeBufferPointer(start: bytes, count: kept))
    entries += 1
    if entries * 2 > mask { rehash(slots: 2 * (mask + 1), taking: 0) }
  }

  private mutating func beginEstimate(_ hash: UInt64) {
    if distinct != nil { return }
    var estimate = HyperLogLog()
    for at in 0...mask where slots[at].count != 0 { estimate.add(slots[at].hash) }
    estimate.add(hash)
    distinct = consume estimate
  }

  /// Takes the median count from all words.
  private mutating func purge() {
    var counts: [UInt64] = []
    counts.reserveCapacity(entries)
    var ones = 0
    for at in 0...mask where slots[at].count != 0 {
      counts.append(slots[at].count)
      if slots[at].count == 1 { ones += 1 }
    }
    let median: UInt64
    if ones * 2 >= counts.count {
      median = 1
    } else {
      counts.sort()
      median = counts[counts.count / 2]
    }
    error += median
    rehash(slots: mask + 1, taking: median)
  }

  /// Lays the table out anew, with smaller counts; words that reach zero go.
  private mutating func rehash(slots size: Int, taking less: UInt64) {
    let old = slots
    let oldCount = mask + 1
    let oldArena = arena
    mask = size - 1
    slots = .allocate(capacity: size)
    slots.initialize(repeating: Slot(), count: size)
    if less > 0 { arena.removeAll(keepingCapacity: true) }
    entries = 0
    for index in 0..<oldCount where old[index].count > less {
      var slot = old[index]
      slot.count -= less
      if less > 0 {
        let start = Int(slot.offset)
        slot.offset = UInt32(arena.count)
        if Int(slot.length) <= Self.listedBytes {
          arena.append(contentsOf: oldArena[start..<(start + Int(slot.length))])
        }
      }
      var at = Int(truncatingIfNeeded: slot.hash) & mask
      while slots[at].count != 0 { at = (at + 1) & mask }
      slots[at] = slot
      entries += 1
    }
    old.deallocate()
  }

  /// How much a count may be too low.
  func countError() -> UInt64 { error }

  /// How many different words there were.
  func distinctWords() -> Distinct {
    guard let estimate = distinct?.estimate() else { return Distinct(exact: UInt64(entries)) }
    return Distinct(estimate: max(estimate, UInt64(entries)))
  }

  /// The words that may be listed, with their counts, in no order.
  func words() -> [Bins.Value] {
    var all: [Bins.Value] = []
    for at in 0...mask where slots[at].count != 0 && slots[at].length <= Self.listedBytes {
      let start = Int(slots[at].offset)
      let bytes = arena[start..<(start + Int(slots[at].length))]
      all.append(Bins.Value(Text(String(decoding: bytes, as: UTF8.self)), slots[at].count))
    }
    return all
  }
}
