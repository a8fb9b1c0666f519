// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

/// Whoever changes one thing in a ledger is found out, whatever it is.
@Suite struct TamperTests {
  /// A change of the database, and what must be among the findings.
  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var codes: [Finding.Code]
    var apply: @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void

    init(
      _ name: String, _ codes: Finding.Code...,
      apply: @escaping @Sendable (WriteLoan, Tables) throws(LMDBError) -> Void
    ) {
      testDescription = name
      self.codes = codes
      self.apply = apply
    }
  }

  private static func first(
    _ loan: WriteLoan, _ table: Table, skipping count: Int = 3
  ) throws(LMDBError) -> ([UInt8], [UInt8]) {
    try loan.withCursor(table) { (cursor) throws(LMDBError) in
      var entry = try cursor.first()
      for _ in 0..<count { entry = try cursor.next() }
      guard let entry else { throw LMDBError(.notFound, in: "test") }
      return (Array(entry.key), Array(entry.value))
    }
  }

  /// Adds one to a byte in the middle of a value of a table.
  private static func flip(
    _ loan: WriteLoan, _ table: Table, at index: (Int) -> Int = { $0 / 2 }
  ) throws(LMDBError) {
    var (key, value) = try first(loan, table)
    value[index(value.count)] &+= 1
    try loan.put(table, key, value, mode: .overwrite)
  }

  private static func remove(_ loan: WriteLoan, _ table: Table) throws(LMDBError) {
    try loan.delete(table, try first(loan, table).0)
  }

  static let changes: [Change] = [
    Change("a leaf's byte", .treeWrong, .root, .checkpointRoot) {
      (loan, tables) throws(LMDBError) in
      // The host of an actor: still a leaf, and nothing else depends on it.
      let key = BigEndianKey(20)
      guard var leaf = try loan.bytes(tables.leaves, key) else { return }
      guard let at = leaf.firstRange(of: Array("\"auth\":\"".utf8)) else { return }
      leaf[at.upperBound] = leaf[at.upperBound] == 0x6F ? 0x70 : 0x6F
      try loan.put(tables.leaves, key, leaf, mode: .overwrite)
    },
    Change("a leaf", .leafMissing) { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.leaves, BigEndianKey(20))
    },
    Change("the last leaf", .leafMissing) { (loan, tables) throws(LMDBError) in
      let last = try loan.entryCount(tables.leaves) - 1
      try loan.delete(tables.leaves, BigEndianKey(UInt64(last)))
    },
    Change("two leaves swapped", .leafMisplaced, .treeWrong, .root) {
      (loan, tables) throws(LMDBError) in
      let (left, right) = (BigEndianKey(20), BigEndianKey(21))
      guard let first = try loan.bytes(tables.leaves, left),
        let second = try loan.bytes(tables.leaves, right)
      else { return }
      try loan.put(tables.leaves, left, second, mode: .overwrite)
      try loan.put(tables.leaves, right, first, mode: .overwrite)
    },
    Change("a leaf slipped in at the end", .beyondHead) { (loan, tables) throws(LMDBError) in
      let count = UInt64(try loan.entryCount(tables.leaves))
      try loan.put(tables.leaves, BigEndianKey(count), Array("{}".utf8), mode: .append)
    },
    Change("a text's byte", .textAltered) { (loan, tables) throws(LMDBError) in
      try flip(loan, tables.texts)
    },
    Change("a text", .textMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.texts)
    },
    Change("a text where none belongs", .textStray) { (loan, tables) throws(LMDBError) in
      try loan.put(tables.texts, BigEndianKey(0), Array("[]".utf8), mode: .insert)
    },
    Change("a row's byte", .rowWrong) { (loan, tables) throws(LMDBError) in
      try flip(loan, tables.rows)
    },
    Change("a row", .rowMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.rows)
    },
    Change("a row too many", .rowExtra) { (loan, tables) throws(LMDBError) in
      var (key, value) = try first(loan, tables.rows)
      key[key.count - 1] &+= 1
      try loan.put(tables.rows, key, value, mode: .insert)
      value = []
    },
    Change("a node of the tree", .treeWrong) { (loan, tables) throws(LMDBError) in
      var (key, value) = try first(loan, tables.tree, skipping: 0)
      value[31] ^= 1
      try loan.put(tables.tree, key, value, mode: .overwrite)
      key = []
    },
    Change("a node of the tree is gone", .treeMissing) { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.tree, try first(loan, tables.tree, skipping: 1).0)
    },
    Change("a node too many", .treeExtra) { (loan, tables) throws(LMDBError) in
      try IndexKey.treeNode(height: 8, index: 99) { (key) throws(LMDBError) in
        try loan.put(tables.tree, key, [UInt8](repeating: 1, count: 32), mode: .insert)
      }
    },
    Change("an entry of the types", .indexMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.types)
    },
    Change("an entry of the types too many", .indexExtra) { (loan, tables) throws(LMDBError) in
      try IndexKey.type(code: FactCode.versionApproved.rawValue, Position(0)) {
        (key) throws(LMDBError) in try loan.put(tables.types, key, [UInt8](), mode: .insert)
      }
    },
    Change("an entry of the jobs", .indexMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.jobs)
    },
    Change("an entry of the jobs changed", .indexWrong) { (loan, tables) throws(LMDBError) in
      try flip(loan, tables.jobs)
    },
    Change("an entry of the revisions", .indexMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.revisions)
    },
    Change("an entry of the revisions changed", .indexWrong) {
      (loan, tables) throws(LMDBError) in
      try flip(loan, tables.revisions) { $0 - 1 }
    },
    Change("a run of log lines", .indexMissing) { (loan, tables) throws(LMDBError) in
      try remove(loan, tables.logs)
    },
    Change("a run of log lines changed", .indexWrong) { (loan, tables) throws(LMDBError) in
      try flip(loan, tables.logs) { $0 - 1 }
    },
    Change("a run of log lines too many", .indexExtra) { (loan, tables) throws(LMDBError) in
      var (key, value) = try first(loan, tables.logs)
      key[key.count - 1] &+= 1
      try loan.put(tables.logs, key, value, mode: .insert)
      value = []
    },
    Change("a request key that nobody used", .indexExtra) { (loan, tables) throws(LMDBError) in
      let stored = StoredRequest(digest: .test(1), first: Position(5), count: 1)
      try IndexKey.request(ActorID("alice")!, RequestKey("k")!) { (key) throws(LMDBError) in
        try loan.put(tables.requests, key, stored.bytes, mode: .insert)
      }
    },
    Change("the head's row", .head) { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.head, HeadKey.head)
    },
    Change("the head's root", .root) { (loan, tables) throws(LMDBError) in
      guard var bytes = try loan.bytes(tables.head, HeadKey.head) else { return }
      bytes[bytes.count - 1] ^= 1
      try loan.put(tables.head, HeadKey.head, bytes, mode: .overwrite)
    },
    Change("the head's size", .head) { (loan, tables) throws(LMDBError) in
      guard var bytes = try loan.bytes(tables.head, HeadKey.head) else { return }
      // The first byte of the size: far beyond what there is, and more peaks than there are.
      bytes[22 + Int(bytes[21])] = 0x10
      try loan.put(tables.head, HeadKey.head, bytes, mode: .overwrite)
    },
  ]

  @Test(arguments: changes)
  func `one change is found`(change: Change) throws {
    let store = try Store(HistoryGenerator.history(seed: 77, length: 700))
    try store.tamper(change.apply)
    let report = try store.audit()
    #expect(!report.isOK)
    #expect(report.findingCount >= UInt64(report.findings.count))
    for code in change.codes {
      #expect(codes(report).contains(code.rawValue), "\(codes(report))")
    }
  }

  @Test func `a change does not hide another`() throws {
    let store = try Store(HistoryGenerator.history(seed: 78, length: 700))
    try store.tamper { (loan, tables) throws(LMDBError) in
      try TamperTests.remove(loan, tables.texts)
      try TamperTests.flip(loan, tables.rows)
      try TamperTests.remove(loan, tables.logs)
      try TamperTests.remove(loan, tables.types)
      try loan.delete(tables.leaves, BigEndianKey(40))
    }
    let report = try store.audit()
    let found = codes(report)
    for code: Finding.Code in [.textMissing, .rowWrong, .indexMissing, .leafMissing] {
      #expect(found.contains(code.rawValue), "\(found)")
    }
  }

  @Test func `a change of one leaf points at its block alone`() throws {
    let store = try Store(HistoryGenerator.history(seed: 79, length: 1100))
    try store.tamper(TamperTests.changes[0].apply)
    let report = try store.audit()
    let wrong = report.findings.filter { $0.code == .treeWrong }
    #expect(wrong.map(\.position) == [Position(0)])
  }
}
