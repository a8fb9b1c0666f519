// SPDX-License-Identifier: Apache-2.0

/// A member: who may do what.
public struct Member: Equatable, Sendable {
  /// The roles in one scope.
  public struct Grant: Equatable, Sendable {
    /// The project, or nil for the whole ledger.
    public var project: Name?
    /// Sorted, each once.
    public var roles: [Role]
    /// The least authentication that these roles are for.
    public var leastAuth: Authentication
    /// Fingerprints of keys, sorted.
    public var keyFingerprints: [Text]
    /// Gathers the members.
    public init(
      project: Name?, roles: [Role], leastAuth: Authentication, keyFingerprints: [Text]
    ) {
      self.project = project
      self.roles = roles
      self.leastAuth = leastAuth
      self.keyFingerprints = keyFingerprints
    }
  }

  /// Who.
  public var id: ActorID
  /// Roles by scope: the ledger first, then projects by name. Empty once revoked.
  public var grants: [Grant]
  /// The first grant.
  public var since: Mark
  /// The latest grant or revocation; its text holds keys and display name.
  public var changed: Mark
  /// Fingerprints of keys that were granted once and are no more, sorted: they still tell that a
  /// person is who they were under another name.
  public var formerKeys: [Text]
  /// Gathers the members.
  public init(
    id: ActorID, grants: [Grant], since: Mark, changed: Mark, formerKeys: [Text] = []
  ) {
    self.id = id
    self.grants = grants
    self.since = since
    self.changed = changed
    self.formerKeys = formerKeys
  }

  /// Whether any role is left.
  public var isActive: Bool { !grants.isEmpty }

  /// The grants that count in a project: those of the whole ledger and its own.
  public func grants(in project: Name?) -> [Grant] {
    grants.filter { $0.project == nil || $0.project == project }
  }

  /// The fingerprints of all keys that are granted.
  public var keyFingerprints: Set<Text> { Set(grants.flatMap(\.keyFingerprints)) }

  /// The fingerprints of all keys that ever were.
  var everyKey: Set<Text> { keyFingerprints.union(formerKeys) }

  /// The state after a grant: it replaces what was granted in that scope.
  static func evolve(_ state: Member?, with fact: MemberGranted, by event: Event) -> Member {
    var member =
      state ?? Member(id: fact.member, grants: [], since: Mark(event), changed: Mark(event))
    let keys = member.everyKey
    member.grants.removeAll { $0.project == event.project }
    member.grants.append(
      Grant(
        project: event.project, roles: fact.roles, leastAuth: fact.leastAuth,
        keyFingerprints: fact.keyFingerprints))
    member.grants.sort { left, right in
      switch (left.project, right.project) {
      case (nil, nil), (_, nil): false
      case (nil, _): true
      case (let left?, let right?): left < right
      }
    }
    member.changed = Mark(event)
    member.remember(keys)
    return member
  }

  /// The state after every role was revoked.
  mutating func revoke(by event: Event) {
    let keys = everyKey
    grants = []
    changed = Mark(event)
    remember(keys)
  }

  /// Keeps those keys among the former ones that are granted no more.
  private mutating func remember(_ keys: Set<Text>) {
    formerKeys = keys.subtracting(keyFingerprints).sorted { $0.precedes($1) }
  }
}
