// SPDX-License-Identifier: Apache-2.0

/// How far data and predictions have moved from a baseline, as measured; the rules add the threshold
/// in force, and whether that is an alert.
public struct DriftFigures: Equatable, Sendable {
  /// The position of the statistics that are the baseline.
  public var baseline: Position
  /// The population stability index of each column.
  public var psi: DriftMeasured.Columns
  /// The greatest of them, which a list does not show; nil where no column was measured.
  public var greatestPSI: Double?
  /// The index of the predictions.
  public var predictionDrift: Double?
  /// Gathers the members.
  public init(
    baseline: Position, psi: DriftMeasured.Columns, greatestPSI: Double? = nil,
    predictionDrift: Double? = nil
  ) {
    self.baseline = baseline
    self.psi = psi
    self.greatestPSI = greatestPSI
    self.predictionDrift = predictionDrift
  }
}

/// Records what was done about an alert.
public struct AnswerAlert: Equatable, Sendable {
  /// The deployment in alert.
  public var deployment: DeploymentID
  /// The position of a `drift.measured` of it, in alert.
  public var drift: Position
  /// What is done.
  public var action: AlertAction
  /// Why.
  public var reason: Text
  /// Gathers the members.
  public init(deployment: DeploymentID, drift: Position, action: AlertAction, reason: Text) {
    self.deployment = deployment
    self.drift = drift
    self.action = action
    self.reason = reason
  }
}

/// Monitoring: drift against the thresholds in force, and the answers to alerts.
enum DriftRules {
  /// What the figures mean by the policy of this moment.
  static func measured(
    _ figures: DriftFigures, of deployment: DeploymentID, given views: inout some ViewSource
  ) throws(Refusal) -> DriftMeasured {
    let state = try DeploymentRules.active(deployment, given: &views)
    guard let statistics = views.version(state.version)?.statistics,
      figures.baseline <= statistics.position
    else { throw .invalid("drift is measured against statistics of the version") }
    guard figures.isSound else {
      throw .invalid("a stability index is a finite number, and each column has one")
    }
    let threshold = views.policy().policy.driftPSI
    let greatest = max(figures.greatestPSI ?? 0, figures.predictionDrift ?? 0)
    return DriftMeasured(
      deployment: deployment, baseline: figures.baseline, psi: figures.psi,
      predictionDrift: figures.predictionDrift, threshold: threshold,
      alert: greatest > threshold)
  }

  /// How an evaluation of a version compares with the approvals of its deployments that are in
  /// production: one measurement for each that has a metric in common with it.
  static func performance(
    _ evaluated: VersionEvaluated, of id: VersionID, given views: inout some ViewSource
  ) -> [DriftMeasured] {
    guard let version = views.version(id), version.activeDeployments > 0 else { return [] }
    let policy = views.policy().policy
    // A metric that this evaluation does not measure says nothing.
    let unmet = policy.unmetThresholds(of: id.subject, evaluated.metrics)
    let isUnmet = evaluated.metrics.contains { unmet.contains($0.name) }
    var measured: [DriftMeasured] = []
    // The latest are the ones that may be in production: most are long gone.
    var left = version.activeDeployments
    for name in version.deployments.reversed() where left > 0 {
      guard let deployment = views.deployment(name), deployment.status == .active else { continue }
      left -= 1
      var known: [Text: Double] = [:]
      for metric in deployment.metrics { known[metric.name] = metric.value }
      let gained = evaluated.metrics.compactMap { metric in
        known[metric.name].map { Metric(name: metric.name, value: metric.value - $0) }
      }
      if gained.isEmpty { continue }
      measured.append(
        DriftMeasured(
          deployment: name, baseline: deployment.fact.decision, psi: .inline([]),
          performanceDrift: gained, threshold: policy.driftPSI, alert: isUnmet))
    }
    return measured.reversed()
  }

  static func answer(
    _ request: AnswerAlert, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let deployment = views.deployment(request.deployment) else {
      throw .deploymentNotFound(request.deployment)
    }
    let project = deployment.version.subject.project
    try Rights.require([.operator, .approver, .admin], of: command, in: project, given: &views)
    try Limits.requireReason(request.reason)
    guard let alert = deployment.lastAlert, request.drift <= alert.position else {
      throw .invalid("#\(request.drift.value) is no alert of \(deployment.id)")
    }
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, project: project,
        subject: deployment.reference, number: deployment.version.number, cause: request.drift,
        fact: .alertAnswered(
          AlertAnswered(
            drift: request.drift, deployment: deployment.id, action: request.action)),
        text: EventText([.reason: .string(request.reason)]))
    ]
  }
}

extension DriftFigures {
  /// Whether the numbers can be compared, and the columns recorded.
  fileprivate var isSound: Bool {
    guard greatestPSI?.isFinite ?? true, predictionDrift?.isFinite ?? true else { return false }
    guard case .inline(let columns) = psi else { return greatestPSI != nil }
    guard columns.count <= DriftMeasured.inlineLimit,
      columns.allSatisfy({ $0.value.isFinite }),
      columns.map(\.value).max() == greatestPSI
    else { return false }
    return zip(columns, columns.dropFirst()).allSatisfy { $0.name.precedes($1.name) }
  }
}
