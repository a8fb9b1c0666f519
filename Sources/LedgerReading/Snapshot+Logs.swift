// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
public import LedgerDomain
import Transparency

extension Snapshot {
  /// The last run of a job's log that begins below a size, as it is stored. One seek.
  public func lastLogRun(of job: JobID, asOf size: LedgerSize) throws(ReadingError) -> LogRun? {
    guard size.value > 0 else { return nil }
    return try IndexKey.job(job, Position(size.value - 1)) { (key) throws(ReadingError) in
      try loan.withCursor(tables.logs) { (cursor) throws(ReadingError) in
        let found = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        guard let found, RowKey.hasSameEntity(found.key, key) else { return nil }
        return try Snapshot.decodeRun(found)
      }
    }
  }

  /// Calls `body` with the runs of a job's log that begin below a size and end at or after `start`,
  /// in order, until it says no. The last one may reach beyond the size.
  public func forEachLogRun(
    of job: JobID, asOf size: LedgerSize, from start: Position = Position(0),
    _ body: (LogRun) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try IndexKey.job(job, start) { (key) throws(ReadingError) in
      try loan.withCursor(tables.logs) { (cursor) throws(ReadingError) in
        // The run that holds `start` may begin before it.
        var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        if entry == nil || !RowKey.hasSameEntity(entry!.key, key) {
          entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: key) }
        }
        while let found = entry, RowKey.hasSameEntity(found.key, key) {
          let run = try Snapshot.decodeRun(found)
          guard run.first.value < size.value else { return }
          if run.last >= start, try !body(run) { return }
          entry = try lending { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
  }

  static func decodeRun(_ entry: Entry) throws(ReadingError) -> LogRun {
    do throws(RowError) {
      return try LogRun.decode(key: entry.key, entry.value)
    } catch {
      throw ReadingError(
        .rowDamaged("a run of a job's log is damaged: \(error)"), "reading a log")
    }
  }

  /// Counts and ends of a job's log as of a size. Reads one run, and at most 256 leaves when the
  /// size falls inside a run.
  public func logSummary(of job: JobID, asOf size: LedgerSize) throws(ReadingError) -> LogSummary? {
    guard let last = try lastLogRun(of: job, asOf: size) else { return nil }
    var first: Position?
    try forEachLogRun(of: job, asOf: size) { (run) throws(ReadingError) in
      first = run.first
      return false
    }
    var counts = last.soFar
    var end = last.last
    if last.last.value >= size.value {
      // Only the counts at the end of the run are stored: take back what comes after the size.
      for index in size.value...last.last.value {
        let line = try logLine(at: Position(index))
        guard counts.remove(line) else {
          throw ReadingError(
            .rowDamaged("the log index of \(job) counts fewer lines than there are"),
            "reading a log")
        }
      }
      end = Position(size.value - 1)
    }
    return LogSummary(counts: counts, first: first ?? last.first, last: end)
  }

  /// What stands in the leaf of a log line.
  public func logLine(at position: Position) throws(ReadingError) -> LogLine {
    let event = try event(at: position)
    guard case .jobLogged(let line) = event.fact else {
      throw ReadingError(
        .rowDamaged("event #\(position.value) is no log line, and the index says it is"),
        "reading a log")
    }
    return line
  }
}

/// A job's log as a whole.
public struct LogSummary: Equatable, Sendable {
  /// Its lines and its records, by level.
  public var counts: LogCounts
  /// Where its first line is.
  public var first: Position
  /// Where its last line is.
  public var last: Position
}
