// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerStorage
import Synchronization

/// What becomes of a job once everything about it is known.
enum JobMode: Sendable {
  /// It is created, started and run by this process.
  case run
  /// It is created with what a worker needs to know, and left to it.
  case queue(JobTask)
  /// It was created by such a process, and is started and run by this one.
  case start(QueuedJob)
}

/// A job that waits for a worker, its runner's lock held: nobody else starts it, or ends it.
final class QueuedJob: Sendable {
  let job: Job
  /// What was recorded of its command.
  let text: EventText
  private let lock: Mutex<RunnerLock?>

  init(_ job: Job, _ text: EventText, _ lock: consuming sending RunnerLock) {
    self.job = job
    self.text = text
    self.lock = Mutex(consume lock)
  }

  /// Hands the lock over; nil when that was done before.
  func takeLock() -> RunnerLock? { lock.withLock { $0.take() } }
}
