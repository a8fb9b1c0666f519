// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

extension Snapshot {
  /// When the event at a position was recorded. One seek, no decoding.
  public func time(at position: Position) throws(ReadingError) -> Timestamp {
    try leaf(at: position) { (bytes) throws(ReadingError) in
      guard let time = EventCodec.time(of: bytes) else {
        throw ReadingError(
          .rowDamaged("event #\(position.value) has no time"),
          "reading the time of event #\(position.value)")
      }
      return time
    }
  }

  /// The size as of a moment: one more than the greatest position whose time is not later.
  ///
  /// Times never decrease but at `ledger.clock_corrected`, so each stretch between two of those is
  /// searched by halves, the latest first. O(corrections × log n) seeks.
  public func size(asOf moment: Timestamp) throws(ReadingError) -> LedgerSize {
    guard size.value > 0 else { return size }
    var end = size.value
    var starts: [UInt64] = [0]
    try forEachPosition(of: .clockCorrected, asOf: size) { (position) throws(ReadingError) in
      starts.append(position.value)
      return true
    }
    for start in starts.reversed() {
      if start < end, try time(at: Position(start)) <= moment {
        var low = start
        var high = end
        while high - low > 1 {
          let middle = low + (high - low) / 2
          if try time(at: Position(middle)) <= moment { low = middle } else { high = middle }
        }
        return LedgerSize(low + 1)
      }
      end = start
    }
    return LedgerSize(0)
  }
}
