// SPDX-License-Identifier: Apache-2.0

/// A subject became known, or what is known of it changed: all of it from here.
public struct SubjectDescribed: Equatable, Sendable {
  /// The digest of the manifest that describes it.
  public var manifestDigest: Digest?
  /// The type of model, an identifier such as `logistic-regression`.
  public var modelType: Name?
  /// Who answers for it.
  public var owner: ActorID?
  /// The tier of its risk, an identifier.
  public var tier: Name?
  /// The date by which it is to be reviewed, `2027-06-30`.
  public var reviewBy: CalendarDate?
  /// Gathers the members; what is unknown is nil.
  public init(
    manifestDigest: Digest? = nil, modelType: Name? = nil, owner: ActorID? = nil,
    tier: Name? = nil, reviewBy: CalendarDate? = nil
  ) {
    self.manifestDigest = manifestDigest
    self.modelType = modelType
    self.owner = owner
    self.tier = tier
    self.reviewBy = reviewBy
  }
}

/// A day of the Gregorian calendar, written `2027-06-30`.
public struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Days since 1970-01-01.
  public var daysSinceEpoch: Int

  /// Wraps a day number.
  public init(daysSinceEpoch: Int) { self.daysSinceEpoch = daysSinceEpoch }

  /// Parses exactly the written form; nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 10,
      let midnight = Timestamp(String(text) + "T00:00:00.000000Z")
    else { return nil }
    self.daysSinceEpoch = Int(
      (midnight.microseconds >= 0
        ? midnight.microseconds : midnight.microseconds - 86_399_999_999) / 86_400_000_000)
  }

  /// The written form.
  public var description: String {
    let date = Timestamp.civil(daysSinceEpoch: daysSinceEpoch)
    return String(
      Timestamp(year: date.year, month: date.month, day: date.day)?.description.prefix(10)
        ?? "0000-01-01")
  }

  /// The last microsecond of the day in UTC.
  public var lastMoment: Timestamp {
    Timestamp(microseconds: Int64(daysSinceEpoch + 1) * 86_400_000_000 - 1)
  }

  /// Orders by day.
  public static func < (left: Self, right: Self) -> Bool {
    left.daysSinceEpoch < right.daysSinceEpoch
  }
}

/// A version has its artifacts.
public struct VersionMade: Equatable, Sendable {
  /// Its files.
  public var artifacts: FilesDigest
  /// The format of the model, an identifier such as `pmml`.
  public var format: Name?
  /// The version that it was made from.
  public var parent: VersionNumber?
  /// Gathers the members.
  public init(artifacts: FilesDigest, format: Name? = nil, parent: VersionNumber? = nil) {
    self.artifacts = artifacts
    self.format = format
    self.parent = parent
  }
}

/// A metric of an evaluation; infinities and NaN are allowed and meet no threshold.
public struct Metric: Equatable, Sendable {
  /// Its name.
  public var name: Text
  /// Its value.
  public var value: Double
  /// Pairs the two.
  public init(name: Text, value: Double) {
    self.name = name
    self.value = value
  }
  /// Compares the name's bytes and the value, where NaN equals NaN.
  public static func == (left: Metric, right: Metric) -> Bool {
    left.name == right.name
      && (left.value == right.value || (left.value.isNaN && right.value.isNaN))
  }
}

/// A version was evaluated.
public struct VersionEvaluated: Equatable, Sendable {
  /// At most 64, sorted by name (UTF-16), each once.
  public var metrics: [Metric]
  /// The digest of the data, by the rule of inputs.
  public var dataDigest: Digest
  /// The digest of a report among the job's outputs.
  public var reportDigest: Digest?
  /// Who answers for the evaluation.
  public var responsible: ActorID?
  /// Gathers the members.
  public init(
    metrics: [Metric], dataDigest: Digest, reportDigest: Digest? = nil,
    responsible: ActorID? = nil
  ) {
    self.metrics = metrics
    self.dataDigest = dataDigest
    self.reportDigest = reportDigest
    self.responsible = responsible
  }
}

/// Statistics of a data set for a version.
public struct StatisticsComputed: Equatable, Sendable {
  /// The digest of the data.
  public var dataDigest: Digest
  /// Its rows.
  public var rows: UInt64
  /// The list of its columns.
  public var columns: ListDigest
  /// What became of the validation of the model against the data.
  public var validation: Validation
  /// Gathers the members.
  public init(dataDigest: Digest, rows: UInt64, columns: ListDigest, validation: Validation) {
    self.dataDigest = dataDigest
    self.rows = rows
    self.columns = columns
    self.validation = validation
  }

