// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// What `doctor` notices of a ledger's files, and puts right.
@Suite struct DoctorRoundsTests {
  private func path() throws -> (Workshop, JobID) {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    let job = try workshop.startTraining(ledger)
    ledger.close()
    return (workshop, job)
  }

  private func codes(
    _ path: String, above severity: DoctorFinding.Severity = .note
  ) throws -> [String] {
    try Doctor.examine(path).filter { $0.severity > severity && $0.code != .space }
      .map(\.code.rawValue)
  }

  @Test func `nothing is found in a ledger that nobody touched`() throws {
    let (workshop, _) = try path()
    #expect(try codes(workshop.path) == [])
    #expect(try Doctor.repair(workshop.path).outcome == .untouched)
    #expect(try Doctor.repair(workshop.path).fixed == [])
  }

  @Test func `where there is no ledger there is nothing to examine`() throws {
    let folder = TemporaryFolder()
    for path in [folder.path, folder.file("nothing")] {
      #expect(code { () throws(DirectoryError) in _ = try Doctor.examine(path) } == .notFound)
    }
  }

  @Test(arguments: ["turnstile", "namespace", "runners", "blobs", "deployments"])
  func `a part that holds nothing is made again`(name: String) throws {
    let (workshop, _) = try path()
    TemporaryFolder.remove("\(workshop.path)/\(name)")
    #expect(try codes(workshop.path) == ["part-missing"])
    let repair = try Doctor.repair(workshop.path)
    #expect(repair.outcome == .untouched)
    #expect(repair.fixed.map(\.code) == [.partMissing])
    #expect(try codes(workshop.path) == [])
    try checkWholeLedger(workshop.path)
  }

  @Test func `a door that was missing may have been marked, so everything is built anew`() throws {
    let (workshop, _) = try path()
    TemporaryFolder.remove(workshop.path + "/door")
    #expect(try codes(workshop.path) == ["part-missing"])
    let repair = try Doctor.repair(workshop.path)
    guard case .rebuilt = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(try codes(workshop.path) == [])
    try checkWholeLedger(workshop.path)
  }

