// SPDX-License-Identifier: Apache-2.0

/// A version of a model or feature task.
///
/// Optionals are spelled out for the reason given at ``Job``.
public struct Version: Equatable, Sendable {
  /// How far the job that makes it has come.
  public enum Making: String, CaseIterable, Sendable {
    /// Under way.
    case building = "building"
    /// Its artifacts exist.
    case built = "built"
    /// It ended otherwise.
    case failed = "failed"
  }

  /// A completed evaluation (of a model) or run (of a feature task).
  public struct Evaluation: Equatable, Sendable {
    /// The event.
    public var mark: Mark
    /// The job.
    public var job: JobID?
    /// The digest of the data, when it was an evaluation.
    public var dataDigest: Digest?
    /// Gathers the members.
    public init(mark: Mark, job: JobID?, dataDigest: Digest?) {
      self.mark = mark
      self.job = job
      self.dataDigest = dataDigest
    }
  }

  /// The latest decision.
  public struct Decision: Equatable, Sendable {
    /// The event.
    public var mark: Mark
    /// What was decided.
    public var verdict: Verdict
    /// About which artifacts.
    public var artifactsDigest: Digest
    /// The last day on which it is valid.
    public var validUntil: CalendarDate?
    /// The metrics that it rests on: what later ones of a deployment are compared with.
    public var metrics: [Metric]
    /// Gathers the members.
    public init(
      mark: Mark, verdict: Verdict, artifactsDigest: Digest, validUntil: CalendarDate?,
      metrics: [Metric]
    ) {
      self.mark = mark
      self.verdict = verdict
      self.artifactsDigest = artifactsDigest
      self.validUntil = validUntil
      self.metrics = metrics
    }
  }

  /// Subject and number.
  public var id: VersionID
  /// Model or feature task.
  public var kind: SubjectKind
  /// The job that makes it.
  public var job: JobID
  /// Who asked for that job: its maker.
  public var maker: Actor
  /// When its number was given out.
  public var created: Mark
  /// How far its making has come.
  public var making: Making
  /// Its files and origin, once made.
  public var made: Optional<VersionMade>
  /// Completed evaluations or runs, oldest first.
  public var evaluations: [Evaluation]
  /// The metrics of the latest evaluation.
  public var metrics: [Metric]
  /// The latest statistics of a data set for it: the baseline of drift.
  public var statistics: Optional<Mark>
  /// The latest decision.
  public var decision: Optional<Decision>
  /// Its deployments, oldest first.
  public var deployments: [DeploymentID]
  /// How many of them are active.
  public var activeDeployments: UInt32
  /// The latest retirement of one of them.
  public var retired: Optional<Mark>
  /// The latest event that a decider must have seen: `version.*`, `drift.measured`,
  /// `change.assessed` or an erasure.
  public var evidenceChanged: Position
  /// Gathers the members.
  public init(
    id: VersionID, kind: SubjectKind, job: JobID, maker: Actor, created: Mark,
    making: Making = .building, made: VersionMade? = nil, evaluations: [Evaluation] = [],
    metrics: [Metric] = [], statistics: Mark? = nil, decision: Decision? = nil,
    deployments: [DeploymentID] = [], activeDeployments: UInt32 = 0, retired: Mark? = nil,
    evidenceChanged: Position
  ) {
    self.id = id
    self.kind = kind
    self.job = job
    self.maker = maker
    self.created = created
    self.making = making
    self.made = made
    self.evaluations = evaluations
    self.metrics = metrics
    self.statistics = statistics
    self.decision = decision
    self.deployments = deployments
    self.activeDeployments = activeDeployments
    self.retired = retired
    self.evidenceChanged = evidenceChanged
  }

  /// Where it stands: the first that applies, in the order of ``VersionStatus``.
  public var status: VersionStatus {
    if activeDeployments > 0 { return .deployed }
    if let retired, retired.position > (decision?.mark.position ?? Position(0)) {
      return .retired
    }
    if let decision { return decision.verdict == .approved ? .approved : .rejected }
    if making == .built && !evaluations.isEmpty { return .evaluated }
    switch making {
    case .built: return .built
    case .failed: return .failed
    case .building: return .building
    }
  }

  /// How an event names its subject.
  public var reference: SubjectReference {
    SubjectReference(kind: kind, name: id.subject.name)
  }

  /// The state after an event about it.
  mutating func evolve(with event: Event) {
    switch event.fact {
    case .versionTrained(let fact), .versionImported(let fact):
      making = .built
      made = fact
      evidenceChanged = event.position
    case .versionEvaluated(let fact):
      evaluations.append(
        Evaluation(mark: Mark(event), job: event.job, dataDigest: fact.dataDigest))
      metrics = fact.metrics
      evidenceChanged = event.position
    case .runCompleted(let fact) where fact.deployment == nil:
      evaluations.append(Evaluation(mark: Mark(event), job: event.job, dataDigest: nil))
      evidenceChanged = event.position
    case .statisticsComputed: statistics = Mark(event)
    case .versionApproved(let fact): decided(.approved, fact, event)
    case .versionRejected(let fact): decided(.rejected, fact, event)
    case .versionDeployed(let fact):
      deployments.append(fact.deployment)
      activeDeployments += 1
      evidenceChanged = event.position
    case .deploymentRetired:
      activeDeployments -= min(activeDeployments, 1)
      retired = Mark(event)
    case .driftMeasured, .changeAssessed, .textErased, .artifactErased:
      evidenceChanged = event.position
    case .jobFailed, .jobStopped, .jobLost:
      if making == .building { making = .failed }
    default: break
    }
  }

  private mutating func decided(_ verdict: Verdict, _ fact: Decided, _ event: Event) {
    decision = Decision(
      mark: Mark(event), verdict: verdict, artifactsDigest: fact.artifactsDigest,
      validUntil: fact.validUntil, metrics: fact.evidence.metrics)
    evidenceChanged = event.position
  }
}
