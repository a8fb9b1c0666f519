// SPDX-License-Identifier: Apache-2.0
import Glibc
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

/// Bundles of real ledgers, made, and checked by both verifiers.
@Suite struct BundleTests {
  /// A history without rotations: a store leaves those out, and what they would have moved.
  private static func history(from seed: UInt64, length: Int) -> History {
    var seed = seed
    while true {
      let history = HistoryGenerator.history(seed: seed, length: length)
      let isWithout = !history.events.contains {
        if case .keyRotated = $0.fact { true } else { false }
      }
      if isWithout { return history }
      seed += 1
    }
  }

  @Test(arguments: [20, 255, 256, 257, 520, 800])
  func `a whole ledger is verified by both, erased words and all`(length: Int) throws {
    let store = try Store(Self.history(from: 900, length: length))
    let size = try store.head().size
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let output = store.folder.file("whole")
    let summary = try BundleMaker.make(BundleMaker.Order(), of: reader, at: output)
    #expect(summary.size == size && summary.events == size.value && summary.whyUnsigned == nil)
    #expect(summary.missing == 0)
    if length == 800 { #expect(summary.erased > 0) }
    try Self.expectWhole(
      output, size, erased: summary.erased, try VerifierKey(reader.identity.vkey))
  }

  @Test func `a ledger with three levels of tiles is verified by both`() throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    let job = try house.job(try house.ask(.olga, Scenario.job(.training)))
    var line: UInt64 = 0
    while line < 65_700 {
      var lines: [(LogLine, [UInt8])] = []
      for _ in 0..<4_000 {
        line += 1
        lines.append(
          (LogLine(stream: .stdout, line: line, level: .info, detector: 1), Array("x".utf8)))
      }
      try house.log(job, lines)
    }
    try site.note("after all that")
    let size = try house.size
    let (path, _) = try site.make("whole")
    #expect(Bundles.files(path)["tile/2/000.p/1"]?.count == 32)
    try Self.expectWhole(path, size, erased: 0, try site.key())
  }

  private static func expectWhole(
    _ path: String, _ size: LedgerSize, erased: UInt64, _ key: VerifierKey
  ) throws {
    let report = try Bundles.verify(path, key: key)
    #expect(report.findings == [] && report.isOK && report.bundle?.kind == "whole")
    #expect(report.size == size && report.checked.events == size.value)
    // Entries and hashes of each block, and the levels above them.
    let tiles = Array(Tile.hashTiles(of: size.value)) + Array(Tile.entryTiles(of: size.value))
    #expect(report.checked.nodes == UInt64(tiles.count))
    let independent = try Bundles.independently(path, "--key", "\(key)")
    #expect(independent.exit == 0 && independent.codes == [], "\(independent)")
    #expect(independent.checked["events"] == size.value)
    #expect(independent.checked["tiles"] == UInt64(tiles.count))
    #expect(independent.checked["erased texts", default: 0] == erased)
  }

  @Test func `every subject of a ledger is verified as a part by both, complete by revision`()
    throws
  {
    let store = try Store(Self.history(from: 903, length: 600))
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let key = try VerifierKey(reader.identity.vkey)
    let subjects = try reader.read { (snapshot) throws(ReadingError) in
      var subjects: [(SubjectID, UInt64)] = []
      try snapshot.forEachEntity(of: .subject, asOf: snapshot.size) {
        (entity) throws(ReadingError) in
        if case .subject(let subject) = entity {
          subjects.append((subject.id, try snapshot.revisionCount(of: subject.id)))
        }
        return true
      }
      return subjects
    }
    #expect(subjects.count > 2)
    for (number, (subject, count)) in subjects.enumerated() {
      var order = BundleMaker.Order()
      order.subject = subject
      let output = store.folder.file("part\(number)")
      let summary = try BundleMaker.make(order, of: reader, at: output)
      #expect(summary.revisions == 0...count - 1)
      try Bundles.expectSound(output, key: key)
      let report = try Bundles.verify(output, key: key)
      #expect(report.checked.events == summary.events && report.checked.nodes == summary.events)
      #expect(
        report.bundle?.remarks.filter { !$0.contains(" erased words here") } == [
          "\(subject): revisions 0 to \(count - 1)"
        ])
    }
  }

  @Test func `a part tells nothing of another subject, in no byte of any file`() throws {
    let site = try BundleSite()
    let (part, summary) = try site.make("part") { $0.subject = Scenario.model }
    let (whole, _) = try site.make("whole")
    let key = try site.key()
    try Bundles.expectSound(part, key: key)
    try Bundles.expectSound(whole, key: key)
    #expect(summary.lists == 2 && summary.missingLists == 0)
    for canary in BundleSite.canaries {
      let bytes = Array(canary.utf8)
      for (name, content) in Bundles.files(part) {
        #expect(!content.holds(bytes), "\(canary) in \(name)")
        #expect(!name.utf8.elementsEqual(bytes))
      }
      // The search finds what is there.
      #expect(Bundles.files(whole).values.contains { $0.holds(bytes) }, "\(canary)")
    }
    // Its own words are there, escaped where they are markup.
    let files = Bundles.files(part)
    #expect(files["events.jsonl"]?.holds(Array("too <slow>".utf8)) == true)
    #expect(files["report.html"]?.holds(Array("too &lt;slow&gt;".utf8)) == true)
    #expect(files["report.html"]?.holds(Array("too <slow>".utf8)) == false)
    // Whose keys and grants they are is no concern of whom the part is for.
    #expect(files["events.jsonl"]?.holds(Array("/srv/churn".utf8)) == false)
  }

  @Test func `erased words are in no bundle made later, and marked`() throws {
    let store = try Store(Self.history(from: 904, length: 900))
    let reader = try #require(store.ledger?.reader)
    let erasures = try reader.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    #expect(erasures.events > 0)
    store.close()
    let again = try store.reader()
    defer { again.close() }
    let output = store.folder.file("whole")
    let summary = try BundleMaker.make(BundleMaker.Order(), of: again, at: output)
    let lines = try #require(Bundles.files(output)["events.jsonl"]).split(separator: 0x0A)
    #expect(
      UInt64(lines.filter { Array($0).holds(Array("\"erased\":true}".utf8)) }.count)
        == summary.erased)
  }

  @Test func `a text that is gone without an erasure is told, and found by both`() throws {
    let site = try BundleSite()
    site.house?.ledger.close()
    let environment = try Environment.open(
      directory: site.path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    let position = try environment.write { (transaction) throws(LMDBError) in
      // The words of the first project: event #2.
      try transaction.loan.delete(tables.texts, BigEndianKey(2))
    }
    _ = position
    try environment.close()
    let (whole, summary) = try site.make("whole")
    #expect(summary.missing == 1 && summary.firstMissing == Position(2) && !summary.isComplete)
    try Bundles.expectFound(whole, key: try site.key(), .textMissing, "text-missing")
  }
}

extension [UInt8] {
  /// Whether these bytes occur somewhere.
  func holds(_ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, count >= wanted.count else { return wanted.isEmpty }
    return withUnsafeBufferPointer { bytes in
      (0...(bytes.count - wanted.count)).contains { at in
        bytes[at] == first && bytes[at..<(at + wanted.count)].elementsEqual(wanted)
      }
    }
  }
}
