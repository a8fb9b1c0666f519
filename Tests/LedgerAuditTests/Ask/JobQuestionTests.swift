// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Failures, batch runs, monitoring: what jobs did, and what nobody looked after.
@Suite struct JobQuestionTests {
  private func producing(_ house: House) throws -> DeploymentID {
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    try house.makeVersion(1, artifacts: .test(1))
    try house.ask(.bob, Scenario.decision(.approved, Scenario.version(1)))
    return try house.job(try house.ask(.olga, Scenario.deployment(Scenario.version(1))))
  }

  private func train(_ house: House, retryOf: JobID? = nil) throws -> JobID {
    try house.job(
      try house.ask(
        .olga,
        .createJob(
          CreateJob(
            project: .churn, subject: Scenario.modelReference,
            fact: JobCreated(kind: .training, retryOf: retryOf), manifestDigest: .test(1),
            runner: .test()))))
  }

  @Test func `who stopped what, what failed, was lost or repeated, and what remained, is told`()
    throws
  {
    let house = try House()
    _ = try producing(house)
    #expect(try house.answer(.failures).notAnswerable?.contains("job.lost") == true)
    let before = try house.size
    let failed = try train(house)
    try house.ask(
      .olga,
      .endJob(EndJob(job: failed, status: .failed, ending: JobEnding(exit: 3), error: "no data")))
    let again = try train(house, retryOf: failed)
    try house.ask(.bob, .note(AddNote(on: "#0", note: "in between")))
    try house.ask(.alice, .requestStop(again, reason: "too long"))
    try house.ask(
      .olga,
      .endJob(EndJob(job: again, status: .stopped, ending: JobEnding(signal: "SIGTERM"))))
    let third = try train(house, retryOf: again)
    let mid = try house.size
    try house.ask(
      .system(for: .olga),
      .endJob(
        EndJob(job: third, status: .lost, ending: JobEnding(effectRemaining: .unknown))))

    let answer = try house.answer(.failures)
    #expect(
      answer.lines(.job, .status, .ending, .error, .stoppedBy, .stopReason, .attempt).map {
        $0.split(separator: " | ").dropLast().joined(separator: " | ")
      } == [
        "\(failed) | failed | exit 3 | no data | - | - | 1",
        "\(again) | stopped | SIGTERM | - | alice | too long | 2",
        "\(third) | lost | - | - | - | - | 3",
      ])
    #expect(answer.column(.retriedBy) == ["[\"\(again)\"]", "[\"\(third)\"]", "-"])
    #expect(answer.column(.retryOf) == ["-", failed.string, again.string])
    #expect(answer.exceptions.map(\.rule) == [.effectRemains, .jobLost])
    #expect(answer.exceptions.allSatisfy { $0.about == third.string && $0.positions.count == 2 })
    // Before it was lost it was running, and nothing was wrong.
    let earlier = try house.answer(.failures, asOf: mid)
    #expect(earlier.column(.status) == ["failed", "stopped", "running"])
    #expect(earlier.exceptions == [])
    #expect(try house.answer(.failures, asOf: before).notAnswerable != nil)
    // Of a version: the one that the job was to make; its repetition made another.
    let of3 = try house.answer(.failures, about: .version(Scenario.version(3)))
    #expect(of3.column(.job) == [again.string])
    #expect(of3.column(.retriedBy) == ["[\"\(third)\"]"])
    #expect(try house.answer(.failures, about: .project(.churn)).rows == answer.rows)
    #expect(try house.answer(.failures, about: .subject(Scenario.model)).rows == answer.rows)
    let window = try house.answer(.failures, since: mid.value)
    #expect(window.column(.job) == [third.string])
    // Nothing of another project.
    let other = Name(unchecked: "other")
    #expect(try house.answer(.failures, about: .project(other)).notAnswerable != nil)
  }

  private func predict(
    _ house: House, _ deployment: DeploymentID, trigger: Trigger = .manual,
    schedule: Name? = nil, nominal: Timestamp? = nil, tick: TickOrder? = nil,
    drift: DriftFigures? = nil
  ) throws -> JobID {
    let job = try #require(
      try house.ask(
        schedule == nil ? .olga : .system(for: .olga),
        .createJob(
          CreateJob(
            project: .churn,
            fact: JobCreated(
              kind: .prediction, deployment: deployment, trigger: trigger, schedule: schedule,
              nominalTime: nominal), runner: .test(), tick: tick))
      ).last?.job)
    try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(exit: 0),
          result: .outputs(
            OutputsMade(deployment: deployment, rows: 10, outputs: .test(77)), drift: drift))))
    return job
  }

  @Test func `batch runs name trigger and schedule's owner, and ticks that were missed or are due`()
    throws
  {
    let house = try House()
    let deployment = try producing(house)
    #expect(try house.answer(.batchRuns).notAnswerable != nil)
    let nightly = Name(unchecked: "nightly")
    try house.ask(
      .olga,
      .addSchedule(AddSchedule(name: nightly, deployment: deployment, cron: "0 3 * * *")))
    let start = try house.size
    // 08:00 on 30 June: the next tick is on 1 July.
    #expect(try house.answer(.batchRuns).notAnswerable != nil)
    let first = try #require(Timestamp("2026-07-01T03:00:00.000000Z"))
    let due = try house.answer(.batchRuns, at: first.adding(microseconds: 90_000_000_000))
    #expect(due.column(.status) == ["overdue"])
    #expect(due.column(.missed) == ["2"])
    #expect(due.told == ["tick-overdue churn/nightly #\(start.value - 1)"])

    house.advance(seconds: 24 * 3600)
    let cron = try predict(
      house, deployment, trigger: .cron, schedule: nightly, nominal: first,
      tick: TickOrder(after: nil))
    let now = try predict(house, deployment, trigger: .runNow, schedule: nightly)
    let byHand = try predict(house, deployment)
    let good = try house.answer(.batchRuns)
    #expect(
      good.lines(.job, .trigger, .schedule, .owner, .nominalTime, .status).map {
        $0.split(separator: " | ").dropLast().joined(separator: " | ")
      } == [
        "\(cron) | cron | nightly | olga | \(first) | completed",
        "\(now) | run-now | nightly | olga | - | completed",
        "\(byHand) | manual | - | - | - | completed",
      ])
    #expect(good.exceptions == [])

    let size = try house.size
    let missed = first.adding(microseconds: 2 * 86_400_000_000)
    house.advance(seconds: 2 * 24 * 3600)
    try house.ask(
      .system(for: .olga),
      .missTicks(
        MissTicks(
          schedule: ScheduleID(project: .churn, name: nightly), after: first, nominalTime: missed,
          count: 2)))
    let answer = try house.answer(.batchRuns, since: size.value)
    #expect(answer.column(.status) == ["missed"])
    #expect(answer.column(.missed) == ["2"])
    #expect(
      answer.told == [
        "tick-missed churn/nightly #\(start.value - 1) #\(size.value)"
      ])
    #expect(try house.answer(.batchRuns).rows.count == 4)
    #expect(try house.answer(.batchRuns, asOf: size).exceptions == [])
  }

  @Test func `two jobs of one tick are an exception`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let nightly = Name(unchecked: "nightly")
    try scenario.when(
      Actor.olga.asks(
        .addSchedule(AddSchedule(name: nightly, deployment: deployment, cron: "0 3 * * *"))))
    let tick = Timestamp(microseconds: scenario.recorder.clock.now.microseconds + 86_400_000_000)
    // No command makes the second: it stands for a worker that went wrong.
    let draft = { (name: String) in
      Draft(
        actor: .system(for: .olga), project: .churn, subject: Scenario.modelReference,
        number: VersionNumber(1), job: JobID(name),
        fact: .jobCreated(
          JobCreated(
            kind: .prediction, deployment: deployment, trigger: .cron, schedule: nightly,
            nominalTime: tick)))
    }
    try scenario.given([draft("predict-000001")])
    try scenario.given([draft("predict-000002")])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger?.reader)
    let answer = try reader.answer(.batchRuns)
    let last = UInt64(scenario.events.count)
    #expect(
      answer.told == ["tick-doubled churn/nightly #\(last - 3) #\(last - 2) #\(last - 1)"])
    #expect(try reader.answer(.batchRuns, asOf: LedgerSize(last - 1)).exceptions == [])
    // The first of the two came before the window, and counts.
    #expect(try reader.answer(.batchRuns, since: last - 1).exceptions.count == 1)
    #expect(try reader.answer(.batchRuns, since: last - 1).rows.count == 1)
  }

  @Test func `monitoring tells values, the threshold of then, and how late an alert was answered`()
    throws
  {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    try house.makeVersion(1, artifacts: .test(1))
    let statistics = try house.job(
      try house.ask(.olga, Scenario.job(.statistics, number: 1)))
    let computed = try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: statistics, status: .completed, ending: JobEnding(exit: 0),
          result: .statistics(
            StatisticsComputed(
              dataDigest: .test(5), rows: 10, columns: ListDigest(count: 1, digest: .test(6)),
              validation: .passed)))))
    let baseline = try #require(computed.first).position
    try house.ask(.bob, Scenario.decision(.approved, Scenario.version(1)))
    let deployment = try house.job(
      try house.ask(.olga, Scenario.deployment(Scenario.version(1))))
    func figures(_ psi: Double) -> DriftFigures {
      DriftFigures(
        baseline: baseline,
        psi: .inline([Metric(name: "age", value: psi / 2), Metric(name: "tenure", value: psi)]),
        greatestPSI: psi)
    }
    #expect(
      try house.answer(.monitoring).notAnswerable?.contains("drift.measured") == true)
    _ = try predict(house, deployment, drift: figures(0.1))
    let calm = try house.answer(.monitoring)
    #expect(calm.column(.alert) == ["false"] && calm.exceptions == [])
    var policy = Policy.default
    policy.driftPSI = 0.3
    try house.ask(.alice, .setPolicy(policy, reason: "less noise"))
    _ = try predict(house, deployment, drift: figures(0.4))
    let open = try house.size
    let waiting = try house.answer(.monitoring)
    #expect(waiting.column(.threshold) == ["0.2", "0.3"])
    #expect(waiting.column(.psi) == ["{\"tenure\":0.1}", "{\"tenure\":0.4}"])
    #expect(waiting.exceptions.map(\.rule) == [.alertUnanswered])
    let drift = try #require(waiting.rows.last?.positions.first)
    house.advance(seconds: 600)
    try house.ask(
      .bob,
      .answerAlert(
        AnswerAlert(
          deployment: deployment, drift: drift, action: .retrain, reason: "new customers")))
    let answer = try house.answer(.monitoring)
    #expect(answer.exceptions == [])
    let words = answer.lines(.answer, .answeredBy, .delay, .reason)
    #expect(words.first?.hasPrefix("- | - | - | - | ") == true)
    // The end of the job was recorded with the alert; 600 s and the step of the answer.
    #expect(words.last?.hasPrefix("retrain | bob | 601000000 | new customers | ") == true)
    #expect(try house.answer(.monitoring, asOf: open).exceptions.count == 1)
    #expect(try house.answer(.monitoring, about: .version(Scenario.version(1))).rows.count == 2)
    #expect(try house.answer(.monitoring, since: drift.value).rows.count == 1)
  }

  @Test func `drift held against another threshold, or without the alert due, is an exception`()
    throws
  {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let approval = try #require(scenario.events.last { $0.fact.isApproval }).position
    func measured(_ psi: Double, _ threshold: Double, _ alert: Bool) -> [Draft] {
      [
        Draft(
          actor: .olga, project: .churn, subject: Scenario.modelReference,
          number: VersionNumber(1),
          fact: .driftMeasured(
            DriftMeasured(
              deployment: deployment, baseline: approval,
              psi: .inline([Metric(name: "age", value: psi)]), threshold: threshold, alert: alert)))
      ]
    }
    try scenario.given(measured(0.1, 0.2, false))
    try scenario.given(measured(0.25, 0.5, false))
    try scenario.given(measured(0.25, 0.2, false))
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger?.reader)
    let last = UInt64(scenario.events.count)
    #expect(
      try reader.answer(.monitoring).told == [
        "threshold-differs churn-lr@1 #\(last - 2)", "alert-missing churn-lr@1 #\(last - 1)",
      ])
  }
}

extension Fact {
  var isApproval: Bool { if case .versionApproved = self { true } else { false } }
}
