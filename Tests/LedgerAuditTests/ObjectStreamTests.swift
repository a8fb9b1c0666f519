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

/// What is written thing by thing against the same as one value.
@Suite struct ObjectStreamTests {
  @Test(arguments: UInt64(0)..<6)
  func `a state and each answer are written as their values are`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 800 + seed, length: 200))
    let reader = try #require(store.ledger).reader
    try reader.withSnapshot { snapshot in
      for size in [LedgerSize(0), LedgerSize(70), snapshot.size] {
        var documents = Documents(snapshot, asOf: size, directory: reader.directory)
        let state = try documents.state().json
        #expect(try written { try documents.writeState(to: &$0) } == encoded(state))
      }
    }
    for question in Question.allCases {
      let answer = try reader.answer(question)
      #expect(try written { try answer.write(to: &$0) } == encoded(answer.json), "\(question)")
    }
  }

  @Test(arguments: [EntityKind.job, .deployment])
  func `a thing whose row is gone is damage, and not left out`(_ kind: EntityKind) throws {
    let store = try Store(HistoryGenerator.history(seed: 811, length: 900))
    try store.tamper { (loan, tables) throws(LMDBError) in
      while let key = try loan.withCursor(
        tables.rows,
        { (cursor) throws(LMDBError) -> [UInt8]? in
          let entry = try cursor.seek(atOrAfter: [kind.rawValue])
          return entry.flatMap { $0.key.first == kind.rawValue ? Array($0.key) : nil }
        })
      { try loan.delete(tables.rows, key) }
    }
    let reader = try store.reader()
    defer { reader.close() }
    try reader.withSnapshot { snapshot in
      var documents = Documents(snapshot, asOf: snapshot.size)
      #expect(throws: ReadingError.self) {
        if kind == .job { try documents.forEachJob { _ in } }
        try documents.forEachVersion { _ in }
        Issue.record("nothing was missed")
      }
      var missed: Set<Question> = []
      try snapshot.forEachEntity(of: .subject, asOf: snapshot.size) { entity in
        guard case .subject(let subject) = entity else { return true }
        var inquiry = Inquiry(
          about: .subject(subject.id), at: Timestamp(microseconds: 0), in: documents)
        for question in kind == .job ? [Question.failures] : [.inProduction, .inventory] {
          do throws(ReadingError) { _ = try inquiry.answer(question) } catch {
            missed.insert(question)
          }
        }
        return true
      }
      #expect(missed == (kind == .job ? [.failures] : [.inProduction, .inventory]))
    }
  }

  @Test func `many members are handed on in pieces`() throws {
    var pieces: [Int] = []
    var bytes: [UInt8] = []
    var object = ObjectStream {
      pieces.append($0.count)
      bytes += $0
    }
    try object.put("a", each: (0..<40_000).lazy.map { .integer(UInt64($0)) })
    try object.put("b", nil)
    try object.put("c", each: EmptyCollection())
    try object.put("d", .string("\u{2028}\"\n"))
    try object.finish()
    let numbers = (0..<40_000).map { JSONValue.integer(UInt64($0)) }
    var whole = JSONObject()
    whole["a"] = .array(numbers)
    whole["c"] = .array([])
    whole["d"] = .string("\u{2028}\"\n")
    #expect(try bytes == encoded(.object(whole)))
    #expect(pieces.count > 2 && pieces.allSatisfy { $0 < 1 << 17 })
  }

  @Test(arguments: [0, 1, 511, 512, 513, 1_024, 5_000])
  func `items that are made on two threads are handed on in order`(count: Int) throws {
    let item: @Sendable (Int) -> JSONValue = { .array([.integer(UInt64($0)), .string("é\n")]) }
    let one = try written { try $0.put("items", each: (0..<count).lazy.map(item)) }
    #expect(try written { try $0.put("items", count, item) } == one)
  }

  @Test func `an item that cannot be written ends the array, and so does who takes no more`() throws
  {
    #expect(throws: CodecError.self) {
      try written {
        try $0.put("items", 5_000) { .number($0 == 3_000 ? .nan : 1) }
      }
    }
    struct NoMore: Error {}
    var pieces = 0
    var object = ObjectStream { _ in
      pieces += 1
      if pieces == 2 { throw NoMore() }
    }
    #expect(throws: NoMore.self) {
      try object.put("items", 200_000) { .integer(UInt64($0)) }
    }
    #expect(pieces == 2)
  }

  private func written(_ body: (inout ObjectStream) throws -> Void) throws -> String {
    var bytes: [UInt8] = []
    var object = ObjectStream { bytes += $0 }
    try body(&object)
    try object.finish()
    return String(decoding: bytes, as: UTF8.self)
  }

  private func encoded(_ value: JSONValue) throws -> String {
    String(decoding: try CanonicalJSON.encode(value), as: UTF8.self) + "\n"
  }
}

extension ObjectStreamTests {
  private func encoded(_ value: JSONValue) throws -> [UInt8] {
    try CanonicalJSON.encode(value) + [0x0A]
  }
}
