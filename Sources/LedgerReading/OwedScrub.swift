// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain

/// Words that were erased may still lie where the database keeps nothing: what is left to do.
///
/// Stored under ``HeadKey/scrub`` as a version (1 byte) and three numbers of 8 bytes, big-endian.
/// Written in the commit of the erasure and removed when the file is clean, so that a crash in
/// between forgets nothing.
public struct OwedScrub: Equatable, Sendable {
  /// The database's transaction that deleted the latest of the words.
  public var transaction: UInt64
  /// The first erasure that is not finished.
  public var first: Position
  /// The latest one.
  public var last: Position

  /// Gathers the members.
  public init(transaction: UInt64, first: Position, last: Position) {
    self.transaction = transaction
    self.first = first
    self.last = last
  }

  /// Parses the stored form; nil for anything else.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 25, bytes[0] == 1 else { return nil }
    func number(_ offset: Int) -> UInt64 {
      bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    transaction = number(1)
    first = Position(number(9))
    last = Position(number(17))
  }

  /// The stored form.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = [1]
    for number in [transaction, first.value, last.value] { RowKey.append(number, to: &bytes) }
    return bytes
  }
}

extension Snapshot {
  /// What is left of erasures; nil when nothing is. One seek.
  public func owedScrub() throws(ReadingError) -> OwedScrub? {
    guard
      let bytes = try lending({ () throws(LMDBError) in try loan.bytes(tables.head, HeadKey.scrub) }
      )
    else { return nil }
    guard let owed = OwedScrub(bytes) else {
      throw ReadingError(.rowDamaged("the note of an erasure is damaged"), "reading the head")
    }
    return owed
  }

  /// The latest event of a type below a size; nil when there is none. One seek. Log lines and
  /// progress are not indexed.
  public func latest(
    of type: FactCode, asOf size: LedgerSize
  ) throws(ReadingError) -> Position? {
    guard size.value > 0 else { return nil }
    return try IndexKey.type(code: type.rawValue, Position(size.value - 1)) {
      (key) throws(ReadingError) in
      try loan.withCursor(tables.types) { (cursor) throws(ReadingError) in
        let found = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: key) }
        guard let found, let (code, position) = IndexKey.parseType(found.key),
          code == type.rawValue
        else { return nil }
        return position
      }
    }
  }
}
