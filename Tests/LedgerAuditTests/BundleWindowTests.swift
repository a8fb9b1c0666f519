// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

/// Bundles of a window: of one subject's events, or of all, with a proof that they go on from a
/// checkpoint that somebody keeps.
@Suite struct BundleWindowTests {
  private static func positions(_ path: String) throws -> [UInt64] {
    try #require(Bundles.files(path)["events.jsonl"]).split(separator: 0x0A).map { line in
      guard case .number(let position)? = try JSONParser.parse(Array(line)).object?["position"]
      else { throw House.Unexpected(what: "no position") }
      return UInt64(position)
    }
  }

  @Test func `a window of all events is complete by position, words of every kind among them`()
    throws
  {
    let site = try BundleSite()
    let kept = try UnverifiedCheckpoint(site.early).unchecked.size
    let (path, summary) = try site.make("window") {
      $0.from = LedgerSize(kept)
      $0.since = site.early
    }
    let key = try site.key()
    #expect(summary.kind == "window" && summary.from?.value == kept && summary.subject == nil)
    // Who the ledger is stands before it; nobody signed by a key of their own.
    #expect(try Self.positions(path) == [0] + Array(kept..<summary.asOf.value))
    #expect(summary.events == summary.asOf.value - kept + 1)
    try Bundles.expectSound(path, key: key)
    let report = try Bundles.verify(path, key: key, against: site.early)
    #expect(report.isOK && report.against?.isGood == true)
    #expect(
      report.bundle?.remarks.contains("every event from #\(kept) to #\(summary.asOf.value - 1)")
        == true)
    let file = try #require(site.house).folder.file("kept")
    TemporaryFolder.write(site.early, to: file)
    let independent = try Bundles.independently(path, "--key", "\(key)", "--checkpoint", file)
    #expect(independent.exit == 0 && independent.checked["kept checkpoints"] == 1)
    #expect(independent.checked["events"] == summary.events)
    // Words of log lines and of the other subject are the ledger's own to give.
    let lines = try #require(Bundles.files(path)["events.jsonl"])
    #expect(lines.holds(Array("finch".utf8)) && lines.holds(Array("Kanarienvogel".utf8)))
    #expect(!lines.holds(Array("too <slow>".utf8)))
  }

  @Test func `an event that is taken out of a window is missed by both`() throws {
    let site = try BundleSite()
    let kept = try UnverifiedCheckpoint(site.early).unchecked.size
    let (path, summary) = try site.make("window") { $0.from = LedgerSize(kept) }
    let key = try site.key()
    var files = Bundles.files(path)
    let events = try reader(site) { snapshot in
      try (kept..<summary.asOf.value).map { try snapshot.event(at: Position($0)) }
    }
    let event = try #require(events.dropFirst(3).first { $0.revision != nil })
    let lines = try #require(files["events.jsonl"]).split(separator: 0x0A)
    let place = Int(event.position.value - kept) + 1
    files["events.jsonl"] = Array(
      lines.enumerated().filter { $0.offset != place }.map { $0.element + [0x0A] }.joined())
    files["proofs/\(event.position.value).tlog-proof"] = nil
    try Bundles.write(files, to: path, signer: try Bundles.signer(site.path))
    try Bundles.expectFound(path, key: key, .revision, "revision")
    let remarks = try Bundles.verify(path, key: key).bundle?.remarks
    #expect(
      remarks?.contains(
        "every event from #\(event.position.value + 1) to #\(summary.asOf.value - 1)") == true)
  }

  @Test func `a window of one subject has its revisions without a gap, and no others`() throws {
    let site = try BundleSite()
    let all = try site.make("all") { $0.subject = Scenario.model }
    let revisions = try #require(all.summary.revisions)
    let own = try Self.positions(all.path).filter { $0 > 0 }
    let key = try site.key()
    for (from, asOf) in [(1, own.count), (own.count / 2, own.count - 1), (3, 4)] {
      let (path, summary) = try site.make("part-\(from)-\(asOf)") {
        $0.subject = Scenario.model
        $0.from = LedgerSize(own[from - 1] + 1)
        $0.size = LedgerSize(own[asOf - 1] + 1)
      }
      #expect(try Self.positions(path) == [0] + own[from..<asOf])
      #expect(summary.revisions == UInt64(from)...UInt64(asOf - 1))
      #expect(summary.revisions != revisions)
      try Bundles.expectSound(path, key: key)
      let report = try Bundles.verify(path, key: key)
      #expect(
        report.bundle?.remarks == ["\(Scenario.model): revisions \(from) to \(asOf - 1)"])
      for canary in BundleSite.canaries {
        for (name, content) in Bundles.files(path) {
          #expect(!content.holds(Array(canary.utf8)), "\(canary) in \(name)")
        }
      }
    }
  }

  @Test func `windows of any history are verified by both, whoever signed in them`() throws {
    let store = try Store(HistoryGenerator.history(seed: 907, length: 400))
    let size = try store.head().size.value
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let key = try VerifierKey(reader.identity.vkey)
    var random = SplitMix64(seed: 3)
    for number in 0..<6 {
      var order = BundleMaker.Order()
      let from = 1 + UInt64(random.below(Int(size) - 1))
      order.from = LedgerSize(from)
      order.size = LedgerSize(from + 1 + UInt64(random.below(Int(size - from))))
      let path = store.folder.file("window\(number)")
      let summary = try BundleMaker.make(order, of: reader, at: path)
      #expect(summary.asOf == order.size)
      try Bundles.expectSound(path, key: key)
    }
  }

  @Test func `a window that ends before it begins, or has nothing in it, makes no folder`() throws {
    let site = try BundleSite()
    #expect(throws: BundleFailure.backwards(LedgerSize(9), LedgerSize(8))) {
      try site.make("backwards") {
        $0.from = LedgerSize(9)
        $0.size = LedgerSize(8)
      }
    }
    #expect(throws: BundleFailure.nothing) {
      try site.make("empty") {
        $0.from = LedgerSize(8)
        $0.size = LedgerSize(8)
      }
    }
    let folder = try #require(site.house).folder
    #expect(TemporaryFolder.names(in: folder.path).sorted() == ["ledger"])
  }

  private func reader<R>(
    _ site: BundleSite, _ body: (Snapshot) throws -> R
  ) throws -> R {
    let reader = try LedgerReader.open(site.path)
    defer { reader.close() }
    return try reader.withSnapshot { try body($0) }
  }
}
