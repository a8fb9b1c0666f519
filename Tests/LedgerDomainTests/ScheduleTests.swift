// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

/// Schedules and their ticks: rules 4 and 5, and what makes a tick happen once.
@Suite struct ScheduleTests {
  private static let nightly = ScheduleID(project: .churn, name: "nightly")

  private func add(
    _ deployment: DeploymentID, name: Name = "nightly", cron: Text = "0 3 * * *",
    policy: MissedPolicy = .skip, by actor: Actor = .olga
  ) -> Command {
    actor.asks(
      .addSchedule(
        AddSchedule(
          name: name, deployment: deployment, cron: cron, zone: "Europe/Berlin", policy: policy)))
  }

  private func tick(
    _ nominal: Timestamp, after: Timestamp?, missed: (UInt64, Timestamp)? = nil,
    of deployment: DeploymentID
  ) -> Command {
    Actor.system(for: .olga).asks(
      .createJob(
        CreateJob(
          fact: JobCreated(
            kind: .prediction, deployment: deployment, trigger: .cron, schedule: "nightly",
            nominalTime: nominal),
          runner: .test(),
          tick: TickOrder(after: after, missedCount: missed?.0 ?? 0, missed: missed?.1))))
  }

  private func miss(_ nominal: Timestamp, after: Timestamp?, by actor: Actor) -> Command {
    actor.asks(
      .missTicks(
        MissTicks(
          schedule: ScheduleTests.nightly, after: after, nominalTime: nominal, count: 2)))
  }

  private func deployed(_ scenario: inout Scenario) throws -> DeploymentID {
    let version = try scenario.approved()
    return try scenario.jobOf(scenario.when(Actor.olga.asks(Scenario.deployment(version))))
  }

  private func time(_ hour: Int) -> Timestamp {
    Timestamp(year: 2026, month: 11, day: 22, hour: hour)!
  }

