// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Reads and decodes every event below a size once more, a stretch at a time; what is no event is
/// passed over, and so is what is no position.
struct LeafScan {
  private static let leaves = 2048

  private let source: LedgerSource
  private let end: UInt64
  private var next: UInt64 = 0
  private var decoder = LogLineDecoder()

  init(_ source: LedgerSource, end: UInt64) {
    self.source = source
    self.end = end
  }

  /// The events of the next stretch, but for log lines; nil after the last one.
  mutating func batch() throws(ReadingError) -> [Event]? {
    guard next < end else { return nil }
    var events: [Event] = []
    var decoder = decoder
    var next = next
    try source.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.leaves) { (cursor) throws(ReadingError) in
        var entry = try moving { () throws(LMDBError) in
          try cursor.seek(atOrAfter: BigEndianKey(next))
        }
        for _ in 0..<LeafScan.leaves {
          guard let leaf = entry, let found = BigEndianKey(leaf.key)?.number, found >= next,
            found < end
          else {
            next = end
            return
          }
          if let read = try? decoder.read(leaf.value), case .event(let event) = read {
            events.append(event)
          }
          next = found + 1
          entry = try moving { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
    self.decoder = decoder
    self.next = next
    return events
  }
}
