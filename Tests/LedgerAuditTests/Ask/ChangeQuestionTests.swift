// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Substantial changes, retirements, inventory, erasures, access, signatures.
@Suite struct ChangeQuestionTests {
  private func versions(_ house: House, _ count: UInt32) throws {
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    for number in 1...count {
      try house.makeVersion(number, artifacts: .test(UInt64(number)))
      try house.ask(.bob, Scenario.decision(.approved, Scenario.version(number)))
    }
  }

  private func deploy(_ house: House, _ number: UInt32) throws -> (JobID, Position) {
    let events = try house.ask(
      .olga,
      Scenario.deployment(
        Scenario.version(number), replaces: number > 1, reason: number > 1 ? "better" : nil))
    let deployed = try #require(
      events.first { if case .versionDeployed = $0.fact { true } else { false } })
    return (try house.job(events), deployed.position)
  }

  private func assess(
    _ house: House, _ number: UInt32?, _ substantial: Bool, _ reason: Text
  ) throws -> Position {
    let events = try house.ask(
      .bob,
      .assessChange(
        VersionOrSubject(
          subject: Scenario.model, number: number.map { VersionNumber($0) }),
        substantial: substantial, reason: reason))
    return try #require(events.last).position
  }

  @Test func `substantial changes name who decided, and want a decision anew`() throws {
    let house = try House()
    try versions(house, 3)
    let (_, first) = try deploy(house, 1)
    #expect(
      try house.answer(.substantialChanges).notAnswerable?.contains("change.assessed") == true)
    let assessed = try assess(house, 1, true, "new segment")
    let approval = try #require(
      try house.ledger.reader.withSnapshot { snapshot in
        try (0..<first.value).last {
          try snapshot.event(at: Position($0)).number?.value == 1
            && snapshot.event(at: Position($0)).fact.isApproval
        }
      })
    let answer = try house.answer(.substantialChanges)
    #expect(
      answer.lines(.subject, .version, .substantial, .actor, .reason, .verdict) == [
        "churn-lr | churn-lr@1 | true | bob | new segment | - | #\(assessed.value)"
      ])
    #expect(
      answer.told == ["not-reapproved churn-lr@1 #\(approval) #\(first.value) #\(assessed.value)"])
    let approved = try house.ask(.bob, Scenario.decision(.approved, Scenario.version(1)))
    let again = try #require(approved.first { $0.fact.isApproval }).position
    let settled = try house.answer(.substantialChanges)
    #expect(settled.exceptions == [])
    #expect(
      settled.lines(.verdict, .decision) == [
        "approved | \(again.value) | #\(assessed.value) #\(again.value)"
      ])

    // Another version takes its place, and nobody says what kind of change that is.
    let (_, second) = try deploy(house, 2)
    #expect(
      try house.answer(.substantialChanges).told == [
        "change-not-assessed churn-lr@2 #\(first.value) #\(second.value)"
      ])
    #expect(
      try house.answer(.substantialChanges, about: .subject(Scenario.model)).exceptions.count == 1)
    // About the version alone nothing was assessed.
    #expect(
      try house.answer(.substantialChanges, about: .version(Scenario.version(2))).notAnswerable
        != nil)
    _ = try assess(house, 2, false, "same data, more of it")
    #expect(try house.answer(.substantialChanges).exceptions == [])
    // A version whose earlier neighbour is out of scope is still a change.
    _ = try deploy(house, 3)
    let whole = try assess(house, nil, false, "routine")
    #expect(try house.answer(.substantialChanges).exceptions == [])
    #expect(try house.answer(.substantialChanges).column(.version).last == "-")
    #expect(try house.answer(.substantialChanges, since: whole.value).rows.count == 1)
    #expect(
      try house.answer(.substantialChanges, asOf: LedgerSize(whole.value)).told.count == 1)
  }

  @Test func `a retirement tells when, who, why, what came instead and the last use`() throws {
    let house = try House()
    try versions(house, 2)
    let (deployment, since) = try deploy(house, 1)
    #expect(try house.answer(.retirements).notAnswerable != nil)
    let job = try house.job(
      try house.ask(
        .olga,
        .createJob(
          CreateJob(
            project: .churn, fact: JobCreated(kind: .prediction, deployment: deployment),
            runner: .test()))))
    let used = try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(exit: 0),
          result: .outputs(
            OutputsMade(deployment: deployment, rows: 10, outputs: .test(77)), drift: nil))))
    let prediction = try #require(used.first).position
    let size = try house.size
    let (other, second) = try deploy(house, 2)
    let answer = try house.answer(.retirements)
    let retired = try #require(answer.rows.first?.positions.first { $0.value >= size.value })
    #expect(
      answer.lines(.version, .target, .actor, .reason, .replacement, .replacedBy, .lastPrediction)
        == [
          "churn-lr@1 | production | olga | better | churn-lr@2 | \(other) | \(prediction.value) | "
            + Answer.words([since, prediction, retired, second].sorted())
        ])
    #expect(answer.exceptions == [])
    #expect(try house.answer(.retirements, about: .version(Scenario.version(2))).rows.isEmpty)
    #expect(try house.answer(.retirements, asOf: size).notAnswerable != nil)
  }

  @Test func `a retirement without a reason, and outputs after one, are exceptions`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let last = { Position(UInt64(scenario.events.count) - 1) }
    try scenario.given([
      Draft(
        actor: .olga, project: .churn, subject: Scenario.modelReference, number: VersionNumber(1),
        fact: .deploymentRetired(
          DeploymentRetired(
            deployment: deployment, target: .production, artifactsDigest: .test(1))))
    ])
    let retired = last()
    try scenario.given([
      Draft(
        actor: .olga, project: .churn, subject: Scenario.modelReference, number: VersionNumber(1),
        fact: .predictionCompleted(
          OutputsMade(deployment: deployment, rows: 1, outputs: .test(9))))
    ])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger?.reader)
    #expect(
      try reader.answer(.retirements).told == [
        "no-reason churn-lr@1 #\(retired.value)",
        "used-after-retirement churn-lr@1 #\(retired.value) #\(last().value)",
      ])
    #expect(
      try reader.answer(.retirements, asOf: LedgerSize(after: retired)).told.count == 1)
  }

  @Test func `the inventory has every version, and says what was never deployed or is overdue`()
    throws
  {
    let house = try House()
    #expect(try house.answer(.inventory).notAnswerable?.contains("job.created") == true)
    try versions(house, 1)
    try house.makeVersion(2, artifacts: .test(2))
    try house.ask(.bob, Scenario.decision(.rejected, Scenario.version(2)))
    let day = try #require(CalendarDate("2026-07-31"))
    let valid = try #require(CalendarDate("2026-08-31"))
    let described = try house.ask(
      .olga,
      .describeSubject(
        DescribeSubject(
          subject: Scenario.model, kind: .model,
          described: SubjectDescribed(
            manifestDigest: .test(1), owner: Actor.olga.id, tier: Name(unchecked: "high"),
            reviewBy: day), text: EventText())))
    let approved = try house.ask(
      .bob, Scenario.decision(.approved, Scenario.version(1), validUntil: valid))
    let approval = try #require(approved.first { $0.fact.isApproval }).position
    let (_, since) = try deploy(house, 1)
    let failed = try house.job(try house.ask(.olga, Scenario.job(.training)))
    try house.ask(
      .olga, .endJob(EndJob(job: failed, status: .failed, ending: JobEnding(exit: 1))))
    let answer = try house.answer(.inventory)
    #expect(answer.column(.version) == ["churn-lr@1", "churn-lr@2", "churn-lr@3"])
    #expect(answer.column(.status) == ["deployed", "rejected", "failed"])
    #expect(answer.column(.neverDeployed) == ["false", "true", "true"])
    #expect(answer.column(.owner) == ["olga", "olga", "olga"])
    #expect(answer.column(.target) == ["[\"production\"]", "-", "-"])
    #expect(answer.exceptions == [])
    // The last moment of a day belongs to it.
    #expect(try house.answer(.inventory, at: day.lastMoment).exceptions == [])
    let review = try #require(described.last).position.value
    #expect(
      try house.answer(.inventory, at: day.lastMoment.adding(microseconds: 1)).told == [
        "review-overdue churn-lr #\(review)"
      ])
    #expect(
      try house.answer(
        .inventory, about: .version(Scenario.version(1)),
        at: valid.lastMoment.adding(microseconds: 1)
      ).told == [
        "review-overdue churn-lr #\(review)",
        "approval-expired churn-lr@1 #\(approval.value) #\(since.value)",
      ])
    #expect(
      try house.answer(.inventory, asOf: LedgerSize(since.value)).column(.status)
        == ["approved", "rejected"])
  }
}