  /// The result of validating a model against a data set.
  public enum Validation: String, CaseIterable, Sendable {
    /// It fits.
    case passed = "passed"
    /// It does not.
    case failed = "failed"
    /// Its format says nothing that could be checked.
    case notApplicable = "not-applicable"
  }
}

/// What a decision rests on, as it stood then.
public struct Evidence: Equatable, Sendable {
  /// How many evaluations are named: the latest, so that the leaf stays small.
  public static let evaluationLimit = 64
  /// The positions of the latest evaluations (or runs, of a feature task), ascending.
  public var evaluations: [Position]
  /// The digests of their data, in the same order.
  public var dataDigests: [Digest]
  /// The metrics of the latest.
  public var metrics: [Metric]
  /// The size that the decider looked at.
  public var seen: LedgerSize
  /// Whether the evidence was shown before deciding.
  public var shown: Bool
  /// Gathers the members.
  public init(
    evaluations: [Position], dataDigests: [Digest], metrics: [Metric], seen: LedgerSize,
    shown: Bool
  ) {
    self.evaluations = evaluations
    self.dataDigests = dataDigests
    self.metrics = metrics
    self.seen = seen
    self.shown = shown
  }
}

/// A version was approved or rejected.
public struct Decided: Equatable, Sendable {
  /// The artifacts that the decision is about.
  public var artifactsDigest: Digest
  /// What it rests on.
  public var evidence: Evidence
  /// What was unusual; sorted, each once.
  public var exceptions: [DecisionException]
  /// The last day on which an approval is valid.
  public var validUntil: CalendarDate?
  /// Who signed for it.
  public var signature: Signature?
  /// Gathers the members.
  public init(
    artifactsDigest: Digest, evidence: Evidence, exceptions: [DecisionException],
    validUntil: CalendarDate? = nil, signature: Signature? = nil
  ) {
    self.artifactsDigest = artifactsDigest
    self.evidence = evidence
    self.exceptions = exceptions
    self.validUntil = validUntil
    self.signature = signature
  }
}

/// A version went into production.
public struct VersionDeployed: Equatable, Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Where.
  public var target: Name
  /// How it is run.
  public var engine: Engine
  /// The artifacts that went.
  public var artifactsDigest: Digest
  /// The position of the approval.
  public var decision: Position
  /// The deployment that it replaces.
  public var replaces: DeploymentID?
  /// Who signed for it, and for the retirement of what it replaces.
  public var signature: Signature?
  /// Gathers the members.
  public init(
    deployment: DeploymentID, target: Name, engine: Engine, artifactsDigest: Digest,
    decision: Position, replaces: DeploymentID? = nil, signature: Signature? = nil
  ) {
    self.deployment = deployment
    self.target = target
    self.engine = engine
    self.artifactsDigest = artifactsDigest
    self.decision = decision
    self.replaces = replaces
    self.signature = signature
  }
}

/// A deployment left production.
public struct DeploymentRetired: Equatable, Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Where it was.
  public var target: Name
  /// The artifacts that were there.
  public var artifactsDigest: Digest
  /// The deployment that took its place.
  public var replacedBy: DeploymentID?
  /// The position of its last `prediction.completed`.
  public var lastPrediction: Position?
  /// Who signed for it.
  public var signature: Signature?
  /// Gathers the members.
  public init(
    deployment: DeploymentID, target: Name, artifactsDigest: Digest,
    replacedBy: DeploymentID? = nil, lastPrediction: Position? = nil, signature: Signature? = nil
  ) {
    self.deployment = deployment
    self.target = target
    self.artifactsDigest = artifactsDigest
    self.replacedBy = replacedBy
    self.lastPrediction = lastPrediction
    self.signature = signature
  }
}

/// A prediction or a run of a feature task has its outputs.
public struct OutputsMade: Equatable, Sendable {
  /// The deployment that was used.
  public var deployment: DeploymentID?
  /// How many rows came out.
  public var rows: UInt64?
  /// The files.
  public var outputs: FilesDigest
  /// Gathers the members.
  public init(deployment: DeploymentID? = nil, rows: UInt64? = nil, outputs: FilesDigest) {
    self.deployment = deployment
    self.rows = rows
    self.outputs = outputs
  }
}

