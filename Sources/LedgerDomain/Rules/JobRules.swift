// SPDX-License-Identifier: Apache-2.0

/// Creating, starting, stopping and ending jobs (rules 1, 4 and 7).
enum JobRules {
  static func create(
    _ request: CreateJob, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    if let project = request.project, views.project(project) == nil {
      throw .projectNotFound(project)
    }
    try Rights.require([.operator], of: command, in: request.project, given: &views)
    var drafts: [Draft] = []
    var number = request.number
    var fact = request.fact
    if let reference = request.subject, let project = request.project {
      let id = SubjectID(project: project, name: reference.name)
      let subject = views.subject(id)
      if let subject, subject.kind != reference.kind {
        throw .subjectOfOtherKind(id, is: subject.kind)
      }
      let makesVersion = fact.kind == .training || fact.kind == .import
      if makesVersion {
        drafts += describe(request, subject, reference, project, command)
        number = VersionNumber((subject?.latestNumber ?? 0) + 1)
      } else if subject == nil {
        throw .subjectNotFound(id)
      }
      if !makesVersion, let number {
        try requireBuilt(VersionID(subject: id, number: number), given: &views)
      }
    }
    let job = try identifier(for: request, given: &views, in: circumstances)
    if fact.kind == .deployment {
      fact.deployment = job
      try requireDeployable(request, number, fact, command, given: &views, in: circumstances)
    }
    if fact.kind == .retirement, let deployment = fact.deployment {
      try Decider.requireReason(request.reason)
      _ = try DeploymentRules.active(deployment, given: &views)
    }
    var draft = Draft(
      actor: command.actor, occurred: command.occurred, project: request.project,
      subject: request.subject, number: number, job: job, fact: .jobCreated(fact),
      text: request.text)
    drafts.append(draft)
    if let runner = request.runner {
      draft.fact = .jobStarted(runner)
      draft.text = EventText()
      drafts.append(draft)
    }
    return drafts
  }

  private static func identifier(
    for request: CreateJob, given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) -> JobID {
    if let id = request.id {
      if views.job(id) != nil { throw .jobIdentifierTaken(id) }
      return id
    }
    return unusedIdentifier(of: request.fact.kind, given: &views, in: circumstances)
  }

  /// Draws identifiers until one is unused: six characters, seven after many collisions.
  static func unusedIdentifier(
    of kind: JobKind, given views: inout some ViewSource, in circumstances: Circumstances
  ) -> JobID {
    var attempts = 0
    while true {
      let id = JobID(
        kind: kind, bits: circumstances.drawBits(), characters: attempts < 64 ? 6 : 7)
      if views.job(id) == nil { return id }
      attempts += 1
    }
  }

  private static func describe(
    _ request: CreateJob, _ subject: Subject?, _ reference: SubjectReference, _ project: Name,
    _ command: Command
  ) -> [Draft] {
    guard let subject else {
      return [
        Draft(
          actor: command.actor, project: project, subject: reference,
          fact: .subjectRegistered(SubjectDescribed(manifestDigest: request.manifestDigest)))
      ]
    }
    guard let digest = request.manifestDigest, subject.described.manifestDigest != digest else {
      return []
    }
    var described = subject.described
    described.manifestDigest = digest
    return [
      Draft(
        actor: command.actor, project: project, subject: reference,
        fact: .subjectUpdated(described))
    ]
  }

  /// Refuses a version that does not exist or whose artifacts do not (rule 1).
  @discardableResult
  static func requireBuilt(
    _ id: VersionID, given views: inout some ViewSource
  ) throws(Refusal) -> Version {
    guard let version = views.version(id) else { throw .versionNotFound(id) }
    guard version.making == .built else { throw .versionNotBuilt(id, version.status) }
    return version
  }

  private static func requireDeployable(
    _ request: CreateJob, _ number: VersionNumber?, _ fact: JobCreated, _ command: Command,
    given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) {
    guard let project = request.project, let subject = request.subject, let number,
      let target = fact.target
    else { throw .invalid("a deployment names a version and a target") }
    let id = VersionID(subject: SubjectID(project: project, name: subject.name), number: number)
    _ = try DeploymentRules.approvedVersion(id, given: &views, in: circumstances)
    _ = try DeploymentRules.replaced(
      at: target, of: id.subject, allowed: request.replaces, reason: request.reason, for: nil,
      given: &views)
  }

  static func start(
    _ id: JobID, _ runner: RunnerIdentity, _ command: Command,
    given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(id) else { throw .jobNotFound(id) }
    try Rights.require([.operator], of: command, in: job.project, given: &views)
    if job.status == .running, job.runner == runner { return [] }
    guard job.status == .created else { throw .jobEnded(id, job.status) }
    if let version = job.versionID, !job.makesVersion {
      try requireBuilt(version, given: &views)
    }
    return [draft(of: job, command, fact: .jobStarted(runner))]
  }

  static func progress(
    _ id: JobID, _ progress: Progress, _ text: EventText, _ command: Command,
    given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(id) else { throw .jobNotFound(id) }
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
    try Decider.requireReason(reason)
    if job.status.isFinal { throw .jobEnded(id, job.status) }
    if job.stopRequested != nil { return [] }
    var request = draft(of: job, command, fact: .jobStopRequested)
    request.text = EventText([.reason: .string(reason)])
    guard job.status == .created, job.request.queued == true else { return [request] }
    // Nothing runs that could obey: a queued job ends with the request.
    return [request, draft(of: job, command, fact: .jobStopped(JobEnding()))]
  }

  static func end(
    _ request: EndJob, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let job = views.job(request.job) else { throw .jobNotFound(request.job) }
    if job.status.isFinal { throw .jobEnded(job.id, job.status) }
    if job.status == .created, request.status == .completed {
      throw .jobNotRunning(job.id, job.status)
    }
    var drafts: [Draft] = []
    if request.status == .completed {
      if let result = try resultDraft(request.result, of: job, command, given: &views) {
        drafts.append(result)
      }
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

  private static func resultDraft(
    _ result: EndJob.Result, of job: Job, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> Draft? {
    switch (result, job.kind) {
    case (.none, .training), (.none, .import), (.none, .evaluation):
      throw .invalid("a \(job.kind.rawValue) completes with what it made")
    case (.none, _): return nil
    case (.made(let made, let text), .training):
      return draft(of: job, command, fact: .versionTrained(made), text: text)
    case (.made(let made, let text), .import):
      return draft(of: job, command, fact: .versionImported(made), text: text)
    case (.evaluated(let fact, let text), .evaluation):
      // The rules are checked again where the effect is recorded.
      if let version = job.versionID { try requireBuilt(version, given: &views) }
      guard fact.metrics.count <= 64 else { throw .invalid("at most 64 metrics are recorded") }
      return draft(of: job, command, fact: .versionEvaluated(fact), text: text)
    case (.statistics(let fact), .statistics):
      return draft(of: job, command, fact: .statisticsComputed(fact))
    case (.outputs(let fact), .prediction):
      return draft(of: job, command, fact: .predictionCompleted(fact))
    case (.outputs(let fact), .run), (.outputs(let fact), .batchRun):
      return draft(of: job, command, fact: .runCompleted(fact))
    default: throw .invalid("this is no result of a \(job.kind.rawValue)")
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
