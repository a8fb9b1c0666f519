// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc
import Synchronization

extension Environment {
  // A reset transaction costs a reader slot and saves making one (a lock shared with all
  // processes, and memory).
  private static let mostIdleReaders = 32

  /// Lends a snapshot to a `body` that throws nothing.
  @inlinable
  public func read<R: ~Copyable>(
    _ body: (borrowing ReadTransaction) -> R
  ) throws(LMDBError) -> R {
    let loan = try beginReading()
    defer { endReading(loan) }
    return body(ReadTransaction(loan))
  }

  /// Lends a snapshot to a `body` that throws an error that can hold an ``LMDBError``, such as
  /// that itself. A closure with `try` in it must name the type: `{ transaction throws(E) in …}`.
  @inlinable
  public func read<R: ~Copyable, E: LMDBErrorConvertible>(
    _ body: (borrowing ReadTransaction) throws(E) -> R
  ) throws(E) -> R {
    let loan: Loan
    do throws(LMDBError) { loan = try beginReading() } catch { throw E(lmdb: error) }
    defer { endReading(loan) }
    return try body(ReadTransaction(loan))
  }

  /// Lends a snapshot to a `body` that throws anything.
  @inlinable @_disfavoredOverload
  public func read<R: ~Copyable>(
    _ body: (borrowing ReadTransaction) throws -> R
  ) throws -> R {
    let loan = try beginReading()
    defer { endReading(loan) }
    return try body(ReadTransaction(loan))
  }

  /// Lends the write transaction to `body`, commits when it returns, aborts when it throws.
  ///
  /// Waits without limit while another process or thread writes. A commit is on disk when this
  /// returns: LMDB wrote the pages, synced, and wrote a meta page that syncs itself.
  ///
  /// With `growing`, a full map is doubled and `body` run again from the start, any number of
  /// times, so it must have no effect outside the transaction; growth waits for the open
  /// transactions of this process, and is left out when this thread itself holds a snapshot.
  @inlinable
  public func write<R: ~Copyable, E: Error>(
    growing: Bool = false, _ body: (borrowing WriteTransaction) throws(E) -> R
  ) throws(WriteFailure<E>) -> R {
    while true {
      let loan: WriteLoan
      do throws(LMDBError) { loan = try beginWriting() } catch { throw .begin(error) }
      let failure: WriteFailure<E>
      do throws(E) {
        let result = try body(WriteTransaction(loan))
        do throws(LMDBError) {
          try commit(loan)
          return result
        } catch {
          failure = error.precedesWriting ? .refused(error) : .commit(error)
        }
      } catch {
        abort(loan)
        failure = .body(error)
      }
      guard growing, loan.foundMapFull, doubleMap() else { throw failure }
    }
  }
}

extension LMDBError {
  // mdb_txn_commit returns LMDB's own codes only before mdb_page_flush; from there on, errno.
  // ENOMEM can come from both, so it counts as unknown.
  @usableFromInline
  var precedesWriting: Bool { code.rawValue < 0 }
}

extension Environment {
  @usableFromInline
  func beginReading() throws(LMDBError) -> Loan {
    guardAgainstFork()
    return try withResizeRetry { () throws(LMDBError) in
      gate.enterReading()
      do throws(LMDBError) {
        guard let handle else { throw LMDBError(.closed, in: "mdb_txn_begin") }
        return Loan(handle: try beginSnapshot(of: handle), in: self, isReading: true)
      } catch {
        gate.leaveReading()
        throw error
      }
    }
  }

  private func beginSnapshot(of handle: OpaquePointer) throws(LMDBError) -> OpaquePointer {
    try checkLock()
    if let reader = idle.withLock({ $0.popLast() }) {
      let status = mdb_txn_renew(reader.handle)
      if status == 0 { return reader.handle }
      mdb_txn_abort(reader.handle)
      // A slot that was taken away is replaced by a new one below.
      if status != MDB_BAD_RSLOT { throw LMDBError(status: status, in: "mdb_txn_renew") }
    }
    var transaction: OpaquePointer?
    var status = mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
    if status == MDB_READERS_FULL {
      abortIdleReaders()
      mdb_reader_check(handle, nil)
      status = mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
    }
    guard status == 0, let transaction else {
      throw LMDBError(status: status, in: "mdb_txn_begin")
    }
    return transaction
  }

  /// Refuses a lock file that is not LMDB's any more. Slots of readers and the mutex that guards
  /// them lie in it: a cut one would end the process by SIGBUS, and whoever takes garbage for the
  /// mutex may wait for ever. One system call.
  private func checkLock() throws(LMDBError) {
    guard let lock else { return }
    var magic: UInt32 = 0
    // Through LMDB's own descriptor: closing another would drop its record locks.
    guard pread(lock, &magic, 4, 0) == 4, magic == 0xBEEF_C0DE else {
      throw LMDBError(.lockDamaged, in: "mdb_txn_begin")
    }
  }

