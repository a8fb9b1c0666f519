// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Synchronization
import Testing

@testable import LedgerStorage

/// Many writers of one ledger: threads, processes, and a map that grows under them.
@Suite struct CompanyTests {
  /// What writers were told: the positions of each token.
  private final class Answers: Sendable {
    let acked = Mutex<[String: UInt64]>([:])
    let failures = Mutex<[String]>([])
  }

  private static func lines(_ token: String, _ count: Int, of job: JobID) -> LogBatch {
    var batch = LogBatch(job: job, actor: .alice)
    for line in 1...count {
      let bytes = Array("\(token).\(line)".utf8)
      batch.lines.append(
        .init(
          fact: LogLine(stream: .stdout, line: UInt64(line), level: .info, detector: 1),
          offset: batch.bytes.count, count: bytes.count))
      batch.bytes += bytes
    }
    return batch
  }

  /// Appends ten things: commands, some under a key and twice, and batches of lines.
  private static func write(
    _ ledger: Ledger, _ name: String, _ job: JobID, _ answers: Answers, count: Int = 10
  ) {
    for index in 0..<count {
      let token = "\(name)-\(index)"
      if index % 3 == 2 {
        switch ledger.append(lines(token, index + 1, of: job)) {
        case .accepted(let range):
          for line in 1...index + 1 {
            answers.acked.withLock {
              $0["\(token).\(line)"] = range.from.value + UInt64(line - 1)
            }
          }
        case let other: answers.failures.withLock { $0.append("\(token): \(other)") }
        }
        continue
      }
      let submission = Submission(
        Actor.alice.asks(.addProject(Name(token)!, text: EventText([.path: .string("/p")]))),
        request: (RequestKey(token)!, Array(token.utf8)))
      for _ in 0..<(index % 3 == 1 ? 2 : 1) {
        guard let event = ledger.append(submission).events?.first else {
          answers.failures.withLock { $0.append(token) }
          continue
        }
        let before = answers.acked.withLock { acked in
          defer { acked[token] = event.position.value }
          return acked[token]
        }
        if let before, before != event.position.value {
          answers.failures.withLock { $0.append("\(token) at \(before) and again") }
        }
      }
    }
  }

  /// Every token of the log with its position.
  private static func tokens(_ snapshot: Snapshot) throws(ReadingError) -> [String: UInt64] {
    var tokens: [String: UInt64] = [:]
    for position in 0..<snapshot.size.value {
      let event = try snapshot.event(at: Position(position))
      switch event.fact {
      case .projectCreated(let fact): tokens[fact.name.string] = position
      case .jobLogged:
        tokens[try snapshot.text(of: event).string(.message)?.string ?? ""] = position
      default: break
      }
    }
    return tokens
  }

