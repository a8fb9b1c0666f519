// SPDX-License-Identifier: Apache-2.0

/// Putting versions into production and taking them out (rules 3 and 4).
enum DeploymentRules {
  static func deploy(
    _ request: PromoteVersion, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    let subject = request.version.subject
    try Rights.require([.operator], of: command, in: subject.project, given: &views)
    try Rights.requireSignature(for: .deployed, of: command, given: &views)
    if let reason = request.reason { try Limits.requireReason(reason) }
    let hookJob = try running(request.job, given: &views)
    if let hookJob {
      guard hookJob.kind == .deployment, hookJob.versionID == request.version,
        hookJob.request.target == request.target
      else { throw .invalid("\(hookJob.id) deploys something else") }
    }
    let (version, decision) = try approvedVersion(
      request.version, given: &views, in: circumstances)
    let old = try replaced(
      at: request.target, of: subject, allowed: request.replaces, reason: request.reason,
      isSigned: command.signature != nil, for: request.job, given: &views)
    let job =
      hookJob?.id
      ?? JobRules.unusedIdentifier(of: .deployment, given: &views, in: circumstances)
    func draft(
      _ fact: Fact, number: VersionNumber, _ text: EventText = EventText(),
      cause: Position? = nil
    ) -> Draft {
      Draft(
        actor: command.actor, occurred: command.occurred, project: subject.project,
        subject: version.reference, number: number, job: job, cause: cause, fact: fact,
        text: text)
    }
    let number = version.id.number
    let reason = request.reason.map { EventText([.reason: .string($0)]) } ?? EventText()
    var drafts: [Draft] = []
    if hookJob == nil {
      let created = JobCreated(kind: .deployment, deployment: job, target: request.target)
      drafts.append(draft(.jobCreated(created), number: number))
      drafts.append(draft(.jobStarted(request.runner), number: number))
    }
    if let old {
      let retired = DeploymentRetired(
        deployment: old.id, target: old.target, artifactsDigest: old.fact.artifactsDigest,
        replacedBy: job, lastPrediction: old.lastPrediction?.position)
      drafts.append(draft(.deploymentRetired(retired), number: old.version.number, reason))
    }
    let deployed = VersionDeployed(
      deployment: job, target: request.target, engine: request.engine,
      artifactsDigest: decision.artifactsDigest, decision: decision.mark.position,
      replaces: old?.id, signature: command.signature)
    drafts.append(
      draft(.versionDeployed(deployed), number: number, reason, cause: decision.mark.position))
    drafts.append(draft(.jobCompleted(request.ending), number: number))
    return drafts
  }

  static func retire(
    _ request: RetireDeployment, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    let deployment = try existing(request.deployment, given: &views)
    try Rights.require(
      [.operator], of: command, in: deployment.version.subject.project, given: &views)
    try Limits.requireReason(request.reason)
    try Rights.requireSignature(for: .retired, of: command, given: &views)
    guard deployment.status == .active else { throw .deploymentRetired(deployment.id) }
    let hookJob = try running(request.job, given: &views)
    if let hookJob {
      guard hookJob.kind == .retirement, hookJob.request.deployment == deployment.id else {
        throw .invalid("\(hookJob.id) retires something else")
      }
    }
    let job =
      hookJob?.id
      ?? JobRules.unusedIdentifier(of: .retirement, given: &views, in: circumstances)
    func draft(_ fact: Fact, _ text: EventText = EventText()) -> Draft {
      Draft(
        actor: command.actor, occurred: command.occurred,
        project: deployment.version.subject.project, subject: deployment.reference,
        number: deployment.version.number, job: job, fact: fact, text: text)
    }
    var drafts: [Draft] = []
    if hookJob == nil {
      let created = JobCreated(kind: .retirement, deployment: deployment.id)
      drafts = [draft(.jobCreated(created)), draft(.jobStarted(request.runner))]
    }
    let retired = DeploymentRetired(
      deployment: deployment.id, target: deployment.target,
      artifactsDigest: deployment.fact.artifactsDigest,
      lastPrediction: deployment.lastPrediction?.position, signature: command.signature)
    drafts.append(
      draft(.deploymentRetired(retired), EventText([.reason: .string(request.reason)])))
    drafts.append(draft(.jobCompleted(request.ending)))
    return drafts
  }

  /// The version and its approval, when that is the latest decision, valid, and of its artifacts.
  static func approvedVersion(
    _ id: VersionID, given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) -> (Version, Version.Decision) {
    let version = try JobRules.requireBuilt(id, given: &views)
    guard let decision = version.decision, decision.verdict == .approved else {
      throw .notApproved(id, version.decision?.verdict)
    }
    if let last = decision.validUntil, last.lastMoment < circumstances.time {
      throw .approvalExpired(id, on: last)
    }
    guard version.made?.artifacts.digest == decision.artifactsDigest else {
      throw .approvalOfOtherArtifacts(id)
    }
    return (version, decision)
  }

  /// The deployment that will be replaced at a target: nil when it is free for `job`.
  static func replaced(
    at target: Name, of subject: SubjectID, allowed: Bool, reason: Text?, isSigned: Bool,
    for job: JobID?, given views: inout some ViewSource
  ) throws(Refusal) -> Deployment? {
    let slot = views.slot(subject, target: target)
    if let holder = slot.reservedBy, holder != job {
      throw .targetReserved(target: target, by: holder)
    }
    guard let occupant = slot.occupant else { return nil }
    guard allowed else { throw .targetOccupied(target: target, by: occupant) }
    try Limits.requireReason(reason)
    // What is replaced is retired, and the signature of the deployment names it.
    if !isSigned { try requireUnsigned(.retired, given: &views) }
    return try existing(occupant, given: &views)
  }

  /// A deployment in production.
  static func active(
    _ id: DeploymentID, given views: inout some ViewSource
  ) throws(Refusal) -> Deployment {
    let deployment = try existing(id, given: &views)
    guard deployment.status == .active else { throw .deploymentRetired(id) }
    return deployment
  }

  private static func existing(
    _ id: DeploymentID, given views: inout some ViewSource
  ) throws(Refusal) -> Deployment {
    guard let deployment = views.deployment(id) else { throw .deploymentNotFound(id) }
    return deployment
  }

  private static func running(
    _ id: JobID?, given views: inout some ViewSource
  ) throws(Refusal) -> Job? {
    guard let id else { return nil }
    guard let job = views.job(id) else { throw .jobNotFound(id) }
    guard job.status == .running else { throw .jobNotRunning(id, job.status) }
    return job
  }

  /// Refuses an act that the policy demands a signature for.
  static func requireUnsigned(
    _ act: Policy.SignedAct, given views: inout some ViewSource
  ) throws(Refusal) {
    if views.policy().policy.signed.contains(act) { throw .signatureRequired(act) }
  }
}
