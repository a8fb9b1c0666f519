// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Why the words of an event cannot be had.
enum WordsGap {
  /// Somebody erased them.
  case erased(ErasureMark)
  /// They are not there, and nobody says that they were erased.
  case missing
}

// What is asked of events without decoding them, where there are many.
extension Documents {
  /// Lends the bytes of an event; compared with the tree where that was asked for.
  mutating func leaf<R>(
    at position: Position, _ body: (UnsafeRawBufferPointer) throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    isVerifying
      ? try snapshot.verifiedLeaf(at: position, using: &checker, body)
      : try snapshot.leaf(at: position, body)
  }

  /// The type of an event, and whatever else its outline says.
  mutating func outline<R>(
    at position: Position,
    _ body: (EventType, LeafOutline, UnsafeRawBufferPointer) throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    try leaf(at: position) { (leaf) throws(ReadingError) in
      guard let outline = LeafOutline(leaf),
        let type = EventType(name: UnsafeRawBufferPointer(rebasing: leaf[outline.tail.type]))
      else {
        throw Documents.altered(leaf, at: position)
      }
      return try body(type, outline, leaf)
    }
  }

  /// What is wrong with a leaf that has no outline: what decoding says, if it says anything.
  static func altered(_ leaf: UnsafeRawBufferPointer, at position: Position) -> ReadingError {
    do throws(ReadingError) { _ = try Snapshot.decode(leaf, at: position) } catch { return error }
    return ReadingError(
      .leafAltered(position), "reading the outline of event #\(position.value)")
  }

  /// Whether the words of an event are erased or missing; nil where they are there, or it has none.
  /// Words that are there are held against their digest where events are against the tree.
  mutating func gap(at position: Position) throws(ReadingError) -> WordsGap? {
    if isVerifying {
      let event = try event(at: position)
      guard event.text != nil, try snapshot.text(of: event) == .erased else { return nil }
    } else {
      // Most events have no words, and their leaves lie closer together than those.
      guard try leaf(at: position, { LeafTail($0)?.text != nil }),
        try !snapshot.hasDisclosure(at: position)
      else { return nil }
    }
    return try erasure(of: try event(at: position)).map { .erased($0) } ?? .missing
  }
}
