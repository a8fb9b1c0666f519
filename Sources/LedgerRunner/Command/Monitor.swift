// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// One value behind a lock, with waiting until it meets a condition: for threads, not for tasks.
///
/// `@unchecked Sendable`: the value is touched only while `lock` is held.
final class Monitor<State>: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  init(_ state: State) {
    self.state = state
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Runs `body` with the value and wakes all who wait.
  func update<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return try body(&state)
  }

  /// Runs `body` with the value, waking nobody.
  func read<Result>(_ body: (State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(state)
  }

  /// Waits until `body` returns something; wakes the others when it did.
  func wait<Result>(_ body: (inout State) -> Result?) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&state) {
        pthread_cond_broadcast(changed)
        return result
      }
      pthread_cond_wait(changed, lock)
    }
  }

  /// As `wait`, giving up with nil after `limit`; a limit below zero is none.
  func wait<Result>(atMost limit: Duration, _ body: (inout State) -> Result?) -> Result? {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let parts = limit.components
    let nanoseconds = Int(deadline.tv_nsec) + Int(parts.attoseconds / 1_000_000_000)
    deadline.tv_sec += Int(parts.seconds) + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&state) {
        pthread_cond_broadcast(changed)
        return result
      }
      if pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT { return body(&state) }
    }
  }
}
