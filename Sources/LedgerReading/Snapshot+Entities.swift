// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain

extension Snapshot {
  /// The state of an entity as of a size; nil when it did not exist then. One seek.
  public func entity(_ key: EntityKey, asOf size: LedgerSize) throws(ReadingError) -> Entity? {
    guard size.value > 0 else { return nil }
    return try withRowKey(key, at: Position(size.value - 1)) {
      (wanted) throws(ReadingError) in
      try loan.withCursor(tables.rows) { (cursor) throws(ReadingError) in
        let found = try lending { () throws(LMDBError) in try cursor.seek(atOrBefore: wanted) }
        guard let found, RowKey.hasSameEntity(found.key, wanted) else { return nil }
        return try Snapshot.decodeRow(key, found.value)
      }
    }
  }

  /// Calls `body` with each state that an event from `start` on gave an entity, below a size, in
  /// order, until it says no. One seek, then steps.
  public func forEachState(
    of key: EntityKey, from start: Position = Position(0), asOf size: LedgerSize,
    _ body: (Position, Entity) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    try withRowKey(key, at: start) { (wanted) throws(ReadingError) in
      try loan.withCursor(tables.rows) { (cursor) throws(ReadingError) in
        var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: wanted) }
        while let row = entry, RowKey.hasSameEntity(row.key, wanted) {
          let position = RowKey.position(row.key)
          guard position < size.value,
            try body(Position(position), try Snapshot.decodeRow(key, row.value))
          else { return }
          entry = try lending { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
  }

  static func decodeRow(
    _ key: EntityKey, _ bytes: UnsafeRawBufferPointer
  ) throws(ReadingError) -> Entity {
    var reader = RowReader(bytes)
    return try decodeRow(key, &reader)
  }

  private static func decodeRow(
    _ key: EntityKey, _ reader: inout RowReader
  ) throws(ReadingError) -> Entity {
    do throws(RowError) {
      return try reader.entity(key)
    } catch {
      throw ReadingError(.rowDamaged("the row of \(key) is damaged: \(error)"), "reading a view")
    }
  }

  /// Calls `body` with the state as of a size of every entity of a kind, in order of their keys.
  ///
  /// `body` answers whether to go on. Two seeks an entity at most.
  public func forEachEntity(
    of kind: EntityKind, asOf size: LedgerSize,
    _ body: (Entity) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    var reader = RowReader(UnsafeRawBufferPointer(start: nil, count: 0))
    try forEachRow(of: kind, asOf: size) { (key, row) throws(ReadingError) in
      guard let (entity, _) = RowKey.parse(key) else {
        throw ReadingError(.rowDamaged("a row's key is damaged"), "reading a view")
      }
      reader.begin(row)
      return try body(try Snapshot.decodeRow(entity, &reader))
    }
  }

  /// Calls `body` with key and row as of a size of every entity of a kind, undecoded.
  public func forEachRow(
    of kind: EntityKind, asOf size: LedgerSize,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    guard size.value > 0 else { return }
    let limit = size.value
    var buffer: [UInt8] = []
    try loan.withCursor(tables.rows) { (cursor) throws(ReadingError) in
      var entry = try lending { () throws(LMDBError) in
        try cursor.seek(atOrAfter: [kind.rawValue])
      }
      while let first = entry, first.key.first == kind.rawValue {
        // Most entities have few rows, so steps come before a seek.
        var best: Entry? = RowKey.position(first.key) < limit ? first : nil
        var steps = 0
        var next = try lending { () throws(LMDBError) in try cursor.next() }
        while let row = next, RowKey.hasSameEntity(row.key, first.key) {
          if RowKey.position(row.key) < limit { best = row }
          steps += 1
          if steps == 8 {
            buffer.removeAll(keepingCapacity: true)
            buffer.append(contentsOf: row.key.dropLast(8))
            let prefix = buffer.count
            RowKey.append(limit - 1, to: &buffer)
            if let last = try lending({ () throws(LMDBError) in
              try cursor.seek(atOrBefore: buffer)
            }), RowKey.hasSameEntity(last.key, first.key) {
              best = last
            }
            buffer.removeSubrange(prefix...)
            RowKey.append(.max, to: &buffer)
            next = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: buffer) }
            break
          }
          next = try lending { () throws(LMDBError) in try cursor.next() }
        }
        if let best, try !body(best.key, best.value) { return }
        entry = next
      }
    }
  }
}
