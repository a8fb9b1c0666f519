// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

extension Session {
  /// Runs a job in the foreground, its log on standard error, and prints what it came to.
  func runJob(
    _ attempt: Attempt, _ options: JobOptions,
    _ body: (JobRunner, RunSettings) throws -> JobReport
  ) throws -> Int32 {
    let settings = try settings(attempt, options, echo: nil)
    let report = try running(attempt, options.hook, showsLog: true) { try body($0, settings) }
    try printReport(report)
    return report.exitCode
  }

  /// Runs a command whose streams are passed on; the exit code is the command's own.
  func runExec(
    _ attempt: Attempt, _ options: JobOptions,
    _ body: (JobRunner, RunSettings) throws -> JobReport
  ) throws -> Int32 {
    let settings = try settings(attempt, options, echo: RunSettings.Echo())
    let report = try running(attempt, options.hook, showsLog: false) { try body($0, settings) }
    for words in report.unrecorded { console.remark("jobledger: \(words)") }
    if report.neverStarted, let error = report.error {
      console.remark("jobledger: \(TerminalText.escape(error))")
    }
    if console.isJSON {
      try readingHead { view in
        var documents = view.documents
        guard let document = try documents.job(report.job) else { return }
        try Console(out: console.err, err: console.err).print(document.json)
      }
    } else {
      console.remark("\(report.job) \(report.status.rawValue)")
    }
    return report.passedExitCode
  }

  /// Tells a failure and ends with a code of the command's own.
  func fail(_ failure: Failure, code: Int32) throws -> Int32 {
    if console.isJSON {
      try Console(out: console.err, err: console.err).print(failure.json)
    } else {
      try console.err.write(failure.text(program: "jobledger"))
    }
    return code
  }

  private func settings(
    _ attempt: Attempt, _ options: JobOptions, echo: RunSettings.Echo?
  ) throws -> RunSettings {
    RunSettings(
      set: options.set, secrets: options.secret, purpose: options.purpose.map { Text($0) },
      request: try request(attempt), allProgress: options.allProgress, trigger: .manual,
      echo: echo)
  }

  private func running(
    _ attempt: Attempt, _ options: HookOptions, showsLog: Bool,
    _ body: (JobRunner) throws -> JobReport
  ) throws -> JobReport {
    Interrupts.shared.catchSignals()
    let runner = JobRunner(
      ledger: try ledger(), caller: try caller(), tool: Session.tool,
      options: JobRunner.Options(grace: options.duration), observer: observer(showsLog))
    do {
      return try body(runner)
    } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
  }

  /// Shows what a running job writes, as it is recorded.
  private func observer(_ showsLog: Bool) -> JobObserver {
    let console = self.console
    let colors = console.errColors
    var observer = JobObserver(
      remark: { console.remark("jobledger: \(TerminalText.escape($0))") })
    guard showsLog else { return observer }
    observer.started = { job, version in
      console.remark("\(job) started" + (version.map { ": \($0)" } ?? ""))
    }
    observer.line = { line, bytes in
      let words = TerminalText.escape(String(decoding: bytes, as: UTF8.self), keepingTabs: true)
      console.remark(Style.of(word: line.level.rawValue).apply(to: words, isOn: colors))
    }
    return observer
  }

  /// Prints the job that was run: one line, or the object.
  func printReport(_ report: JobReport) throws {
    for words in report.unrecorded { console.remark("jobledger: \(TerminalText.escape(words))") }
    if report.isDuplicate {
      console.remark("done before, with the same request key; nothing was run")
    }
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.job(report.job) else { return }
      if console.isJSON { return try console.print(document.json) }
      var line = "\(report.job) \(report.status.rawValue)"
      if let took = document.duration(until: nil) {
        line += " in \(TimeText.duration(microseconds: took))"
      }
      if report.status != .completed, let error = document.error?.string ?? report.error {
        line += ": \(error)"
      } else if let id = document.job.versionID, let version = try documents.version(id) {
        line += ": \(version.label)"
        if document.job.kind == .evaluation, !version.version.metrics.isEmpty {
          line += ", \(Words.metrics(version.version.metrics))"
        } else if document.job.makesVersion, let files = version.version.made?.artifacts {
          line += ", \(Words.count(files.count, "file")), \(Words.bytes(files.bytes))"
        }
      }
      try console.print(TerminalText.escape(line))
    }
  }
}
