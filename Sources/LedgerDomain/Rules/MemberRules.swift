// SPDX-License-Identifier: Apache-2.0

/// Grants and revocations.
enum MemberRules {
  static func decide(
    _ request: GrantRoles, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    try Rights.require([.admin], of: command, in: request.project, given: &views)
    if let project = request.project, views.project(project) == nil {
      throw .projectNotFound(project)
    }
    guard !request.roles.isEmpty else { throw .invalid("a grant names at least one role") }
    guard request.leastAuth != .system else {
      throw .invalid("the least authentication of a grant is claimed, os, token or ssh")
    }
    let existing = views.member(request.member)?.grants.first { $0.project == request.project }
    let roles = Set(existing?.roles ?? []).union(request.roles).sorted()
    let keys = Set(existing?.keyFingerprints ?? []).union(request.keyFingerprints)
      .sorted { $0.precedes($1) }
    if let existing, existing.roles == roles, existing.leastAuth == request.leastAuth,
      existing.keyFingerprints == keys, request.text.isEmpty
    {
      return []
    }
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, project: request.project,
        fact: .memberGranted(
          MemberGranted(
            member: request.member, roles: roles, leastAuth: request.leastAuth,
            keyFingerprints: keys)),
        text: request.text)
    ]
  }

  static func revoke(
    _ id: ActorID, reason: Text, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    try Rights.require([.admin], of: command, in: nil, given: &views)
    try Decider.requireReason(reason)
    guard let member = views.member(id) else { throw .memberNotFound(id) }
    guard member.isActive else { return [] }
    // Whoever asks is an admin of the whole ledger, so only revoking oneself can leave nobody.
    if id == command.actor.id { throw .lastAdmin(id) }
    return [Draft(command, fact: .memberRevoked(MemberRevoked(member: id)), reason: reason)]
  }
}
