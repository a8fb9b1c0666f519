// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
public import LedgerDomain

/// What a job is about, and how long its log is.
public struct JobLogLength: Equatable, Sendable {
  /// The job's project.
  public var project: Name?
  /// The job's subject.
  public var subject: SubjectID?
  /// The lines of its log in the window that was asked about.
  public var lines: UInt64

  /// Gathers the members.
  public init(project: Name?, subject: SubjectID?, lines: UInt64) {
    self.project = project
    self.subject = subject
    self.lines = lines
  }
}

extension Snapshot {
  /// Calls `body` for each job as of a size, with how many lines of its log stand at or behind a
  /// position. In the order of the jobs' identifiers.
  ///
  /// Rows of jobs and the index of logs have the same order, so both are passed once. Of the rows
  /// only the beginnings are read.
  public func forEachJobLog(
    asOf size: LedgerSize, from start: Position,
    _ body: (JobLogLength) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    try loan.withCursor(tables.logs) { (cursor) throws(ReadingError) in
      var run = try lending { () throws(LMDBError) in try cursor.first() }
      var reader = RowReader(UnsafeRawBufferPointer(start: nil, count: 0))
      try forEachRow(of: .job, asOf: size) { (key, row) throws(ReadingError) in
        guard key.count > 9 else {
          throw ReadingError(.rowDamaged("a row's key is damaged"), "reading a view")
        }
        let job = UnsafeRawBufferPointer(rebasing: key[1..<(key.count - 8)])
        var first: Entry?
        var last: Entry?
        while let entry = run {
          let order = Snapshot.order(ofRun: entry.key, job)
          if order > 0 { break }
          if order == 0, RowKey.position(entry.key) < size.value {
            first = first ?? entry
            last = entry
          }
          run = try lending { () throws(LMDBError) in try cursor.next() }
        }
        reader.begin(row)
        let (project, subject) = try Snapshot.jobSubject(&reader)
        var length = JobLogLength(project: project, subject: subject, lines: 0)
        if let first, let last {
          length.lines = try lineCount(from: first, through: last, asOf: size, start)
        }
        try body(length)
        return true
      }
    }
  }

  /// The lines of a log between two sizes, of which the first and the last run below the later one
  /// are known.
  private func lineCount(
    from first: Entry, through last: Entry, asOf size: LedgerSize, _ start: Position
  ) throws(ReadingError) -> UInt64 {
    let run = try Snapshot.decodeRun(last)
    var all = run.soFar.lines.total
    if run.last.value >= size.value {
      all = try logSummary(of: run.job, asOf: size)?.counts.lines.total ?? 0
    }
    // What stands before the window is looked up where only a part of the log does.
    if RowKey.position(first.key) >= start.value { return all }
    if run.last < start { return 0 }
    let before = try logSummary(of: run.job, asOf: LedgerSize(start.value))
    return all - min(all, before?.counts.lines.total ?? 0)
  }

  /// Whether the job of a run stands before (less than 0) or behind one whose identifier, with the
  /// zero that ends it, is given; 0 where they are the same.
  private static func order(ofRun key: UnsafeRawBufferPointer, _ job: UnsafeRawBufferPointer) -> Int
  {
    let count = key.count - 8
    guard count > 0, let left = key.baseAddress, let right = job.baseAddress else { return -1 }
    let order = memcmp(left, right, min(count, job.count))
    return order == 0 ? count - job.count : Int(order)
  }

  private static func jobSubject(
    _ reader: inout RowReader
  ) throws(ReadingError) -> (project: Name?, subject: SubjectID?) {
    do throws(RowError) {
      return try reader.jobSubject()
    } catch {
      throw ReadingError(.rowDamaged("the row of a job is damaged: \(error)"), "reading a view")
    }
  }
}
