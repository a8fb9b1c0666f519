// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Synchronization
import Testing
import Transparency

/// Verification of files so damaged that reading them may kill the reader.
@Suite struct VerifyProcessTests {
  private static let executable = "\(binaries)/jobledger-replay"

  private func verify(_ path: String, _ more: String...) throws -> AuditReport {
    try VerifyParent(
      executable: VerifyProcessTests.executable,
      arguments: [
        "jobledger-replay", "__verify-child", "--ledger", path, "--skip-artifacts",
      ] + more
    ).run()
  }

  @Test func `a clean ledger is verified by another process`() throws {
    let store = try Store(HistoryGenerator.history(seed: 500, length: 300))
    let head = try store.head()
    let report = try verify(store.path)
    #expect(report.findings == [])
    #expect(report.size == head.size)
    #expect(report.root == head.frontier.root())
    // The ledger is open here all the while: verifying is reading.
    store.close()
    #expect(try verify(store.path).isOK)
  }

  @Test func `flipped bits never get past the verification, nor out of it`() throws {
    let store = try Store(HistoryGenerator.history(seed: 501, length: 300))
    store.close()
    let whole = try #require(TemporaryFolder.read(store.dataFile))
    var random = SplitMix64(seed: 0xF11B)
    var crashes = 0
    for _ in 0..<60 {
      var bytes = whole
      // Beyond the meta pages; free pages hold nothing, so several bits are flipped.
      let count = 24
      for _ in 0..<count {
        bytes[8192 + random.below(bytes.count - 8192)] ^= 1 << UInt8(random.below(8))
      }
      TemporaryFolder.write(bytes, to: store.dataFile)
      let report = try verify(store.path)
      #expect(!report.isOK)
      if report.findings.contains(where: { $0.code == .readerCrashed }) { crashes += 1 }
    }
    // The harness must be able to kill the reader, or it proves nothing.
    #expect(crashes > 0)
  }

  @Test(arguments: [0, 100, 4096, 8192, 20_000, 65_536])
  func `a data file cut short is found`(bytes: Int) throws {
    let store = try Store(HistoryGenerator.history(seed: 502, length: 300))
    store.close()
    #expect(truncate(store.dataFile, bytes) == 0)
    let report = try verify(store.path)
    #expect(!report.isOK)
  }

  @Test(arguments: ["ledger.json", "db/1/data.mdb", "door", "db/1"])
  func `a part that is missing is found`(part: String) throws {
    let store = try Store(HistoryGenerator.history(seed: 503, length: 60))
    store.close()
    TemporaryFolder.remove(store.path + "/" + part)
    let report = try verify(store.path)
    #expect(!report.isOK)
  }

  @Test func `a missing checkpoint is found`() throws {
    let store = try Store(HistoryGenerator.history(seed: 503, length: 60))
    store.close()
    TemporaryFolder.remove(store.path + "/checkpoint")
    #expect(codes(try verify(store.path)) == ["checkpoint-missing"])
  }

