// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerStorage

/// A wish to put a version into production.
public struct DeployRequest: Equatable, Sendable {
  /// The version.
  public var version: VersionID
  /// Where.
  public var target: Name
  /// How it is run.
  public var engine: Engine
  /// Whether an occupied target may be replaced; needs a reason.
  public var replaces: Bool
  /// Why.
  public var reason: Text?
  /// The signature of its statement.
  public var signed: SignedRequest?
  /// Leaves out the manifest's hook, and does not ask for a manifest.
  public var withoutHook: Bool
  /// What every job can be given.
  public var settings: RunSettings

  /// Gathers the members.
  public init(
    version: VersionID, target: Name, engine: Engine = .batch, replaces: Bool = false,
    reason: Text? = nil, signed: SignedRequest? = nil, withoutHook: Bool = false,
    settings: RunSettings = RunSettings()
  ) {
    self.version = version
    self.target = target
    self.engine = engine
    self.replaces = replaces
    self.reason = reason
    self.signed = signed
    self.withoutHook = withoutHook
    self.settings = settings
  }
}

/// A wish to take a deployment out of production.
public struct RetireRequest: Equatable, Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Why.
  public var reason: Text
  /// The signature of its statement.
  public var signed: SignedRequest?
  /// Leaves out the manifest's hook, and does not ask for a manifest.
  public var withoutHook: Bool
  /// What every job can be given.
  public var settings: RunSettings

  /// Gathers the members.
  public init(
    deployment: DeploymentID, reason: Text, signed: SignedRequest? = nil, withoutHook: Bool = false,
    settings: RunSettings = RunSettings()
  ) {
    self.deployment = deployment
    self.reason = reason
    self.signed = signed
    self.withoutHook = withoutHook
    self.settings = settings
  }
}
