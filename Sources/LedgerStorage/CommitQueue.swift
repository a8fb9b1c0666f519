// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Gathers the work of many threads into few commits: whoever finds nobody committing becomes the
/// leader, takes what has queued up, performs it, and hands leadership to the next in line.
///
/// A single caller commits on its own thread without any switch. Beside others the leader waits a
/// moment, at most a quarter of the last commit's time, for those whose work was just done: they
/// are likely to come again, and one sync for all costs less than two.
final class CommitQueue<Work: Sendable, Result: Sendable>: @unchecked Sendable {
  // `mutex` protects every member below it. A waiter's result is written before its semaphore is
  // posted, and read after.

  private final class Waiter {
    let work: Work
    var result: Result?
    let turn: UnsafeMutablePointer<sem_t>

    init(_ work: Work) {
      self.work = work
      turn = .allocate(capacity: 1)
      sem_init(turn, 0, 0)
    }

    deinit {
      sem_destroy(turn)
      turn.deallocate()
    }

    func wait() {
      while sem_wait(turn) != 0 {}
    }
  }

  private let limit: Int
  private let weight: @Sendable (Work) -> Int
  private let perform: @Sendable ([Work]) -> [Result]
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let arrival: UnsafeMutablePointer<pthread_cond_t>
  private var waiting: [Waiter] = []
  private var isLed = false
  private var company = Company()

  /// What the leader goes by when it waits for company.
  private struct Company {
    /// How many were served by the last commit.
    var served = 0
    /// How long that took, in nanoseconds.
    var duration = 0
    /// How many queued up are enough to go on; nil while nobody waits for that.
    var wanted: Int?
    /// For how many commits to wait for nobody, after nobody came.
    var patience = 0
  }

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
    arrival = .allocate(capacity: 1)
    pthread_cond_init(arrival, nil)
  }

  deinit {
    pthread_cond_destroy(arrival)
    pthread_mutex_destroy(mutex)
    arrival.deallocate()
    mutex.deallocate()
  }

  /// Queues a piece of work and returns when it was performed.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  func submit(_ work: Work) -> Result {
    let waiter = Waiter(work)
    pthread_mutex_lock(mutex)
    waiting.append(waiter)
    if isLed {
      if let wanted = company.wanted, waiting.count >= wanted { pthread_cond_signal(arrival) }
      pthread_mutex_unlock(mutex)
      waiter.wait()
      if let result = waiter.result { return result }
      pthread_mutex_lock(mutex)
    }
    isLed = true
    awaitCompany()
    let batch = takeBatch()
    pthread_mutex_unlock(mutex)
    lead(batch)
    // The leader takes from the front, and it was there: its own work is in its batch.
    return waiter.result!
  }

  private func lead(_ batch: [Waiter]) {
    let start = CommitQueue.nanoseconds()
    let results = perform(batch.map(\.work))
    precondition(results.count == batch.count, "Each piece of work gets one answer.")
    for (member, result) in zip(batch, results) { member.result = result }
    pthread_mutex_lock(mutex)
    company.served = batch.count
    company.duration = CommitQueue.nanoseconds() - start
    let next = waiting.first
    if next == nil { isLed = false }
    pthread_mutex_unlock(mutex)
    // Woken without a result, it leads.
    if let next { sem_post(next.turn) }
    for member in batch.dropFirst() { sem_post(member.turn) }
  }

  /// Waits for those just served to come again. The mutex is held, not meanwhile.
  private func awaitCompany() {
    let expected = waiting.count + company.served - 1
    guard company.served > 1 || waiting.count > 1, company.patience == 0 else {
      company.patience = max(0, company.patience - 1)
      return
    }
    let before = waiting.count
    company.wanted = expected
    defer { company.wanted = nil }
    var until = timespec()
    clock_gettime(CLOCK_REALTIME, &until)
    until.tv_nsec += min(company.duration / 4, 500_000)
    if until.tv_nsec >= 1_000_000_000 {
      until.tv_sec += 1
      until.tv_nsec -= 1_000_000_000
    }
    while waiting.count < expected {
      if pthread_cond_timedwait(arrival, mutex, &until) != 0 { break }
    }
    if waiting.count == before, before < expected { company.patience = 16 }
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

  private static func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
