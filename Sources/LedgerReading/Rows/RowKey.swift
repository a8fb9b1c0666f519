// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// The kinds of entity as the first byte of their rows' keys: stored, never reused.
public enum EntityKind: UInt8, CaseIterable, Sendable {
  /// The ledger itself.
  case ledger = 1
  /// The policy in force.
  case policy = 2
  /// Projects.
  case project = 3
  /// Models and feature tasks.
  case subject = 4
  /// Versions.
  case version = 5
  /// Jobs.
  case job = 6
  /// Deployments.
  case deployment = 7
  /// Targets of subjects.
  case slot = 8
  /// Members.
  case member = 9
  /// Schedules.
  case schedule = 10
  /// The holds in force.
  case holds = 11

  /// The kind of what a key names.
  public init(_ key: EntityKey) {
    self =
      switch key {
      case .ledger: .ledger
      case .policy: .policy
      case .holds: .holds
      case .project: .project
      case .subject: .subject
      case .version: .version
      case .job: .job
      case .deployment: .deployment
      case .slot: .slot
      case .member: .member
      case .schedule: .schedule
      }
  }
}

/// The key of a view's row: which entity, and the position of the event that made it so.
///
/// One byte for the kind; the names of the identifier, each ended by 0x00; a version's number as
/// four bytes; the position as eight bytes; integers big-endian. So the rows of an entity stand
/// together, oldest first, and the entities of a kind by their names.
public enum RowKey {
  /// Appends what all rows of an entity begin with: the key without its position.
  public static func prefix(of key: EntityKey, into bytes: inout [UInt8]) {
    withKey({ write(key, into: &$0) }, { bytes.append(contentsOf: $0) })
  }

  /// Appends the eight bytes of a position, revision or index.
  public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Parses a key; nil for bytes that are none.
  public static func parse(_ bytes: UnsafeRawBufferPointer) -> (EntityKey, Position)? {
    var reader = KeyReader(bytes)
    guard let tag = reader.byte(), let kind = EntityKind(rawValue: tag),
      let key = entity(kind, &reader), let position = reader.position(), reader.isAtEnd
    else { return nil }
    return (key, position)
  }

  /// Whether two keys are of the same entity: equal but for the last eight bytes.
  ///
  /// Serves every key that ends with eight such bytes. Keys too short for that have no entity.
  public static func hasSameEntity(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Bool {
    guard left.count == right.count, left.count > 8 else { return false }
    // Eight bytes at a time: this is asked of every row that a scan passes. The last comparison
    // may overlap the one before, never the position.
    let end = left.count - 8
    func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    guard end >= 8 else {
      for index in 0..<end where left[index] != right[index] { return false }
      return true
    }
    var offset = 0
    while offset + 8 <= end {
      if word(left, offset) != word(right, offset) { return false }
      offset += 8
    }
    return word(left, end - 8) == word(right, end - 8)
  }

  /// The last eight bytes of a key as a number; that of an impossible, shorter key is the greatest.
  public static func position(_ key: UnsafeRawBufferPointer) -> UInt64 {
    guard key.count >= 8 else { return .max }
    return UInt64(
      bigEndian: key.loadUnaligned(fromByteOffset: key.count - 8, as: UInt64.self))
  }

  /// The first bytes of the keys of a kind: at least the lower bound, less than the upper one.
  public static func kindRange(_ kind: EntityKind) -> Range<UInt8> {
    kind.rawValue..<(kind.rawValue + 1)
  }

  @usableFromInline
  static func write(_ key: EntityKey, into writer: inout KeyWriter) {
    writer.byte(EntityKind(key).rawValue)
    switch key {
    case .ledger, .policy, .holds: break
    case .project(let name): writer.name(name.string)
    case .subject(let subject): write(subject, into: &writer)
    case .version(let version):
      write(version.subject, into: &writer)
      writer.integer(version.number.value)
    case .job(let id), .deployment(let id): writer.name(id.string)
    case .slot(let subject, let target):
      write(subject, into: &writer)
      writer.name(target.string)
    case .member(let id): writer.name(id.string)
    case .schedule(let project, let name):
      writer.name(project.string)
      writer.name(name.string)
    }
  }

  @usableFromInline
  static func write(_ key: EntityKey, at position: Position, into writer: inout KeyWriter) {
    write(key, into: &writer)
    writer.integer(position.value)
  }

  static func write(_ subject: SubjectID, into writer: inout KeyWriter) {
    writer.name(subject.project.string)
    writer.name(subject.name.string)
  }

  private static func entity(_ kind: EntityKind, _ reader: inout KeyReader) -> EntityKey? {
    switch kind {
    case .ledger: return .ledger
    case .policy: return .policy
    case .holds: return .holds
    case .project: return reader.name().map(EntityKey.project)
    case .subject: return reader.subject().map(EntityKey.subject)
    case .version:
      guard let subject = reader.subject(), let number = reader.integer(UInt32.self),
        number > 0
      else { return nil }
      return .version(VersionID(subject: subject, number: VersionNumber(number)))
    case .job: return reader.job().map(EntityKey.job)
    case .deployment: return reader.job().map(EntityKey.deployment)
    case .slot:
      guard let subject = reader.subject(), let target = reader.name() else { return nil }
      return .slot(subject, target: target)
    case .member: return reader.actor().map(EntityKey.member)
    case .schedule:
      guard let project = reader.name(), let name = reader.name() else { return nil }
      return .schedule(project: project, name: name)
    }
  }
}

/// Lends the bytes of a row's key for the length of a call; nothing is allocated on the heap.
@inlinable
public func withRowKey<Result: ~Copyable, Failure: Error>(
  _ key: EntityKey, at position: Position,
  _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  try withKey({ RowKey.write(key, at: position, into: &$0) }, body)
}
