// SPDX-License-Identifier: Apache-2.0
// AsOf — from what a reader writes to the size it means.
// Reads: the snapshot it is given, and a checkpoint file. Never: the clock; now is a parameter.
// Invariant: an answer is of one size, or refused; nothing is rounded to what the ledger has.
// Start at: AsOf.init, then AsOf.size(in:). Tests: LedgerAuditTests.

public import LedgerDomain
public import LedgerReading

/// What `--as-of` says.
public enum AsOf: Equatable, Sendable {
  /// The events 0…N−1.
  case size(LedgerSize)
  /// Just after an event: `#41`.
  case after(Position)
  /// Every event recorded up to a moment.
  case moment(WrittenMoment)
  /// The size of a checkpoint in a file.
  case checkpoint(path: String)

  /// Reads what was written. A path is whatever looks like none of the other forms.
  public init(_ text: String) throws(AsOfError) {
    let bytes = text.utf8
    let digits = bytes.first == UInt8(ascii: "#") ? bytes.dropFirst() : bytes[...]
    if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let number = UInt64(String(digits) ?? ""), number < .max else {
        throw .notUnderstood(text)
      }
      self = digits.count == bytes.count ? .size(LedgerSize(number)) : .after(Position(number))
    } else if WrittenMoment.isMeant(by: text) {
      guard let moment = WrittenMoment(text) else { throw .notUnderstood(text) }
      self = .moment(moment)
    } else {
      guard !text.isEmpty, bytes.first != UInt8(ascii: "#"), !bytes.contains(0) else {
        throw .notUnderstood(text)
      }
      self = .checkpoint(path: text)
    }
  }
}

/// Why no size can be told.
public enum AsOfError: Error, Equatable, Sendable {
  /// It is neither number, time nor file.
  case notUnderstood(String)
  /// The zone's clocks showed this time twice.
  case ambiguousLocalTime(first: Timestamp, last: Timestamp)
  /// The zone's clocks jumped over this time: what it is by the clock before the jump, and after it.
  case skippedLocalTime(before: Timestamp, after: Timestamp)
  /// At this moment the zone's clocks were not set to the offset that is written with it.
  case offsetNotOfZone(String, Timestamp)
  /// The ledger does not reach so far.
  case beyondHead(asked: LedgerSize, head: LedgerSize)
  /// The moment is still to come: more events may get times before it.
  case inFuture(Timestamp)
  /// The checkpoint's file cannot be read.
  case checkpointUnreadable(path: String, why: String)
  /// The checkpoint is no signed note of a checkpoint.
  case checkpointMalformed(path: String, why: String)
  /// The checkpoint is of another ledger.
  case otherLedger(path: String, origin: String)
  /// The checkpoint is of another history: its root is not this ledger's at its size.
  case otherHistory(path: String, size: LedgerSize)
  /// The time zone cannot be used.
  case zone(TimeZoneError)
  /// The ledger itself cannot be read.
  case ledgerUnreadable(ReadingError)
}
