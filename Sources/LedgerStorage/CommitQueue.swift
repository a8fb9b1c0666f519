// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Gathers the work of many threads into few commits: whoever finds nobody committing becomes the
/// leader, takes what has queued up, performs it, and hands leadership to the next in line.
///
/// A single caller commits on its own thread without any switch; 64 callers share commits.
final class CommitQueue<Work: Sendable, Result: Sendable>: @unchecked Sendable {
  // `mutex` protects `waiting`, `isLed` and the members of every waiter.

  private final class Waiter {
    let work: Work
    var result: Result?
    var leads = false
    let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ work: Work) {
      self.work = work
      condition = .allocate(capacity: 1)
      pthread_cond_init(condition, nil)
    }

    deinit {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var waiting: [Waiter] = []
  private var isLed = false
  private let limit: Int
  private let weight: @Sendable (Work) -> Int
  private let perform: @Sendable ([Work]) -> [Result]

  /// Makes a queue whose batches weigh at most `limit` together, or hold one piece of work.
  ///
  /// `perform` answers each piece of work in order; it runs on one thread at a time.
  init(
    limit: Int, weight: @escaping @Sendable (Work) -> Int,
    perform: @escaping @Sendable ([Work]) -> [Result]
  ) {
    self.limit = limit
    self.weight = weight
    self.perform = perform
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Queues a piece of work and returns when it was performed.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  func submit(_ work: Work) -> Result {
    let waiter = Waiter(work)
    pthread_mutex_lock(mutex)
    waiting.append(waiter)
    if isLed {
      while waiter.result == nil && !waiter.leads {
        pthread_cond_wait(waiter.condition, mutex)
      }
      if let result = waiter.result {
        pthread_mutex_unlock(mutex)
        return result
      }
    }
    isLed = true
    let batch = takeBatch()
    pthread_mutex_unlock(mutex)
    let results = perform(batch.map(\.work))
    pthread_mutex_lock(mutex)
    precondition(results.count == batch.count, "Each piece of work gets one answer.")
    for (member, result) in zip(batch, results) {
      member.result = result
      if member !== waiter { pthread_cond_signal(member.condition) }
    }
    if let next = waiting.first {
      next.leads = true
      pthread_cond_signal(next.condition)
    } else {
      isLed = false
    }
    pthread_mutex_unlock(mutex)
    // The leader takes from the front, and it was there: its own work is in its batch.
    return waiter.result!
  }

  private func takeBatch() -> [Waiter] {
    var total = 0
    var count = 0
    for waiter in waiting {
      let next = weight(waiter.work)
      if count > 0 && total + next > limit { break }
      total += next
      count += 1
    }
    let batch = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    return batch
  }
}
