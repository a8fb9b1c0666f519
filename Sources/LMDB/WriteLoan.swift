// SPDX-License-Identifier: Apache-2.0
public import CLMDB

/// The reading and writing side of an open write transaction.
///
/// A write that fails with anything but ``LMDBError/Code/keyExists`` or
/// ``LMDBError/Code/badValueSize`` leaves a transaction that can only be aborted; LMDB then
/// refuses its commit. Up to 131,071 dirty pages (512 MiB) stay in memory until the commit; beyond
/// that LMDB spills: it writes pages that no committed state names, so that ``LMDBError/Code/io``
/// and ``LMDBError/Code/noSpace`` can come out of a put, and what was committed stays untouched.
public final class WriteLoan: Loan {
  /// Whether a call failed because the map is full: growing it and starting over helps.
  @usableFromInline final var foundMapFull = false

  @usableFromInline @inline(never)
  final func failure(_ status: Int32, in operation: String) -> LMDBError {
    if status == MDB_MAP_FULL { foundMapFull = true }
    return LMDBError(status: status, in: operation)
  }

  /// Stores a value under a key.
  @inlinable
  public func put<
    Key: ByteSource & ~Copyable & ~Escapable, Value: ByteSource & ~Copyable & ~Escapable
  >(
    _ table: Table, _ key: borrowing Key, _ value: borrowing Value, mode: PutMode
  ) throws(LMDBError) {
    let status = key.withBytes { key in
      value.withBytes { value in
        var key = MDB_val(key)
        var value = MDB_val(value)
        return mdb_put(transaction, check(table), &key, &value, mode.flags)
      }
    }
    if status != 0 { throw failure(status, in: "mdb_put") }
  }

  @inlinable
  func room(
    _ table: Table, _ key: UnsafeRawBufferPointer, _ count: Int, _ mode: PutMode
  ) throws(LMDBError) -> UnsafeMutableRawBufferPointer {
    precondition(count >= 0, "A value has no negative length.")
    var key = MDB_val(key)
    var value = MDB_val(mv_size: count, mv_data: nil)
    let status = mdb_put(
      transaction, check(table), &key, &value, mode.flags | UInt32(MDB_RESERVE))
    if status != 0 { throw failure(status, in: "mdb_put") }
    return UnsafeMutableRawBufferPointer(start: value.mv_data, count: count)
  }

  /// Makes room for a value of `count` bytes and lends it, which saves a copy.
  ///
  /// `fill` must write every byte, as what lies there is not zeroed, and must not use the
  /// transaction meanwhile.
  @inlinable
  public func reserve<Key: ByteSource & ~Copyable & ~Escapable, R>(
    _ table: Table, _ key: borrowing Key, count: Int, mode: PutMode,
    _ fill: (UnsafeMutableRawBufferPointer) -> R
  ) throws(LMDBError) -> R {
    try key.withBytes { (key) throws(LMDBError) -> R in
      fill(try room(table, key, count, mode))
    }
  }

  /// Removes a key and says whether it was there.
  ///
  /// The bytes stay in the file until their page is used again.
  @inlinable @discardableResult
  public func delete<Key: ByteSource & ~Copyable & ~Escapable>(
    _ table: Table, _ key: borrowing Key
  ) throws(LMDBError) -> Bool {
    let status = key.withBytes { key in
      var key = MDB_val(key)
      return mdb_del(transaction, check(table), &key, nil)
    }
    if status == 0 { return true }
    if status == MDB_NOTFOUND { return false }
    throw failure(status, in: "mdb_del")
  }

  /// Removes every entry; cost grows with the number of pages.
  public func clear(_ table: Table) throws(LMDBError) {
    let status = mdb_drop(transaction, check(table), 0)
    if status != 0 { throw failure(status, in: "mdb_drop") }
  }
}
