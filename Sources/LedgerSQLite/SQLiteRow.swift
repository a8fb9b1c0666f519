// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain

/// The values of one row, in the order of its table's columns.
struct SQLiteRow {
  private(set) var values: [SQLiteValue] = []

  mutating func add(_ text: String?) {
    values.append(text.map { .text(Array($0.utf8)) } ?? .null)
  }
  mutating func add(_ text: Text?) { add(text?.string) }
  mutating func add(_ name: Name?) { add(name?.string) }
  mutating func add(_ job: JobID?) { add(job?.string) }
  mutating func add(_ time: Timestamp?) { add(time?.description) }
  mutating func add(_ digest: Digest?) { add(digest?.description) }
  mutating func add(_ actor: Actor?) { add(actor?.id.string) }
  mutating func add(_ position: Position?) { add(number: position?.value) }
  mutating func add(_ flag: Bool) { values.append(.integer(flag ? 1 : 0)) }
  mutating func add(bytes: [UInt8]) { values.append(.text(bytes)) }

  /// A whole number; one that SQLite has no room for as its digits.
  mutating func add(number: (some BinaryInteger)?) {
    guard let number else { return values.append(.null) }
    if let small = Int64(exactly: number) {
      values.append(.integer(small))
    } else {
      add("\(number)")
    }
  }

  /// A number; what SQL has no number for is NULL.
  mutating func add(real number: Double) {
    values.append(number.isFinite ? .real(number) : .null)
  }

  /// A JSON shape.
  mutating func add(json value: JSONValue) throws {
    values.append(.text(try CanonicalJSON.encode(value)))
  }
}
