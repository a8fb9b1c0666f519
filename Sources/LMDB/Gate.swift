// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Lets any number of transactions in, or one change of the map, and knows what each thread holds.
///
/// `mdb_env_set_mapsize` must not run while this process has a transaction open (`lmdb.h`); LMDB
/// does not check. Transactions therefore hold this gate shared, changes hold it alone. A thread
/// that is inside already passes without waiting, so a nested read cannot wait for a change that
/// waits for the outer one.
final class Gate: Sendable {
  // Both are made in init, and are only handed to pthread calls, which synchronise themselves.
  nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_rwlock_t>
  private let key: pthread_key_t

  /// Fails when the process has no thread-local key left.
  init?() {
    var newKey = pthread_key_t()
    guard pthread_key_create(&newKey, nil) == 0 else { return nil }
    key = newKey
    lock = .allocate(capacity: 1)
    var attributes = pthread_rwlockattr_t()
    pthread_rwlockattr_init(&attributes)
    pthread_rwlockattr_setkind_np(
      &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
    pthread_rwlock_init(lock, &attributes)
    pthread_rwlockattr_destroy(&attributes)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
    pthread_key_delete(key)
  }

  /// What the calling thread holds: bit 0 for a write transaction, the rest counts readers.
  private var held: UInt {
    get { UInt(bitPattern: pthread_getspecific(key)) }
    set {
      if pthread_setspecific(key, UnsafeRawPointer(bitPattern: newValue)) != 0 {
        stop("No memory to note that a transaction is open on this thread.")
      }
    }
  }

  /// Whether the calling thread has a transaction open.
  var isHeldByThisThread: Bool { held != 0 }

  /// Whether the calling thread has a write transaction open.
  var isWritingOnThisThread: Bool { held & 1 != 0 }

  /// Notes a read transaction of this thread; waits while the map changes.
  func enterReading() {
    let held = held
    if held == 0 { pthread_rwlock_rdlock(lock) }
    self.held = held + 2
  }

  /// Ends what ``enterReading()`` began.
  func leaveReading() {
    held -= 2
    if held == 0 { pthread_rwlock_unlock(lock) }
  }

  /// Notes the write transaction of this thread; waits while the map changes.
  func enterWriting() {
    let held = held
    if held & 1 != 0 {
      stop("A write transaction was begun inside another one on the same thread.")
    }
    if held == 0 { pthread_rwlock_rdlock(lock) }
    self.held = held | 1
  }

  /// Ends what ``enterWriting()`` began.
  func leaveWriting() {
    held &= ~1
    if held == 0 { pthread_rwlock_unlock(lock) }
  }

  /// Waits until no transaction is open in this process, and keeps new ones out meanwhile.
  ///
  /// Throws ``LMDBError/Code/transactionOpen`` if the calling thread holds one: it would wait for
  /// itself.
  func alone<R>(_ body: () throws(LMDBError) -> R) throws(LMDBError) -> R {
    guard held == 0 else { throw LMDBError(.transactionOpen, in: "mdb_env_set_mapsize") }
    pthread_rwlock_wrlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }
}
