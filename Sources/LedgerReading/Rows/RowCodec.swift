// SPDX-License-Identifier: Apache-2.0
// LedgerReading/Rows — how view rows and the keys of rows and indexes stand in the database.
// Pure: bytes in, values out. Never: a file, a trap on stored bytes, two forms of one value.
// Invariant: encoding what was decoded gives the same bytes; decoding what was encoded, the value.
// Start at: RowKey, RowCodec, IndexKey, LogRun. A changed form raises RowFormat.current.
// Tests: RowsTests and its neighbours in LedgerReadingTests; golden bytes in RowsGoldenTests.
public import LedgerDomain

/// Writes and reads the state of an entity. What stands in the key is not repeated in the row.
///
/// The first byte is the format. Then the fields in fixed order: flags tell which optional ones
/// are there; integers are LEB128, zig-zag where they may be negative; strings follow their number
/// of bytes; digests are 32 bytes, doubles 8, big-endian; words are the numbers of RowWords.swift.
public enum RowCodec {
  /// Appends the row of an entity.
  public static func encode(_ entity: Entity, into bytes: inout [UInt8]) {
    // The buffer moves into the writer and back, so that it is never copied.
    var buffer: [UInt8] = []
    swap(&buffer, &bytes)
    var writer = RowWriter(buffer)
    buffer = []
    writer.byte(RowFormat.current)
    switch entity {
    case .ledger(let ledger): writer.ledger(ledger)
    case .policy(let policy): writer.policy(policy)
    case .holds(let holds): writer.holds(holds)
    case .project(let project): writer.project(project)
    case .subject(let subject): writer.subject(subject)
    case .version(let version): writer.version(version)
    case .job(let job): writer.job(job)
    case .deployment(let deployment): writer.deployment(deployment)
    case .slot(let slot): writer.slot(slot)
    case .member(let member): writer.member(member)
    case .schedule(let schedule): writer.schedule(schedule)
    }
    bytes = writer.finish()
  }

  /// Reads the row of the entity that `key` names.
  public static func decode(
    key: EntityKey, _ bytes: UnsafeRawBufferPointer
  ) throws(RowError) -> Entity {
    var reader = RowReader(bytes)
    return try reader.entity(key)
  }

  /// Reads a row under its stored key.
  public static func decode(
    key: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
  ) throws(RowError) -> Entity {
    guard let (key, _) = RowKey.parse(key) else {
      throw RowError(offset: 0, reason: .damagedKey)
    }
    return try decode(key: key, bytes)
  }
}

extension RowReader {
  /// The whole row, as that of the entity that `key` names.
  mutating func entity(_ key: EntityKey) throws(RowError) -> Entity {
    try format()
    let entity: Entity =
      switch key {
      case .ledger: .ledger(try ledger())
      case .policy: .policy(try policy())
      case .holds: .holds(try holds())
      case .project(let name): .project(try project(name))
      case .subject(let id): .subject(try subject(id))
      case .version(let id): .version(try version(id))
      case .job(let id): .job(try job(id))
      case .deployment(let id): .deployment(try deployment(id))
      case .slot(let subject, let target): .slot(try slot(subject, target))
      case .member(let id): .member(try member(id))
      case .schedule(let project, let name): .schedule(try schedule(project, name))
      }
    try finish()
    return entity
  }
}
