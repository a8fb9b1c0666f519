// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

extension Appender {
  /// Appends lines of a running job and extends the index of its log.
  mutating func append(
    _ batch: LogBatch, random: inout RandomSupply
  ) throws(StorageError) -> LogOutcome {
    let job = views.job(batch.job)
    if let failure = views.failure { throw failure }
    guard let job else { return .refused(.jobNotFound(batch.job)) }
    guard job.status == .running else { return .refused(.jobNotRunning(job.id, job.status)) }
    guard !batch.lines.isEmpty else {
      return .refused(.invalid("a batch of log lines has at least one"))
    }
    let first = Position(head.size.value)
    var run = try openRun(of: job.id)
    for line in batch.lines {
      let position = Position(head.size.value)
      try append(line, of: batch, project: job.project, random: &random)
      try extend(&run, with: line.fact, at: position)
    }
    try store(run)
    return .accepted(PositionRange(from: first, to: Position(head.size.value - 1)))
  }

  private mutating func append(
    _ line: LogBatch.Line, of batch: LogBatch, project: Name?, random: inout RandomSupply
  ) throws(StorageError) {
    let raw = batch.bytes[line.offset..<line.offset + line.count]
    let message =
      line.fact.isBase64
      ? Base64.standard.encode(Array(raw)) : String(decoding: raw, as: UTF8.self)
    _ = try append(
      Draft(
        actor: batch.actor, occurred: line.read, project: project, job: batch.job,
        fact: .jobLogged(line.fact), text: EventText([.message: .string(message)])),
      request: nil, random: &random)
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
        soFar: last?.soFar ?? LineCounts()),
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
    // A line in parts counts once, with its first.
    if line.part == nil || line.part == 1 { open.run.soFar[line.level] += 1 }
  }

  private mutating func store(_ open: OpenRun) throws(StorageError) {
    guard !open.isEmpty else { return }
    var value: [UInt8] = []
    open.run.encode(into: &value)
    try IndexKey.job(open.run.job, open.run.first) { (key) throws(StorageError) in
      try put(tables.logs, key, value, mode: .overwrite)
    }
  }

  /// A run being filled.
  struct OpenRun {
    var run: LogRun
    var isEmpty = false
  }
}
