// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// A run of consecutive log lines of a job: one entry of the log index.
///
/// Key: job, first position (``IndexKey/job(_:_:_:)``). Value: the row format, then as LEB128 how
/// many positions after the first the last one is, the number of the first line, and by level, from
/// debug to error, the job's lines and then its records so far, this run included.
public struct LogRun: Hashable, Sendable {
  /// The job.
  public var job: JobID
  /// Where the first line is.
  public var first: Position
  /// Where the last line is; never before `first`.
  public var last: Position
  /// The 1-based number of the first line among the job's lines.
  public var firstLine: UInt64
  /// What is counted of the job's log up to the end of this run.
  public var soFar: LogCounts

  /// Gathers the members.
  public init(
    job: JobID, first: Position, last: Position, firstLine: UInt64, soFar: LogCounts
  ) {
    self.job = job
    self.first = first
    self.last = last
    self.firstLine = firstLine
    self.soFar = soFar
  }

  /// Appends the value of the entry.
  public func encode(into bytes: inout [UInt8]) {
    precondition(first <= last, "a run of log lines ends before it begins")
    var buffer: [UInt8] = []
    swap(&buffer, &bytes)
    var writer = RowWriter(buffer)
    buffer = []
    writer.byte(RowFormat.current)
    writer.integer(last.value - first.value)
    writer.integer(firstLine)
    writer.lines(soFar.lines)
    writer.lines(soFar.records)
    bytes = writer.finish()
  }

  /// Reads an entry of the log index.
  public static func decode(
    key: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
  ) throws(RowError) -> LogRun {
    guard let (job, first) = IndexKey.parseJob(key) else {
      throw RowError(offset: 0, reason: .damagedKey)
    }
    return try decode(job: job, first: first, bytes)
  }

  /// Reads the value of an entry whose key is known.
  public static func decode(
    job: JobID, first: Position, _ bytes: UnsafeRawBufferPointer
  ) throws(RowError) -> LogRun {
    var reader = RowReader(bytes)
    try reader.format()
    let further = try reader.integer()
    let firstLine = try reader.integer()
    // Neither the last position nor the last line's number may lie beyond what can be counted.
    guard !first.value.addingReportingOverflow(further).overflow,
      !firstLine.addingReportingOverflow(further).overflow
    else { throw RowError(offset: 1, reason: .integerOutOfRange) }
    let run = LogRun(
      job: job, first: first, last: Position(first.value + further), firstLine: firstLine,
      soFar: LogCounts(lines: try reader.lines(), records: try reader.lines()))
    try reader.finish()
    return run
  }
}
