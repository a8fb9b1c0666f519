// SPDX-License-Identifier: Apache-2.0

/// The ledger as one thing: its name and the keys that sign for it.
public struct LedgerState: Equatable, Sendable {
  /// A key and the greatest size that it signs for; nil for the key in use.
  public struct Epoch: Equatable, Sendable {
    /// The verifier key.
    public var vkey: Text
    /// The greatest size, inclusive.
    public var until: LedgerSize?
    /// Pairs the two.
    public init(vkey: Text, until: LedgerSize?) {
      self.vkey = vkey
      self.until = until
    }
  }
  /// 32 hex digits.
  public var id: String
  /// The name in proofs.
  public var origin: Text
  /// Oldest first; the last is in use.
  public var keys: [Epoch]
  /// When it was made.
  public var created: Mark
  /// Gathers the members.
  public init(id: String, origin: Text, keys: [Epoch], created: Mark) {
    self.id = id
    self.origin = origin
    self.keys = keys
    self.created = created
  }

  /// The state after its first event.
  static func created(_ fact: LedgerCreated, by event: Event) -> LedgerState {
    LedgerState(
      id: fact.id, origin: fact.origin, keys: [Epoch(vkey: fact.vkey, until: nil)],
      created: Mark(event))
  }

  /// The state after its key was replaced.
  mutating func evolve(_ fact: KeyRotated) {
    if !keys.isEmpty { keys[keys.count - 1].until = fact.size }
    keys.append(Epoch(vkey: fact.new, until: nil))
  }
}

/// The policy in force and the event that set it.
public struct PolicyState: Equatable, Sendable {
  /// The rules.
  public var policy: Policy
  /// The event; nil while the defaults are in force.
  public var set: Mark?
  /// Pairs the two.
  public init(policy: Policy, set: Mark?) {
    self.policy = policy
    self.set = set
  }
  /// The defaults.
  public static let initial = PolicyState(policy: .default, set: nil)
}

/// A project: a folder with a manifest.
public struct Project: Equatable, Sendable {
  /// Its name.
  public var name: Name
  /// When it was added.
  public var created: Mark
  /// The event whose text holds its path and description as they are now.
  public var described: Mark
  /// Gathers the members.
  public init(name: Name, created: Mark, described: Mark) {
    self.name = name
    self.created = created
    self.described = described
  }
}

/// A schedule of a deployment.
public struct Schedule: Equatable, Sendable {
  /// The project.
  public var project: Name
  /// Its name.
  public var name: Name
  /// What it starts, when, and for whom.
  public var fact: ScheduleCreated
  /// When it was made.
  public var created: Mark
  /// When it was removed.
  public var removed: Mark?
  /// The latest tick that was missed or started.
  public var lastTick: Timestamp?
  /// Gathers the members.
  public init(
    project: Name, name: Name, fact: ScheduleCreated, created: Mark, removed: Mark? = nil,
    lastTick: Timestamp? = nil
  ) {
    self.project = project
    self.name = name
    self.fact = fact
    self.created = created
    self.removed = removed
    self.lastTick = lastTick
  }
}
