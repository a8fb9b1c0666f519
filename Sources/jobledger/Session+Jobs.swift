// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

extension Session {
  /// Runs a job, its log on standard error, and prints what it came to; or leaves it to a runner of
  /// its own and prints what started.
  func runJob(
    _ attempt: Attempt, _ options: JobOptions, _ task: (RunSettings) -> JobTask
  ) throws -> Int32 {
    let settings = try settings(attempt, options, echo: nil)
    if options.queue { return try queue(attempt, task(settings)) }
    if options.detach { return try detach(attempt, options.hook, task(settings)) }
    let report = try run(attempt, options.hook.duration, task(settings), showsLog: true)
    try printReport(report)
    return report.exitCode
  }

  /// Does a job that runs no command, or leaves it to a worker, and prints what it came to.
  func runJob(
    _ attempt: Attempt, _ options: ImportJobOptions, _ task: (RunSettings) -> JobTask
  ) throws -> Int32 {
    let settings = RunSettings(
      purpose: options.purpose.map { Text($0) }, request: try request(attempt))
    if options.queue { return try queue(attempt, task(settings)) }
    let report = try run(attempt, HookOptions.standardGrace, task(settings), showsLog: true)
    try printReport(report)
    return report.exitCode
  }

  /// Runs a job of a version.
  func runVersion(
    _ version: String, _ options: JobOptions, _ word: String,
    _ task: (VersionID, RunSettings) -> JobTask
  ) throws -> Int32 {
    _ = try ledger()
    guard case .version(let id) = try resolve(version, [.version]) else { return 70 }
    let attempt = Attempt(
      word, on: id.description, [("version", .string(id.description))] + options.content)
    return try runJob(attempt, options) { task(id, $0) }
  }

  /// Runs a job of a deployment.
  func runDeployed(
    _ deployment: String, _ options: JobOptions, _ word: String,
    _ task: (DeploymentID, RunSettings) -> JobTask
  ) throws -> Int32 {
    _ = try ledger()
    guard case .deployment(let id) = try resolve(deployment, [.deployment]) else { return 70 }
    let attempt = Attempt(
      word, on: id.string, [("deployment", .string(id.string))] + options.content)
    return try runJob(attempt, options) { task(id, $0) }
  }

  /// Deploys or retires: at once, or by a hook whose log is shown.
  func runEffect(
    _ attempt: Attempt, _ options: EffectOptions, _ task: (RunSettings) -> JobTask
  ) throws -> Int32 {
    var attempt = attempt
    if options.withoutHook { attempt.content["noHook"] = .bool(true) }
    let settings = RunSettings(request: try request(attempt))
    let report = try run(attempt, options.hook.duration, task(settings), showsLog: true)
    guard report.status == .completed, let deployment = report.deployment else {
      try printReport(report)
      return report.exitCode
    }
    remark(report)
    try printDeployment(deployment, job: report.job)
    return report.exitCode
  }

  /// Runs a command whose streams are passed on; the exit code is the command's own.
  func runExec(
    _ attempt: Attempt, _ options: JobOptions, _ task: (RunSettings) -> JobTask
  ) throws -> Int32 {
    if options.queue {
      return try queue(attempt, task(try settings(attempt, options, echo: nil)))
    }
    if options.detach {
      let settings = try settings(attempt, options, echo: nil)
      return try detach(attempt, options.hook, task(settings))
    }
    // A terminal stays with whoever sits at it: a command in a session of its own cannot have it.
    let echo = RunSettings.Echo(stdin: isatty(STDIN_FILENO) == 1 ? nil : STDIN_FILENO)
    let settings = try settings(attempt, options, echo: echo)
    let report = try run(attempt, options.hook.duration, task(settings), showsLog: false)
    remark(report)
    if report.neverStarted, let error = report.error {
      console.remark("jobledger: \(TerminalText.escape(error))")
    }
    if console.isJSON {
      try readingHead { view in
        var documents = view.documents
        guard let document = try documents.job(report.job) else { return }
        try Console(out: console.err, err: console.err).print(document.json)
      }
    }
    return report.passedExitCode
  }

  /// Creates the job and leaves it to a worker.
  private func queue(_ attempt: Attempt, _ task: JobTask) throws -> Int32 {
    let runner = JobRunner(ledger: try ledger(), caller: try caller(), tool: Session.tool)
    do { try printReport(try runner.queue(task)) } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
    return 0
  }

  private func detach(
    _ attempt: Attempt, _ options: HookOptions, _ task: JobTask
  ) throws -> Int32 {
    let request = DetachedRunner.Request(
      ledger: try ledger().directory.path, claim: try self.options.claimedActor()?.string,
      task: task, grace: options.duration, patience: try patience(), tool: Session.tool)
    let report: JobReport
    do { report = try DetachedRunner.start(request) } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
    try printReport(report)
    return report.status == .running ? 0 : report.exitCode
  }

  private func settings(
    _ attempt: Attempt, _ options: JobOptions, echo: RunSettings.Echo?
  ) throws -> RunSettings {
    RunSettings(
      set: options.set, secrets: options.secret, purpose: options.purpose.map { Text($0) },
      request: try request(attempt), allProgress: options.allProgress, trigger: .manual,
      echo: echo)
  }

  private func run(
    _ attempt: Attempt, _ grace: Duration, _ task: JobTask, showsLog: Bool
  ) throws -> JobReport {
    Interrupts.shared.catchSignals()
    let runner = JobRunner(
      ledger: try ledger(), caller: try caller(), tool: Session.tool,
      options: JobRunner.Options(
        grace: grace, ledgerPatience: try patience() ?? .seconds(60)),
      observer: observer(showsLog))
    do { return try runner.run(task) } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
  }

  private func remark(_ report: JobReport) {
    for words in report.unrecorded { console.remark("jobledger: \(TerminalText.escape(words))") }
    if report.isDuplicate {
      console.remark("done before, with the same request key; nothing was run")
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
    remark(report)
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
        } else if let made = document.outputs {
          line += ", \(Words.count(made.outputs.count, "file"))"
          line += ", \(Words.bytes(made.outputs.bytes))"
          if let rows = made.rows { line += ", \(Words.count(rows, "row"))" }
        } else if let computed = document.statistics {
          line += ", \(Words.count(computed.rows, "row"))"
          line += ", \(Words.count(computed.columns.count, "column"))"
          line += ", validation: \(computed.validation.rawValue)"
        } else if document.job.makesVersion, let files = version.version.made?.artifacts {
          line += ", \(Words.count(files.count, "file")), \(Words.bytes(files.bytes))"
        }
      }
      try console.print(TerminalText.escape(line))
      for drift in document.drift {
        try console.print(TerminalText.escape(drift.line))
        if drift.fact.alert { console.remark(drift.advice) }
      }
    }
  }
}
