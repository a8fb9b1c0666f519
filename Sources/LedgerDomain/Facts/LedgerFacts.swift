// SPDX-License-Identifier: Apache-2.0

/// The ledger was made. Always position 0.
public struct LedgerCreated: Equatable, Sendable {
  /// 32 lower-case hex digits drawn at `init`.
  public var id: String
  /// The name that checkpoints carry.
  public var origin: Text
  /// The log's verifier key (c2sp.org/signed-note).
  public var vkey: Text
  /// The version of the stored bytes.
  public var format: UInt32
  /// Name and version of the program.
  public var tool: Text
  /// Gathers the members.
  public init(id: String, origin: Text, vkey: Text, format: UInt32, tool: Text) {
    self.id = id
    self.origin = origin
    self.vkey = vkey
    self.format = format
    self.tool = tool
  }
}

/// The log's key was replaced: sizes up to `size` belong to the old key.
public struct KeyRotated: Equatable, Sendable {
  /// The old verifier key.
  public var old: Text
  /// The new verifier key.
  public var new: Text
  /// The size at which it was replaced.
  public var size: LedgerSize
  /// The root at that size.
  public var root: Digest
  /// The old key's signature over the statement, base64.
  public var oldSignature: Text
  /// The new key's signature over the statement, base64.
  public var newSignature: Text
  /// Gathers the members.
  public init(
    old: Text, new: Text, size: LedgerSize, root: Digest, oldSignature: Text, newSignature: Text
  ) {
    self.old = old
    self.new = new
    self.size = size
    self.root = root
    self.oldSignature = oldSignature
    self.newSignature = newSignature
  }
}

/// The ledger was rebuilt from a backup.
public struct LedgerRestored: Equatable, Sendable {
  /// The size of the backup.
  public var size: LedgerSize
  /// Its root.
  public var root: Digest
  /// Gathers the members.
  public init(size: LedgerSize, root: Digest) {
    self.size = size
    self.root = root
  }
}

/// The clock was found wrong: the one event whose time may be earlier than its predecessor's.
public struct ClockCorrected: Equatable, Sendable {
  /// The time of the event before it.
  public var from: Timestamp
  /// Gathers the members.
  public init(from: Timestamp) { self.from = from }
}

/// A newer program rebuilt the views.
public struct LedgerUpgraded: Equatable, Sendable {
  /// Name and version of the program.
  public var tool: Text
  /// The version of the reducers.
  public var reducers: UInt32
  /// Gathers the members.
  public init(tool: Text, reducers: UInt32) {
    self.tool = tool
    self.reducers = reducers
  }
}

/// A project was added, or its path or description changed.
public struct ProjectNamed: Equatable, Sendable {
  /// The project's name.
  public var name: Name
  /// Gathers the members.
  public init(name: Name) { self.name = name }
}

/// A member has these roles from here, in the envelope's project, or everywhere without one.
public struct MemberGranted: Equatable, Sendable {
  /// Who.
  public var member: ActorID
  /// All roles in force in this scope, sorted, each once.
  public var roles: [Role]
  /// The least authentication that the grant is for.
  public var leastAuth: Authentication
  /// `SHA256:` fingerprints of the member's keys, sorted; the keys are in the text.
  public var keyFingerprints: [Text]
  /// Gathers the members.
  public init(
    member: ActorID, roles: [Role], leastAuth: Authentication, keyFingerprints: [Text] = []
  ) {
    self.member = member
    self.roles = roles
    self.leastAuth = leastAuth
    self.keyFingerprints = keyFingerprints
  }
}

/// A member has no role any more, in any project.
public struct MemberRevoked: Equatable, Sendable {
  /// Who.
  public var member: ActorID
  /// Gathers the members.
  public init(member: ActorID) { self.member = member }
}

/// A command was refused; equal ones within a minute are one event.
public struct CommandRefused: Equatable, Sendable {
  /// The command's word, such as `approve`.
  public var command: String
  /// The rule's word, such as `four-eyes`.
  public var rule: String
  /// How many equal refusals since the last such event, this one included.
  public var count: UInt32
  /// Gathers the members.
  public init(command: String, rule: String, count: UInt32) {
    self.command = command
    self.rule = rule
    self.count = count
  }
}

/// A range of positions, both ends included.
public struct PositionRange: Hashable, Sendable {
  /// The first position.
  public var from: Position
  /// The last position.
  public var to: Position
  /// Pairs the ends.
  public init(from: Position, to: Position) {
    self.from = from
    self.to = to
  }
}

/// The words of events were erased. With `job` in the envelope: only that job's events.
public struct TextErased: Equatable, Sendable {
  /// At most 1,000 ranges.
  public var ranges: [PositionRange]
  /// On which ground.
  public var basis: ErasureBasis
  /// Who signed for it.
  public var signature: Signature?
  /// Gathers the members.
  public init(ranges: [PositionRange], basis: ErasureBasis, signature: Signature? = nil) {
    self.ranges = ranges
    self.basis = basis
    self.signature = signature
  }
}

/// Blobs were erased.
public struct ArtifactErased: Equatable, Sendable {
  /// Their digests.
  public var digests: [Digest]
  /// On which ground.
  public var basis: ErasureBasis
  /// Who signed for it.
  public var signature: Signature?
  /// Gathers the members.
  public init(digests: [Digest], basis: ErasureBasis, signature: Signature? = nil) {
    self.digests = digests
    self.basis = basis
    self.signature = signature
  }
}

/// What may not be erased: a reference such as `churn/churn-lr@3`, a project, or `ledger`.
public struct HoldScope: Equatable, Sendable {
  /// The reference.
  public var scope: Text
  /// Gathers the members.
  public init(scope: Text) { self.scope = scope }
}

/// A report left the ledger.
public struct ReportExported: Equatable, Sendable {
  /// The report's word, such as `trail`.
  public var report: String
  /// The positions it covers.
  public var range: PositionRange
  /// The digest of its bytes.
  public var digest: Digest
  /// Gathers the members.
  public init(report: String, range: PositionRange, digest: Digest) {
    self.report = report
    self.range = range
    self.digest = digest
  }
}