  @Test func `no ledger is no finding`() throws {
    let folder = TemporaryFolder()
    let failure = #expect(throws: VerifyFailure.self) {
      _ = try verify(folder.file("nothing"))
    }
    #expect(failure?.status == 66)
  }

  @Test func `a ledger that grows meanwhile is verified as it was`() throws {
    let house = try House()
    try house.live()
    let job = try house.job(try house.ask(.olga, Scenario.job(.training)))
    let ledger = house.ledger
    let writer = Writer(ledger, job)
    // A thread of its own: tasks may wait for the tests that run beside this one.
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Writer>.fromOpaque(argument!).takeUnretainedValue().run()
        return nil
      }, Unmanaged.passUnretained(writer).toOpaque())
    try #require(started == 0)
    var sizes: Set<LedgerSize?> = []
    for _ in 0..<8 {
      let report = try verify(ledger.directory.path)
      #expect(report.findings == [])
      sizes.insert(report.size)
    }
    writer.isStopped.store(true, ordering: .relaxed)
    pthread_join(thread, nil)
    // Or nothing was tested.
    #expect(writer.commits.load(ordering: .relaxed) > 0)
    #expect(sizes.count > 1)
  }

  /// Appends lines until told to stop.
  private final class Writer: Sendable {
    let isStopped = Atomic(false)
    let commits = Atomic(0)
    private let ledger: Ledger
    private let job: JobID

    init(_ ledger: Ledger, _ job: JobID) {
      self.ledger = ledger
      self.job = job
    }

    func run() {
      let message = Array("a line".utf8)
      var line: UInt64 = 1
      while !isStopped.load(ordering: .relaxed) {
        var batch = LogBatch(job: job, actor: .system(for: .olga))
        for _ in 0..<20 {
          batch.lines.append(
            .init(
              fact: LogLine(stream: .stdout, line: line, level: .info, detector: 1),
              offset: batch.bytes.count, count: message.count))
          batch.bytes += message
          line += 1
        }
        guard case .accepted = ledger.append(batch) else { return }
        let count = commits.add(1, ordering: .relaxed).newValue
        if count % 10 == 0 { _ = ledger.signCheckpoint() }
      }
    }
  }

  @Test func `what a signature vouches for is looked at again when the reader died`() throws {
    // Stands for a page of the views that kills whoever reads it; the leaves are whole.
    var second = AuditReport()
    second.depth = .tree
    second.size = LedgerSize(7)
    second.root = MerkleTree.emptyRoot
    second.knownGood = LedgerSize(5)
    second.findingCount = 1
    let answer = String(
      decoding: try CanonicalJSON.encode(second.json(withFindings: false)), as: UTF8.self)
    let script = """
      case "$*" in
      *--quick*)
        printf '{"finding":{"code":"head-wrong","detail":"d"}}\\n{"report":%s}\\n' '\(answer)';;
      *) printf '{"finding":{"code":"row-wrong","detail":"d"}}\\n'; kill -SEGV $$;;
      esac
      """
    let parent = VerifyParent(executable: "/bin/sh", arguments: ["sh", "-c", script, "sh"])
    let report = try parent.run(quickArguments: ["--quick"])
    #expect(
      report.findings.map(\.code.rawValue) == ["row-wrong", "reader-crashed", "head-wrong"])
    #expect(report.findingCount == 3)
    #expect(report.knownGood == LedgerSize(5))
    #expect(report.size == LedgerSize(7))
    #expect(report.depth == .everything)
    // The control: nobody looks again.
    let once = try parent.run()
    #expect(once.findings.map(\.code.rawValue) == ["row-wrong", "reader-crashed"])
    #expect(once.knownGood == nil)
  }

  @Test func `a page of the views that kills the reader leaves the events known good`() throws {
    let store = try Store(HistoryGenerator.history(seed: 507, length: 300))
    let size = try store.head().size
    var page: UInt64?
    store.close()
    let whole = try #require(TemporaryFolder.read(store.dataFile))
    let marks = [UInt8](repeating: 0xFF, count: 4096 - 16)
    var crashes = 0
    // Which page is whose is not asked: each one but the meta pages is spoilt in turn, and those are
    // looked for whose loss kills the reader and leaves every leaf.
    for index in 2..<whole.count / 4096 {
      var bytes = whole
      bytes.replaceSubrange(index * 4096 + 16..<(index + 1) * 4096, with: marks)
      TemporaryFolder.write(bytes, to: store.dataFile)
      let report = try VerifyParent(
        executable: VerifyProcessTests.executable,
        arguments: [
          "jobledger-replay", "__verify-child", "--ledger", store.path, "--skip-artifacts",
        ]
      ).run(quickArguments: ["--quick"])
      guard report.findings.contains(where: { $0.code == .readerCrashed }) else { continue }
      crashes += 1
      if report.knownGood == size {
        page = UInt64(index)
        break
      }
    }
    #expect(crashes > 0)
    #expect(page != nil)
  }

  // MARK: Checkpoints that somebody kept

  @Test func `a kept checkpoint vouches for the past up to it`() throws {
    let history = HistoryGenerator.history(seed: 504, length: 400)
    let store = try Store(history)
    let kept = try #require(TemporaryFolder.read(store.path + "/checkpoint"))
    let report = try store.audit(against: kept)
    #expect(report.isOK)
    #expect(report.against?.isGood == true)
    let folder = TemporaryFolder()
    TemporaryFolder.write(kept, to: folder.file("kept"))
    #expect(try verify(store.path, "--against", folder.file("kept")).against?.isGood == true)
  }

  @Test func `a checkpoint of another ledger, of more events, or with another signature is found`()
    throws
  {
    let store = try Store(HistoryGenerator.history(seed: 505, length: 200))
    let longer = try Store(HistoryGenerator.history(seed: 505, length: 260))
    store.close()
    longer.close()
    let own = try #require(TemporaryFolder.read(store.path + "/checkpoint"))
    let foreign = try #require(TemporaryFolder.read(longer.path + "/checkpoint"))
    // Same origin, other key, more events.
    #expect(
      Set(codes(try store.audit(against: foreign))) == [
        "checkpoint-beyond-head", "checkpoint-signature",
      ])
    var forged = own
    let last = forged.count - 10
    forged[last] = forged[last] == 0x41 ? 0x42 : 0x41
    #expect(codes(try store.audit(against: forged)) == ["checkpoint-signature"])
    // The ledger's own key signs what is not its past.
    let key = try SigningKey(
      rawRepresentation: try #require(TemporaryFolder.read(store.path + "/keys/log")))
    let signer = NoteSigner(name: try KeyName("example.org/store"), key: key)
    let other = Checkpoint(
      origin: signer.name, size: 100, root: MerkleTree.leafHash(of: [1]))
    #expect(codes(try store.audit(against: other.signed(by: signer))) == ["checkpoint-root"])
    let elsewhere = NoteSigner(name: try KeyName("example.org/other"), key: key)
    let foreignOrigin = Checkpoint(origin: elsewhere.name, size: 0, root: MerkleTree.emptyRoot)
    #expect(
      codes(try store.audit(against: foreignOrigin.signed(by: elsewhere))) == [
        "checkpoint-origin", "checkpoint-signature",
      ])
    #expect(codes(try store.audit(against: Array("nonsense".utf8))) == ["checkpoint-malformed"])
  }

  @Test func `a log that was rolled back to an earlier copy is found`() throws {
    let early = try Store(HistoryGenerator.history(seed: 506, length: 200))
    early.close()
    let copy = try #require(TemporaryFolder.read(early.dataFile))
    let ledger = try Store(HistoryGenerator.history(seed: 506, length: 260))
    ledger.close()
    TemporaryFolder.write(copy, to: ledger.dataFile)
    #expect(codes(try ledger.audit()).contains("checkpoint-beyond-head"))
  }

  // MARK: Answers

  @Test(arguments: [
    "echo garbage", "printf '{\"report\":{}}\\n'", "kill -SEGV $$", "exit 3", "true",
    "printf '{\"finding\":{\"code\":\"x\",\"detail\":\"y\"}}\\n'; kill -BUS $$",
    "head -c 3000000 /dev/zero",
  ])
  func `whatever becomes of the reader is a finding`(program: String) throws {
    let report = try VerifyParent(
      executable: "/bin/sh", arguments: ["sh", "-c", program]
    ).run()
    #expect(!report.isOK)
    let expected: Set<Finding.Code> = [.readerCrashed, .readerGarbled]
    #expect(report.findings.contains { expected.contains($0.code) })
    #expect(report.findingCount == UInt64(report.findings.count))
  }
}
