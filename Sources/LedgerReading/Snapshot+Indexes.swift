// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain

extension Snapshot {
  /// Calls `body` with the positions of one type's events below a size, in order, until it says
  /// no. Log lines and progress are not indexed.
  public func forEachPosition(
    of type: FactCode, asOf size: LedgerSize, from start: Position = Position(0),
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try IndexKey.type(code: type.rawValue, start) { (key) throws(ReadingError) in
      try scan(tables.types, from: key, below: size, body)
    }
  }

  /// Whether the event at a position is of one of these types, which are indexed. One seek each.
  public func isIndexed(
    _ position: Position, as types: [FactCode]
  ) throws(ReadingError) -> Bool {
    for type in types {
      let isThere = try IndexKey.type(code: type.rawValue, position) { (key) throws(ReadingError) in
        try lending { () throws(LMDBError) in try loan.contains(tables.types, key) }
      }
      if isThere { return true }
    }
    return false
  }

  /// Of some places in order, those at which an event of a type stands; it is one that is indexed.
  ///
  /// Both lists skip to what the other has next: a seek a stretch without that type, at most one a
  /// place, and none of them reads an event.
  public func places(
    of type: FactCode, among places: ArraySlice<Position>
  ) throws(ReadingError) -> [Position] {
    try loan.withCursor(tables.types) { (cursor) throws(ReadingError) in
      var found: [Position] = []
      var index = places.startIndex
      while index < places.endIndex {
        let next = try IndexKey.type(code: type.rawValue, places[index]) {
          (key) throws(ReadingError) -> Position? in
          let entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: key) }
          guard let entry, RowKey.hasSameEntity(entry.key, key) else { return nil }
          return Position(RowKey.position(entry.key))
        }
        guard let next else { break }
        if next < places[index] { throw Snapshot.indexOutOfOrder }
        while index < places.endIndex, places[index] < next { index += 1 }
        if index < places.endIndex, places[index] == next {
          found.append(next)
          index += 1
        }
      }
      return found
    }
  }

  /// Calls `body` with the positions of a job's events below a size, in order, without log lines.
  public func forEachPosition(
    of job: JobID, asOf size: LedgerSize, from start: Position = Position(0),
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try IndexKey.job(job, start) { (key) throws(ReadingError) in
      try scan(tables.jobs, from: key, below: size, body)
    }
  }

  /// Calls `body` with the positions of a subject's events below a size, by revision.
  public func forEachPosition(
    of subject: SubjectID, asOf size: LedgerSize, from start: Revision = Revision(0),
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try IndexKey.revision(subject, start) { (key) throws(ReadingError) in
      try loan.withCursor(tables.revisions) { (cursor) throws(ReadingError) in
        var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: key) }
        while let found = entry, RowKey.hasSameEntity(found.key, key) {
          guard let position = BigEndianKey(found.value) else {
            throw ReadingError(.rowDamaged("a revision's entry is damaged"), "reading an index")
          }
          guard position.number < size.value else { return }
          guard try body(Position(position.number)) else { return }
          entry = try lending { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
  }

  /// Calls `body` with the positions of a subject's events below a size, the latest first, until it
  /// says no. Events above the size are passed one by one.
  public func forEachPositionBackwards(
    of subject: SubjectID, asOf size: LedgerSize,
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try IndexKey.revision(subject, Revision(.max)) { (key) throws(ReadingError) in
      try loan.withCursor(tables.revisions) { (cursor) throws(ReadingError) in
        var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        while let found = entry, RowKey.hasSameEntity(found.key, key) {
          guard let position = BigEndianKey(found.value) else {
            throw ReadingError(.rowDamaged("a revision's entry is damaged"), "reading an index")
          }
          if position.number < size.value, try !body(Position(position.number)) { return }
          entry = try lending { () throws(LMDBError) in try cursor.previous() }
        }
      }
    }
  }

  /// The number of revisions of a subject at the head. One seek.
  public func revisionCount(of subject: SubjectID) throws(ReadingError) -> UInt64 {
    try IndexKey.revision(subject, Revision(.max)) { (key) throws(ReadingError) in
      try loan.withCursor(tables.revisions) { (cursor) throws(ReadingError) in
        let found = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        guard let found, RowKey.hasSameEntity(found.key, key) else { return 0 }
        let (count, isBeyond) = RowKey.position(found.key).addingReportingOverflow(1)
        guard !isBeyond else {
          throw ReadingError(.rowDamaged("a revision's key is damaged"), "reading an index")
        }
        return count
      }
    }
  }

  /// The number of revisions of a subject as of a size. O(log revisions) seeks.
  public func revisionCount(
    of subject: SubjectID, asOf size: LedgerSize
  ) throws(ReadingError) -> UInt64 {
    var low: UInt64 = 0
    var high = try revisionCount(of: subject)
    while low < high {
      let middle = low + (high - low) / 2
      var found: Position?
      try forEachPosition(of: subject, asOf: LedgerSize(.max), from: Revision(middle)) {
        found = $0
        return false
      }
      guard let found else {
        throw ReadingError(.rowDamaged("a revision's entry is missing"), "reading an index")
      }
      if size.includes(found) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What a request key of an actor led to; nil when it was never used.
  public func request(
    _ key: RequestKey, of actor: ActorID
  ) throws(ReadingError) -> StoredRequest? {
    try IndexKey.request(actor, key) { (bytes) throws(ReadingError) in
      try loan.get(tables.requests, bytes) { (value) throws(ReadingError) in
        guard let stored = StoredRequest(value) else {
          throw ReadingError(.rowDamaged("a request's entry is damaged"), "reading an index")
        }
        return stored
      }
    }
  }

  private func scan(
    _ table: Table, from key: UnsafeRawBufferPointer, below size: LedgerSize,
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try loan.withCursor(table) { (cursor) throws(ReadingError) in
      var least = RowKey.position(key)
      var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: key) }
      while let found = entry, RowKey.hasSameEntity(found.key, key) {
        let position = RowKey.position(found.key)
        if position < least { throw Snapshot.indexOutOfOrder }
        guard position < size.value, try body(Position(position)) else { return }
        least = position + 1
        entry = try lending { () throws(LMDBError) in try cursor.next() }
      }
    }
  }
}

extension Snapshot {
  /// A page is damaged: whoever counts from where it began may rely on the order.
  fileprivate static var indexOutOfOrder: ReadingError {
    ReadingError(.rowDamaged("the entries of an index are out of order"), "reading an index")
  }
}

/// What stands under a request key: digest (32 bytes), first position and number of events (8 each).
public struct StoredRequest: Equatable, Sendable {
  /// The digest of the command.
  public var digest: Digest
  /// The first event of its result.
  public var first: Position
  /// How many events its result has.
  public var count: UInt64

  /// Gathers the members.
  public init(digest: Digest, first: Position, count: UInt64) {
    self.digest = digest
    self.first = first
    self.count = count
  }

  /// Parses the stored form; nil for anything else.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 48, let digest = Digest(bytes: bytes[0..<32]) else { return nil }
    self.digest = digest
    self.first = Position(
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)))
    self.count = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self))
  }

  /// The stored form.
  public var bytes: [UInt8] {
    var bytes = digest.bytes
    RowKey.append(first.value, to: &bytes)
    RowKey.append(count, to: &bytes)
    return bytes
  }
}

extension FactCode {
  /// Whether events of this type are found by type and by job. Log lines have an index of their
  /// own, and progress is told by the latest alone.
  public var isIndexed: Bool { self != .jobLogged && self != .jobProgressed }

  /// The two bytes that stand in the index of a job's events, big-endian.
  public var bytes: [UInt8] { [UInt8(rawValue >> 8), UInt8(rawValue & 255)] }
}
