// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// What was in production, and whether approval came before.
@Suite struct ProductionQuestionTests {
  private func place(_ scenario: Scenario, _ code: FactCode) throws -> UInt64 {
    try #require(scenario.events.last { FactCode($0.fact) == code }).position.value
  }

  private func reader(_ store: Store) throws -> LedgerReader { try #require(store.ledger).reader }

  // MARK: 2 in production

  @Test func `what is in production is told as of then, with target, engine and since when`() throws
  {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let approved = try place(scenario, .versionApproved)
    let deployed = try place(scenario, .versionDeployed)
    try scenario.given(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: deployment, reason: "done", runner: .test()))))
    let retired = try place(scenario, .deploymentRetired)
    let store = try Store(scenario.history)
    let reader = try reader(store)
    let then = try reader.answer(.inProduction, asOf: LedgerSize(deployed + 1))
    #expect(
      then.lines(.subject, .version, .target, .engine, .since, .actor, .approval, .deployment) == [
        "churn-lr | churn-lr@1 | production | batch | \(scenario.events[Int(deployed)].time) | "
          + "olga | \(approved) | \(deployment) | #\(approved) #\(deployed)"
      ])
    #expect(then.exceptions == [])
    #expect(
      try reader.answer(
        .inProduction, about: .version(Scenario.version(1)), asOf: LedgerSize(retired)
      )
      .rows == then.rows)
    // Nothing is in production any more: that is an answer. Before anything was, there is none.
    let now = try reader.answer(.inProduction)
    #expect(now.rows == [] && now.notAnswerable == nil)
    #expect(try reader.answer(.inProduction, asOf: LedgerSize(deployed)).notAnswerable != nil)
  }

  @Test func `what is in production though rejected, or on an approval that expired, stands out`()
    throws
  {
    var scenario = try Scenario()
    let today = CalendarDate(
      daysSinceEpoch: Int(scenario.recorder.clock.now.microseconds / 86_400_000_000))
    let version = try scenario.approved(validUntil: today)
    try scenario.given(Actor.olga.asks(Scenario.deployment(version)))
    let approved = try place(scenario, .versionApproved)
    let deployed = try place(scenario, .versionDeployed)
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version)))
    let rejected = try place(scenario, .versionRejected)
    let store = try Store(scenario.history)
    let reader = try reader(store)
    let before = LedgerSize(rejected)
    let expired = ["approval-expired churn-lr@1 #\(approved) #\(deployed)"]
    let late = today.lastMoment.adding(microseconds: 1)
    for question in [Question.inProduction, .approvalBeforeDeployment] {
      #expect(try reader.answer(question, asOf: before, at: today.lastMoment).exceptions == [])
      #expect(try reader.answer(question, asOf: before, at: late).told == expired)
    }
    #expect(
      try reader.answer(.inProduction).told == [
        "rejected-since churn-lr@1 #\(deployed) #\(rejected)"
      ]
    )
  }

  // MARK: 8 approval before deployment

  @Test func `a deployment tells the approval before it, of these artifacts`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let approved = try place(scenario, .versionApproved)
    let deployed = try place(scenario, .versionDeployed)
    let store = try Store(scenario.history)
    let answer = try reader(store).answer(.approvalBeforeDeployment)
    #expect(
      answer.lines(.version, .target, .deployment, .approval, .approver, .artifactsDigest) == [
        "churn-lr@1 | production | \(deployment) | \(approved) | bob | \(Digest.test(1)) | "
          + "#\(approved) #\(deployed)"
      ])
    #expect(answer.exceptions == [])
    #expect(
      try reader(store).answer(.approvalBeforeDeployment, since: deployed).rows == answer.rows)
    #expect(try reader(store).answer(.approvalBeforeDeployment, since: deployed + 1).rows == [])
  }

  @Test func `a deployment of other artifacts, or on a decision that approves nothing, stands out`()
    throws
  {
    func told(_ artifacts: UInt64, on verdict: Verdict) throws -> (
      rules: [ExceptionRule], about: String?
    ) {
      var scenario = try Scenario()
      let version = try scenario.evaluated()
      let decided = try scenario.when(Actor.bob.asks(Scenario.decision(verdict, version)))
      let decision = decided.first { $0.fact != decided[0].fact && $0.text != nil }
      let job = try scenario.jobOf(
        try scenario.when(
          Actor.olga.asks(Scenario.job(.evaluation, number: version.number.value))))
      try scenario.given([
        Draft(
          actor: .olga, project: .churn, subject: Scenario.modelReference, number: version.number,
          job: job,
          fact: .versionDeployed(
            VersionDeployed(
              deployment: job, target: .production, engine: .batch,
              artifactsDigest: .test(artifacts), decision: try #require(decision).position)))
      ])
      let store = try Store(scenario.history)
      let answer = try reader(store).answer(.approvalBeforeDeployment)
      return (answer.exceptions.map(\.rule), answer.exceptions.first?.about)
    }
    #expect(try told(1, on: .approved) == ([], nil))
    #expect(try told(9, on: .approved) == ([.otherArtifacts], "churn-lr@1"))
    #expect(try told(1, on: .rejected) == ([.notApproved], "churn-lr@1"))
  }
}
