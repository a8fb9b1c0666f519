// SPDX-License-Identifier: Apache-2.0
// LMDBWriting — the calls that change a database: put, reserve, delete, clear.
// A module of its own so that a program that never links it cannot write, which tools/check proves
// on the reviewer's tool by its undefined symbols. Only LedgerStorage imports it.
// Start at: WriteLoan.put. Tests: LMDBTests.
public import CLMDB
public import LMDB

/// How ``WriteLoan/put(_:_:_:mode:)`` treats a key that is there.
public enum PutMode: Sendable {
  /// The key must be new, else ``LMDBError/Code/keyExists``.
  case insert
  /// The key must be above every other of the table, else ``LMDBError/Code/keyExists``.
  /// Fastest, and fills pages completely.
  case append
  /// The value of a key that is there is replaced.
  case overwrite

  @inlinable
  var flags: UInt32 {
    switch self {
    case .insert: UInt32(MDB_NOOVERWRITE)
    case .append: UInt32(MDB_APPEND)
    case .overwrite: 0
    }
  }
}

extension WriteLoan {
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
