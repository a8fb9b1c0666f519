// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// A commit that fails when it may have come true stops every writer until the doctor was here.
@Suite struct UnknownOutcomeTests {
  /// Appends lines until the file may not grow any more, and expects what then comes.
  private static func writeIntoLimit(_ path: String, _ time: Int64, _ job: String) throws -> Bool {
    signal(SIGXFSZ, SIG_IGN)
    let clock = FixedTime(Timestamp(microseconds: time)).clock
    let ledger = try Ledger.open(path, options: Ledger.Options(clock: clock))
    var status = stat()
    guard lstat(path + "/db/1/data.mdb", &status) == 0, let job = JobID(job) else { return false }
    var limit = rlimit(rlim_cur: rlim_t(status.st_size), rlim_max: rlim_t(status.st_size))
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return false }
    var batch = LogBatch(job: job, actor: .alice)
    batch.bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
    for line in 1...200 {
      batch.lines.append(
        .init(
          fact: LogLine(stream: .stdout, line: UInt64(line), level: .info, detector: 1),
          offset: 0, count: 1000))
    }
    guard case .unknown(let error) = ledger.append(batch), case .commitUnknown = error.code else {
      return false
    }
    // This process, and so every other, now keeps out.
    let command = Submission(Actor.alice.asks(.addProject(Name("after")!, text: EventText())))
    guard case .failed(let refused) = ledger.append(command),
      case .directory(let cause) = refused.code, cause.code == .poisoned
    else { return false }
    // Reading goes on.
    let size = try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    guard size.value == 6, case .failed = ledger.signCheckpoint() else { return false }
    ledger.close()
    return true
  }

  private func poisoned() async throws -> Workshop {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    let job = try workshop.startTraining(ledger).string
    Self.close(ledger)
    let (path, time) = (workshop.path, workshop.time.now.microseconds)
    await #expect(processExitsWith: .success) {
      [path = path as String, time = time as Int64, job = job as String] in
      exit(try UnknownOutcomeTests.writeIntoLimit(path, time, job) ? 0 : 1)
    }
    return workshop
  }

  private static func close(_ ledger: Ledger) { ledger.close() }

  @Test func `a failed commit poisons, everybody reads, nobody writes, and the doctor clears`()
    async throws
  {
    try Self.check(try await poisoned())
  }

  private static func check(_ workshop: Workshop) throws {
    guard case .poisoned(let mark) = try PoisonState.read(LedgerDirectory.open(workshop.path))
    else {
      Issue.record("no mark")
      return
    }
    #expect(mark.error == EFBIG)
    #expect(mark.time == workshop.time.now)
    let ledger = try workshop.open()
    let command = Submission(Actor.alice.asks(.addProject(Name("after")!, text: EventText())))
    guard case .failed(let error) = ledger.append(command),
      case .directory(let cause) = error.code
    else {
      Issue.record("another process wrote")
      return
    }
    #expect(cause.code == .poisoned)
    #expect(cause.code.exitCode == 74)
    let size = try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    #expect(size.value == 6)
    ledger.close()
    let report = try checkWholeLedger(workshop.path, allowing: ["poisoned"])
    #expect(report.findings.map(\.code.rawValue) == ["poisoned"])
    #expect(try Doctor.examine(workshop.path).contains { $0.code == .poisoned })
    guard case .rebuilt(let rebuilt) = try Doctor.repair(workshop.path).outcome else {
      Issue.record("not repaired")
      return
    }
    #expect(rebuilt.size.value == 6)
    let again = try workshop.open()
    #expect(again.append(command).events?.count == 1)
    again.close()
    try checkWholeLedger(workshop.path)
  }
}
