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

  /// Takes lines of a job at consecutive positions; hands over the runs that they complete by
  /// beginning others.
  mutating func add<E: Error>(
    _ lines: ArraySlice<Stretch.Line>, of job: JobID, from first: UInt64,
    completed: (LogRun) throws(E) -> Void
  ) throws(E) {
    if current?.job != job {
      if let current { others[current.job] = current }
      current = others.removeValue(forKey: job)
    }
    var rest = lines
    var position = first
    while let line = rest.first {
      var room = LogRunTracker.limit
      let length = current.map { $0.last.value - $0.first.value + 1 } ?? 0
      if let run = current, run.last.value + 1 == position, length < LogRunTracker.limit {
        room -= length
      } else {
        let before = current
        current = LogRun(
          job: job, first: Position(position), last: Position(position), firstLine: line.number,
          soFar: before?.soFar ?? LogCounts())
        if let before { try completed(before) }
      }
      let part = rest.prefix(Int(room))
      var counts = LogCounts()
      for line in part where line.begins {
        counts.lines[line.level] += 1
        if line.opensRecord { counts.records[line.level] += 1 }
      }
      current?.soFar.add(counts)
      position += UInt64(part.count)
      current?.last = Position(position - 1)
      rest = rest.dropFirst(part.count)
    }
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