/// Drift of a deployment: of its data and predictions against the baseline, or of its performance
/// against the approval.
public struct DriftMeasured: Equatable, Sendable {
  /// The greatest number of columns whose indexes stand in the event.
  public static let inlineLimit = 64
  /// The index by column: inline up to ``inlineLimit`` columns, else a list.
  public enum Columns: Equatable, Sendable {
    /// Sorted by name, each once.
    case inline([Metric])
    /// The list of columns as a blob.
    case list(ListDigest)
  }
  /// The deployment.
  public var deployment: DeploymentID
  /// The position of the statistics that are the baseline; that of the approval, where performance
  /// alone was compared.
  public var baseline: Position
  /// The population stability index of each column.
  public var psi: Columns
  /// That of the predictions.
  public var predictionDrift: Double?
  /// What each metric has gained since the approval, less than zero where it lost.
  public var performanceDrift: [Metric]?
  /// The threshold of the stability indexes that is in force.
  public var threshold: Double
  /// Whether an index exceeds it, or a metric no longer meets the policy's bounds.
  public var alert: Bool
  /// Gathers the members.
  public init(
    deployment: DeploymentID, baseline: Position, psi: Columns, predictionDrift: Double? = nil,
    performanceDrift: [Metric]? = nil, threshold: Double, alert: Bool
  ) {
    self.deployment = deployment
    self.baseline = baseline
    self.psi = psi
    self.predictionDrift = predictionDrift
    self.performanceDrift = performanceDrift
    self.threshold = threshold
    self.alert = alert
  }
}

extension DriftMeasured {
  /// Whether data or predictions were compared, not performance alone.
  public var comparesData: Bool { predictionDrift != nil || psi != .inline([]) }
}

/// Something was done about an alert.
public struct AlertAnswered: Equatable, Sendable {
  /// The position of the `drift.measured`.
  public var drift: Position
  /// The deployment in alert; an answer that names none changes no view.
  public var deployment: DeploymentID?
  /// What is done.
  public var action: AlertAction
  /// Gathers the members.
  public init(drift: Position, deployment: DeploymentID? = nil, action: AlertAction) {
    self.drift = drift
    self.deployment = deployment
    self.action = action
  }
}

/// Somebody decided whether a change is substantial.
public struct ChangeAssessed: Equatable, Sendable {
  /// Whether it is.
  public var substantial: Bool
  /// Gathers the members.
  public init(substantial: Bool) { self.substantial = substantial }
}

/// A remark on a job, version, deployment, subject or event.
public struct NoteAdded: Equatable, Sendable {
  /// The reference, in its full written form, such as `churn/churn-lr@3`, `train-7k2pqx`, `#41`.
  public var on: Text
  /// Gathers the members.
  public init(on: Text) { self.on = on }
}

/// A schedule exists.
public struct ScheduleCreated: Equatable, Sendable {
  /// Its name.
  public var schedule: Name
  /// Five fields or a macro.
  public var cron: Text
  /// The IANA time zone.
  public var zone: Text
  /// What it starts: a prediction or a batch run.
  public var kind: JobKind
  /// The deployment that it runs.
  public var deployment: DeploymentID
  /// Whose right its jobs need.
  public var owner: ActorID
  /// What happens about a missed tick.
  public var policy: MissedPolicy
  /// Gathers the members.
  public init(
    schedule: Name, cron: Text, zone: Text, kind: JobKind, deployment: DeploymentID,
    owner: ActorID, policy: MissedPolicy
  ) {
    self.schedule = schedule
    self.cron = cron
    self.zone = zone
    self.kind = kind
    self.deployment = deployment
    self.owner = owner
    self.policy = policy
  }
}

/// A schedule is no more.
public struct ScheduleRemoved: Equatable, Sendable {
  /// Its name.
  public var schedule: Name
  /// Gathers the members.
  public init(schedule: Name) { self.schedule = schedule }
}

/// Ticks passed without a job.
public struct ScheduleMissed: Equatable, Sendable {
  /// The schedule.
  public var schedule: Name
  /// The latest tick that was missed.
  public var nominalTime: Timestamp
  /// How many.
  public var count: UInt64
  /// Gathers the members.
  public init(schedule: Name, nominalTime: Timestamp, count: UInt64) {
    self.schedule = schedule
    self.nominalTime = nominalTime
    self.count = count
  }
}
