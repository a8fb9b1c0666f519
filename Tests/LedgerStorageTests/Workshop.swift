// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerStorage
import LedgerTestSupport
import Synchronization
import Testing

/// A ledger in a folder of its own, with a clock that tests move.
final class Workshop {
  private let place = TemporaryFolder()
  let time: FixedTime
  let alice = Actor(
    id: ActorID("alice")!, authentication: .os, host: "gpu7",
    os: OSUser(login: "alice", uid: 1000))
  let runner = RunnerIdentity(
    machine: "m", pid: 1, startTicks: 2, pidNamespace: 3, boot: "b", tool: "jobledger/test")

  init() throws {
    time = FixedTime(Timestamp(year: 2026, month: 11, day: 21, hour: 8)!)
  }

  var folder: String { place.path }
  var path: String { place.file("ledger") }

  func create(mapSizeBytes: Int = 1 << 30) throws -> Ledger {
    try Ledger.create(
      at: path, origin: "example.org/test", by: alice, tool: "jobledger/test",
      options: Ledger.Options(clock: time.clock, mapSizeBytes: mapSizeBytes))
  }

  func open() throws -> Ledger {
    try Ledger.open(path, options: Ledger.Options(clock: time.clock))
  }

  func accept(_ ledger: Ledger, _ intent: Intent) throws -> [Event] {
    let outcome = ledger.append(Submission(Command(actor: alice, intent: intent)))
    guard case .accepted(let events) = outcome else {
      Issue.record("\(outcome)")
      return []
    }
    return events
  }

  /// Creates and starts a training job of a new project.
  func startTraining(_ ledger: Ledger) throws -> JobID {
    _ = try accept(
      ledger, .addProject(Name("churn")!, text: EventText([.path: .string("/p")])))
    let events = try accept(
      ledger,
      .createJob(
        CreateJob(
          project: Name("churn"), subject: SubjectReference(kind: .model, name: Name("lr")!),
          fact: JobCreated(kind: .training), runner: runner,
          text: EventText([.command: .array([.string("python3"), .string("train.py")])]))))
    return try #require(events.last?.job)
  }
}

/// A clock that stands still until it is moved.
final class FixedTime: Sendable {
  private let time: Mutex<Timestamp>
  init(_ time: Timestamp) { self.time = Mutex(time) }
  var now: Timestamp { time.withLock { $0 } }
  func advance(microseconds: Int64) { time.withLock { $0.microseconds += microseconds } }
  var clock: LedgerClock {
    LedgerClock { [self] in
      let time = now
      return ClockReading(
        time: time, boot: "test", bootMicroseconds: UInt64(time.microseconds))
    }
  }
}
