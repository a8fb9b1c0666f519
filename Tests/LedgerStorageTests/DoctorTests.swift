// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// Examining, and building a generation anew.
@Suite struct DoctorTests {
  /// A closed ledger of a random history, with request keys and refusals that are not yet told.
  private func ledger(seed: UInt64, length: Int = 520) throws -> HistoryStore {
    let store = try HistoryStore(HistoryGenerator.history(seed: seed, length: length))
    for step in store.steps { try store.play(step) }
    for index in 0..<4 {
      let key = RequestKey("k/\(index)")!
      _ = store.ledger.append(
        Submission(
          Actor.alice.asks(.addProject(Name("made-\(index)")!, text: EventText())),
          request: (key, [UInt8(index)])))
      _ = store.ledger.append(
        Submission(Actor.mallory.asks(.addProject(Name("never")!, text: EventText()))))
    }
    // Where the last decisions came before an erasure, their words wait for this.
    _ = store.ledger.scrub()
    store.close()
    return store
  }

  private var treatment: Doctor.Treatment { Doctor.Treatment(rebuilds: true) }

  @Test(arguments: UInt64(0)..<4)
  func `a rebuilt generation has byte for byte the tables of the one it was made from`(
    seed: UInt64
  ) throws {
    let store = try ledger(seed: 400 + seed)
    let before = try dump(store.path + "/db/1")
    let repair = try Doctor.repair(store.path, options: treatment)
    guard case .rebuilt(let rebuilt) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(rebuilt.generation == 2)
    #expect(TemporaryFolder.names(in: store.path + "/db") == ["2"])
    let after = try dump(store.path + "/db/2")
    for name in Tables.names {
      #expect(before[name]?.isEmpty == false, "the table '\(name)' tells nothing")
      #expect(after[name] == before[name], "the table '\(name)'")
    }
    try checkWholeLedger(store.path)
    try store.reopen()
    let outcome = store.ledger.append(
      Submission(
        Actor.alice.asks(.addProject(Name("made-2")!, text: EventText())),
        request: (RequestKey("k/2")!, [2])))
    guard case .duplicate = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  /// Something derived that is damaged, and is the same again after a repair.
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void

    init(
      _ name: String,
      apply: @escaping @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void
    ) {
      testDescription = name
      self.apply = apply
    }
  }

  static func spoil(_ loan: WriteLoan, _ table: Table) throws(LMDBError) {
    let entry = try loan.withCursor(table) { (cursor) throws(LMDBError) in
      var entry = try cursor.first()
      for _ in 0..<2 { entry = try cursor.next() ?? entry }
      return entry.map { (Array($0.key), Array($0.value)) }
    }
    guard let (key, value) = entry else { return }
    try loan.put(table, key, value.map { ~$0 } + [1], mode: .overwrite)
  }

  static let derived: [Damage] = [
    Damage("rows emptied") { (loan, tables) throws(LMDBError) in try loan.clear(tables.rows) },
    Damage("a row changed") { (loan, tables) throws(LMDBError) in try spoil(loan, tables.rows) },
    Damage("the tree emptied") { (loan, tables) throws(LMDBError) in try loan.clear(tables.tree) },
    Damage("a node changed") { (loan, tables) throws(LMDBError) in try spoil(loan, tables.tree) },
    Damage("types emptied") { (loan, tables) throws(LMDBError) in try loan.clear(tables.types) },
    Damage("jobs emptied") { (loan, tables) throws(LMDBError) in try loan.clear(tables.jobs) },
    Damage("a revision changed") { (loan, tables) throws(LMDBError) in
      try spoil(loan, tables.revisions)
    },
    Damage("a run of lines changed") { (loan, tables) throws(LMDBError) in
      try spoil(loan, tables.logs)
    },
    Damage("words emptied") { (loan, tables) throws(LMDBError) in
      if let words = tables.words { try loan.clear(words) }
    },
    Damage("a word changed") { (loan, tables) throws(LMDBError) in
      if let words = tables.words { try spoil(loan, words) }
    },
    Damage("request keys emptied") { (loan, tables) throws(LMDBError) in
      try loan.clear(tables.requests)
    },
    Damage("a request key changed") { (loan, tables) throws(LMDBError) in
      try spoil(loan, tables.requests)
    },
  ]

  @Test(arguments: DoctorTests.derived)
  func `what is derived is made again from the leaves`(damage: Damage) throws {
    let store = try ledger(seed: 77)
    let before = try dump(store.path + "/db/1")
    try tamper(store.path + "/db/1", damage.apply)
    #expect(try dump(store.path + "/db/1") != before)
    let repair = try Doctor.repair(store.path, options: treatment)
    guard case .rebuilt = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(try dump(store.path + "/db/2") == before)
  }

