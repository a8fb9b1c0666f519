// SPDX-License-Identifier: Apache-2.0

/// Creating jobs (rules 1, 3, 4 and 5). Their later life: JobRules+Life.swift.
enum JobRules {
  static func create(
    _ request: CreateJob, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    var request = try completed(request, given: &views)
    if let project = request.project, views.project(project) == nil {
      throw .projectNotFound(project)
    }
    try Rights.require([.operator], of: command, in: request.project, given: &views)
    try requireShape(request, command, given: &views)
    var drafts = try ScheduleRules.missed(request, command, given: &views)
    if let reference = request.subject, let project = request.project {
      let id = SubjectID(project: project, name: reference.name)
      let subject = views.subject(id)
      if let subject, subject.kind != reference.kind {
        throw .subjectOfOtherKind(id, is: subject.kind)
      }
      if request.fact.kind.makesVersion {
        let (next, isTooMany) = (subject?.latestNumber ?? 0).addingReportingOverflow(1)
        if isTooMany { throw .invalid("\(id) has used every version number") }
        drafts += describe(request, subject, reference, project, command)
        request.number = VersionNumber(next)
      } else if subject == nil {
        throw .subjectNotFound(id)
      }
    }
    let job = try identifier(for: request, given: &views, in: circumstances)
    if request.fact.kind == .deployment { request.fact.deployment = job }
    try requireUse(request, job: nil, given: &views, in: circumstances)
    var draft = Draft(
      actor: command.actor, occurred: command.occurred, project: request.project,
      subject: request.subject, number: request.number, job: job,
      fact: .jobCreated(request.fact), text: request.text)
    drafts.append(draft)
    if let runner = request.runner {
      draft.fact = .jobStarted(runner)
      draft.text = EventText()
      drafts.append(draft)
    }
    return drafts
  }

  /// Names the version of the deployment that a job is about, where the request leaves it out.
  private static func completed(
    _ request: CreateJob, given views: inout some ViewSource
  ) throws(Refusal) -> CreateJob {
    guard let id = request.fact.deployment, request.subject == nil,
      request.fact.kind != .deployment
    else { return request }
    guard let deployment = views.deployment(id) else { throw .deploymentNotFound(id) }
    var request = request
    request.project = deployment.version.subject.project
    request.subject = deployment.reference
    request.number = deployment.version.number
    return request
  }

  private static func identifier(
    for request: CreateJob, given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) -> JobID {
    if let id = request.id {
      guard id.string.hasPrefix(request.fact.kind.prefix + "-") else {
        throw .invalid("\(id) does not name a job of kind \(request.fact.kind.rawValue)")
      }
      if views.job(id) != nil { throw .jobIdentifierTaken(id) }
      return id
    }
    return unusedIdentifier(of: request.fact.kind, given: &views, in: circumstances)
  }

  /// Draws identifiers until one is unused: six characters, seven after many collisions.
  static func unusedIdentifier(
    of kind: JobKind, given views: inout some ViewSource, in circumstances: Circumstances
  ) -> JobID {
    var attempts: UInt64 = 0
    while true {
      // The count makes this end even where the bits repeat.
      let id = JobID(
        kind: kind, bits: circumstances.drawBits() &+ attempts,
        characters: attempts < 64 ? 6 : 7)
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
          actor: command.actor, occurred: command.occurred, project: project, subject: reference,
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
        actor: command.actor, occurred: command.occurred, project: project, subject: reference,
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

  /// Refuses a job whose parts do not fit its kind.
  private static func requireShape(
    _ request: CreateJob, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) {
    let fact = request.fact
    let kind = fact.kind.rawValue
    try Limits.requireCommit(fact.commit)
    if request.subject != nil, request.project == nil {
      throw .invalid("a job about a subject names its project")
    }
    if request.number != nil, request.subject == nil {
      throw .invalid("a job about a version names its subject")
    }
    switch fact.kind {
    case .approval: throw .invalid("an approval is recorded with its decision")
    case .exec: break
    case .retirement:
      try Limits.requireReason(request.reason)
      guard fact.deployment != nil else { throw .invalid("a retirement names a deployment") }
    case .prediction, .batchRun:
      guard fact.deployment != nil else { throw .invalid("a \(kind) names a deployment") }
    case .deployment:
      guard fact.target != nil else { throw .invalid("a deployment names a target") }
    case .training, .evaluation, .import, .statistics, .run: break
    }
    if fact.kind != .exec {
      guard let subject = request.subject else { throw .invalid("a \(kind) names a subject") }
      guard fact.kind.subjectKinds.contains(subject.kind) else {
        throw .invalid("there is no \(kind) of a \(subject.kind.rawValue)")
      }
      guard fact.kind.makesVersion || request.number != nil else {
        throw .invalid("a \(kind) names a version")
      }
    }
    if let original = fact.retryOf, views.job(original) == nil { throw .jobNotFound(original) }
    if let schedule = fact.schedule {
      guard let project = request.project else { throw .invalid("a schedule is of a project") }
      guard let state = views.schedule(project: project, name: schedule), state.removed == nil
      else { throw .scheduleNotFound(ScheduleID(project: project, name: schedule)) }
      guard state.fact.deployment == fact.deployment, state.fact.kind == fact.kind else {
        throw .invalid("the schedule \(schedule) runs \(state.fact.deployment)")
      }
    }
  }

  /// Refuses a job when the version or deployment that it uses is not as the rules ask; checked
  /// when it is created and again when it starts. `job` is its identifier once it exists.
  static func requireUse(
    _ request: CreateJob, job: JobID?, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) {
    let fact = request.fact
    guard let project = request.project, let subject = request.subject, let number = request.number,
      !fact.kind.makesVersion
    else { return }
    let id = VersionID(subject: SubjectID(project: project, name: subject.name), number: number)
    try requireBuilt(id, given: &views)
    // A hook whose effect would be refused must not act.
    let isSigned = request.isSigned || job != nil
    if fact.kind == .deployment, let target = fact.target {
      if !isSigned { try DeploymentRules.requireUnsigned(.deployed, given: &views) }
      _ = try DeploymentRules.approvedVersion(id, given: &views, in: circumstances)
      // Whether a worker may replace was asked when the job was created.
      _ = try DeploymentRules.replaced(
        at: target, of: id.subject, allowed: request.replaces || job != nil,
        reason: job == nil ? request.reason : "asked for", isSigned: isSigned, for: job,
        given: &views)
    } else if let used = fact.deployment {
      if fact.kind == .retirement, !isSigned {
        try DeploymentRules.requireUnsigned(.retired, given: &views)
      }
      let deployment = try DeploymentRules.active(used, given: &views)
      guard deployment.version == id else {
        throw .invalid("\(used) is a deployment of \(deployment.version)")
      }
    }
  }
}
