// SPDX-License-Identifier: Apache-2.0

/// A version in production on a target.
///
/// Optionals are spelled out for the reason given at ``Job``.
public struct Deployment: Equatable, Sendable {
  /// What was done about an alert.
  public struct Answer: Equatable, Sendable {
    /// The event.
    public var mark: Mark
    /// The latest `drift.measured` that it is about; it covers the alerts before that, too.
    public var drift: Position
    /// What is done.
    public var action: AlertAction
    /// Gathers the members.
    public init(mark: Mark, drift: Position, action: AlertAction) {
      self.mark = mark
      self.drift = drift
      self.action = action
    }
  }

  /// Its identifier: that of the job that made it.
  public var id: DeploymentID
  /// The version.
  public var version: VersionID
  /// Model or feature task.
  public var kind: SubjectKind
  /// What went where, on whose approval.
  public var fact: VersionDeployed
  /// The metrics that its approval rested on.
  public var metrics: [Metric]
  /// The statistics of the version when it was deployed: the baseline of its drift. Where there were
  /// none, it is the version's latest.
  public var baseline: Optional<Mark>
  /// Since when.
  public var since: Mark
  /// Who put it there.
  public var deployedBy: Actor
  /// Until when.
  public var until: Optional<Mark>
  /// Who took it out.
  public var retiredBy: Optional<Actor>
  /// The deployment that took its place.
  public var replacedBy: Optional<DeploymentID>
  /// The latest `prediction.completed` or `run.completed` with it.
  public var lastPrediction: Optional<Mark>
  /// The latest `drift.measured` that compared its data or predictions with the baseline.
  public var lastDrift: Optional<Mark>
  /// The latest `drift.measured` that compared its performance with the approval's.
  public var lastPerformance: Optional<Mark>
  /// The latest `drift.measured` in alert.
  public var lastAlert: Optional<Mark>
  /// The latest `alert.answered`.
  public var lastAnswer: Optional<Answer>
  /// Gathers the members.
  public init(
    id: DeploymentID, version: VersionID, kind: SubjectKind, fact: VersionDeployed,
    metrics: [Metric] = [], baseline: Mark? = nil, since: Mark, deployedBy: Actor,
    until: Mark? = nil,
    retiredBy: Actor? = nil, replacedBy: DeploymentID? = nil, lastPrediction: Mark? = nil,
    lastDrift: Mark? = nil, lastPerformance: Mark? = nil, lastAlert: Mark? = nil,
    lastAnswer: Answer? = nil
  ) {
    self.id = id
    self.version = version
    self.kind = kind
    self.fact = fact
    self.metrics = metrics
    self.baseline = baseline
    self.since = since
    self.deployedBy = deployedBy
    self.until = until
    self.retiredBy = retiredBy
    self.replacedBy = replacedBy
    self.lastPrediction = lastPrediction
    self.lastDrift = lastDrift
    self.lastPerformance = lastPerformance
    self.lastAlert = lastAlert
    self.lastAnswer = lastAnswer
  }

  /// Where.
  public var target: Name { fact.target }

  /// Whether it is in production.
  public var status: DeploymentStatus { until == nil ? .active : .retired }

  /// The alert that nobody has answered; an answer covers it and those before it.
  public var openAlert: Mark? {
    guard let lastAlert else { return nil }
    if let lastAnswer, lastAnswer.drift >= lastAlert.position { return nil }
    return lastAlert
  }

  /// How an event names its subject.
  public var reference: SubjectReference {
    SubjectReference(kind: kind, name: version.subject.name)
  }

  /// The state after an event about it.
  mutating func evolve(with event: Event) {
    switch event.fact {
    case .deploymentRetired(let fact):
      until = Mark(event)
      retiredBy = event.actor
      replacedBy = fact.replacedBy
    case .predictionCompleted, .runCompleted: lastPrediction = Mark(event)
    case .driftMeasured(let fact):
      if fact.comparesData { lastDrift = Mark(event) }
      if fact.performanceDrift != nil { lastPerformance = Mark(event) }
      if fact.alert { lastAlert = Mark(event) }
    case .alertAnswered(let fact):
      lastAnswer = Answer(mark: Mark(event), drift: fact.drift, action: fact.action)
    default: break
    }
  }
}

/// A target of a subject: at most one deployment is active there, at most one job prepares one.
public struct Slot: Equatable, Sendable {
  /// The subject.
  public var subject: SubjectID
  /// The target.
  public var target: Name
  /// The active deployment.
  public var occupant: DeploymentID?
  /// The running job that will deploy there.
  public var reservedBy: JobID?
  /// Gathers the members.
  public init(
    subject: SubjectID, target: Name, occupant: DeploymentID? = nil, reservedBy: JobID? = nil
  ) {
    self.subject = subject
    self.target = target
    self.occupant = occupant
    self.reservedBy = reservedBy
  }
}
