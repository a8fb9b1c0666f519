// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerCodec
import LedgerDomain
import LedgerReading

extension Appender {
  /// Appends lines of a running job and extends the index of its log.
  mutating func append(
    _ batch: LogBatch, using preparer: LogPreparer, random: inout RandomSupply
  ) throws(StorageError) -> LogOutcome {
    let job = views.job(batch.job)
    if let failure = views.failure { throw failure }
    guard let job else { return .refused(.jobNotFound(batch.job)) }
    guard job.status == .running else { return .refused(.jobNotRunning(job.id, job.status)) }
    guard batch.isSound else {
      return .refused(.invalid("a batch of log lines has lines, and each lies in its bytes"))
    }
    let first = Position(head.size.value)
    let encoder: LogLineEncoder
    do throws(CodecError) {
      encoder = try LogLineEncoder(actor: batch.actor, project: job.project, job: job.id)
    } catch {
      throw StorageError(.unencodable(error), "appending a log line")
    }
    let task = PreparedLines.Task(batch: batch, encoder: encoder, first: first, stamp: stamp)
    var run = try openRun(of: job.id)
    try preparer.run(task, random: &random) { (offset, lines) throws(StorageError) in
      try store(lines)
      for index in 0..<lines.count {
        let position = Position(first.value + UInt64(offset + index))
        try extend(&run, with: batch.lines[offset + index].fact, at: position)
      }
    }
    try store(run)
    return .accepted(PositionRange(from: first, to: Position(head.size.value - 1)))
  }

  private mutating func store(_ lines: borrowing PreparedLines) throws(StorageError) {
    let first = head.size.value
    let (loan, tables) = (loan, tables)
    try lines.lendEach { (index, leaf, text) throws(StorageError) in
      let key = BigEndianKey(first + UInt64(index))
      do throws(LMDBError) {
        try loan.put(tables.leaves, key, leaf, mode: .append)
        try loan.put(tables.texts, key, text, mode: .append)
      } catch {
        throw StorageError(lmdb: error)
      }
    }
    for index in 0..<lines.count { try grow(by: lines.hashes[index]) }
  }

  // MARK: The index of a job's log

  /// How many lines a run holds at most: also the finest grain of filtering by level.
  static var runLimit: UInt64 { 256 }

  /// The run that the next line of a job extends: its last one, when it ends just before the head
  /// and has room; else an empty one that carries the counts on.
  private func openRun(of job: JobID) throws(StorageError) -> OpenRun {
    let head = self.head.size.value
    let last = try lastRun(of: job)
    if let last, last.last.value + 1 == head,
      last.last.value - last.first.value + 1 < Appender.runLimit
    {
      return OpenRun(run: last)
    }
    return OpenRun(
      run: LogRun(
        job: job, first: Position(head), last: Position(head), firstLine: 0,
        soFar: last?.soFar ?? LogCounts()),
      isEmpty: true)
  }

  private func lastRun(of job: JobID) throws(StorageError) -> LogRun? {
    do throws(ReadingError) {
      return try Snapshot(loan, tables, head: head).lastLogRun(of: job, asOf: head.size)
    } catch {
      throw StorageError(.reading(error), "appending to the log")
    }
  }

  private mutating func extend(
    _ open: inout OpenRun, with line: LogLine, at position: Position
  ) throws(StorageError) {
    if !open.isEmpty, position.value - open.run.first.value >= Appender.runLimit {
      try store(open)
      open = OpenRun(
        run: LogRun(
          job: open.run.job, first: position, last: position, firstLine: 0,
          soFar: open.run.soFar),
        isEmpty: true)
    }
    if open.isEmpty {
      open.run.first = position
      open.run.firstLine = line.line
      open.isEmpty = false
    }
    open.run.last = position
    open.run.soFar.add(line)
  }

  private func store(_ open: OpenRun) throws(StorageError) {
    if !open.isEmpty { try put(open.run) }
  }

  /// A run being filled.
  struct OpenRun {
    var run: LogRun
    var isEmpty = false
  }
}
