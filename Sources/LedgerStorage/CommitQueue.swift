// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Gathers the work of many threads into few commits.
///
/// Work queues up in rounds; whoever opens a round leads it: when the commit before is done, the
/// leader performs the whole round and wakes all its members with one call. A single caller
/// commits on its own thread without any switch. Beside others a leader waits a moment, at most a
/// third of the last commit's time, for those whose work was just done: they are likely to come
/// again, and one sync for all costs less than two.
final class CommitQueue<Work: Sendable, Result: Sendable>: @unchecked Sendable {
  // `@unchecked`: `monitor` protects every member below it and those of open rounds. A closed round
  // belongs to its leader until `done` is set; from then on its results are only read.

  private final class Round {
    var work: [Work] = []
    var weight = 0
    var results: [Result] = []
    /// 0 until the results are there: what members sleep on.
    let done: UnsafeMutablePointer<UInt32>
    /// Posted when this round may begin.
    let turn: UnsafeMutablePointer<sem_t>

    init() {
      done = .allocate(capacity: 1)
      done.initialize(to: 0)
      turn = .allocate(capacity: 1)
      sem_init(turn, 0, 0)
    }

    deinit {
      sem_destroy(turn)
      turn.deallocate()
      done.deallocate()
    }
  }

  private let limit: Int
  private let weight: @Sendable (Work) -> Int
  private let perform: @Sendable ([Work]) -> [Result]
  /// The leader that waits for company is all that sleeps on it: the wall clock may be set meanwhile.
  private let monitor = Monitor()
  /// Rounds that have not begun, oldest first; only the last one takes more work.
  private var rounds: [Round] = []
  private var isCommitting = false
  private var company = Company()

  /// What a leader goes by when it waits for company.
  private struct Company {
    /// How many were served by the last commit.
    var served = 0
    /// How long that took, in nanoseconds.
    var duration = 0
    /// How much work in the first round is enough to go on; nil while nobody waits for that.
    var wanted: Int?
    /// For how many commits to wait for nobody, after nobody came.
    var impatience = 0
  }

  /// Makes a queue whose rounds weigh at most `limit` together, or hold one piece of work.
  ///
  /// `perform` answers each piece of work in order; it runs on one thread at a time.
  init(
    limit: Int, weight: @escaping @Sendable (Work) -> Int,
    perform: @escaping @Sendable ([Work]) -> [Result]
  ) {
    self.limit = limit
    self.weight = weight
    self.perform = perform
  }

  /// Queues a piece of work and returns when it was performed.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  func submit(_ work: Work) -> Result {
    let weight = self.weight(work)
    monitor.lock()
    if let round = rounds.last, round.weight + weight <= limit {
      let index = join(round, work, weight)
      monitor.unlock()
      while clinux_read_word(round.done) == 0 { clinux_wait_while(round.done, 0) }
      return round.results[index]
    }
    let round = Round()
    rounds.append(round)
    _ = join(round, work, weight)
    if isCommitting {
      monitor.unlock()
      while sem_wait(round.turn) != 0 {}
      monitor.lock()
    }
    isCommitting = true
    awaitCompany(round)
    rounds.removeFirst()
    monitor.unlock()
    lead(round)
    return round.results[0]
  }

  private func join(_ round: Round, _ work: Work, _ weight: Int) -> Int {
    round.work.append(work)
    round.weight += weight
    if let wanted = company.wanted, round.work.count >= wanted { monitor.wakeAll() }
    return round.work.count - 1
  }

  private func lead(_ round: Round) {
    let start = CommitQueue.nanoseconds()
    let results = perform(round.work)
    precondition(results.count == round.work.count, "Each piece of work gets one answer.")
    round.results = results
    monitor.lock()
    company.served = results.count
    company.duration = CommitQueue.nanoseconds() - start
    let next = rounds.first
    if next == nil { isCommitting = false }
    monitor.unlock()
    if let next { sem_post(next.turn) }
    if results.count > 1 { clinux_set_and_wake_all(round.done, 1) }
  }

  /// Waits for those just served to come again. The monitor is held, not meanwhile.
  private func awaitCompany(_ round: Round) {
    let before = round.work.count
    guard rounds.count == 1, company.served > 1 || before > 1 else { return }
    if company.impatience > 0 {
      company.impatience -= 1
      return
    }
    // The leader itself was most likely among the served.
    let expected = before + company.served - 1
    company.wanted = expected
    defer { company.wanted = nil }
    let until = Monitor.deadline(after: .nanoseconds(min(company.duration / 3, 500_000)))
    while round.work.count < expected {
      if !monitor.wait(until: until) { break }
    }
    if round.work.count == before, before < expected { company.impatience = 16 }
  }

  private static func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