  @Test func `a schedule is owned by who adds it, and names what it runs`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    let events = try scenario.when(add(deployment))
    let fact = ScheduleCreated(
      schedule: "nightly", cron: "0 3 * * *", zone: "Europe/Berlin", kind: .prediction,
      deployment: deployment, owner: Actor.olga.id, policy: .skip)
    #expect(events.map(\.fact) == [.scheduleCreated(fact)])
    #expect(events[0].subject == Scenario.modelReference)
    #expect(events[0].number == VersionNumber(1))
    // The same again is satisfied already; another under the name is not.
    #expect(try scenario.when(add(deployment)) == [])
    #expect(
      scenario.refusal(of: add(deployment, cron: "@daily"))
        == .scheduleExists(ScheduleTests.nightly))
  }

  @Test func `a schedule needs a role, a deployment in production and times that come`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    #expect(
      scenario.refusal(of: add(deployment, by: .bob))
        == .roleMissing(Actor.bob.id, needs: [.operator]))
    #expect(scenario.refusal(of: add(deployment, by: .mallory)) == .notAMember(Actor.mallory.id))
    let unknown = DeploymentID("deploy-000000")!
    #expect(scenario.refusal(of: add(unknown)) == .deploymentNotFound(unknown))
    for cron: Text in ["0 0 31 2 *", "@reboot", "61 * * * *", ""] {
      guard case .invalid? = scenario.refusal(of: add(deployment, cron: cron)) else {
        Issue.record("\(cron.string) was accepted")
        continue
      }
    }
    try scenario.given(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: deployment, reason: "over", runner: .test()))))
    #expect(scenario.refusal(of: add(deployment)) == .deploymentRetired(deployment))
  }

  @Test func `a removal needs a reason, and frees the name`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    let nightly = ScheduleTests.nightly
    let removal = Actor.olga.asks(.removeSchedule(nightly, reason: "replaced"))
    #expect(scenario.refusal(of: removal) == .scheduleNotFound(nightly))
    try scenario.given(add(deployment))
    #expect(
      scenario.refusal(of: Actor.olga.asks(.removeSchedule(nightly, reason: " \u{200b}")))
        == .reasonBlank)
    try scenario.given(removal)
    #expect(try scenario.when(removal) == [])
    #expect(
      scenario.refusal(of: tick(time(3), after: nil, of: deployment)) == .scheduleNotFound(nightly))
    try scenario.given(add(deployment, cron: "@daily"))
    var views = scenario.views
    let state = views.schedule(project: .churn, name: "nightly")
    #expect(state != nil)
    #expect(state?.removed == nil)
    #expect(state?.lastTick == nil)
  }

  @Test func `a tick moves the schedule on, and whoever did not see it is sent back`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    try scenario.given(add(deployment))
    let events = try scenario.when(tick(time(3), after: nil, of: deployment))
    #expect(events.count == 2)
    #expect(
      scenario.refusal(of: tick(time(4), after: nil, of: deployment))
        == .scheduleMoved(ScheduleTests.nightly))
    #expect(
      scenario.refusal(of: miss(time(4), after: nil, by: .system(for: .olga)))
        == .scheduleMoved(ScheduleTests.nightly))
    try scenario.given(tick(time(4), after: time(3), of: deployment))
    var views = scenario.views
    let state = views.schedule(project: .churn, name: "nightly")
    #expect(state?.lastTick == time(4))
  }

  @Test func `missed ticks are recorded together with the job that follows them`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    try scenario.given(add(deployment, policy: .once))
    let events = try scenario.when(
      tick(time(9), after: nil, missed: (7, time(9)), of: deployment))
    #expect(
      events.first?.fact
        == .scheduleMissed(ScheduleMissed(schedule: "nightly", nominalTime: time(9), count: 7)))
    #expect(events.count == 3)
    #expect(events.allSatisfy { $0.subject == Scenario.modelReference })
  }

  @Test func `only the system records missed ticks, with the event that suspends them`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    try scenario.given(add(deployment))
    guard case .invalid? = scenario.refusal(of: miss(time(3), after: nil, by: .olga)) else {
      Issue.record("a person recorded missed ticks")
      return
    }
    let plain = try scenario.when(miss(time(3), after: nil, by: .system(for: .olga)))
    #expect(plain[0].cause == nil)
    let revocation = try scenario.when(
      Actor.alice.asks(.revoke(Actor.olga.id, reason: "has left")))
    let orphaned = try scenario.when(miss(time(5), after: time(3), by: .system(for: .olga)))
    #expect(orphaned[0].cause == revocation[0].position)
    #expect(
      scenario.refusal(of: tick(time(6), after: time(5), of: deployment))
        == .notAMember(Actor.olga.id))
    let retirement = try scenario.when(
      Actor.alice.asks(.grant(GrantRoles(member: Actor.olga.id, roles: [.operator]))))
    #expect(retirement.count == 1)
    let retired = try scenario.when(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: deployment, reason: "over", runner: .test()))))
    let over = try scenario.when(miss(time(7), after: time(5), by: .system(for: .olga)))
    #expect(
      over[0].cause
        == retired.first { if case .deploymentRetired = $0.fact { true } else { false } }?
        .position)
  }

  @Test func `a schedule is run out of turn, and its ticks stay where they are`() throws {
    var scenario = try Scenario()
    let deployment = try deployed(&scenario)
    try scenario.given(add(deployment))
    func run(_ kind: JobKind = .prediction, tick: TickOrder? = nil) -> Command {
      Actor.olga.asks(
        .createJob(
          CreateJob(
            fact: JobCreated(
              kind: kind, deployment: deployment, trigger: .runNow, schedule: "nightly"),
            runner: .test(), tick: tick)))
    }
    try scenario.given(run())
    var views = scenario.views
    let state = views.schedule(project: .churn, name: "nightly")
    #expect(state?.lastTick == nil)
    for wrong in [run(tick: TickOrder(after: nil)), run(.batchRun)] {
      guard case .invalid? = scenario.refusal(of: wrong) else {
        Issue.record("accepted")
        continue
      }
    }
  }
}
