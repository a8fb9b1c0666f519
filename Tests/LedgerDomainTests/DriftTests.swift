// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Monitoring: drift is judged by the policy of its moment, and alerts are answered.
@Suite struct DriftTests {
  private func statistics(_ scenario: inout Scenario) throws -> Position {
    let job = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.statistics, number: 1))))
    let events = try scenario.when(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .completed, ending: JobEnding(),
            result: .statistics(
              StatisticsComputed(
                dataDigest: .test(7), rows: 10, columns: ListDigest(count: 2, digest: .test(8)),
                validation: .passed))))))
    return events[0].position
  }

  private func prediction(_ scenario: inout Scenario, _ deployment: DeploymentID) throws -> JobID {
    try scenario.jobOf(
      try scenario.when(
        Actor.olga.asks(
          .createJob(
            CreateJob(
              fact: JobCreated(kind: .prediction, deployment: deployment), runner: .test())))))
  }

  private func end(
    _ job: JobID, _ deployment: DeploymentID, _ drift: DriftFigures?
  ) -> Command {
    Actor.olga.asks(
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(),
          result: .outputs(
            OutputsMade(deployment: deployment, rows: 3, outputs: .test(9)), drift: drift))))
  }

  private func figures(
    _ baseline: Position, _ psi: Double, predictions: Double? = nil
  ) -> DriftFigures {
    DriftFigures(
      baseline: baseline,
      psi: .inline([Metric(name: "age", value: psi / 2), Metric(name: "income", value: psi)]),
      greatestPSI: psi, predictionDrift: predictions)
  }

  private func measured(_ events: [Event]) -> [DriftMeasured] {
    events.compactMap { if case .driftMeasured(let fact) = $0.fact { fact } else { nil } }
  }

  private func answer(
    _ drift: Position, of deployment: DeploymentID, _ action: AlertAction = .retrain,
    by actor: Actor = .olga, reason: Text = "a new scanner"
  ) -> Command {
    actor.asks(
      .answerAlert(
        AnswerAlert(deployment: deployment, drift: drift, action: action, reason: reason)))
  }

  @Test func `a prediction records its outputs, then its drift, then its end`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let baseline = try statistics(&scenario)
    let job = try prediction(&scenario, deployment)
    let events = try scenario.when(end(job, deployment, figures(baseline, 0.1, predictions: 0.05)))
    #expect(
      events.map(\.fact) == [
        .predictionCompleted(OutputsMade(deployment: deployment, rows: 3, outputs: .test(9))),
        .driftMeasured(
          DriftMeasured(
            deployment: deployment, baseline: baseline,
            psi: .inline([
              Metric(name: "age", value: 0.05), Metric(name: "income", value: 0.1),
            ]), predictionDrift: 0.05, threshold: 0.2, alert: false)),
        .jobCompleted(JobEnding()),
      ])
    var views = scenario.views
    let found = views.deployment(deployment)
    let state = try #require(found)
    #expect(state.lastDrift?.position == events[1].position)
    #expect(state.lastPerformance == nil && state.lastAlert == nil && state.openAlert == nil)
    #expect(views.version(Scenario.version(1))?.evidenceChanged == events[1].position)
    #expect(views.version(Scenario.version(1))?.statistics?.position == baseline)
  }

  @Test func `the baseline is what was known of the data when it was deployed, else the latest`()
    throws
  {
    var scenario = try Scenario()
    try scenario.approved()
    let first = try statistics(&scenario)
    let one = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.deployment(Scenario.version(1), to: "one"))))
    let second = try statistics(&scenario)
    var views = scenario.views
    #expect(views.deployment(one)?.baseline?.position == first)
    #expect(views.version(Scenario.version(1))?.statistics?.position == second)
    var other = try Scenario()
    let without = try other.deployed()
    try _ = statistics(&other)
    views = other.views
    #expect(views.deployment(without)?.baseline == nil)
  }

  @Test(
    arguments: [
      (0.2, nil, false), (0.2.nextUp, nil, true), (0.1, 0.2, false), (0.1, 0.3, true),
    ] as [(Double, Double?, Bool)])
  func `an alert is an index above the threshold, of a column or of the predictions`(
    psi: Double, predictions: Double?, alert: Bool
  ) throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let baseline = try statistics(&scenario)
    let job = try prediction(&scenario, deployment)
    let events = try scenario.when(
      end(job, deployment, figures(baseline, psi, predictions: predictions)))
    #expect(measured(events).map(\.alert) == [alert])
  }

  @Test func `the threshold is that of the policy when the prediction ends`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let baseline = try statistics(&scenario)
    let job = try prediction(&scenario, deployment)
    try scenario.policy { $0.driftPSI = 0.05 }
    let fact = try #require(
      measured(try scenario.when(end(job, deployment, figures(baseline, 0.1)))).first)
    #expect(fact.threshold == 0.05)
    #expect(fact.alert)
  }

  @Test func `figures that are no indexes against statistics of the version are refused`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let job = try prediction(&scenario, deployment)
    let without = scenario.refusal(of: end(job, deployment, figures(Position(1), 0.1)))
    #expect(without == .invalid("drift is measured against statistics of the version"))
    let baseline = try statistics(&scenario)
    var wrong = [figures(Position(baseline.value + 1), 0.1), figures(baseline, .nan)]
    wrong.append(figures(baseline, 0.1, predictions: .infinity))
    var other = figures(baseline, 0.1)
    other.greatestPSI = 0.05
    wrong.append(other)
    other = figures(baseline, 0.1)
    other.psi = .inline([Metric(name: "b", value: 0.1), Metric(name: "a", value: 0)])
    wrong.append(other)
    other.psi = .list(ListDigest(count: 100, digest: .test(1)))
    other.greatestPSI = nil
    wrong.append(other)
    for figures in wrong {
      guard case .invalid? = scenario.refusal(of: end(job, deployment, figures)) else {
        Issue.record("\(figures) is accepted")
        continue
      }
    }
    other.greatestPSI = 0.3
    #expect(measured(try scenario.when(end(job, deployment, other))).map(\.alert) == [true])
  }

  @Test func `a later evaluation tells what each deployment has lost since its approval`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated(metrics: [
      Metric(name: "accuracy", value: 0.9), Metric(name: "auc", value: 0.95),
    ])
    try scenario.given(Actor.bob.asks(Scenario.decision(.approved, version)))
    try scenario.policy {
      $0.thresholds = [
        Policy.MetricThreshold(
          scope: "churn-lr", metric: "accuracy", threshold: Policy.Threshold(min: 0.85)),
        Policy.MetricThreshold(
          scope: "churn-lr", metric: "recall", threshold: Policy.Threshold(min: 0.5)),
      ]
    }
    let one = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.deployment(version, to: "one"))))
    let two = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.deployment(version, to: "two"))))
    var views = scenario.views
    let deployed = views.deployment(one)
    let approval = try #require(deployed).fact.decision
    let later = [Metric(name: "accuracy", value: 0.8), Metric(name: "f1", value: 0.7)]
    let before = scenario.recorder.size
    try scenario.evaluate(version, metrics: later)
    let found = scenario.recorder.events.filter { $0.position.value >= before.value }
    // A metric that this evaluation does not measure, recall, raises no alert.
    #expect(
      measured(found)
        == [one, two].map { deployment in
          DriftMeasured(
            deployment: deployment, baseline: approval, psi: .inline([]),
            performanceDrift: [Metric(name: "accuracy", value: 0.8 - 0.9)], threshold: 0.2,
            alert: true)
        })
    views = scenario.views
    #expect(views.deployment(one)?.lastDrift == nil)
    #expect(views.deployment(one)?.lastPerformance != nil)
    #expect(views.deployment(two)?.openAlert == views.deployment(two)?.lastPerformance)
    // What is retired is measured no more; what meets the bounds is no alert.
    try scenario.given(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: one, reason: "drift", runner: .test()))))
    let then = scenario.recorder.size
    try scenario.evaluate(version, metrics: [Metric(name: "accuracy", value: 0.85)])
    let last = measured(scenario.recorder.events.filter { $0.position.value >= then.value })
    #expect(last.map(\.deployment) == [two])
    #expect(last.map(\.alert) == [false])
  }

  @Test func `an answer covers the alert and those before it, and may follow another`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let baseline = try statistics(&scenario)
    var alerts: [Position] = []
    for psi in [0.1, 0.3, 0.4] {
      let job = try prediction(&scenario, deployment)
      alerts.append(
        try scenario.when(end(job, deployment, figures(baseline, psi)))[1].position)
    }
    var views = scenario.views
    #expect(views.deployment(deployment)?.openAlert?.position == alerts[2])
    try scenario.given(answer(alerts[1], of: deployment, .investigate))
    views = scenario.views
    #expect(views.deployment(deployment)?.openAlert?.position == alerts[2])
    let events = try scenario.when(answer(alerts[2], of: deployment, by: .bob))
    #expect(events.count == 1)
    #expect(events[0].cause == alerts[2])
    #expect(events[0].versionID == Scenario.version(1))
    #expect(
      events[0].fact
        == .alertAnswered(
          AlertAnswered(drift: alerts[2], deployment: deployment, action: .retrain)))
    views = scenario.views
    #expect(views.deployment(deployment)?.openAlert == nil)
    #expect(views.deployment(deployment)?.lastAnswer?.action == .retrain)
    #expect(scenario.refusal(of: answer(alerts[2], of: deployment, .accept)) == nil)
  }

  @Test func `who has no role in it, gives no reason, or names no alert answers nothing`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    #expect(
      scenario.refusal(of: answer(Position(3), of: deployment))
        == .invalid("#3 is no alert of \(deployment)"))
    let baseline = try statistics(&scenario)
    let job = try prediction(&scenario, deployment)
    let alert = try scenario.when(end(job, deployment, figures(baseline, 0.3)))[1].position
    #expect(
      scenario.refusal(of: answer(alert, of: deployment, by: .mallory))
        == .notAMember(Actor.mallory.id))
    #expect(
      scenario.refusal(of: answer(alert, of: deployment, reason: " \u{200B}")) == .reasonBlank)
    let other = JobID(kind: .deployment, bits: 9)
    #expect(scenario.refusal(of: answer(alert, of: other)) == .deploymentNotFound(other))
    #expect(
      scenario.refusal(of: answer(Position(alert.value + 1), of: deployment))
        == .invalid("#\(alert.value + 1) is no alert of \(deployment)"))
    #expect(scenario.refusal(of: answer(alert, of: deployment)) == nil)
  }
}
