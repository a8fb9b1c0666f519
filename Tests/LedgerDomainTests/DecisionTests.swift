// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Approvals and rejections: rule 2.
@Suite struct DecisionTests {
  private func approve(
    _ version: VersionID, by actor: Actor = .bob, reason: Text = "metrics hold",
    shown: Bool = true, seen: LedgerSize? = nil, overrides: Bool = false,
    validUntil: CalendarDate? = nil, signature: Text? = nil
  ) -> Command {
    var command = actor.asks(
      Scenario.decision(
        .approved, version, reason: reason, shown: shown, seen: seen, overrides: overrides,
        validUntil: validUntil))
    command.signature = signature.map { Signature(armored: $0) }
    return command
  }

  private func decided(_ events: [Event]) -> Decided? {
    for event in events {
      switch event.fact {
      case .versionApproved(let fact), .versionRejected(let fact): return fact
      default: break
      }
    }
    return nil
  }

  @Test func `an approval is a job with the evidence as it stands`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let evaluation = scenario.events.last {
      if case .versionEvaluated = $0.fact { true } else { false }
    }!
    let size = scenario.recorder.size
    let events = try scenario.when(approve(version))
    let fact = Decided(
      artifactsDigest: .test(1),
      evidence: Evidence(
        evaluations: [evaluation.position], dataDigests: [.test(900)],
        metrics: [Metric(name: "accuracy", value: 0.95)], seen: size, shown: true),
      exceptions: [])
    #expect(
      events.map(\.fact) == [
        .jobCreated(JobCreated(kind: .approval)), .jobStarted(.test()), .versionApproved(fact),
        .jobCompleted(JobEnding()),
      ])
    #expect(Set(events.map(\.job)).count == 1)
    #expect(scenario.recorder.texts[events[2].position.index].string(.reason) == "metrics hold")
    var views = scenario.views
    #expect(views.version(version)?.status == .approved)
  }

  @Test func `a rejection needs no evaluation and may be of one's own version`() throws {
    var scenario = try Scenario()
    let version = try scenario.trained(by: .alice)
    let events = try scenario.when(Actor.alice.asks(Scenario.decision(.rejected, version)))
    #expect(decided(events)?.exceptions == [])
    var views = scenario.views
    #expect(views.version(version)?.status == .rejected)
  }

  @Test(arguments: ["", " \t\n", "\u{200b}\u{2060}", "\u{3164}", "\u{2800}", "\u{ad}\u{feff}"])
  func `a reason that shows nothing is no reason`(reason: String) throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    #expect(scenario.refusal(of: approve(version, reason: Text(reason))) == .reasonBlank)
  }

  @Test func `a reason has at most 16 KiB`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let longest = String(repeating: "é", count: 8192)
    #expect(scenario.refusal(of: approve(version, reason: Text(longest))) == nil)
    #expect(
      scenario.refusal(of: approve(version, reason: Text(longest + "x")))?.class == .badInput)
  }

  @Test func `a version must exist and be built`() throws {
    var scenario = try Scenario()
    #expect(
      scenario.refusal(of: approve(Scenario.version(1)))
        == .versionNotFound(Scenario.version(1)))
    _ = try scenario.training()
    #expect(
      scenario.refusal(of: approve(Scenario.version(1)))
        == .versionNotBuilt(Scenario.version(1), .building))
  }

  @Test func `an approval needs an evaluation unless the policy waives it`() throws {
    var scenario = try Scenario()
    let version = try scenario.trained()
    #expect(scenario.refusal(of: approve(version)) == .notEvaluated(version, .model))
    try scenario.policy { $0.requireEvaluation = false }
    #expect(decided(try scenario.when(approve(version)))?.exceptions == [.noEvaluation])
  }

  @Test func `an approval of a feature task needs a run`() throws {
    var scenario = try Scenario()
    let version = try scenario.imported()
    #expect(scenario.refusal(of: approve(version)) == .notEvaluated(version, .feature))
    let job = try scenario.jobOf(
      try scenario.when(
        Actor.olga.asks(Scenario.job(.run, number: 1, of: Scenario.featureReference))))
    try scenario.given(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .completed, ending: JobEnding(),
            result: .outputs(OutputsMade(outputs: .test(4)))))))
    let fact = decided(try scenario.when(approve(version)))
    #expect(fact?.evidence.evaluations.count == 1)
    #expect(fact?.evidence.dataDigests == [])
  }

  @Test func `the maker does not approve`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated(by: .alice)
    #expect(
      scenario.refusal(of: approve(version, by: .alice))
        == .fourEyes(version, maker: Actor.alice.id))
    try scenario.policy { $0.fourEyes = false }
    #expect(
      decided(try scenario.when(approve(version, by: .alice)))?.exceptions == [.selfApproval])
  }

  @Test func `two names of one login are one person`() throws {
    var scenario = try Scenario()
    let twin = Actor.local("twin", uid: Actor.olga.os!.uid)
    try scenario.given(
      Actor.alice.asks(.grant(GrantRoles(member: twin.id, roles: [.approver]))))
    let version = try scenario.evaluated()
    #expect(
      scenario.refusal(of: approve(version, by: twin))
        == .fourEyes(version, maker: Actor.olga.id))
  }

  @Test func `two names with one key are one person`() throws {
    var scenario = try Scenario()
    let key = Text("SHA256:" + String(repeating: "k", count: 43))
    for (actor, roles) in [(Actor.olga, [Role.operator]), (.bob, [.approver])] {
      try scenario.given(
        Actor.alice.asks(
          .grant(GrantRoles(member: actor.id, roles: roles, keyFingerprints: [key]))))
    }
    let version = try scenario.evaluated()
    #expect(scenario.refusal(of: approve(version)) == .fourEyes(version, maker: Actor.olga.id))
  }

  @Test func `tokens compare names and keys, not logins`() throws {
    var scenario = try Scenario()
    try scenario.given(
      Actor.alice.asks(
        .grant(GrantRoles(member: Actor.remote("erin").id, roles: [.approver]))))
    let version = try scenario.evaluated()
    #expect(decided(try scenario.when(approve(version, by: .remote("erin"))))?.exceptions == [])
  }

  @Test(arguments: [false, true])
  func `a key that was revoked still tells that two names are one person`(isAgain: Bool) throws {
    var scenario = try Scenario()
    let key = Text("SHA256:" + String(repeating: "k", count: 43))
    let erin = Actor.remote("erin")
    func grant(_ actor: Actor, _ role: Role, _ keys: [Text] = [key]) -> Command {
      Actor.alice.asks(
        .grant(GrantRoles(member: actor.id, roles: [role], keyFingerprints: keys)))
    }
    try scenario.given(grant(.olga, .operator))
    let version = try scenario.evaluated()
    try scenario.given(Actor.alice.asks(.revoke(Actor.olga.id, reason: "she left")))
    // Granted again without the key, she is no other person for that.
    if isAgain { try scenario.given(grant(.olga, .operator, [])) }
    try scenario.given(grant(erin, .approver))
    #expect(
      scenario.refusal(of: approve(version, by: erin))
        == .fourEyes(version, maker: Actor.olga.id))
    try scenario.given(Actor.alice.asks(.revoke(erin.id, reason: "so did she")))
    try scenario.given(grant(erin, .approver, []))
    #expect(
      scenario.refusal(of: approve(version, by: erin))
        == .fourEyes(version, maker: Actor.olga.id))
    try scenario.given(grant(.remote("eve"), .approver, []))
    #expect(decided(try scenario.when(approve(version, by: .remote("eve"))))?.exceptions == [])
  }

  @Test func `the system's work is its person's`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated(by: .system(for: .alice))
    #expect(
      scenario.refusal(of: approve(version, by: .alice))
        == .fourEyes(version, maker: scenario.maker(of: version)))
  }

  @Test func `claimed names need the policy, and their separation is an exception`() throws {
    var scenario = try Scenario()
    let claimed = Actor.claimed("cleo", by: .olga)
    try scenario.given(
      Actor.alice.asks(
        .grant(GrantRoles(member: claimed.id, roles: [.approver], leastAuth: .claimed))))
    let version = try scenario.evaluated()
    #expect(scenario.refusal(of: approve(version, by: claimed)) == .claimsNotAllowed(claimed.id))
    try scenario.policy {
      $0.claims = true
      $0.decisionAuth = .claimed
    }
    #expect(
      decided(try scenario.when(approve(version, by: claimed)))?.exceptions
        == [.separationClaimed])
  }

  @Test func `what was made under a claimed name counts as the login's once claims are withdrawn`()
    throws
  {
    var scenario = try Scenario()
    let claimed = Actor.claimed("cleo", by: .bob)
    try scenario.given(
      Actor.alice.asks(
        .grant(GrantRoles(member: claimed.id, roles: [.operator], leastAuth: .claimed))))
    try scenario.policy { $0.claims = true }
    let version = try scenario.evaluated(by: claimed)
    try scenario.policy { $0.claims = false }
    #expect(scenario.refusal(of: approve(version)) == .fourEyes(version, maker: claimed.id))
  }

  @Test func `a decision is authenticated as the policy asks`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    try scenario.policy { $0.decisionAuth = .token }
    #expect(
      scenario.refusal(of: approve(version))
        == .authenticationTooWeak(Actor.bob.id, has: .os, needs: .token))
    try scenario.policy { $0.decisionAuth = .os }
    let system = Actor.system(for: .bob)
    #expect(
      scenario.refusal(of: approve(version, by: system))
        == .authenticationTooWeak(system.id, has: .system, needs: .os))
  }

  @Test func `a signature that the policy asks for comes with the login by key`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let signer = Actor.signer("bob", uid: 1001)
    try scenario.policy { $0.signed = [.approved] }
    #expect(scenario.refusal(of: approve(version)) == .signatureRequired(.approved))
    #expect(
      scenario.refusal(of: approve(version, signature: "forged")) == .signatureRequired(.approved))
    #expect(
      scenario.refusal(of: approve(version, by: signer)) == .signatureRequired(.approved))
    #expect(scenario.refusal(of: approve(version, by: signer, signature: "SSHSIG")) == nil)
    #expect(scenario.refusal(of: Actor.bob.asks(Scenario.decision(.rejected, version))) == nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 0.89, 1.01])
  func `a metric outside its threshold needs an override`(value: Double) throws {
    var scenario = try Scenario()
    try scenario.policy {
      $0.thresholds = [
        .init(scope: "churn", metric: "accuracy", threshold: .init(min: 0.9, max: 1))
      ]
    }
    let version = try scenario.evaluated(metrics: [Metric(name: "accuracy", value: value)])
    #expect(
      scenario.refusal(of: approve(version))
        == .thresholdsNotMet(version, metrics: ["accuracy"]))
    #expect(
      decided(try scenario.when(approve(version, overrides: true)))?.exceptions
        == [.thresholdOverridden])
  }

  @Test func `thresholds of project, subject and both hold together; met ones need nothing`() throws
  {
    var scenario = try Scenario()
    try scenario.policy {
      $0.thresholds = [
        .init(scope: "churn", metric: "accuracy", threshold: .init(min: 0.95)),
        .init(scope: "churn-lr", metric: "auc", threshold: .init(min: 0.9)),
        .init(scope: "churn/churn-lr", metric: "loss", threshold: .init(max: 0.1)),
        .init(scope: "other", metric: "never", threshold: .init(min: 1)),
      ]
    }
    let version = try scenario.evaluated()
    #expect(
      scenario.refusal(of: approve(version))
        == .thresholdsNotMet(version, metrics: ["auc", "loss"]))
    try scenario.evaluate(
      version,
      metrics: [
        Metric(name: "accuracy", value: 0.95), Metric(name: "auc", value: 0.9),
        Metric(name: "loss", value: 0.1),
      ])
    #expect(
      decided(try scenario.when(approve(version, overrides: true)))?.exceptions == [])
  }

  @Test func `an event at or after the size that was seen is unseen`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let evaluation = scenario.events.last {
      if case .versionEvaluated = $0.fact { true } else { false }
    }!.position
    #expect(
      scenario.refusal(of: approve(version, seen: LedgerSize(evaluation.value)))
        == .evidenceChanged(version, at: evaluation))
    #expect(scenario.refusal(of: approve(version, seen: LedgerSize(after: evaluation))) == nil)
    let head = scenario.recorder.size
    #expect(scenario.refusal(of: approve(version, seen: head)) == nil)
    let beyond = LedgerSize(head.value + 1)
    #expect(scenario.refusal(of: approve(version, seen: beyond)) == .seenBeyondHead(beyond))
  }

  @Test func `what else changes asks for another look, or does not`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let seen = scenario.recorder.size
    try scenario.trained()
    try scenario.given(
      Actor.bob.asks(AddNote.on(version, "looked at")),
      Actor.olga.asks(
        .assessChange(
          VersionOrSubject(subject: Scenario.model, number: nil), substantial: true,
          reason: "new source")))
    #expect(scenario.refusal(of: approve(version, seen: seen)) == nil)
    var other = scenario
    try other.policy { $0.driftPSI = 0.3 }
    #expect(other.refusal(of: approve(version, seen: seen))?.word == "evidence-changed")
    // Erased of the whole subject, it may be evidence of each of its versions.
    var whole = scenario.about(version, .textErased(TextErased(ranges: [], basis: .secret)))
    whole.number = nil
    for draft in [
      scenario.about(version, .changeAssessed(ChangeAssessed(substantial: true))),
      scenario.about(version, .textErased(TextErased(ranges: [], basis: .secret))), whole,
    ] {
      var other = scenario
      let changed = try other.given([draft])[0].position
      #expect(
        other.refusal(of: approve(version, seen: seen)) == .evidenceChanged(version, at: changed))
      #expect(Refusal.evidenceChanged(version, at: changed).class == .tryAgain)
    }
  }

  @Test func `evidence that was not shown is an exception, a size seen is not`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let seen = scenario.recorder.size
    #expect(
      decided(try scenario.when(approve(version, shown: false)))?.exceptions == [.notShown])
    let again = scenario.recorder.size
    #expect(seen < again)
    let fact = decided(try scenario.when(approve(version, shown: false, seen: again)))
    #expect(fact?.exceptions == [])
    #expect(fact?.evidence.seen == again)
    #expect(fact?.evidence.shown == true)
  }

  @Test func `an approval cannot have expired already, a rejection never expires`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let today = CalendarDate("2026-11-21")!
    #expect(scenario.refusal(of: approve(version, validUntil: today)) == nil)
    #expect(
      scenario.refusal(of: approve(version, validUntil: CalendarDate("2026-11-20")!))?.class
        == .badInput)
    #expect(
      scenario.refusal(
        of: Actor.bob.asks(Scenario.decision(.rejected, version, validUntil: today)))?.class
        == .badInput)
  }

  @Test func `evidence names the latest evaluations only, so that a leaf stays small`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    for _ in 0..<70 { try scenario.evaluate(version) }
    let evidence = decided(try scenario.when(approve(version)))?.evidence
    #expect(evidence?.evaluations.count == 64)
    #expect(evidence?.dataDigests.count == 64)
    #expect(evidence?.evaluations.last.map { $0.index > scenario.events.count - 8 } == true)
  }
}

extension Position {
  var index: Int { Int(value) }
}

extension AddNote {
  static func on(_ version: VersionID, _ note: Text) -> Intent {
    .note(
      AddNote(
        on: Text(version.description), project: version.subject.project,
        subject: Scenario.modelReference, number: version.number, note: note))
  }
}

extension Scenario {
  func maker(of version: VersionID) -> ActorID {
    var views = self.views
    return views.version(version)!.maker.id
  }

  func about(_ version: VersionID, _ fact: Fact) -> Draft {
    Draft(
      actor: .alice, project: version.subject.project, subject: Scenario.modelReference,
      number: version.number, fact: fact)
  }
}
