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

@Suite struct TrailTests {
  private func entries(
    _ house: House, _ scope: TrailScope, asOf size: LedgerSize? = nil, logs: Bool = false
  ) throws -> [TrailEntry] {
    var entries: [TrailEntry] = []
    let trail = Trail(
      house.ledger.reader, of: scope, asOf: try size ?? house.size, includingLogs: logs)
    try trail.forEachEntry { entries.append($0) }
    return entries
  }

  private func changes(_ entry: TrailEntry?) throws -> [String] {
    try (entry?.changes ?? []).map { change in
      func plain(_ value: JSONValue?) throws -> String {
        guard let value else { return "-" }
        return try value.text?.string
          ?? String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
      }
      return "\(change.of) \(change.name): \(try plain(change.before)) > \(try plain(change.after))"
    }
  }

  @Test func `the trail of a version tells its life, with what changed`() throws {
    let house = try House()
    try house.live()
    let trail = try entries(house, .version(Scenario.version(2)))
    #expect(
      trail.map(\.type) == [
        "job.created", "job.started", "version.trained", "job.completed", "job.created",
        "job.started", "version.evaluated", "job.completed", "job.created", "job.started",
        "version.approved", "job.completed", "job.created", "job.started", "version.deployed",
        "job.completed", "job.created", "job.started", "deployment.retired", "job.completed",
      ])
    let approved = try #require(trail.first { $0.type == "version.approved" })
    #expect(approved.why == "metrics hold")
    #expect(approved.what == "approved churn-lr@2")
    #expect(approved.decision?.evidence.evaluations.count == 1)
    #expect(approved.artifactsDigest == FilesDigest.test(2).digest)
    let name = "version churn/churn-lr@2"
    #expect(
      try changes(approved) == [
        "\(name) status: evaluated > approved",
        "\(name) decision: - > approved by #\(approved.event.position.value)",
      ])
    let deployed = try #require(trail.first { $0.type == "version.deployed" })
    let job = try #require(deployed.event.job)
    #expect(
      try changes(deployed) == [
        "\(name) status: approved > deployed", "deployment \(job) status: - > active",
        "target production of churn/churn-lr in production: - > \(job)",
      ])
    let retired = try #require(trail.first { $0.type == "deployment.retired" })
    #expect(retired.why == "replaced by v3")
    #expect(
      try changes(retired) == [
        "deployment \(job) status: active > retired", "\(name) status: deployed > retired",
        "target production of churn/churn-lr in production: \(job) > -",
      ])
    let trained = try #require(trail.first { $0.type == "version.trained" })
    #expect(trained.why == "more data")
    let completed = try #require(trail.first { $0.type == "job.completed" })
    #expect(completed.log?.lines == LineCounts(info: 1, warning: 1))
  }

  @Test func `the trail of the policy tells each value that changed`() throws {
    let house = try House()
    try house.live()
    let trail = try entries(house, .ledger)
    let set = try #require(trail.first { $0.type == "policy.set" })
    #expect(set.why == "house rules")
    // Before the first policy the defaults are in force, and every value is new.
    #expect(try changes(set).contains("the policy thresholds.churn.accuracy.min: - > 0.5"))
    var policy = Policy.default
    policy.driftPSI = 0.5
    try house.ask(.alice, .setPolicy(policy, reason: "laxer"))
    let laxer = try #require(try entries(house, .ledger).last)
    #expect(
      try changes(laxer) == [
        "the policy drift.psi: 0.25 > 0.5",
        "the policy thresholds.churn.accuracy.min: 0.5 > -",
      ])
  }

  @Test func `a line for programs has these members`() throws {
    let house = try House()
    try house.live()
    let entry = try #require(
      try entries(house, .version(Scenario.version(1))).first { $0.type == "version.rejected" })
    let position = entry.event.position.value
    let leaf = try house.ledger.reader.withSnapshot { try $0.leafBytes(at: Position(position)) }
    #expect(entry.leafHash == MerkleTree.leafHash(of: leaf).base64)
    let golden = """
      {"about":"churn-lr@1",\
      "actor":{"auth":"os","host":"gpu7","id":"bob","os":{"login":"bob","uid":1001}},\
      "artifactsDigest":"\(FilesDigest.test(1).digest)",\
      "changes":[{"after":"rejected","before":"evaluated","name":"status",\
      "of":"version churn/churn-lr@1"},{"after":"rejected by #\(position)","name":"decision",\
      "of":"version churn/churn-lr@1"}],\
      "evidence":{"dataDigests":["\(Digest.test(900))"],\
      "evaluations":[\(position - 4)],"metrics":{"accuracy":0.95,"auc":"NaN"},\
      "seen":\(position - 2),"shown":true},"exceptions":[],"job":"\(entry.event.job!)",\
      "leafHash":"\(entry.leafHash)","marks":[],"number":1,"position":\(position),"project":"churn",\
      "revision":\(entry.event.revision!.value),"subject":{"kind":"model","name":"churn-lr"},\
      "time":"\(entry.event.time)","type":"version.rejected","what":"rejected churn-lr@1",\
      "why":"too slow","words":{"reason":"too slow"}}
      """
    let line = String(decoding: try CanonicalJSON.encode(entry.json), as: UTF8.self)
    #expect(line == golden)
  }

  @Test func `log lines stand between the events where they were read`() throws {
    let house = try House()
    try house.live()
    let plain = try entries(house, .version(Scenario.version(1)))
    let all = try entries(house, .version(Scenario.version(1)), logs: true)
    #expect(all.filter { $0.type != "job.logged" } == plain)
    #expect(all.count == plain.count + 2)
    #expect(all.map(\.event.position) == all.map(\.event.position).sorted())
    #expect(try entries(house, .ledger, logs: true).count == Int(try house.size.value))
  }

  @Test func `the header counts what is covered, erased and missing`() throws {
    let store = try Store(HistoryGenerator.history(seed: 606, length: 500))
    let size = try store.head().size
    store.close()
    let whole = try store.reader()
    var header = try Trail(whole, of: .ledger, asOf: size).header()
    whole.close()
    #expect(header.checkpoint?.covers == true)
    #expect(header.missingCount == 0)
    #expect(header.types.values.reduce(0, +) == header.events)
    let erased = header.erased
    try store.tamper { (loan, tables) throws(LMDBError) in
      // The reason of the last refusal or creation with words that is still there.
      try loan.withCursor(tables.texts) { (cursor) throws(LMDBError) in
        guard let entry = try cursor.first() else { return }
        try loan.delete(tables.texts, Array(entry.key))
      }
    }
    let reader = try store.reader()
    defer { reader.close() }
    header = try Trail(reader, of: .ledger, asOf: size).header()
    #expect(header.missingCount == 1)
    #expect(header.missing.count == 1)
    #expect(header.erased == erased)
  }

  @Test func `a trail as of a size stays the same for ever`() throws {
    let house = try House()
    try house.live()
    let size = try house.size
    let before = try entries(house, .subject(Scenario.model), logs: true)
    try house.makeVersion(4, artifacts: .test(4))
    #expect(try entries(house, .subject(Scenario.model), asOf: size, logs: true) == before)
  }

  @Test func `a trail does not vouch for events that the tree does not hold`() throws {
    let store = try Store(HistoryGenerator.history(seed: 607, length: 300))
    let size = try store.head().size
    try store.tamper { (loan, tables) throws(LMDBError) in
      guard var leaf = try loan.bytes(tables.leaves, BigEndianKey(2)) else { return }
      guard let at = leaf.firstRange(of: Array("Z\",\"type\"".utf8)) else { return }
      leaf[at.lowerBound - 1] = leaf[at.lowerBound - 1] == 0x30 ? 0x31 : 0x30
      try loan.put(tables.leaves, BigEndianKey(2), leaf, mode: .overwrite)
      // Without a checkpoint nothing stops the opening.
    }
    TemporaryFolder.remove(store.path + "/checkpoint")
    let reader = try store.reader()
    defer { reader.close() }
    #expect(throws: ReadingError.self) {
      try Trail(reader, of: .ledger, asOf: size).forEachEntry { _ in }
    }
  }
}
