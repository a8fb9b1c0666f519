// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Holds and the minimum retention: rule 8.
@Suite struct HoldTests {
  private func place(
    _ target: HoldTarget, by actor: Actor = .alice, reason: Text = "complaint 4711"
  ) -> Command {
    actor.asks(.hold(target, places: true, reason: reason))
  }

  private func release(_ target: HoldTarget, by actor: Actor = .alice) -> Command {
    actor.asks(.hold(target, places: false, reason: "settled"))
  }

  /// Where a version of the scenario's model is under a hold.
  private func isHeld(_ version: VersionID, in scenario: Scenario) -> Bool {
    var views = scenario.views
    return !views.holds().covering(
      project: version.subject.project, subject: version.subject, version: version
    ).isEmpty
  }

  @Test func `a hold covers what it names and all that is within, and nothing beside`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let second = try scenario.trained()
    for target in [
      HoldTarget.ledger, .project(.churn), .subject(version.subject), .version(version),
    ] {
      #expect(!isHeld(version, in: scenario))
      let event = try #require(try scenario.when(place(target)).first)
      guard case .holdPlaced(let fact) = event.fact else { return }
      #expect(fact.scope == target.written)
      #expect(isHeld(version, in: scenario))
      #expect(isHeld(second, in: scenario) == (target != .version(version)))
      try scenario.when(release(target))
    }
    #expect(!isHeld(version, in: scenario))
  }

  @Test func `a hold on a job covers its events, and one around it does too`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    var views = scenario.views
    #expect(views.holds(onJob: job).isEmpty)
    try scenario.when(place(.job(job)))
    views = scenario.views
    #expect(views.holds(onJob: job).map(\.target) == [.job(job)])
    try scenario.when(place(.subject(Scenario.model)))
    views = scenario.views
    #expect(views.holds(onJob: job).count == 2)
    let other = try scenario.training()
    views = scenario.views
    #expect(views.holds(onJob: other).map(\.target) == [.subject(Scenario.model)])
  }

  @Test func `a second hold is a further reason, and one release ends both`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    try scenario.when(place(.version(version)))
    try scenario.when(place(.version(version), reason: "complaint 4712"))
    var views = scenario.views
    #expect(views.holds().holds.map(\.placed.count) == [2])
    try scenario.when(release(.version(version)))
    views = scenario.views
    #expect(views.holds().holds == [])
    #expect(scenario.refusal(of: release(.version(version))) == .notHeld("churn/churn-lr@1"))
    #expect(NaiveModel(scenario.events).differences(from: scenario.views) == [])
  }

  @Test func `an auditor places holds, in their scope, with a reason, on what exists`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    #expect(
      scenario.refusal(of: place(.version(version), by: .olga))
        == .roleMissing(Actor.olga.id, needs: [.auditor]))
    #expect(scenario.refusal(of: place(.version(version), reason: " ")) == .reasonBlank)
    #expect(
      scenario.refusal(of: place(.version(Scenario.version(9))))
        == .versionNotFound(Scenario.version(9)))
    #expect(scenario.refusal(of: place(.project("none"))) == .projectNotFound("none"))
    try scenario.when(
      Actor.alice.asks(
        .grant(GrantRoles(member: Actor.olga.id, project: .churn, roles: [.auditor]))))
    #expect(scenario.refusal(of: place(.version(version), by: .olga)) == nil)
    #expect(scenario.refusal(of: place(.ledger, by: .olga))?.class == .rule)
  }

  @Test func `the minimum retention says from when something may be erased`() {
    var policy = Policy.default
    let recorded = Timestamp(microseconds: 1_000)
    #expect(
      policy.erasable(recorded: recorded).microseconds == 1_000 + 180 * 86_400_000_000)
    policy.retentionMinimumDays = 0
    #expect(policy.erasable(recorded: recorded) == recorded)
    policy.retentionMinimumDays = .max
    #expect(policy.erasable(recorded: Timestamp(microseconds: .max)).microseconds == .max)
  }
}
