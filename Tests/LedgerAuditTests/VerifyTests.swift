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

@Suite struct VerifyTests {
  @Test(arguments: UInt64(0)..<6)
  func `nothing is found in a ledger that nobody touched`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 300 + seed, length: 700))
    let head = try store.head()
    let (size, root) = (head.size, head.frontier.root())
    let report = try store.audit()
    #expect(report.findings == [])
    #expect(report.isOK)
    #expect(report.size == size)
    #expect(report.root == root)
    #expect(report.checked.events == size.value)
    #expect(report.checkpoint?.isGood == true)
    #expect(report.knownGood == size)
  }
}

extension VerifyTests {
  @Test(arguments: UInt64(0)..<4)
  func `erased words are no finding, and made-up keys are`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 340 + seed, length: 900), rotations: true)
    let found = Set(codes(try store.audit()))
    #expect(found == ["key-rotation"], "\(found)")
  }
}

/// What stands beside the database: identity, poison mark, stored files.
@Suite struct VerifyFilesTests {
  @Test(arguments: [
    ("\"origin\":\"example.org/store\"", "\"origin\":\"example.org/other\""),
    ("\"id\":\"", "\"id\":\"0"),
  ])
  func `an identity that is not that of the first event is found`(
    old: String, new: String
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 320, length: 60))
    store.close()
    let path = store.path + "/ledger.json"
    var text = String(decoding: try #require(TemporaryFolder.read(path)), as: UTF8.self)
    let range = try #require(text.firstRange(of: old))
    // The identifier keeps its length.
    if old.hasPrefix("\"id\"") {
      let digit = range.upperBound
      text.replaceSubrange(digit...digit, with: text[digit] == "0" ? "1" : "0")
    } else {
      text.replaceSubrange(range, with: new)
    }
    TemporaryFolder.write(Array(text.utf8), to: path)
    #expect(codes(try store.audit()).contains("identity-wrong"))
  }

  @Test func `a torn poison mark is found`() throws {
    let store = try Store(HistoryGenerator.history(seed: 321, length: 60))
    store.close()
    var door = try #require(TemporaryFolder.read(store.path + "/door"))
    door[512] ^= 1
    TemporaryFolder.write(door, to: store.path + "/door")
    #expect(codes(try store.audit()) == ["poisoned"])
  }

  /// A house whose first version has two stored files.
  private func houseWithFiles() throws -> (house: House, list: Digest, file: Digest) {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let contents = [Array("weights".utf8), [UInt8](repeating: 7, count: 3_000_000)]
    var list: [JSONValue] = []
    var bytes: UInt64 = 0
    for (index, content) in contents.enumerated() {
      let digest = Digest(MerkleTree.sha256(content))
      house.blob(content, as: digest)
      bytes += UInt64(content.count)
      var file = JSONObject()
      file["bytes"] = .integer(content.count)
      file["digest"] = .string(digest.description)
      file["path"] = .string("file-\(index)")
      list.append(.object(file))
    }
    let form = try CanonicalJSON.encode(.array(list))
    let digest = Digest(MerkleTree.sha256(form))
    house.blob(form, as: digest)
    try house.makeVersion(1, artifacts: FilesDigest(count: 2, bytes: bytes, digest: digest))
    return (house, digest, Digest(MerkleTree.sha256(contents[1])))
  }

  private func audit(_ house: House) throws -> AuditReport {
    house.ledger.close()
    return try Auditor.audit(house.ledger.directory.path)
  }

  @Test func `stored files are read and hashed`() throws {
    let report = try audit(try houseWithFiles().house)
    #expect(report.findings == [])
    #expect(report.checked.artifacts == 3)
  }

  @Test func `a stored file that is missing, longer or changed is found`() throws {
    let (house, list, file) = try houseWithFiles()
    let path = house.ledger.directory.blobFile(file)
    var content = try #require(TemporaryFolder.read(path))
    content[2_999_999] ^= 1
    TemporaryFolder.write(content, to: path)
    #expect(codes(try audit(house)) == ["artifact-wrong"])
    content[2_999_999] ^= 1
    TemporaryFolder.write(content + [0], to: path)
    #expect(codes(try audit(house)) == ["artifact-wrong"])
    TemporaryFolder.remove(path)
    #expect(codes(try audit(house)) == ["artifact-missing"])
    TemporaryFolder.remove(house.ledger.directory.blobFile(list))
    #expect(codes(try audit(house)) == ["artifact-missing"])
  }

  @Test func `a list that says something else than its event is found`() throws {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let form = Array("[]".utf8)
    let digest = Digest(MerkleTree.sha256(form))
    house.blob(form, as: digest)
    try house.makeVersion(1, artifacts: FilesDigest(count: 1, bytes: 5, digest: digest))
    #expect(codes(try audit(house)) == ["artifact-wrong"])
  }

  @Test func `a text that an erasure names and that is still there is found`() throws {
    // Of this history some texts are erased; one of them comes back.
    let history = HistoryGenerator.history(seed: 322, length: 900)
    let store = try Store(history, rotations: true)
    var erased: UInt64?
    try store.ledger?.reader.withSnapshot { snapshot in
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        guard case .textErased(let fact) = event.fact, let range = fact.ranges.first,
          range.from < event.position, try snapshot.event(at: range.from).text != nil
        else { continue }
        erased = range.from.value
      }
    }
    let position = try #require(erased)
    try store.tamper { (loan, tables) throws(LMDBError) in
      try loan.put(tables.texts, BigEndianKey(position), Array("[]".utf8), mode: .insert)
    }
    #expect(Set(codes(try store.audit())).isSuperset(of: ["text-altered", "text-not-erased"]))
  }

  @Test func `a request key that leads elsewhere is found`() throws {
    let house = try House()
    let key = try #require(RequestKey("once"))
    house.advance()
    let outcome = house.ledger.append(
      Submission(
        Actor.alice.asks(.addProject(.churn, text: EventText([.path: .string("/p")]))),
        request: (key: key, content: Array("{}".utf8))))
    #expect(outcome.events?.count == 1)
    #expect(try audit(house).isOK)
    let environment = try Environment.open(
      directory: house.ledger.directory.path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    _ = try environment.write { (transaction) throws(LMDBError) in
      try IndexKey.request(Actor.alice.id, key) { (name) throws(LMDBError) in
        guard var value = try transaction.loan.bytes(tables.requests, name) else { return }
        value[39] &+= 1
        try transaction.loan.put(tables.requests, name, value, mode: .overwrite)
      }
    }
    try environment.close()
    #expect(codes(try audit(house)) == ["index-wrong"])
  }
}

extension VerifyTests {
  @Test func `signatures that nobody made are found, each where it stands`() throws {
    let history = HistoryGenerator.history(seed: 390, length: 900, signs: true)
    let store = try Store(history)
    let found = try store.audit().findings
    let forged = history.events.filter { $0.fact.signature != nil }.map(\.position)
    #expect(!forged.isEmpty)
    #expect(Set(found.map(\.code)) == [.signatureWrong])
    // The history's rotations are left out of the store, so places are counted, not compared.
    #expect(found.count == forged.count)
  }
}