  private func expect(_ answers: Answers, in path: String) throws {
    #expect(answers.failures.withLock { $0 } == [])
    let report = try checkWholeLedger(path)
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    let tokens = try reader.read { (snapshot) throws(ReadingError) in
      try Self.tokens(snapshot)
    }
    let acked = answers.acked.withLock { $0 }
    for (token, position) in acked { #expect(tokens[token] == position, "\(token)") }
    // The beginning, the project and the job; and everything else was acknowledged.
    #expect(report.size?.value == UInt64(acked.count) + 6)
  }

  @Test func `sixteen threads are answered each with what is in the log`() throws {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    let job = try workshop.startTraining(ledger)
    let answers = Answers()
    onThreads(16) { Self.write(ledger, "t\($0)", job, answers) }
    ledger.close()
    try expect(answers, in: workshop.path)
  }

  @Test func `a map that is too small grows while others read`() throws {
    let workshop = try Workshop()
    let ledger = try workshop.create(mapSizeBytes: 1 << 18)
    let before = try ledger.reader.environment.info.mapSizeBytes
    let job = try workshop.startTraining(ledger)
    let isDone = Atomic(false)
    let answers = Answers()
    onThreads(3) { index in
      if index == 0 {
        for number in 0..<40 {
          let batch = Self.lines("m\(number)", 200, of: job)
          guard case .accepted(let range) = ledger.append(batch) else {
            answers.failures.withLock { $0.append("batch \(number)") }
            continue
          }
          for line in 1...200 {
            answers.acked.withLock {
              $0["m\(number).\(line)"] = range.from.value + UInt64(line - 1)
            }
          }
        }
        isDone.store(true, ordering: .sequentiallyConsistent)
        return
      }
      while !isDone.load(ordering: .sequentiallyConsistent) {
        do throws(ReadingError) {
          _ = try ledger.reader.read { (snapshot) throws(ReadingError) in
            try snapshot.leafBytes(at: Position(snapshot.size.value - 1))
          }
        } catch {
          answers.failures.withLock { $0.append("\(error)") }
        }
      }
    }
    let after = try ledger.reader.environment.info.mapSizeBytes
    #expect(after > before)
    ledger.close()
    try expect(answers, in: workshop.path)
  }

  @Test func `another process writes at the same time, and each follows the other's map`()
    async throws
  {
    let workshop = try Workshop()
    let ledger = try workshop.create(mapSizeBytes: 1 << 18)
    let job = try workshop.startTraining(ledger)
    let answers = Answers()
    let isDone = Monitor()
    let finished = Atomic(false)
    #expect(
      HelperThread.start {
        Self.write(ledger, "parent", job, answers, count: 30)
        isDone.lock()
        finished.store(true, ordering: .sequentiallyConsistent)
        isDone.wakeAll()
        isDone.unlock()
      } == 0)
    let (path, time) = (workshop.path, workshop.time.now.microseconds)
    await #expect(processExitsWith: .success) {
      [path = path as String, time = time as Int64, id = job.string as String] in
      let clock = FixedTime(Timestamp(microseconds: time)).clock
      let ledger = try Ledger.open(
        path, options: Ledger.Options(clock: clock, mapSizeBytes: 1 << 18))
      let answers = Answers()
      guard let job = JobID(id) else { exit(3) }
      CompanyTests.write(ledger, "child", job, answers, count: 30)
      CompanyTests.close(ledger)
      exit(answers.failures.withLock { $0.isEmpty } ? 0 : 4)
    }
    Self.wait(isDone, finished)
    Self.close(ledger)
    #expect(answers.failures.withLock { $0 } == [])
    let report = try checkWholeLedger(workshop.path)
    let each = UInt64(answers.acked.withLock { $0.count })
    #expect(report.size?.value == 2 * each + 6)
  }

  private static func wait(_ monitor: Monitor, _ flag: borrowing Atomic<Bool>) {
    monitor.lock()
    while !flag.load(ordering: .sequentiallyConsistent) {
      _ = monitor.wait(until: Monitor.deadline(after: .seconds(600)))
    }
    monitor.unlock()
  }

  static func close(_ ledger: Ledger) { ledger.close() }

  // MARK: A lock file that goes away

  @Test(arguments: ["removed", "replaced", "overwritten"])
  func `a lock file that changes under a writer stops it, and nothing is lost`(
    harm: String
  ) throws {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    _ = try workshop.accept(ledger, .addProject(Name("before")!, text: EventText()))
    let lock = workshop.path + "/db/1/lock.mdb"
    switch harm {
    case "removed": TemporaryFolder.remove(lock)
    case "replaced":
      let bytes = try #require(TemporaryFolder.read(lock))
      TemporaryFolder.write(bytes, to: lock)
    default:
      let descriptor = open(lock, O_WRONLY)
      pwrite(descriptor, "nonsense", 8, 0)
      Glibc.close(descriptor)
    }
    let command = Actor.alice.asks(.addProject(Name("after")!, text: EventText()))
    guard case .failed(let error) = ledger.append(Submission(command)),
      case .directory(let cause) = error.code
    else {
      Issue.record("it wrote on")
      return
    }
    #expect(cause.code == .moved)
    #expect(cause.code.exitCode == 75)
    ledger.close()
    let again = try workshop.open()
    #expect(again.append(Submission(command)).events?.count == 1)
    again.close()
    let report = try checkWholeLedger(workshop.path)
    #expect(report.size?.value == 4)
  }
}
