// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// `verify --quick --texts`, and what a verification of many stretches must not lose at their ends.
@Suite struct VerifyDepthTests {
  @Test(arguments: UInt64(0)..<3) func `words are compared without decoding an event`(seed: UInt64)
    throws
  {
    let history = HistoryGenerator.history(seed: 700 + seed, length: 900)
    let store = try Store(history)
    let whole = try store.audit()
    let words = try store.audit(depth: .texts)
    #expect(words.findings == [])
    #expect(words.depth == .texts && words.isQuick)
    #expect(words.checked.texts == whole.checked.texts)
    #expect(words.checked.texts > 0)
    #expect(words.checked.events == whole.checked.events)
    #expect(words.root == whole.root)
    #expect(words.checked.rows == 0 && words.checked.entries == 0)
    #expect(AuditReport(json: words.json()) == words)
  }

  @Test(arguments: [Auditor.Depth.texts, .everything])
  func `a text that was changed, dropped or slipped in is found at either depth`(
    depth: Auditor.Depth
  ) throws {
    let history = HistoryGenerator.history(seed: 710, length: 900)
    let store = try Store(history)
    let reader = try #require(store.ledger?.reader)
    var withText: [UInt64] = []
    var without: [UInt64] = []
    try reader.withSnapshot { snapshot in
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        if try snapshot.text(of: event) == .none {
          without.append(position)
        } else {
          withText.append(position)
        }
      }
    }
    let places = (withText[1], withText[withText.count - 2], without[without.count - 1])
    try store.tamper { (loan, tables) throws(LMDBError) in
      var text = try loan.bytes(tables.texts, BigEndianKey(places.0)) ?? []
      text[text.count / 2] ^= 1
      try loan.put(tables.texts, BigEndianKey(places.0), text, mode: .overwrite)
      try loan.delete(tables.texts, BigEndianKey(places.1))
      try loan.put(tables.texts, BigEndianKey(places.2), Array("[]".utf8), mode: .insert)
    }
    let report = try store.audit(depth: depth)
    let found = report.findings.map { "\($0.code.rawValue) \($0.position?.value ?? 0)" }
    #expect(
      Set(found) == [
        "text-altered \(places.0)", "text-missing \(places.1)", "text-stray \(places.2)",
      ])
    // The control: nothing but the tree is looked at.
    #expect(try store.audit(depth: .tree).isOK)
  }

  /// A ledger of three stretches and a part, with lines of two jobs that cross their ends.
  private func longStore() throws -> (path: String, house: House) {
    let house = try House()
    try house.live()
    let jobs = try (0..<2).map { _ in
      try house.job(try house.ask(.olga, Scenario.job(.training)))
    }
    for round in 0..<65 {
      for (index, job) in jobs.enumerated() {
        let first = round * 100 + 1
        try house.log(
          job,
          (first..<first + 100).map {
            (
              LogLine(
                stream: .stdout, line: UInt64($0), level: $0 % 7 == index ? .warning : .info,
                detector: 1), Array("line \($0)".utf8)
            )
          })
      }
    }
    for job in jobs {
      try house.ask(.olga, .endJob(EndJob(job: job, status: .failed, ending: JobEnding(exit: 1))))
    }
    _ = house.ledger.signCheckpoint()
    let path = house.ledger.directory.path
    house.ledger.close()
    return (path, house)
  }

  private func tamper(
    _ path: String, _ body: (WriteLoan, Tables) throws(LMDBError) -> Void
  ) throws {
    let environment = try Environment.open(
      directory: path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    _ = try environment.write { (transaction) throws(LMDBError) in
      try body(transaction.loan, tables)
    }
    try environment.close()
  }

  @Test func `what crosses the end of a stretch is seen from both sides`() throws {
    let (path, house) = try longStore()
    let options = Auditor.Options(checksArtifacts: false)
    let report = try Auditor.audit(path, options: options)
    #expect(report.findings == [])
    let size = try #require(report.size).value
    #expect(size > 3 * 4096)
    #expect(report.checked.events == size)
    // On each side of the ends of stretches and of blocks: a leaf, then its text.
    for position in [4095, 4096, 8191, 8192, 8447, size - 1] as [UInt64] {
      let key = BigEndianKey(position)
      var kept: [UInt8] = []
      try tamper(path) { (loan, tables) throws(LMDBError) in
        kept = try loan.bytes(tables.leaves, key) ?? []
        try loan.delete(tables.leaves, key)
      }
      for depth in [Auditor.Depth.tree, .texts, .everything] {
        let missing = try Auditor.audit(
          path, options: Auditor.Options(checksArtifacts: false, depth: depth))
        #expect(
          missing.findings.contains {
            $0.code == .leafMissing && $0.position == Position(position)
          }, "\(position), \(depth)")
        #expect(missing.knownGood == nil)
      }
      try tamper(path) { (loan, tables) throws(LMDBError) in
        try loan.put(tables.leaves, key, kept, mode: .insert)
      }
    }
    #expect(try Auditor.audit(path, options: options).isOK)
    // A time before that of the last event of the stretch before.
    for position in [4096, 8192, 8193] as [UInt64] {
      var kept: [UInt8] = []
      let key = BigEndianKey(position)
      try tamper(path) { (loan, tables) throws(LMDBError) in
        kept = try loan.bytes(tables.leaves, key) ?? []
        let text = String(decoding: kept, as: UTF8.self)
        let earlier = text.replacing("\"time\":\"2026", with: "\"time\":\"2025")
        try loan.put(tables.leaves, key, Array(earlier.utf8), mode: .overwrite)
      }
      let report = try Auditor.audit(path, options: options)
      #expect(
        report.findings.contains {
          $0.code == .timeDecreasing && $0.position == Position(position)
        })
      #expect(report.findings.filter { $0.code == .timeDecreasing }.count == 1)
      try tamper(path) { (loan, tables) throws(LMDBError) in
        try loan.put(tables.leaves, key, kept, mode: .overwrite)
      }
    }
    #expect(try Auditor.audit(path, options: options).isOK)
    withExtendedLifetime(house) {}
  }

  @Test func `texts that are missing in great number are told of as some, and counted`() throws {
    let (path, house) = try longStore()
    try tamper(path) { (loan, tables) throws(LMDBError) in try loan.clear(tables.texts) }
    let report = try Auditor.audit(path, options: Auditor.Options(checksArtifacts: false))
    #expect(Set(report.findings.map(\.code)) == [.textMissing])
    #expect(report.findings.count == 1000)
    #expect(report.findingCount > 13_000)
    // Nothing signed is gone: the events are known good although their words are not there.
    #expect(report.knownGood == report.size)
    withExtendedLifetime(house) {}
  }
}