  /// Something that cannot be made again, what it is told as, and where all is well up to.
  struct Loss: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: DoctorFinding.Code
    var knownGood: UInt64?
    var apply: @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void

    init(
      _ name: String, _ code: DoctorFinding.Code, knownGood: UInt64?,
      apply: @escaping @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void
    ) {
      testDescription = name
      self.code = code
      self.knownGood = knownGood
      self.apply = apply
    }
  }

  // The tree vouches for blocks of 256: of one with a wrong event, nothing is vouched for.
  static let losses: [Loss] = [
    Loss("a leaf gone", .leafMissing, knownGood: 256) { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.leaves, BigEndianKey(300))
    },
    Loss("a leaf of zeros", .leafUndecodable, knownGood: 0) { (loan, tables) throws(LMDBError) in
      let leaf = try loan.bytes(tables.leaves, BigEndianKey(41)) ?? []
      try loan.put(tables.leaves, BigEndianKey(41), leaf.map { _ in 0 }, mode: .overwrite)
    },
    Loss("a leaf in another's place", .leafMisplaced, knownGood: 0) {
      (loan, tables) throws(LMDBError) in
      let leaf = try loan.bytes(tables.leaves, BigEndianKey(21)) ?? []
      try loan.put(tables.leaves, BigEndianKey(20), leaf, mode: .overwrite)
    },
    Loss("a leaf that is another event", .treeMismatch, knownGood: 256) {
      (loan, tables) throws(LMDBError) in
      guard let leaf = try loan.bytes(tables.leaves, BigEndianKey(300)),
        let time = leaf.firstRange(of: Array("\"time\":\"2".utf8))
      else { return }
      var changed = leaf
      changed[time.upperBound] = UInt8(ascii: "1")
      try loan.put(tables.leaves, BigEndianKey(300), changed, mode: .overwrite)
    },
    Loss("a leaf too many", .leafExtra, knownGood: nil) { (loan, tables) throws(LMDBError) in
      try loan.put(tables.leaves, BigEndianKey(1 << 20), Array("{}".utf8), mode: .append)
    },
    Loss("a text changed", .textAltered, knownGood: nil) { (loan, tables) throws(LMDBError) in
      try spoil(loan, tables.texts)
    },
    Loss("a text gone", .textMissing, knownGood: nil) { (loan, tables) throws(LMDBError) in
      let key = try loan.withCursor(tables.texts) { (cursor) throws(LMDBError) in
        try cursor.first().map { Array($0.key) } ?? []
      }
      try loan.delete(tables.texts, key)
    },
    Loss("a text too many", .textStray, knownGood: nil) { (loan, tables) throws(LMDBError) in
      try loan.put(tables.texts, BigEndianKey(0), Array("[]".utf8), mode: .insert)
    },
    Loss("the head gone", .head, knownGood: 0) { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.head, HeadKey.head)
    },
  ]

  @Test(arguments: DoctorTests.losses)
  func `nothing is touched when an event or text is not what was written`(loss: Loss) throws {
    let store = try ledger(seed: 88)
    try tamper(store.path + "/db/1", loss.apply)
    let before = try dump(store.path + "/db/1")
    let repair = try Doctor.repair(store.path, options: treatment)
    guard case .refused(let findings, let knownGood) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(findings.contains { $0.code == loss.code && $0.severity == .damage }, "\(findings)")
    if let expected = loss.knownGood { #expect(knownGood.value == expected) }
    #expect(TemporaryFolder.names(in: store.path + "/db") == ["1"])
    #expect(try dump(store.path + "/db/1") == before)
  }

  @Test func `several wrong events are all told`() throws {
    let store = try ledger(seed: 89)
    try tamper(store.path + "/db/1") { (loan, tables) throws(LMDBError) in
      for position in [UInt64(50), 51, 400] {
        try loan.delete(tables.leaves, BigEndianKey(position))
      }
    }
    let repair = try Doctor.repair(store.path, options: treatment)
    guard case .refused(let findings, let knownGood) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    let missing = findings.filter { $0.code == .leafMissing }.compactMap(\.position)
    #expect(missing == [Position(50), Position(51), Position(400)])
    #expect(knownGood == LedgerSize(0))
  }

  @Test func `a log that its checkpoint does not vouch for is not put in force`() throws {
    let store = try ledger(seed: 90, length: 300)
    let newer = try #require(TemporaryFolder.read(store.path + "/checkpoint"))
    let other = try ledger(seed: 90, length: 200)
    // The same key and origin, and a longer log.
    for name in ["keys/log", "ledger.json"] {
      TemporaryFolder.write(
        try #require(TemporaryFolder.read("\(store.path)/\(name)")), to: "\(other.path)/\(name)")
    }
    TemporaryFolder.write(newer, to: other.path + "/checkpoint")
    let repair = try Doctor.repair(other.path, options: treatment)
    guard case .refused(let findings, _) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(findings.contains { $0.code == .behindCheckpoint })
    #expect(TemporaryFolder.read(other.path + "/checkpoint") == newer)
    #expect(TemporaryFolder.names(in: other.path + "/db") == ["1"])
  }

  // MARK: Poison

  static let mark = PoisonMark(
    time: Timestamp(microseconds: 1_795_248_000_123_456), operation: "mdb_txn_commit", error: EIO,
    pid: 4242)

  @Test func `a poisoned ledger is told, built anew, and written again`() throws {
    let store = try ledger(seed: 91, length: 200)
    let directory = try LedgerDirectory.open(store.path)
    try Door(directory).poison(Self.mark)
    let findings = try Doctor.examine(store.path)
    #expect(findings.first?.code == .poisoned)
    #expect(findings.first?.severity == .damage)
    try store.reopen()
    let refused = store.ledger.append(
      Submission(Actor.alice.asks(.addProject(Name("later")!, text: EventText()))))
    guard case .failed(let error) = refused, case .directory(let cause) = error.code else {
      Issue.record("\(refused)")
      return
    }
    #expect(cause.code == .poisoned)
    store.close()
    let repair = try Doctor.repair(store.path)
    guard case .rebuilt(let rebuilt) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    if case .signed(_, let size) = rebuilt.checkpoint {
      #expect(size == rebuilt.size)
    } else {
      Issue.record("\(rebuilt.checkpoint)")
    }
    #expect(try Doctor.examine(store.path).filter { $0.severity > .note } == [])
    try store.reopen()
    let accepted = store.ledger.append(
      Submission(Actor.alice.asks(.addProject(Name("later")!, text: EventText()))))
    #expect(accepted.events?.count == 1)
    store.close()
    try checkWholeLedger(store.path)
  }

  @Test func `a poisoned ledger with a wrong event stays poisoned`() throws {
    let store = try ledger(seed: 92, length: 200)
    try Door(LedgerDirectory.open(store.path)).poison(Self.mark)
    try tamper(store.path + "/db/1") { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.leaves, BigEndianKey(100))
    }
    let repair = try Doctor.repair(store.path)
    #expect(repair.outcome.isRefusal)
    #expect(try PoisonState.read(LedgerDirectory.open(store.path)) == .poisoned(Self.mark))
  }

  // MARK: Others at work

  @Test func `a repair waits for whoever is inside, and changes nothing when it waits in vain`()
    throws
  {
    let store = try ledger(seed: 93, length: 100)
    let pass = try Door(LedgerDirectory.open(store.path)).enter(within: .seconds(5))
    do throws(StorageError) {
      _ = try Doctor.repair(
        store.path, options: Doctor.Treatment(rebuilds: true, deadline: .zero))
      Issue.record("two were inside")
    } catch {
      guard case .directory(let cause) = error.code else { throw error }
      #expect(cause.code == .busy)
    }
    pass.leave()
    #expect(TemporaryFolder.names(in: store.path + "/db") == ["1"])
  }

  @Test func `a writer that had the old generation open is told to open again`() async throws {
    let store = try ledger(seed: 94, length: 100)
    try store.reopen()
    let size = UInt64(store.history.events.count)
    await #expect(processExitsWith: .success) { [path = store.path as String] in
      let repair = try Doctor.repair(path, options: Doctor.Treatment(rebuilds: true))
      guard case .rebuilt = repair.outcome else { exit(1) }
    }
    let command = Actor.alice.asks(.addProject(Name("later")!, text: EventText()))
    guard case .failed(let error) = store.ask(command),
      case .directory(let cause) = error.code
    else {
      Issue.record("it wrote beside the ledger")
      return
    }
    #expect(cause.code == .moved)
    // Whoever only reads goes on with what it has.
    let seen = try store.ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    #expect(seen.value >= size)
    try store.reopen()
    #expect(store.ask(command).events?.count == 1)
    store.close()
    try checkWholeLedger(store.path)
  }
}
