// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Works out which runs the index of the logs must have, from the log lines alone.
///
/// A line extends its job's latest run when it follows it directly and the run has fewer than 256
/// lines; else it begins a new one that carries the counts on. Remembers running jobs only.
struct LogRunTracker {
  /// How many lines a run holds at most: a rule of the stored form.
  static let limit: UInt64 = 256

  private var current: LogRun?
  private var others: [JobID: LogRun] = [:]

  /// Whether lines of a job are being followed.
  func follows(_ job: JobID) -> Bool {
    current?.job == job || others[job] != nil
  }

  /// Takes a line; returns the run that it completes by beginning another.
  mutating func add(_ line: LogLine, of job: JobID, at position: UInt64) -> LogRun? {
    if current?.job != job {
      if let current { others[current.job] = current }
      current = others.removeValue(forKey: job)
    }
    var completed: LogRun?
    if let run = current, run.last.value + 1 == position,
      run.last.value - run.first.value + 1 < LogRunTracker.limit
    {
      current?.last = Position(position)
    } else {
      completed = current
      current = LogRun(
        job: job, first: Position(position), last: Position(position), firstLine: line.line,
        soFar: completed?.soFar ?? LogCounts())
    }
    current?.soFar.add(line)
    return completed
  }

  /// Forgets a job that has ended; returns its last run.
  mutating func end(_ job: JobID) -> LogRun? {
    if current?.job == job {
      defer { current = nil }
      return current
    }
    return others.removeValue(forKey: job)
  }

  /// The last runs of all jobs that are followed.
  var open: [LogRun] { (current.map { [$0] } ?? []) + others.values }
}
