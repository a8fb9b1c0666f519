// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// An event as it leaves the ledger; it was held against the tree.
public struct ExportedEvent: Sendable {
  /// The event.
  public var event: Event
  /// Its full form: canonical JSON.
  public var fullForm: [UInt8]
  /// Whether its words were erased.
  public var isErased: Bool
}

extension Exporter {
  /// How many events are made ready at a time.
  private static let batch: UInt64 = 1024

  /// Calls `body` with the events 0…size−1 in order, decoded, while the next ones are read.
  ///
  /// Damage ends it with a ``ReadingError``. Memory is bounded.
  public static func forEachEvent(
    _ reader: LedgerReader, through size: LedgerSize, _ body: (ExportedEvent) throws -> Void
  ) throws -> Summary {
    let erasures = try reader.read { (snapshot) throws(ReadingError) in
      guard size <= snapshot.size else {
        throw ReadingError(.beyondHead(asked: size, head: snapshot.size), "exporting events")
      }
      return try Erasures(snapshot)
    }
    var summary = Summary()
    try Pipeline.run { emit in
      var checker = BlockChecker()
      var done = Summary()
      while done.events < size.value {
        let events = try Exporter.events(
          reader, upTo: min(size.value, done.events + batch), erasures, &checker, &done)
        if !emit(Batch(events: events, summary: done)) { return }
      }
    } consume: { (batch: Batch) in
      for event in batch.events { try body(event) }
      summary = batch.summary
    }
    return summary
  }

  private struct Batch: Sendable {
    var events: [ExportedEvent]
    var summary: Summary
  }

  private static func events(
    _ reader: LedgerReader, upTo end: UInt64, _ erasures: Erasures,
    _ checker: inout BlockChecker, _ summary: inout Summary
  ) throws(ReadingError) -> [ExportedEvent] {
    var events: [ExportedEvent] = []
    try reader.read { (snapshot) throws(ReadingError) in
      while summary.events < end {
        let place = Position(summary.events)
        let erased = summary.erased
        try snapshot.verifiedLeaf(at: place, using: &checker) { (leaf) throws(ReadingError) in
          let event = try Snapshot.decode(leaf, at: place)
          var buffer = ByteBuffer(capacity: leaf.count + 256)
          try ExportWalk.append(leaf, .event(event), in: snapshot, erasures, &summary, to: &buffer)
          events.append(
            ExportedEvent(
              event: event, fullForm: buffer.array(), isErased: summary.erased > erased))
        }
        summary.events += 1
      }
    }
    return events
  }
}