  @Test func `a missing identity or database is damage that no repair hides`() throws {
    let (workshop, _) = try path()
    let json = try #require(TemporaryFolder.read(workshop.path + "/ledger.json"))
    TemporaryFolder.remove(workshop.path + "/ledger.json")
    #expect(try codes(workshop.path, above: .warning) == ["part-missing"])
    #expect(throws: StorageError.self) { try Doctor.repair(workshop.path) }
    TemporaryFolder.write(json, to: workshop.path + "/ledger.json")
    TemporaryFolder.remove(workshop.path + "/db/1/data.mdb")
    #expect(try codes(workshop.path, above: .warning) == ["database"])
    #expect(throws: StorageError.self) {
      try Doctor.repair(workshop.path, options: Doctor.Treatment(rebuilds: true))
    }
    #expect(TemporaryFolder.names(in: workshop.path + "/db/1").contains("data.mdb") == false)
  }

  @Test func `modes that changed are told and set again`() throws {
    let (workshop, _) = try path()
    let names = ["keys/log", "ledger.json", "db", "db/1/data.mdb"]
    for name in names { chmod("\(workshop.path)/\(name)", name == "db" ? 0o750 : 0o644) }
    #expect(try codes(workshop.path) == ["mode", "mode", "mode", "mode"])
    #expect(try Doctor.repair(workshop.path).fixed.count == 4)
    #expect(try codes(workshop.path) == [])
  }

  @Test func `what strangers could write is not put right in silence`() throws {
    let (workshop, _) = try path()
    chmod(workshop.path + "/keys/log", 0o666)
    #expect(try codes(workshop.path, above: .warning) == ["directory"])
    #expect(throws: StorageError.self) { try Doctor.repair(workshop.path) }
    var status = stat()
    #expect(lstat(workshop.path + "/keys/log", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o666)
  }

  @Test func `leftovers of swaps, writes and jobs are removed, and nothing else`() throws {
    let (workshop, job) = try path()
    let other = "train-000000"
    for name in ["db/7/data.mdb", "db/3.old/data.mdb"] {
      mkdir("\(workshop.path)/\(name.dropLast(9))", 0o700)
      TemporaryFolder.write([1], to: "\(workshop.path)/\(name)")
    }
    TemporaryFolder.write([1], to: workshop.path + "/checkpoint.new")
    TemporaryFolder.write([], to: "\(workshop.path)/runners/\(other)")
    TemporaryFolder.write([], to: "\(workshop.path)/runners/\(job)")
    let found = try Doctor.examine(workshop.path).filter { $0.code != .space }
    #expect(
      Set(found.map(\.code)) == [.staleGeneration, .leftover, .staleRunner, .runnerGone])
    #expect(found.first?.code == .runnerGone)
    _ = try Doctor.repair(workshop.path)
    #expect(TemporaryFolder.names(in: workshop.path + "/db") == ["1"])
    #expect(TemporaryFolder.names(in: workshop.path + "/runners") == [job.string])
    #expect(try codes(workshop.path) == ["runner-gone"])
  }

  @Test func `the runner of a live job is left alone`() throws {
    let (workshop, job) = try path()
    let lock = try RunnerLock(LedgerDirectory.open(workshop.path), job)
    #expect(try codes(workshop.path) == [])
    lock.release()
  }

  @Test(arguments: ["garbage", "truncated", "missing"])
  func `a lock file that is not LMDB's is told, and made anew by the next opener`(
    kind: String
  ) throws {
    let (workshop, _) = try path()
    let lock = workshop.path + "/db/1/lock.mdb"
    switch kind {
    case "garbage": TemporaryFolder.write((0..<8192).map { UInt8($0 % 251) }, to: lock)
    case "truncated": TemporaryFolder.write([0xDE], to: lock)
    default: TemporaryFolder.remove(lock)
    }
    let findings = try Doctor.examine(workshop.path).filter { $0.code == .lockFile }
    #expect(findings.map(\.severity) == [kind == "missing" ? .note : .warning])
    #expect(try codes(workshop.path) == [])
    let ledger = try workshop.open()
    _ = try workshop.accept(ledger, .addProject(Name("after")!, text: EventText()))
    ledger.close()
    try checkWholeLedger(workshop.path)
  }

  @Test func `a truncated or empty data file is damage and never a new ledger`() throws {
    for size in [0, 4096, 8192, 40_960] {
      let (workshop, _) = try path()
      let data = workshop.path + "/db/1/data.mdb"
      #expect(truncate(data, off_t(size)) == 0)
      #expect(try codes(workshop.path, above: .warning) == ["database"])
      #expect(throws: StorageError.self) { try workshop.open() }
      let repair = try Doctor.repair(
        workshop.path, options: Doctor.Treatment(rebuilds: true))
      #expect(repair.outcome.isRefusal)
      var status = stat()
      #expect(lstat(data, &status) == 0)
      #expect(status.st_size == off_t(size))
    }
  }

  @Test func `an older copy of the database is behind its checkpoint`() throws {
    let workshop = try Workshop()
    var ledger = try workshop.create()
    ledger.close()
    let data = workshop.path + "/db/1/data.mdb"
    let old = try #require(TemporaryFolder.read(data))
    ledger = try workshop.open()
    _ = try workshop.startTraining(ledger)
    ledger.close()
    TemporaryFolder.write(old, to: data)
    #expect(try codes(workshop.path, above: .warning) == ["behind-checkpoint"])
    #expect(throws: StorageError.self) { try workshop.open() }
    let repair = try Doctor.repair(workshop.path, options: Doctor.Treatment(rebuilds: true))
    guard case .refused(let findings, _) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(findings.contains { $0.code == .behindCheckpoint })
  }

  @Test func `a checkpoint that is missing is told`() throws {
    let (workshop, _) = try path()
    TemporaryFolder.remove(workshop.path + "/checkpoint")
    #expect(try codes(workshop.path) == ["checkpoint-due"])
  }

  @Test func `a reader that looks at one state for ever is told, with its process`() async throws {
    let (workshop, _) = try path()
    let path = workshop.path
    let note = workshop.folder + "/pid"
    typealias Seen = (pid: Int32, before: [DoctorFinding], after: [DoctorFinding])
    let parent = ParentThread { () -> Seen in
      let pid = awaitPID(note)
      defer { kill(pid, SIGKILL) }
      let before = try Doctor.examine(path)
      try Self.commit(10_001, times: path + "/db/1")
      return (pid, before, try Doctor.examine(path))
    }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, note = note as String] in
      try LedgerReader.open(path).read { (_) throws(ReadingError) in
        writePID(to: note)
        while true { pause() }
      }
    }
    let (pid, before, after) = try parent.join()
    #expect(!before.contains { $0.code == .oldReader })
    let findings = after.filter { $0.code == .oldReader }
    #expect(findings.map(\.severity) == [.warning])
    #expect(findings.allSatisfy { $0.detail.contains("process \(pid) ") })
    #expect(try Doctor.examine(path).contains { $0.code == .oldReader } == false)
  }

  /// Commits what changes nothing, that often.
  private static func commit(_ count: Int, times generation: String) throws {
    var options = Environment.Options()
    options.unsafeNoSync = true
    let environment = try Environment.open(directory: generation, options: options)
    let table = try Tables.open(in: environment, create: false).head
    let head = try environment.read { (transaction) throws(LMDBError) in
      try transaction.loan.bytes(table, HeadKey.head) ?? []
    }
    for _ in 0..<count {
      try environment.write { (transaction) throws(LMDBError) in
        try transaction.loan.put(table, HeadKey.head, head, mode: .overwrite)
      }
    }
    try environment.close()
  }
}
