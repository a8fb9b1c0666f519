// SPDX-License-Identifier: Apache-2.0
public import CLMDB
public import Glibc

/// One entry of a table, in the file's map.
///
/// Valid until the next write of the same transaction, and never beyond its end.
public struct Entry {
  /// The key's bytes; not aligned.
  public let key: UnsafeRawBufferPointer
  /// The value's bytes; not aligned.
  public let value: UnsafeRawBufferPointer

  @inlinable
  init(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    self.key = key
    self.value = value
  }

  /// Asks the processor for the value and for what lies below it, without waiting.
  ///
  /// Entries that were appended in order lie one below the other, so the next one comes along. Nothing
  /// is read: no address can be wrong.
  @inlinable
  public func prefetch() {
    clmdb_prefetch(value.baseAddress, value.count)
  }
}

/// A place in a table, lent by ``Loan/withCursor(_:_:)`` and closed at the end of that call.
///
/// Every move returns the entry it arrives at, or nil where there is none; after nil the cursor
/// stands nowhere in particular and should be placed anew.
public struct Cursor: ~Copyable {
  @usableFromInline let handle: OpaquePointer

  @inlinable
  init(handle: OpaquePointer) { self.handle = handle }

  @inlinable
  deinit { mdb_cursor_close(handle) }

  @inlinable
  func move(
    _ operation: MDB_cursor_op, _ start: UnsafeRawBufferPointer? = nil
  ) throws(LMDBError) -> Entry? {
    var key = start.map { MDB_val($0) } ?? MDB_val()
    var value = MDB_val()
    let status = mdb_cursor_get(handle, &key, &value, operation)
    if status == 0 {
      return Entry(key: UnsafeRawBufferPointer(key), value: UnsafeRawBufferPointer(value))
    }
    if status == MDB_NOTFOUND { return nil }
    throw LMDBError(status: status, in: "mdb_cursor_get")
  }

  /// Goes to the least key.
  @inlinable
  public mutating func first() throws(LMDBError) -> Entry? { try move(MDB_FIRST) }

  /// Goes to the greatest key.
  @inlinable
  public mutating func last() throws(LMDBError) -> Entry? { try move(MDB_LAST) }

  /// Goes one on; from nowhere to the first.
  @inlinable
  public mutating func next() throws(LMDBError) -> Entry? { try move(MDB_NEXT) }

  /// Goes one back; from nowhere to the last.
  @inlinable
  public mutating func previous() throws(LMDBError) -> Entry? { try move(MDB_PREV) }

  /// The entry here; nil when the cursor stands nowhere.
  @inlinable
  public mutating func current() throws(LMDBError) -> Entry? {
    do throws(LMDBError) {
      return try move(MDB_GET_CURRENT)
    } catch {
      // A cursor that was never placed answers EINVAL.
      if error.code.rawValue == EINVAL { return nil }
      throw error
    }
  }

  /// Goes to exactly this key.
  @inlinable
  public mutating func seek<Key: ByteSource & ~Copyable & ~Escapable>(
    exactly key: borrowing Key
  ) throws(LMDBError) -> Entry? {
    try key.withBytes { (key) throws(LMDBError) -> Entry? in try move(MDB_SET_KEY, key) }
  }

  /// Goes to the least key that is this one or above it; of an empty key, to the first.
  @inlinable
  public mutating func seek<Key: ByteSource & ~Copyable & ~Escapable>(
    atOrAfter key: borrowing Key
  ) throws(LMDBError) -> Entry? {
    try key.withBytes { (key) throws(LMDBError) -> Entry? in
      try key.isEmpty ? move(MDB_FIRST) : move(MDB_SET_RANGE, key)
    }
  }

  /// Goes to the greatest key that is this one or below it.
  @inlinable
  public mutating func seek<Key: ByteSource & ~Copyable & ~Escapable>(
    atOrBefore key: borrowing Key
  ) throws(LMDBError) -> Entry? {
    try key.withBytes { (key) throws(LMDBError) -> Entry? in
      if key.isEmpty { return nil }
      guard let entry = try move(MDB_SET_RANGE, key) else { return try move(MDB_LAST) }
      if entry.key.count == key.count,
        memcmp(entry.key.baseAddress!, key.baseAddress!, key.count) == 0
      {
        return entry
      }
      return try move(MDB_PREV)
    }
  }

  /// Goes to the greatest key below this one.
  @inlinable
  public mutating func seek<Key: ByteSource & ~Copyable & ~Escapable>(
    before key: borrowing Key
  ) throws(LMDBError) -> Entry? {
    try key.withBytes { (key) throws(LMDBError) -> Entry? in
      if key.isEmpty { return nil }
      guard try move(MDB_SET_RANGE, key) != nil else { return try move(MDB_LAST) }
      return try move(MDB_PREV)
    }
  }
}
