// SPDX-License-Identifier: Apache-2.0

/// Who may do what (rule 9), and when two actors are two persons (rule 2).
enum Rights {
  /// Refuses an actor without one of the roles, or authenticated below what the grant asks.
  ///
  /// The system acts within the roles of whom it acts for; how that person was authenticated was
  /// checked when the job was created.
  static func require(
    _ roles: [Role], of command: Command, in project: Name?, given views: inout some ViewSource
  ) throws(Refusal) {
    let actor = command.actor
    if actor.authentication == .claimed, !views.policy().policy.claims {
      throw .claimsNotAllowed(actor.id)
    }
    let person = actor.person
    guard let member = views.member(person), member.isActive else { throw .notAMember(person) }
    let grants = member.grants(in: project)
    guard !grants.isEmpty else { throw .notAMember(person) }
    let fitting = grants.filter { !Set($0.roles).isDisjoint(with: roles) }
    guard !fitting.isEmpty else { throw .roleMissing(person, needs: roles) }
    if actor.authentication == .system { return }
    guard let least = fitting.map(\.leastAuth).min() else { return }
    if actor.authentication < least {
      throw .authenticationTooWeak(person, has: actor.authentication, needs: least)
    }
  }

  /// Refuses a login by key without its signature, a signature without that login, and neither
  /// where the policy demands a signature for the act.
  ///
  /// `ssh` means that a member's key signed, and was checked, before the command came here.
  static func requireSignature(
    for act: Policy.SignedAct?, of command: Command, given views: inout some ViewSource
  ) throws(Refusal) {
    let isSigned = command.actor.authentication == .ssh
    guard isSigned == (command.signature != nil) else { throw .signatureRequired(act) }
    guard let act, !isSigned else { return }
    if views.policy().policy.signed.contains(act) { throw .signatureRequired(act) }
  }
}

/// How far two actors are known to be two persons.
public enum Separation: String, CaseIterable, Sendable {
  /// They are two.
  case separate = "separate"
  /// They are two only if a claimed name is believed.
  case claimed = "claimed"
  /// They are one.
  case same = "same"
}

extension Actor {
  /// Compares two actors: identifier, keys, and the kernel's user where both are local.
  ///
  /// Keys that were revoked count, too: who comes back with one under another name is no other.
  public func separation(
    from other: Actor, given views: inout some ViewSource
  ) -> Separation {
    if person == other.person { return .same }
    let keys = views.member(person)?.everyKey ?? []
    let otherKeys = views.member(other.person)?.everyKey ?? []
    if !keys.isDisjoint(with: otherKeys) { return .same }
    let local: Set<Authentication> = [.os, .claimed]
    guard local.contains(authentication), local.contains(other.authentication),
      let left = os?.uid, let right = other.os?.uid, left == right
    else { return .separate }
    let isClaimed = authentication == .claimed || other.authentication == .claimed
    return isClaimed && views.policy().policy.claims ? .claimed : .same
  }
}
