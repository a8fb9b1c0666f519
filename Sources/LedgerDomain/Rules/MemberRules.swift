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
    for fingerprint in request.keyFingerprints where !isFingerprint(fingerprint) {
      throw .invalid("a key's fingerprint is SHA256: and 43 base64 characters")
    }
    try Limits.require(request.text)
    let existing = views.member(request.member)?.grants.first { $0.project == request.project }
    if let existing, request.leastAuth < existing.leastAuth,
      !Set(existing.roles).isSubset(of: request.roles)
    {
      // Else a small further role would silently weaken what the others ask.
      throw .invalid("to lower the least authentication, name every role of this scope again")
    }
    if request.project == nil, request.member == command.actor.person,
      command.actor.authentication != .system, command.actor.authentication < request.leastAuth
    {
      throw .lastAdmin(request.member)
    }
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

  private static func isFingerprint(_ text: Text) -> Bool {
    let bytes = text.string.utf8
    return bytes.count == 50 && bytes.starts(with: "SHA256:".utf8)
      && bytes.dropFirst(7).allSatisfy { Name.isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2F }
  }

  static func revoke(
    _ id: ActorID, reason: Text, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    try Rights.require([.admin], of: command, in: nil, given: &views)
    try Limits.requireReason(reason)
    guard let member = views.member(id) else { throw .memberNotFound(id) }
    guard member.isActive else { return [] }
    // Whoever asks is an admin of the whole ledger, so only revoking oneself can leave nobody.
    if id == command.actor.person { throw .lastAdmin(id) }
    return [Draft(command, fact: .memberRevoked(MemberRevoked(member: id)), reason: reason)]
  }
}
