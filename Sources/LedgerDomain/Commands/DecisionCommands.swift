// SPDX-License-Identifier: Apache-2.0

// What is asked of versions and their deployments.

/// Approves or rejects a version.
public struct DecideVersion: Equatable, Sendable {
  /// The version.
  public var version: VersionID
  /// Which of the two.
  public var verdict: Verdict
  /// Why.
  public var reason: Text
  /// The size that the decider looked at; nil when that is not known.
  public var seen: LedgerSize?
  /// The size whose evidence a signature is about, where nobody says that it was looked at.
  public var signedSize: LedgerSize?
  /// Whether the evidence was shown.
  public var shown: Bool
  /// Whether thresholds that are not met are overridden.
  public var overridesThresholds: Bool
  /// The last day on which an approval is valid.
  public var validUntil: CalendarDate?
  /// Conditions, printed name and meaning.
  public var text: EventText
  /// The process that decides.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    version: VersionID, verdict: Verdict, reason: Text, seen: LedgerSize? = nil,
    shown: Bool = false, overridesThresholds: Bool = false, validUntil: CalendarDate? = nil,
    text: EventText = EventText(), runner: RunnerIdentity
  ) {
    self.version = version
    self.verdict = verdict
    self.reason = reason
    self.seen = seen
    self.shown = shown
    self.overridesThresholds = overridesThresholds
    self.validUntil = validUntil
    self.text = text
    self.runner = runner
  }
}

/// Puts a version into production.
public struct PromoteVersion: Equatable, Sendable {
  /// The version.
  public var version: VersionID
  /// Where.
  public var target: Name
  /// How it is run.
  public var engine: Engine
  /// Whether an occupied target may be replaced.
  public var replaces: Bool
  /// Why; needed when something is replaced.
  public var reason: Text?
  /// The running job whose hook acted; nil to make one.
  public var job: JobID?
  /// The end of that job.
  public var ending: JobEnding
  /// The process that deploys.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    version: VersionID, target: Name, engine: Engine = .batch, replaces: Bool = false,
    reason: Text? = nil, job: JobID? = nil, ending: JobEnding = JobEnding(),
    runner: RunnerIdentity
  ) {
    self.version = version
    self.target = target
    self.engine = engine
    self.replaces = replaces
    self.reason = reason
    self.job = job
    self.ending = ending
    self.runner = runner
  }
}

/// Takes a deployment out of production.
public struct RetireDeployment: Equatable, Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Why.
  public var reason: Text
  /// The running job whose hook acted; nil to make one.
  public var job: JobID?
  /// The end of that job.
  public var ending: JobEnding
  /// The process that retires.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    deployment: DeploymentID, reason: Text, job: JobID? = nil,
    ending: JobEnding = JobEnding(), runner: RunnerIdentity
  ) {
    self.deployment = deployment
    self.reason = reason
    self.job = job
    self.ending = ending
    self.runner = runner
  }
}
