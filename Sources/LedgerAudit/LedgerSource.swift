// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerDomain
import LedgerReading

/// Where events and tables are read: an opened ledger, or one that is too damaged to be opened.
struct LedgerSource: Sendable {
  let environment: Environment
  let tables: Tables

  init(environment: Environment, tables: Tables) {
    self.environment = environment
    self.tables = tables
  }

  init(_ reader: LedgerReader) {
    self.init(environment: reader.environment, tables: reader.tables)
  }

  /// Lends the ledger as it is now, for a short while.
  func read<R>(_ body: (Snapshot) throws(ReadingError) -> R) throws(ReadingError) -> R {
    try environment.read { (transaction) throws(ReadingError) in
      try body(try Snapshot(transaction.loan, tables))
    }
  }

  /// How many entries are looked at before the read transaction is renewed.
  private static let stretch = 32_768

  /// Calls `body` with every entry of a table in order, renewing the transaction now and then.
  ///
  /// What is committed meanwhile may or may not be seen. Keys that do not increase, which only
  /// damage brings about, end the scan with `rowDamaged`.
  func forEach(
    in table: Table, _ body: (Entry, Snapshot) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    var last: [UInt8]?
    var isDone = false
    while !isDone {
      try read { (snapshot) throws(ReadingError) in
        try snapshot.loan.withCursor(table) { (cursor) throws(ReadingError) in
          var entry: Entry?
          if let last {
            entry = try moving { () throws(LMDBError) in try cursor.seek(atOrAfter: last) }
            if let found = entry, found.key.elementsEqual(last) {
              entry = try moving { () throws(LMDBError) in try cursor.next() }
            }
          } else {
            entry = try moving { () throws(LMDBError) in try cursor.first() }
          }
          var seen = 0
          var previous: UnsafeRawBufferPointer?
          while let found = entry {
            let isAscending =
              previous.map { $0.precedes(found.key) }
              ?? last?.lexicographicallyPrecedes(found.key) ?? true
            guard isAscending else {
              throw ReadingError(
                .rowDamaged("the keys of a table are out of order"), "reading a table")
            }
            try body(found, snapshot)
            previous = found.key
            seen += 1
            if seen == LedgerSource.stretch { break }
            entry = try moving { () throws(LMDBError) in try cursor.next() }
          }
          if let previous { last = Array(previous) }
          isDone = entry == nil
        }
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether it comes before the other in the order of bytes, and is not equal.
  fileprivate func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
    guard let here = baseAddress, let there = other.baseAddress else { return count < other.count }
    let order = memcmp(here, there, Swift.min(count, other.count))
    return order == 0 ? count < other.count : order < 0
  }
}

/// Runs a call of the database and wraps its error.
func moving<R>(_ body: () throws(LMDBError) -> R) throws(ReadingError) -> R {
  do throws(LMDBError) { return try body() } catch { throw ReadingError(lmdb: error) }
}
