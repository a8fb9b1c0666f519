// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// The index of the logs as it follows from the lines alone: a line extends its job's latest run
/// when it stands right behind it and the run has room, else it begins a new one.
struct LogRunBuilder {
  private var open: [JobID: LogRun] = [:]

  /// Takes the next line of the log; returns the run that is complete because another begins.
  mutating func add(_ line: LogLine, of job: JobID, at position: Position) -> LogRun? {
    let last = open[job]
    var run: LogRun
    var completed: LogRun?
    if let last, last.last.value + 1 == position.value,
      last.last.value - last.first.value + 1 < Appender.runLimit
    {
      run = last
      run.last = position
    } else {
      completed = last
      run = LogRun(
        job: job, first: position, last: position, firstLine: line.line,
        soFar: last?.soFar ?? LogCounts())
    }
    run.soFar.add(line)
    open[job] = run
    return completed
  }

  /// Forgets a job whose log has ended; returns its last run.
  mutating func end(_ job: JobID) -> LogRun? { open.removeValue(forKey: job) }

  /// The last runs of the jobs whose logs may go on.
  var unfinished: [LogRun] { Array(open.values) }
}
