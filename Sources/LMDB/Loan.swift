// SPDX-License-Identifier: Apache-2.0
public import CLMDB

/// The reading side of an open transaction, as a reference that a value may keep meanwhile.
///
/// It ends with the closure that received the transaction: every later use stops the process.
/// Bytes that it lends lie in the file's map; they stay valid until the next write of the same
/// transaction, and never beyond its end.
public class Loan {
  /// The `MDB_txn`, nil once the transaction has ended.
  @usableFromInline final var handle: OpaquePointer?
  @usableFromInline final let owner: UInt32
  private final let environment: Environment
  /// The cursors that last found a key, by table. The next key is often on the same page, where a
  /// cursor looks before it descends from the root. Nil for a writer, whose changes would move them.
  private final var finders: [OpaquePointer?]?

  init(handle: OpaquePointer, in environment: Environment, isReading: Bool) {
    self.handle = handle
    self.environment = environment
    owner = environment.serial
    finders = isReading ? [] : nil
  }

  /// The open transaction, or the end of the process.
  @inlinable
  package final var transaction: OpaquePointer {
    guard let handle else { stop("A transaction was used after it had ended.") }
    return handle
  }

  /// The handle of a table of this environment, or the end of the process.
  @inlinable
  package final func check(_ table: Table) -> MDB_dbi {
    if table.owner != owner { stop("A table was used in a transaction of another environment.") }
    return table.handle
  }

  /// Which state of the file is seen: grows by one with every commit.
  public final var transactionID: UInt { UInt(mdb_txn_id(transaction)) }

  /// Lends a second transaction that sees the same state, for another thread to use while `body`
  /// runs.
  ///
  /// Nil, and nothing was run, where something was committed since this one began, where none can
  /// begin (no reader's slot is free, the map would have to grow), and for a writer: all that the
  /// twin was to do can be done with this one. Both begin and end on the calling thread: any thread
  /// may use a read-only transaction, one at a time (`lmdb.h` on `MDB_NOTLS`).
  public final func withTwin<R, E: LMDBErrorConvertible>(
    _ body: (Loan) throws(E) -> R
  ) throws(E) -> R? {
    guard finders != nil, let twin = try? environment.beginReading() else { return nil }
    defer { environment.endReading(twin) }
    guard twin.transactionID == transactionID else { return nil }
    return try body(twin)
  }

  /// The value of a key, in the file's map; nil where there is none.
  ///
  /// Valid until the next write of the same transaction, and never beyond its end, which nothing
  /// enforces: lend it on at once, as `Snapshot.leaf` does. Others have ``get(_:_:_:)``.
  @inlinable
  package final func lent<Key: ByteSource & ~Copyable & ~Escapable>(
    _ table: Table, _ key: borrowing Key
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    try key.withBytes { (key) throws(LMDBError) in try find(table, key) }
  }

  @usableFromInline
  final func find(
    _ table: Table, _ key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    var wanted = MDB_val(key)
    var found = MDB_val()
    let status: Int32
    if let finder = try finder(in: table) {
      status = mdb_cursor_get(finder, &wanted, &found, MDB_SET)
      // After a page that cannot be read it may stand on a page that is no leaf.
      if status != 0, status != MDB_NOTFOUND { drop(table) }
    } else {
      status = mdb_get(transaction, check(table), &wanted, &found)
    }
    if status == 0 { return UnsafeRawBufferPointer(found) }
    if status == MDB_NOTFOUND { return nil }
    throw LMDBError(status: status, in: finders == nil ? "mdb_get" : "mdb_cursor_get")
  }

  /// The cursor that looks keys up in a table; nil for a writer.
  @inline(__always)
  private final func finder(in table: Table) throws(LMDBError) -> OpaquePointer? {
    let index = Int(check(table))
    guard let count = finders?.count else { return nil }
    if index < count, let finder = finders?[index] { return finder }
    let finder = try openCursor(table)
    if index >= count {
      finders?.append(contentsOf: repeatElement(nil, count: index + 1 - count))
    }
    finders?[index] = finder
    return finder
  }

  private final func drop(_ table: Table) {
    if let finder = finders?[Int(table.handle)] { mdb_cursor_close(finder) }
    finders?[Int(table.handle)] = nil
  }

  /// Closes what was opened to find keys; called before the transaction ends.
  final func closeFinders() {
    for case let finder? in finders ?? [] { mdb_cursor_close(finder) }
    finders = finders.map { _ in [] }
  }

