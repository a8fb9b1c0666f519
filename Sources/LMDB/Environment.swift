// SPDX-License-Identifier: Apache-2.0
// LMDB — a thin, safe wrapper over liblmdb 0.9.24: environments, tables, lent transactions.
// Touches: one directory with data.mdb and lock.mdb. Never: fork, NOSYNC, WRITEMAP, DUPSORT.
// Invariant: no handle outlives its transaction, no environment is open twice in a process, and
// a file that would raise a signal when it is mapped is refused before.
// Start at: Environment.open(directory:options:). Tests: LMDBTests.
import CLMDB
import Glibc
import Synchronization

/// One open LMDB environment: a directory with `data.mdb` and `lock.mdb`.
///
/// Any thread may use it. Transactions are lent to closures that run on the calling thread. It
/// must not be used in a child made by fork(2), which stops the process.
public final class Environment: Sendable {
  /// How to open an environment.
  public struct Options: Sendable {
    /// The most tables that will ever be opened.
    public var maximumTables = 32
    /// The size of the map: address space, not disk. What the file itself asks for counts if more.
    public var mapSizeBytes = 256 << 30
    /// Slots for read transactions of all processes; fixed by whoever opens first.
    public var maximumReaders = 1024
    /// The mode of files that are made.
    public var mode: UInt32 = 0o600
    /// Whether writing is impossible.
    public var readOnly = false
    /// Works without lock file. Only for read-only media and with `readOnly`: nothing then stops
    /// a writer from using pages again that a reader still looks at.
    public var noLock = false
    /// Whether a missing or empty data file is made into a new environment instead of refused.
    public var createsFiles = false
    /// Leaves out every sync: a crash of the machine loses commits and may ruin the file. Only for
    /// tests of durability, which must be seen to fail with it.
    public var unsafeNoSync = false

    /// The options above.
    public init() {}
  }

  /// The directory, as it was given.
  public let path: String
  /// Whether writing is impossible.
  public let isReadOnly: Bool

  // The MDB_env; nil once closed. Changed only by close(), which holds the gate alone; read by
  // whoever holds the gate.
  nonisolated(unsafe) var handle: OpaquePointer?
  let identity: FileIdentity
  /// LMDB's own descriptor of its lock file; nil without one.
  let lock: Int32?
  let gate: Gate
  let idle: Mutex<[IdleReader]>
  /// Distinguishes the tables of this environment from those of others.
  let serial: UInt32

  init(
    handle: OpaquePointer, path: String, isReadOnly: Bool, identity: FileIdentity, lock: Int32?,
    gate: Gate, serial: UInt32
  ) {
    self.handle = handle
    self.path = path
    self.isReadOnly = isReadOnly
    self.identity = identity
    self.lock = lock
    self.gate = gate
    self.serial = serial
    idle = Mutex([])
  }

  deinit { shut() }

  /// Closes the environment after the transactions that are open in it have ended.
  ///
  /// Every later use throws ``LMDBError/Code/closed``; a second call does nothing. Throws
  /// ``LMDBError/Code/transactionOpen`` when the calling thread itself has one open.
  public func close() throws(LMDBError) {
    try gate.alone { () throws(LMDBError) in shut() }
  }

  /// Closes without waiting. A forked child leaves everything alone: it owns nothing here.
  func shut() {
    guard ForkGuard.isSameProcess, let handle else { return }
    self.handle = nil
    abortIdleReaders()
    OpenEnvironments.close(identity) { mdb_env_close(handle) }
  }

  /// The descriptor of `data.mdb`, valid until the environment is closed. It must not be closed.
  ///
  /// It carries no lock of LMDB's, so that flock(2) on it is free for the caller.
  public var dataDescriptor: Int32 {
    get throws(LMDBError) {
      try using { (handle) throws(LMDBError) in
        var descriptor: Int32 = -1
        let status = mdb_env_get_fd(handle, &descriptor)
        guard status == 0 else { throw LMDBError(status: status, in: "mdb_env_get_fd") }
        return descriptor
      }
    }
  }

  /// Runs `body` with the handle while neither close nor a change of the map can happen.
  func using<R>(_ body: (OpaquePointer) throws(LMDBError) -> R) throws(LMDBError) -> R {
    guardAgainstFork()
    gate.enterReading()
    defer { gate.leaveReading() }
    guard let handle else { throw LMDBError(.closed, in: "mdb_env") }
    return try body(handle)
  }

  func guardAgainstFork() {
    if !ForkGuard.isSameProcess {
      stop("An LMDB environment was used in a child process made by fork.")
    }
  }

  /// Opens tables by name, in one transaction, and returns them in order.
  ///
  /// With `create`, those that are missing are made; else `notFound`. Waits for open transactions
  /// of this process, as LMDB requires; meant to be called once, right after opening.
  public func openTables(
    _ names: [String], create: Bool
  ) throws(LMDBError) -> [Table] {
    guardAgainstFork()
    return try withResizeRetry { () throws(LMDBError) in
      try gate.alone { () throws(LMDBError) in
        guard let handle else { throw LMDBError(.closed, in: "mdb_env") }
        let writing = create && !isReadOnly
        var transaction: OpaquePointer?
        let begun = mdb_txn_begin(handle, nil, writing ? 0 : UInt32(MDB_RDONLY), &transaction)
        guard begun == 0 else { throw LMDBError(status: begun, in: "mdb_txn_begin") }
        var tables: [Table] = []
        do throws(LMDBError) {
          for name in names {
            tables.append(try openTable(name, in: transaction, create: writing))
          }
        } catch {
          mdb_txn_abort(transaction)
          throw error
        }
        let committed = mdb_txn_commit(transaction)
        guard committed == 0 else { throw LMDBError(status: committed, in: "mdb_txn_commit") }
        return tables
      }
    }
  }

  private func openTable(
    _ name: String, in transaction: OpaquePointer?, create: Bool
  ) throws(LMDBError) -> Table {
    var table = MDB_dbi()
    let status = mdb_dbi_open(transaction, name, create ? UInt32(MDB_CREATE) : 0, &table)
    guard status == 0 else { throw LMDBError(status: status, in: "mdb_dbi_open") }
    var flags: UInt32 = 0
    guard mdb_dbi_flags(transaction, table, &flags) == 0, flags == 0 else {
      throw LMDBError(.incompatible, in: "mdb_dbi_open")
    }
    return Table(handle: table, owner: serial)
  }
}

/// A read transaction that was reset and keeps its reader slot for the next one.
///
/// It is used by one thread at a time: whoever took it out of the list.
struct IdleReader: @unchecked Sendable {
  let handle: OpaquePointer
}
