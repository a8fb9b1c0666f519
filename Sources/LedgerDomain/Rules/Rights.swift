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

  /// How far two actors are known to be two persons.
  enum Separation: Equatable {
    /// They are two.
    case separate
    /// They are two only if a claimed name is believed.
    case claimed
    /// They are one.
    case same
  }

  /// Compares decider and maker: identifier, keys, and the kernel's user where both are local.
  ///
  /// Keys that were revoked count, too: who comes back with one under another name is no other.
  static func separation(
    of decider: Actor, from maker: Actor, given views: inout some ViewSource
  ) -> Separation {
    if decider.person == maker.person { return .same }
    let deciderKeys = views.member(decider.person)?.everyKey ?? []
    let makerKeys = views.member(maker.person)?.everyKey ?? []
    if !deciderKeys.isDisjoint(with: makerKeys) { return .same }
    let local: Set<Authentication> = [.os, .claimed]
    guard local.contains(decider.authentication), local.contains(maker.authentication),
      let left = decider.os?.uid, let right = maker.os?.uid, left == right
    else { return .separate }
    let isClaimed = decider.authentication == .claimed || maker.authentication == .claimed
    return isClaimed && views.policy().policy.claims ? .claimed : .same
  }
}