  /// Lends the value of a key to `body`, or returns nil where there is none.
  @inlinable
  public final func get<Key: ByteSource & ~Copyable & ~Escapable, R>(
    _ table: Table, _ key: borrowing Key, _ body: (UnsafeRawBufferPointer) -> R
  ) throws(LMDBError) -> R? {
    try key.withBytes { (key) throws(LMDBError) -> R? in
      guard let value = try find(table, key) else { return nil }
      return body(value)
    }
  }

  /// Lends the value of a key to a `body` that may throw an error that can hold an ``LMDBError``.
  @inlinable
  public final func get<Key: ByteSource & ~Copyable & ~Escapable, R, E: LMDBErrorConvertible>(
    _ table: Table, _ key: borrowing Key, _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R? {
    try key.withBytes { (key) throws(E) -> R? in
      let found: UnsafeRawBufferPointer?
      do throws(LMDBError) { found = try find(table, key) } catch { throw E(lmdb: error) }
      guard let found else { return nil }
      return try body(found)
    }
  }

  /// Lends the value of a key to a `body` that throws anything.
  @inlinable @_disfavoredOverload
  public final func get<Key: ByteSource & ~Copyable & ~Escapable, R>(
    _ table: Table, _ key: borrowing Key, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R? {
    try key.withBytes { (key) throws -> R? in
      guard let value = try find(table, key) else { return nil }
      return try body(value)
    }
  }

  /// Copies the value of a key; nil where there is none.
  @inlinable
  public final func bytes<Key: ByteSource & ~Copyable & ~Escapable>(
    _ table: Table, _ key: borrowing Key
  ) throws(LMDBError) -> [UInt8]? {
    try get(table, key) { [UInt8]($0) }
  }

  /// Whether a key is there.
  @inlinable
  public final func contains<Key: ByteSource & ~Copyable & ~Escapable>(
    _ table: Table, _ key: borrowing Key
  ) throws(LMDBError) -> Bool {
    try get(table, key) { _ in true } ?? false
  }

  /// The number of entries; constant cost.
  public final func entryCount(_ table: Table) throws(LMDBError) -> Int {
    try statistics(table).entries
  }

  /// Figures about a table; constant cost.
  public final func statistics(_ table: Table) throws(LMDBError) -> TableStatistics {
    var figures = MDB_stat()
    let status = mdb_stat(transaction, check(table), &figures)
    guard status == 0 else { throw LMDBError(status: status, in: "mdb_stat") }
    return TableStatistics(
      entries: figures.ms_entries, depth: Int(figures.ms_depth),
      branchPages: figures.ms_branch_pages, leafPages: figures.ms_leaf_pages,
      overflowPages: figures.ms_overflow_pages, pageSizeBytes: Int(figures.ms_psize))
  }

  @usableFromInline
  final func openCursor(_ table: Table) throws(LMDBError) -> OpaquePointer {
    var cursor: OpaquePointer?
    let status = mdb_cursor_open(transaction, check(table), &cursor)
    guard status == 0, let cursor else { throw LMDBError(status: status, in: "mdb_cursor_open") }
    return cursor
  }

  /// Lends a new cursor on a table; it stands nowhere.
  @inlinable
  public final func withCursor<R>(
    _ table: Table, _ body: (inout Cursor) -> R
  ) throws(LMDBError) -> R {
    var cursor = Cursor(handle: try openCursor(table))
    return body(&cursor)
  }

  /// Lends a new cursor to a `body` that may throw an error that can hold an ``LMDBError``.
  @inlinable
  public final func withCursor<R, E: LMDBErrorConvertible>(
    _ table: Table, _ body: (inout Cursor) throws(E) -> R
  ) throws(E) -> R {
    let handle: OpaquePointer
    do throws(LMDBError) { handle = try openCursor(table) } catch { throw E(lmdb: error) }
    var cursor = Cursor(handle: handle)
    return try body(&cursor)
  }

  /// Lends a new cursor to a `body` that throws anything.
  @inlinable @_disfavoredOverload
  public final func withCursor<R>(
    _ table: Table, _ body: (inout Cursor) throws -> R
  ) throws -> R {
    var cursor = Cursor(handle: try openCursor(table))
    return try body(&cursor)
  }
}

extension MDB_val {
  /// Borrowed bytes: LMDB declares its inputs mutable and does not change them.
  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }
}

extension UnsafeRawBufferPointer {
  @inlinable
  init(_ value: MDB_val) {
    self.init(start: value.mv_data, count: value.mv_size)
  }
}
