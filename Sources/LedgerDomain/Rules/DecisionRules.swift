// SPDX-License-Identifier: Apache-2.0

/// Approvals and rejections (rule 2).
enum DecisionRules {
  static func decide(
    _ request: DecideVersion, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    let project = request.version.subject.project
    let policy = views.policy()
    try Rights.require([.approver], of: command, in: project, given: &views)
    // The system decides nothing; a person does.
    if command.actor.authentication == .system
      || command.actor.authentication < policy.policy.decisionAuth
    {
      throw .authenticationTooWeak(
        command.actor.id, has: command.actor.authentication, needs: policy.policy.decisionAuth)
    }
    try Limits.requireReason(request.reason)
    try Limits.require(request.text)
    let version = try JobRules.requireBuilt(request.version, given: &views)
    guard let made = version.made else { throw .versionNotBuilt(version.id, version.status) }
    try Rights.requireSignature(
      for: request.verdict == .approved ? .approved : .rejected, of: command, given: &views)
    try requireValidity(request, circumstances)
    try requireSeen(request, version, policy, circumstances)
    var exceptions: Set<DecisionException> = []
    // Naming the size that one looked at says that one looked.
    let shown = request.shown || request.seen != nil
    if !shown { exceptions.insert(.notShown) }
    if request.verdict == .approved {
      exceptions.formUnion(
        try approvalExceptions(request, version, policy.policy, command, given: &views))
    }
    let evaluations = version.evaluations.suffix(Evidence.evaluationLimit)
    let evidence = Evidence(
      evaluations: evaluations.map(\.mark.position),
      dataDigests: evaluations.compactMap(\.dataDigest), metrics: version.metrics,
      seen: request.seen ?? request.signedSize ?? circumstances.size, shown: shown)
    let fact = Decided(
      artifactsDigest: made.artifacts.digest, evidence: evidence,
      exceptions: exceptions.sorted(), validUntil: request.validUntil,
      signature: command.signature)
    var text = request.text
    text[.reason] = .string(request.reason)
    let job = JobRules.unusedIdentifier(of: .approval, given: &views, in: circumstances)
    func draft(_ fact: Fact, _ text: EventText = EventText()) -> Draft {
      Draft(
        actor: command.actor, occurred: command.occurred, project: project,
        subject: version.reference, number: version.id.number, job: job, fact: fact, text: text)
    }
    return [
      draft(.jobCreated(JobCreated(kind: .approval))), draft(.jobStarted(request.runner)),
      draft(request.verdict == .approved ? .versionApproved(fact) : .versionRejected(fact), text),
      draft(.jobCompleted(JobEnding())),
    ]
  }

  /// Refuses an end of validity that has passed, or one for a rejection.
  private static func requireValidity(
    _ request: DecideVersion, _ circumstances: Circumstances
  ) throws(Refusal) {
    guard let last = request.validUntil else { return }
    guard request.verdict == .approved else {
      throw .invalid("a rejection has no end of validity")
    }
    guard last.lastMoment >= circumstances.time else {
      throw .invalid("an approval valid until \(last) would have expired already")
    }
  }

  /// Refuses a decision whose evidence, or the policy it is judged by, changed since it was seen.
  private static func requireSeen(
    _ request: DecideVersion, _ version: Version, _ policy: PolicyState,
    _ circumstances: Circumstances
  ) throws(Refusal) {
    guard let seen = request.seen ?? request.signedSize else { return }
    if circumstances.size < seen { throw .seenBeyondHead(seen) }
    let changed = max(version.evidenceChanged, policy.set?.position ?? Position(0))
    if !seen.includes(changed) { throw .evidenceChanged(version.id, at: changed) }
  }

  private static func approvalExceptions(
    _ request: DecideVersion, _ version: Version, _ policy: Policy, _ command: Command,
    given views: inout some ViewSource
  ) throws(Refusal) -> Set<DecisionException> {
    var exceptions: Set<DecisionException> = []
    if version.evaluations.isEmpty {
      if policy.requireEvaluation { throw .notEvaluated(version.id, version.kind) }
      exceptions.insert(.noEvaluation)
    }
    switch command.actor.separation(from: version.maker, given: &views) {
    case .separate: break
    case .claimed: exceptions.insert(.separationClaimed)
    case .same:
      if policy.fourEyes { throw .fourEyes(version.id, maker: version.maker.id) }
      exceptions.insert(.selfApproval)
    }
    let unmet = policy.unmetThresholds(of: version.id.subject, version.metrics)
    if !unmet.isEmpty {
      if !request.overridesThresholds { throw .thresholdsNotMet(version.id, metrics: unmet) }
      exceptions.insert(.thresholdOverridden)
    }
    return exceptions
  }
}

extension Policy {
  /// The metrics of a version that are missing or out of bounds, by the thresholds of its subject's
  /// project, of its subject's name, and of `project/name`.
  public func unmetThresholds(of subject: SubjectID, _ metrics: [Metric]) -> [Text] {
    let scopes: [Text] = [
      Text(subject.project.string), Text(subject.name.string), Text(subject.description),
    ]
    var unmet: [Text] = []
    for bound in thresholds where scopes.contains(bound.scope) {
      let value = metrics.first { $0.name == bound.metric }?.value
      let isMet =
        value.map { value in
          value.isFinite && value >= (bound.threshold.min ?? -.infinity)
            && value <= (bound.threshold.max ?? .infinity)
        } ?? false
      if !isMet, !unmet.contains(bound.metric) { unmet.append(bound.metric) }
    }
    return unmet
  }
}
