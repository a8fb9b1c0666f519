// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

extension JobRunner {
  /// Creates a prepared job, runs its command, and ends it with what `finish` makes of its success.
  func perform(
    _ prepared: PreparedJob, _ settings: RunSettings,
    finish: (ActiveJob, ActiveJob.CommandOutcome) throws -> EndJob.Result
  ) throws -> JobReport {
    try withJob(prepared, settings) { job in
      let outcome: ActiveJob.CommandOutcome
      do {
        try fill(job.workspace, prepared)
        let (plan, capture) = try plan(prepared, settings, job)
        outcome = job.run(plan, capturing: capture)
      } catch {
        return job.fail("\(error)", neverStarted: true)
      }
      job.warn(of: prepared.inputs, outcome)
      return end(job, outcome, finish: finish)
    }
  }

  /// Creates a job and lends it to `body`, while signals stop it instead of this process.
  func withJob(
    _ prepared: PreparedJob, _ settings: RunSettings, _ body: (ActiveJob) throws -> JobReport
  ) throws -> JobReport {
    var prepared = prepared
    prepared.create = prepared.create.asked(by: settings)
    if case .queue(let task) = context.mode { return try enqueue(prepared, task, settings) }
    let stops = StopSwitch(grace: context.options.grace)
    return try context.options.interrupts.listening { signal, isFirst in
      stops.stop(.signal(signal), atOnce: !isFirst)
    } _: {
      let created: ActiveJob.Creation =
        if case .start(let queued) = context.mode {
          .active(try ActiveJob.start(queued, prepared.create, in: context, stops: stops))
        } else {
          try ActiveJob.create(prepared.create, in: context, key: settings.request, stops: stops)
        }
      switch created {
      case .existing(let job): return try report(of: job)
      case .active(let job):
        let version = prepared.create.subject.flatMap { subject in
          job.number.flatMap { number in
            prepared.create.project.map { project in
              VersionID(
                subject: SubjectID(project: project, name: subject.name), number: number)
            }
          }
        }
        context.observer.started(job.id, version)
        return try body(job)
      }
    }
  }

  /// What the ledger says of a job that an earlier request made.
  func report(of id: JobID) throws(JobError) -> JobReport {
    guard let state = try context.state(of: id) else { throw .refused(.jobNotFound(id)) }
    return JobReport(
      job: id, status: state.status, version: state.versionID,
      deployment: state.request.deployment, exit: state.ending?.exit,
      signal: state.ending?.signal, isDuplicate: true)
  }

  /// Makes the folder that a job works with, and in it what the command reads.
  func fill(_ workspace: JobWorkspace, _ prepared: PreparedJob) throws {
    try workspace.make()
    if let model = prepared.model { try copyArtifacts(of: model, to: workspace.model) }
    let parameters = try CanonicalJSON.encode(.object(prepared.parameters))
    try workspace.write(workspace.parameters, parameters)
  }

  /// The command of a job with all that it inherits.
  func plan(
    _ prepared: PreparedJob, _ settings: RunSettings, _ job: ActiveJob
  ) throws -> (CommandPlan, Capture.Options) {
    let environment = try JobEnvironment(
      caller: context.environment, manifest: prepared.variables,
      secretNames: settings.secrets,
      job: prepared.variables(job.id, job.number, job.workspace), inputs: prepared.inputs.values)
    let plan = CommandPlan(
      arguments: try arguments(of: prepared, job.workspace), folder: prepared.folder,
      environment: environment.variables, leftovers: prepared.leftovers,
      input: settings.echo?.stdin)
    let capture = Capture.Options(
      allProgress: settings.allProgress,
      secrets: environment.secretValues
        + Redaction.values(in: prepared.arguments, prepared.parameters),
      stdoutTee: settings.echo?.stdout, stderrTee: settings.echo?.stderr)
    return (plan, capture)
  }

  /// The words of a command, where those of a feature task that name one of its files name the
  /// version's copy of it: what was imported and approved runs, whatever the project's folder holds.
  private func arguments(
    of prepared: PreparedJob, _ workspace: JobWorkspace
  ) throws -> [String] {
    guard let version = prepared.model, version.kind == .feature,
      let artifacts = version.made?.artifacts
    else { return prepared.arguments }
    let list = try ArtifactFolder.list(artifacts.digest, in: blobs)
    let files = Set(list.entries.map { Text($0.path) })
    return prepared.arguments.map {
      files.contains(Text($0)) ? "\(workspace.model)/\($0)" : $0
    }
  }

  /// Ends a job by what became of its only command.
  func end(
    _ job: ActiveJob, _ outcome: ActiveJob.CommandOutcome,
    finish: (ActiveJob, ActiveJob.CommandOutcome) throws -> EndJob.Result
  ) -> JobReport {
    guard outcome.succeeded else { return job.endUnsuccessful(outcome) }
    var result = EndJob.Result.none
    do { result = try finish(job, outcome) } catch {
      if job.stopCause() == nil { return job.fail("\(error)", outcome) }
    }
    // Collecting may have taken long: who asked for a stop meanwhile is heard.
    if let cause = job.stopCause() {
      var stopped = outcome
      stopped.stop = cause
      return job.endUnsuccessful(stopped)
    }
    return job.end(
      EndJob(job: job.id, status: .completed, ending: job.ending(outcome), result: result))
  }
}

extension ActiveJob {
  /// Ends the job as failed, for a reason that is not its command's exit.
  func fail(
    _ words: String, _ outcome: CommandOutcome? = nil, neverStarted: Bool = false
  ) -> JobReport {
    var report = end(
      EndJob(
        job: id, status: .failed, ending: unsuccessful(outcome), error: ActiveJob.words(words)))
    report.error = words
    report.neverStarted = neverStarted
    return report
  }

  /// Ends the job as what a command without success means: stopped or failed.
  func endUnsuccessful(_ outcome: CommandOutcome) -> JobReport {
    if let error = outcome.startError { return fail(error, outcome, neverStarted: true) }
    if let failure = outcome.logFailure { return fail(failure.words, outcome) }
    if case .log(let failure)? = outcome.stop { return fail(failure.words, outcome) }
    let ending = unsuccessful(outcome)
    if let stop = outcome.stop {
      var report = end(EndJob(job: id, status: .stopped, ending: ending))
      report.error = stop.words
      report.neverStarted = outcome.result == nil
      return report
    }
    if outcome.result?.guardLost == true {
      return fail("its guard process was killed, so how its command ended is unknown", outcome)
    }
    var report = end(EndJob(job: id, status: .failed, ending: ending))
    report.error = outcome.words
    return report
  }
}

extension ActiveJob {
  /// What the end of a job without success tells.
  func unsuccessful(_ outcome: CommandOutcome?) -> JobEnding {
    var ending = ending(outcome)
    if ending.effectRemaining == nil {
      ending.effectRemaining = outcome?.result == nil ? EffectRemaining.none : remainsAfterFailure
    }
    return ending
  }
}

extension StopCause {
  /// Why a job was stopped, in words.
  var words: String {
    switch self {
    case .requested: "it was stopped on request"
    case .signal(let signal): "it was stopped by \(SignalName.name(of: signal))"
    case .log(let failure): failure.words
    }
  }
}

extension ActiveJob.CommandOutcome {
  /// How the command ended, in words.
  var words: String {
    if let startError { return startError }
    if let exit = result?.exit { return "its command ended with exit code \(exit)" }
    if let signal = result?.signal { return "\(SignalName.name(of: signal)) ended its command" }
    return "how its command ended is unknown"
  }
}
