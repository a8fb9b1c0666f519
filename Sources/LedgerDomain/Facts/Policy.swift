// SPDX-License-Identifier: Apache-2.0

/// The rules of a ledger that can be set. `policy.set` carries the whole of it.
public struct Policy: Equatable, Sendable {
  /// A bound of one metric.
  public struct Threshold: Equatable, Sendable {
    /// The least value that passes.
    public var min: Double?
    /// The greatest value that passes.
    public var max: Double?
    /// Pairs the bounds.
    public init(min: Double? = nil, max: Double? = nil) {
      self.min = min
      self.max = max
    }
  }

  /// The bounds of one metric of a scope.
  public struct MetricThreshold: Equatable, Sendable {
    /// A project, a subject, or `project/subject`.
    public var scope: Text
    /// The metric's name.
    public var metric: Text
    /// Its bounds.
    public var threshold: Threshold
    /// Gathers the members.
    public init(scope: Text, metric: Text, threshold: Threshold) {
      self.scope = scope
      self.metric = metric
      self.threshold = threshold
    }
  }

  /// What a policy may demand a signature for.
  public enum SignedAct: String, CaseIterable, Comparable, Sendable {
    /// Approvals.
    case approved = "approved"
    /// Rejections.
    case rejected = "rejected"
    /// Deployments.
    case deployed = "deployed"
    /// Retirements.
    case retired = "retired"
    /// Erasures.
    case erased = "erased"
    /// Orders by word.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// Whether a name may be claimed at all (`--as`).
  public var claims: Bool
  /// Whether maker and decider must be two persons.
  public var fourEyes: Bool
  /// Whether an approval needs a completed evaluation.
  public var requireEvaluation: Bool
  /// The least authentication of a decision.
  public var decisionAuth: Authentication
  /// Decisions that must carry a signature; sorted, each once.
  public var signed: [SignedAct]
  /// Bounds of metrics, sorted by scope, then metric (UTF-16), each pair once.
  public var thresholds: [MetricThreshold]
  /// The population stability index from which a column is in alert.
  public var driftPSI: Double
  /// How many days nothing may be erased.
  public var retentionMinimumDays: UInt32
  /// Who keeps checkpoints elsewhere, in the order of the policy's file; names once each.
  public var anchors: [Anchor]

  /// The policy of a ledger that has set none.
  public static let `default` = Policy(
    claims: false, fourEyes: true, requireEvaluation: true, decisionAuth: .os, signed: [],
    thresholds: [], driftPSI: 0.2, retentionMinimumDays: 180)

  /// Gathers the members.
  public init(
    claims: Bool, fourEyes: Bool, requireEvaluation: Bool, decisionAuth: Authentication,
    signed: [SignedAct], thresholds: [MetricThreshold], driftPSI: Double,
    retentionMinimumDays: UInt32, anchors: [Anchor] = []
  ) {
    self.claims = claims
    self.fourEyes = fourEyes
    self.requireEvaluation = requireEvaluation
    self.decisionAuth = decisionAuth
    self.signed = signed
    self.thresholds = thresholds
    self.driftPSI = driftPSI
    self.retentionMinimumDays = retentionMinimumDays
    self.anchors = anchors
  }
}
