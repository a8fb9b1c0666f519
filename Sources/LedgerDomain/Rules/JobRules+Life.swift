// SPDX-License-Identifier: Apache-2.0

/// Starting, stopping and ending jobs (rules 1, 5 and 7).
extension JobRules {
  static func start(
    _ id: JobID, _ runner: RunnerIdentity, _ command: Command,
    given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(id) else { throw .jobNotFound(id) }
    try Rights.require([.operator], of: command, in: job.project, given: &views)
    if job.status == .running {
      if job.runner == runner { return [] }
      throw .jobRunning(id)
    }
    guard job.status == .created else { throw .jobEnded(id, job.status) }
    // Whoever starts it, it runs by the right of who asked for it.
    try Rights.require(
      [.operator], of: Command(actor: job.createdBy, intent: command.intent), in: job.project,
      given: &views)
    try requireUse(
      CreateJob(
        id: id, project: job.project, subject: job.subject, number: job.number,
        fact: job.request),
      job: id, given: &views, in: circumstances)
    return [draft(of: job, command, fact: .jobStarted(runner))]
  }

  static func progress(
    _ id: JobID, _ progress: Progress, _ text: EventText, _ command: Command,
    given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(id) else { throw .jobNotFound(id) }
    try requireHand(in: job, command, given: &views)
    guard job.status == .running else { throw .jobNotRunning(id, job.status) }
    guard progress.done.isFinite, progress.of.isFinite else {
      throw .invalid("progress is told in finite numbers")
    }
    var draft = draft(of: job, command, fact: .jobProgressed(progress))
    draft.text = text
    return [draft]
  }

  static func requestStop(
    _ id: JobID, reason: Text, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(id) else { throw .jobNotFound(id) }
    try Rights.require([.operator, .admin], of: command, in: job.project, given: &views)
    try Limits.requireReason(reason)
    if job.status.isFinal { throw .jobEnded(id, job.status) }
    if job.stopRequested != nil { return [] }
    var request = draft(of: job, command, fact: .jobStopRequested)
    request.text = EventText([.reason: .string(reason)])
    guard job.status == .created else { return [request] }
    // Nothing runs that could obey: such a job ends with the request.
    return [request, draft(of: job, command, fact: .jobStopped(JobEnding()))]
  }

  static func end(
    _ request: EndJob, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(request.job) else { throw .jobNotFound(request.job) }
    try requireHand(in: job, command, given: &views)
    if job.status.isFinal { throw .jobEnded(job.id, job.status) }
    // A queued job that has not started has no runner that could die.
    let isWaiting = job.status == .created && job.request.queued == true
    if (job.status == .created && request.status == .completed)
      || (isWaiting && request.status == .lost)
    {
      throw .jobNotRunning(job.id, job.status)
    }
    var drafts: [Draft] = []
    if request.status == .completed {
      for (fact, text) in try effects(request.result, of: job, given: &views) {
        drafts.append(draft(of: job, command, fact: fact, text: text))
      }
    } else if request.result != .none {
      throw .invalid("only a completed job has a result")
    }
    let fact: Fact
    switch request.status {
    case .completed: fact = .jobCompleted(request.ending)
    case .failed: fact = .jobFailed(request.ending)
    case .stopped: fact = .jobStopped(request.ending)
    case .lost: fact = .jobLost(request.ending)
    case .created, .running: throw .invalid("a job ends completed, failed, stopped or lost")
    }
    var last = draft(of: job, command, fact: fact)
    if let error = request.error { last.text = EventText([.error: .string(error)]) }
    drafts.append(last)
    return drafts
  }

  /// Refuses what a runner says of a job to anybody but the system, who asked for the job, and
  /// operators. Who asked may tell its end even when they lost their role since: it happened.
  private static func requireHand(
    in job: Job, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) {
    if command.actor.authentication == .system { return }
    if command.actor.person == job.createdBy.person { return }
    try Rights.require([.operator, .admin], of: command, in: job.project, given: &views)
  }

  /// What is recorded of a completed job before its end, in order.
  private static func effects(
    _ result: EndJob.Result, of job: Job, given views: inout some ViewSource
  ) throws(Refusal) -> [(Fact, EventText)] {
    let none = EventText()
    switch (result, job.kind) {
    case (.none, .exec): return []
    case (.none, .deployment), (.none, .retirement):
      throw .invalid("a \(job.kind.rawValue) completes with its effect")
    case (.none, _): throw .invalid("a \(job.kind.rawValue) completes with what it made")
    case (.made(let made, let text), .training):
      try requireParent(made, of: job, given: &views)
      return [(.versionTrained(made), text)]
    case (.made(let made, let text), .import):
      try requireParent(made, of: job, given: &views)
      return [(.versionImported(made), text)]
    case (.evaluated(let fact, let text), .evaluation):
      try Limits.require(fact.metrics)
      guard let version = job.versionID else { return [(.versionEvaluated(fact), text)] }
      // The rules are checked again where the effect is recorded.
      try requireBuilt(version, given: &views)
      let drift = DriftRules.performance(fact, of: version, given: &views)
      return [(.versionEvaluated(fact), text)] + drift.map { (.driftMeasured($0), none) }
    case (.statistics(let fact), .statistics): return [(.statisticsComputed(fact), none)]
    case (.outputs(let fact, let figures), .prediction):
      try requireDeployment(fact, of: job, given: &views)
      let drift = try drift(figures, of: fact, given: &views)
      return [(.predictionCompleted(fact), none)] + drift.map { ($0, none) }
    case (.outputs(let fact, nil), .run), (.outputs(let fact, nil), .batchRun):
      try requireDeployment(fact, of: job, given: &views)
      return [(.runCompleted(fact), none)]
    default: throw .invalid("this is no result of a \(job.kind.rawValue)")
    }
  }

  private static func drift(
    _ figures: DriftFigures?, of outputs: OutputsMade, given views: inout some ViewSource
  ) throws(Refusal) -> [Fact] {
    guard let figures else { return [] }
    guard let deployment = outputs.deployment else {
      throw .invalid("drift is measured of a deployment")
    }
    return [.driftMeasured(try DriftRules.measured(figures, of: deployment, given: &views))]
  }

  private static func requireParent(
    _ made: VersionMade, of job: Job, given views: inout some ViewSource
  ) throws(Refusal) {
    guard let parent = made.parent, let subject = job.subjectID else { return }
    let id = VersionID(subject: subject, number: parent)
    guard views.version(id) != nil, parent != job.number else { throw .versionNotFound(id) }
  }

  /// Refuses outputs of a deployment that is not the job's, or that was retired meanwhile (rule 5).
  private static func requireDeployment(
    _ outputs: OutputsMade, of job: Job, given views: inout some ViewSource
  ) throws(Refusal) {
    guard outputs.deployment == job.request.deployment else {
      throw .invalid("the outputs are of another deployment than the job")
    }
    if let deployment = outputs.deployment {
      _ = try DeploymentRules.active(deployment, given: &views)
    }
  }

  /// An event of a job, with the job's project, subject and version.
  static func draft(
    of job: Job, _ command: Command, fact: Fact, text: EventText = EventText()
  ) -> Draft {
    Draft(
      actor: command.actor, occurred: command.occurred, project: job.project,
      subject: job.subject, number: job.number, job: job.id, fact: fact, text: text)
  }
}
