// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// What is known of a decision beside its own event, as of the size that is looked at.
public struct DecisionStanding: Equatable, Sendable {
  /// Whether it still counts.
  public enum State: String, CaseIterable, Sendable {
    /// It is the latest about its version, and an approval has not run out.
    case inForce = "in-force"
    /// The version was decided on again.
    case superseded = "superseded"
    /// It is the latest, and an approval whose last day was over at the time of the last event.
    case expired = "expired"
  }

  /// Whether it still counts.
  public var state: State
  /// The decision that counts instead.
  public var supersededBy: Position?
  /// The roles that the decider had in the version's project before the event; sorted, each once.
  public var roles: [Role]
  /// Every deployment that the version ever had, oldest first.
  public var deployments: [DeploymentID]

  /// Adds `"standing"`, `"supersededBy"`, `"roles"` and `"deployments"` to a decision's members.
  public func put(into object: inout JSONObject) {
    object["standing"] = .string(state.rawValue)
    object["supersededBy"] = supersededBy.map { .integer($0.value) }
    object["roles"] = .array(roles.map { .string($0.rawValue) })
    object["deployments"] = .array(deployments.map { .string($0.string) })
  }
}

extension Documents {
  /// What is known of a decision beside its own event. Two seeks.
  public func standing(
    of decision: DecisionDocument
  ) throws(ReadingError) -> DecisionStanding {
    let event = decision.event
    var version: Version?
    if let id = event.versionID,
      case .version(let found)? = try snapshot.entity(.version(id), asOf: size)
    {
      version = found
    }
    var state = DecisionStanding.State.inForce
    var later: Position?
    if let latest = version?.decision?.mark.position, latest > event.position {
      (state, later) = (.superseded, latest)
    } else if let last = decision.fact.validUntil, let now = try asOf().time,
      last.lastMoment < now
    {
      state = .expired
    }
    var roles: Set<Role> = []
    if case .member(let member)? = try snapshot.entity(
      .member(event.actor.person), asOf: LedgerSize(event.position.value))
    {
      for grant in member.grants(in: event.project) { roles.formUnion(grant.roles) }
    }
    return DecisionStanding(
      state: state, supersededBy: later, roles: roles.sorted(),
      deployments: version?.deployments ?? [])
  }
}
