// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain

extension Snapshot {
  /// The last of a job's events below a size, log lines included; nil before its first. Two seeks.
  ///
  /// Progress stands in no index and does not count: it is a moment's word, and at the end of a job
  /// there is always a later event.
  public func lastPosition(
    of job: JobID, asOf size: LedgerSize
  ) throws(ReadingError) -> Position? {
    guard size.value > 0 else { return nil }
    let indexed = try IndexKey.job(job, Position(size.value - 1)) {
      (key) throws(ReadingError) -> Position? in
      try loan.withCursor(tables.jobs) { (cursor) throws(ReadingError) in
        let found = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        guard let found, RowKey.hasSameEntity(found.key, key) else { return nil }
        return Position(RowKey.position(found.key))
      }
    }
    guard let indexed else { return nil }
    guard let run = try lastLogRun(of: job, asOf: size) else { return indexed }
    return max(indexed, min(run.last, Position(size.value - 1)))
  }
}

extension LedgerReader {
  /// Lends the ledger as it is now to a body that may throw anything, as commands do.
  public func withSnapshot<R>(_ body: (Snapshot) throws -> R) throws -> R {
    var result: Result<R, any Error>?
    try read { (snapshot) throws(ReadingError) in
      result = Result { try body(snapshot) }
    }
    guard let result else { throw ReadingError(.headDamaged, "reading the ledger") }
    return try result.get()
  }
}
