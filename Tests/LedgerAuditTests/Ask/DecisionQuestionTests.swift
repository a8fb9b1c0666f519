// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// What the approver looked at, who they were, and what became of rejections.
@Suite struct DecisionQuestionTests {
  private static let carol = Actor.local("carol", uid: 1003)

  private func ask(
    _ scenario: Scenario, _ question: Question, about scope: TrailScope = .ledger,
    since: UInt64 = 0, asOf size: UInt64? = nil
  ) throws -> Answer {
    let store = try Store(scenario.history)
    return try #require(store.ledger).reader.answer(
      question, about: scope, since: since, asOf: size.map { LedgerSize($0) })
  }

  /// The latest position of an event of a kind.
  private func latest(_ scenario: Scenario, _ code: FactCode) throws -> UInt64 {
    try #require(scenario.events.last { FactCode($0.fact) == code }).position.value
  }

  /// Carol may approve and deploy.
  private func carolMayDoBoth(_ scenario: inout Scenario) throws {
    try scenario.given(
      Actor.alice.asks(
        .grant(
          GrantRoles(member: DecisionQuestionTests.carol.id, roles: [.approver, .operator]))))
  }

  // MARK: 7 evidence

  @Test func `the evidence of a decision is told as it stood then`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    let evaluated = try latest(scenario, .versionEvaluated)
    let approved = try latest(scenario, .versionApproved)
    let answer = try ask(scenario, .evidence)
    #expect(
      answer.lines(
        .version, .verdict, .actor, .evaluations, .dataDigests, .metrics, .artifactsDigest,
        .shown, .exceptions, .laterEvidence, .decision) == [
          "churn-lr@1 | approved | bob | [\(evaluated)] | [\"\(Digest.test(900))\"] | "
            + "{\"accuracy\":0.95} | \(Digest.test(1)) | true | [] | [] | \(approved) | "
            + "#\(evaluated) #\(approved)"
        ])
    #expect(answer.exceptions == [])

    // What comes later changes nothing of it, but stands out until somebody decides again.
    try scenario.evaluate(version, metrics: [Metric(name: "accuracy", value: 0.5)])
    let later = try latest(scenario, .versionEvaluated)
    let changed = try ask(scenario, .evidence)
    #expect(changed.column(.metrics) == [#"{"accuracy":0.95}"#])
    #expect(changed.column(.laterEvidence) == ["[\(later)]"])
    #expect(changed.told == ["evidence-changed churn-lr@1 #\(approved) #\(later)"])
    #expect(try ask(scenario, .evidence, asOf: later).exceptions == [])
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version)))
    let settled = try ask(scenario, .evidence)
    #expect(settled.column(.metrics) == [#"{"accuracy":0.95}"#, #"{"accuracy":0.5}"#])
    #expect(settled.exceptions == [])
    #expect(try ask(scenario, .evidence, since: later).column(.verdict) == ["rejected"])
    #expect(
      try ask(scenario, .evidence, about: .version(Scenario.version(2))).notAnswerable != nil)
  }

  @Test func `what was waived, overridden or not shown is an exception, and so is erased evidence`()
    throws
  {
    var scenario = try Scenario()
    try scenario.policy { policy in
      policy.requireEvaluation = false
      policy.thresholds = [
        Policy.MetricThreshold(
          scope: "churn", metric: "accuracy", threshold: Policy.Threshold(min: 0.99))
      ]
    }
    let bare = try scenario.trained()
    try scenario.given(
      Actor.bob.asks(Scenario.decision(.approved, bare, shown: false, overrides: true)))
    let place = try latest(scenario, .versionApproved)
    #expect(
      try ask(scenario, .evidence, about: .version(bare)).told == [
        "no-evaluation churn-lr@1 #\(place)", "not-shown churn-lr@1 #\(place)",
        "threshold-overridden churn-lr@1 #\(place)",
      ])
    // The words of an evaluation that a decision names go.
    var second = try Scenario()
    let job = try second.trained()
    let evaluation = try second.jobOf(
      try second.when(Actor.olga.asks(Scenario.job(.evaluation, number: job.number.value))))
    try second.given(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: evaluation, status: .completed, ending: JobEnding(exit: 0),
            result: .evaluated(
              VersionEvaluated(metrics: [], dataDigest: .test(900)),
              text: EventText([.procedure: .string("hold-out")]))))))
    try second.given(Actor.bob.asks(Scenario.decision(.approved, job)))
    let evaluated = Position(try latest(second, .versionEvaluated))
    let approved = try latest(second, .versionApproved)
    #expect(try ask(second, .evidence).exceptions == [])
    try second.given([
      Draft(
        actor: .alice, project: .churn, subject: Scenario.modelReference,
        fact: .textErased(
          TextErased(ranges: [PositionRange(from: evaluated, to: evaluated)], basis: .mistake)))
    ])
    let erased = try latest(second, .textErased)
    #expect(
      try ask(second, .evidence).told == [
        "evidence-erased churn-lr@1 #\(evaluated.value) #\(approved) #\(erased)"
      ])
  }

  // MARK: 9 four eyes

  @Test func `approver, trainer and deployer are compared, for each deployment`() throws {
    var scenario = try Scenario()
    try scenario.deployed()
    let created = try #require(
      scenario.events.first { if case .jobCreated = $0.fact { true } else { false } }
    ).position
    let approved = try latest(scenario, .versionApproved)
    let deployed = try latest(scenario, .versionDeployed)
    let answer = try ask(scenario, .fourEyes)
    #expect(
      answer.lines(.version, .approver, .trainer, .fromTrainer, .deployer, .fromDeployer) == [
        "churn-lr@1 | bob | olga | separate | olga | separate | "
          + "#\(created.value) #\(approved) #\(deployed)"
      ])
    #expect(answer.exceptions == [])
    let earlier = try ask(scenario, .fourEyes, asOf: deployed)
    #expect(earlier.column(.deployer) == ["-"])
    // The deployment is in the window, so its approval is told, too.
    #expect(try ask(scenario, .fourEyes, since: deployed).rows == answer.rows)
    #expect(try ask(scenario, .fourEyes, since: deployed + 1).rows == [])
    #expect(try ask(scenario, .fourEyes, asOf: approved).notAnswerable != nil)
  }

  @Test func `one person in two places is an exception, by name, by key, by claim`() throws {
    var scenario = try Scenario()
    try carolMayDoBoth(&scenario)
    try scenario.policy { policy in
      policy.fourEyes = false
      policy.claims = true
    }
    // Carol trains, approves and deploys.
    let version = try scenario.evaluated(by: DecisionQuestionTests.carol)
    let made = try #require(
      scenario.events.first { $0.versionID == version }
    ).position.value
    try scenario.given(
      DecisionQuestionTests.carol.asks(Scenario.decision(.approved, version)),
      DecisionQuestionTests.carol.asks(Scenario.deployment(version)))
    let approved = try latest(scenario, .versionApproved)
    let deployed = try latest(scenario, .versionDeployed)
    #expect(
      try ask(scenario, .fourEyes).told == [
        "self-approval churn-lr@1 #\(made) #\(approved)",
        "self-deployment churn-lr@1 #\(approved) #\(deployed)",
      ])

    // Dave is a name that Olga's login claims.
    let dave = Actor.claimed("dave", by: .olga)
    try scenario.given(
      Actor.alice.asks(
        .grant(GrantRoles(member: dave.id, roles: [.approver], leastAuth: .claimed))))
    try scenario.policy { policy in
      policy.claims = true
      policy.decisionAuth = .claimed
    }
    let next = try scenario.evaluated()
    let start = try #require(scenario.events.first { $0.versionID == next }).position.value
    try scenario.given(dave.asks(Scenario.decision(.approved, next)))
    let claimed = try latest(scenario, .versionApproved)
    let answer = try ask(scenario, .fourEyes, about: .version(next))
    #expect(answer.column(.fromTrainer) == ["claimed"])
    #expect(answer.told == ["separation-claimed churn-lr@2 #\(start) #\(claimed)"])
  }

  @Test func `two names with one key are one person`() throws {
    var scenario = try Scenario()
    let key = Text("SHA256:" + String(repeating: "A", count: 43))
    for member in [Actor.bob, DecisionQuestionTests.carol] {
      try scenario.given([
        Draft(
          actor: .alice,
          fact: .memberGranted(
            MemberGranted(
              member: member.id, roles: [.approver, .operator], leastAuth: .os,
              keyFingerprints: [key])))
      ])
    }
    let version = try scenario.approved()
    try scenario.given(DecisionQuestionTests.carol.asks(Scenario.deployment(version)))
    let answer = try ask(scenario, .fourEyes)
    #expect(answer.column(.fromTrainer) == ["separate"])
    #expect(answer.column(.fromDeployer) == ["same"])
    #expect(answer.exceptions.map(\.rule) == [.selfDeployment])
  }

  // MARK: 10 rejections

  @Test func `a rejection tells its reason and what came of the version, as of any size`() throws {
    var scenario = try Scenario()
    let first = try scenario.evaluated()
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, first, reason: "too slow")))
    let rejected = try latest(scenario, .versionRejected)
    func line(_ answer: Answer) -> [String] {
      answer.lines(.version, .actor, .reason, .outcome, .supersededBy, .followedBy)
    }
    let begin = "churn-lr@1 | bob | too slow"
    #expect(
      line(try ask(scenario, .rejections)) == ["\(begin) | nothing | - | [] | #\(rejected)"])

    try scenario.approved()
    let superseding = try latest(scenario, .versionApproved)
    #expect(
      line(try ask(scenario, .rejections, about: .version(first))) == [
        "\(begin) | superseded | churn-lr@2 | [] | #\(rejected) #\(superseding)"
      ])
    try scenario.evaluate(first)
    let evaluated = try latest(scenario, .versionEvaluated)
    try scenario.given(Actor.bob.asks(Scenario.decision(.approved, first)))
    let approved = try latest(scenario, .versionApproved)
    let answer = try ask(scenario, .rejections)
    #expect(
      line(answer) == [
        "\(begin) | approved | churn-lr@2 | [\(evaluated),\(approved)] | "
          + "#\(rejected) #\(superseding) #\(evaluated) #\(approved)"
      ])
    #expect(answer.exceptions == [])
    try scenario.given(Actor.olga.asks(Scenario.deployment(first)))
    #expect(try ask(scenario, .rejections).column(.outcome) == ["deployed"])
    #expect(
      try ask(scenario, .rejections, asOf: approved).column(.outcome) == ["evaluated"])
    #expect(try ask(scenario, .rejections, since: rejected + 1).rows == [])
    #expect(
      try ask(scenario, .rejections, about: .version(Scenario.version(2))).notAnswerable != nil)
  }

  @Test
  func `what stays in production though rejected, and what is approved unchanged, stands out`()
    throws
  {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let version = Scenario.version(1)
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version, reason: "biased")))
    let rejected = try latest(scenario, .versionRejected)
    let still = try ask(scenario, .rejections)
    #expect(still.column(.outcome) == ["in-production"])
    #expect(still.told == ["rejected-since churn-lr@1 #\(rejected)"])
    var retired = scenario
    try retired.given(
      Actor.olga.asks(
        .retire(
          RetireDeployment(deployment: deployment, reason: "rejected", runner: .test()))))
    let gone = try ask(retired, .rejections)
    #expect(gone.column(.outcome) == ["retired"])
    #expect(gone.exceptions == [])
    try scenario.given(Actor.bob.asks(Scenario.decision(.approved, version)))
    let approved = try latest(scenario, .versionApproved)
    #expect(
      try ask(scenario, .rejections).told == [
        "approved-unchanged churn-lr@1 #\(rejected) #\(approved)"
      ])
  }
}