  func abortIdleReaders() {
    let readers = idle.withLock { idle in
      defer { idle = [] }
      return idle
    }
    for reader in readers { mdb_txn_abort(reader.handle) }
  }

  @usableFromInline
  func endReading(_ loan: Loan) {
    let handle = loan.transaction
    loan.closeFinders()
    loan.handle = nil
    mdb_txn_reset(handle)
    let reader = IdleReader(handle: handle)
    let kept = idle.withLock { idle in
      guard idle.count < Self.mostIdleReaders else { return false }
      idle.append(reader)
      return true
    }
    if !kept { mdb_txn_abort(handle) }
    gate.leaveReading()
  }

  @usableFromInline
  func beginWriting() throws(LMDBError) -> WriteLoan {
    guardAgainstFork()
    if isReadOnly { throw LMDBError(.readOnly, in: "mdb_txn_begin") }
    return try withResizeRetry { () throws(LMDBError) in
      gate.enterWriting()
      do throws(LMDBError) {
        guard let handle else { throw LMDBError(.closed, in: "mdb_txn_begin") }
        try checkLock()
        var transaction: OpaquePointer?
        let status = mdb_txn_begin(handle, nil, 0, &transaction)
        guard status == 0, let transaction else {
          throw LMDBError(status: status, in: "mdb_txn_begin")
        }
        return WriteLoan(handle: transaction, in: self, isReading: false)
      } catch {
        gate.leaveWriting()
        throw error
      }
    }
  }

  /// Commits. The handle is gone whatever comes back (`lmdb.h` on `mdb_txn_commit`).
  @usableFromInline
  func commit(_ loan: WriteLoan) throws(LMDBError) {
    let handle = loan.transaction
    loan.handle = nil
    // A crash in here leaves the state before or, once the meta page is on disk, the state after.
    let status = mdb_txn_commit(handle)
    gate.leaveWriting()
    if status != 0 { throw loan.failure(status, in: "mdb_txn_commit") }
  }

  @usableFromInline
  func abort(_ loan: WriteLoan) {
    let handle = loan.transaction
    loan.handle = nil
    mdb_txn_abort(handle)
    gate.leaveWriting()
  }
}

// MARK: - The map

extension Environment {
  /// Makes the map at least this large; returns its size. Waits for the open transactions of this
  /// process.
  ///
  /// The next commit stores the new size in the file. Other processes take it over when they meet
  /// pages beyond their own map. Throws `transactionOpen` when the calling thread has one open.
  @discardableResult
  public func grow(toAtLeast bytes: Int) throws(LMDBError) -> Int {
    guardAgainstFork()
    return try gate.alone { () throws(LMDBError) in
      guard let handle else { throw LMDBError(.closed, in: "mdb_env_set_mapsize") }
      let now = mapSize(of: handle)
      guard bytes > now else { return now }
      let size = rounded(bytes)
      // LMDB lets go of the old map before it asks for the new one; so the new one is tried first.
      guard let trial = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | noReserve, -1, 0),
        trial != MAP_FAILED
      else { throw LMDBError(status: errno, in: "mmap") }
      munmap(trial, size)
      try setMapSize(of: handle, to: size)
      return mapSize(of: handle)
    }
  }

  private var noReserve: Int32 { 0x4000 }

  /// Changes the map. Where that fails there is none left, and using the environment would end in
  /// a signal: it is closed.
  private func setMapSize(of handle: OpaquePointer, to bytes: Int) throws(LMDBError) {
    let status = mdb_env_set_mapsize(handle, bytes)
    guard status == 0 else {
      shut()
      throw LMDBError(status: status, in: "mdb_env_set_mapsize")
    }
  }

  private func rounded(_ bytes: Int) -> Int {
    let page = 65_536
    return (min(bytes, Int.max - page) + page - 1) / page * page
  }

  func mapSize(of handle: OpaquePointer) -> Int {
    var figures = MDB_envinfo()
    mdb_env_info(handle, &figures)
    return figures.me_mapsize
  }

  @usableFromInline
  func doubleMap() -> Bool {
    do throws(LMDBError) {
      let now = try info.mapSizeBytes
      let (doubled, overflow) = now.multipliedReportingOverflow(by: 2)
      guard !overflow else { return false }
      return try grow(toAtLeast: doubled) > now
    } catch {
      return false
    }
  }

  /// Runs `begin` again after taking over the map size that another process has made larger.
  func withResizeRetry<R>(
    _ begin: () throws(LMDBError) -> R
  ) throws(LMDBError) -> R {
    while true {
      do throws(LMDBError) {
        return try begin()
      } catch {
        guard error.code == .mapResized, !gate.isHeldByThisThread else { throw error }
        try adoptMapSize()
      }
    }
  }

  private func adoptMapSize() throws(LMDBError) {
    try gate.alone { () throws(LMDBError) in
      guard let handle else { throw LMDBError(.closed, in: "mdb_env_set_mapsize") }
      try setMapSize(of: handle, to: 0)
    }
  }
}
