// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerReading
@testable import LedgerStorage

/// The index of words: kept by every append, emptied of what is erased, and never needed.
@Suite struct WordIndexTests {
  @Test func `a decision is found by the words of its reason and conditions, as they are folded`()
    throws
  {
    let court = try Court()
    let first = try court.reject("Zu langsam für die Nacht").value
    let texts = [
      EventText([
        .reason: .string("too slow"), .conditions: .string("not at NIGHT"),
        .meaning: .string("secret"),
      ]),
      EventText([.reason: .string("nacht, night, nächte")]),
    ]
    let others = try court.decide(texts).map(\.value)
    #expect(try court.find("nacht") == [first, others[1]])
    #expect(try court.find("night") == others)
    #expect(try court.find("night", "slow") == [others[0]])
    #expect(try court.find("na", prefix: true) == [first, others[1]])
    #expect(try court.find("secret") == [])
    #expect(try court.find("nightly") == [])
    #expect(try court.index().contains(Court.Entry(word: "fur", position: first)))
    try court.closed { try checkWholeLedger(court.path) }
  }

  @Test func `words of any length are found, those that a key cannot hold among others`() throws {
    let court = try Court()
    let long = String(repeating: "ab", count: 200)
    let at = try court.decide(reasons: [long, String(long.prefix(64)), long + "c"]).map(\.value)
    // A key holds the beginning alone: the text decides.
    #expect(try court.find(long) == at)
    #expect(try court.find(long, prefix: true) == at)
    #expect(try court.find("abab", prefix: true) == at)
    #expect(try court.find("abab") == [])
    try court.closed { try checkWholeLedger(court.path) }
  }

  @Test(arguments: UInt64(0)..<3)
  func `the index agrees with a plain reading of random texts, erased ones among them`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    let court = try Court()
    let vocabulary =
      (0..<40).map { "w\(String($0, radix: 3))" } + ["drift", "Straße", "ÄRGER", "模型"]
    var texts: [UInt64: [String]] = [:]
    for _ in 0..<25 {
      let batch = (0..<(1 + random.below(12))).map { _ in
        (0..<(1 + random.below(7))).map { _ in random.pick(vocabulary) }
      }
      let at = try court.decide(
        reasons: batch.map { $0.joined(separator: random.pick([" ", "-", ", "])) })
      for (position, words) in zip(at, batch) { texts[position.value] = words }
      if random.oneIn(4), let gone = texts.keys.sorted().randomElement(using: &random) {
        guard case .accepted = try court.erase([Position(gone)]) else {
          Issue.record("not erased")
          return
        }
        texts[gone] = nil
        // Half of them are followed by another decision before anybody builds the index anew.
        if random.oneIn(2) { _ = court.ledger.scrub() }
      }
    }
    _ = court.ledger.scrub()
    var expected: Set<Court.Entry> = []
    for (position, words) in texts {
      for word in words.flatMap({ WordFolding.words(of: Text($0)) }) {
        expected.insert(
          Court.Entry(word: String(decoding: word, as: UTF8.self), position: position))
      }
    }
    let found = try court.index()
    #expect(Set(found) == expected)
    #expect(found.count == expected.count)
    for _ in 0..<60 {
      let words = (0..<(1 + random.below(3))).map { _ in
        random.pick(vocabulary.filter { $0.utf8.allSatisfy { $0 < 0x80 } })
      }
      let naive = texts.filter { entry in words.allSatisfy { entry.value.contains($0) } }.keys
        .sorted()
      let candidates = try court.ledger.reader.read { (snapshot) throws(ReadingError) in
        var found: [UInt64] = []
        try snapshot.forEachDecision(
          withAll: words.map { WordIndex.Wanted(Array($0.utf8)) }, asOf: snapshot.size
        ) {
          found.append($0.value)
          return true
        }
        return found
      }
      #expect(candidates == naive, "\(words)")
    }
    try court.closed { try checkWholeLedger(court.path) }
  }

  // MARK: Erasure

  /// Words that share no eight bytes with each other.
  private func canary(_ index: Int) -> String {
    var random = SplitMix64(seed: 0xCA_0000 + UInt64(index))
    return "z" + (0..<2).map { _ in String(random.next() | 1 << 63, radix: 16) }.joined()
  }

  @Test func `an erased word is in no byte, also where it stood in an inner page of the index`()
    throws
  {
    let court = try Court()
    let count = 1_200
    var positions: [Position] = []
    for start in stride(from: 0, to: count, by: 200) {
      positions += try court.decide(
        reasons: (start..<start + 200).map { "\(canary($0)) is why, drift since may" })
    }
    // The control: the texts and entries of one in three are deleted one by one, and all slack and
    // free pages are cleaned as an erasure cleans them. What is left stands in inner pages.
    let control = court.file("control")
    try court.closed { Court.copy(court.path, to: control) }
    let deleted = (0..<count).filter { $0 % 3 == 0 }
    try deletePlainly(deleted.map { (positions[$0], canary($0)) }, in: control + "/db/1")
    let separators = deleted.filter { Court.traces(of: canary($0), in: control) > 0 }
    try #require(!separators.isEmpty, "no inner page has a canary: the test shows nothing")
    #expect(separators.count < deleted.count / 10)
    // The real thing, for one of those and two of the others.
    let chosen = [separators[0], separators[separators.count / 2], 17, 1_000]
    for index in chosen {
      #expect(Court.traces(of: canary(index), in: court.path) > 0)
    }
    guard case .accepted = try court.erase(chosen.map { positions[$0] }) else {
      Issue.record("not erased")
      return
    }
    #expect(try court.indexEnd() == 0)
    // Nothing is lost meanwhile: all decisions are candidates.
    #expect(try court.find(canary(5)).contains(positions[5].value))
    guard case .done = court.ledger.scrub() else {
      Issue.record("not scrubbed")
      return
    }
    #expect(try court.indexEnd() == positions[count - 1].value + 1)
    #expect(try court.find(canary(5)) == [positions[5].value])
    #expect(try court.find(canary(chosen[0])) == [])
    try court.closed {
      for index in chosen {
        #expect(Court.traces(of: canary(index), in: court.path) == 0, "canary \(index)")
      }
      #expect(Court.traces(of: canary(5), in: court.path) > 0)
      try checkWholeLedger(court.path)
    }
  }

  private func deletePlainly(
    _ decisions: [(position: Position, word: String)], in database: String
  ) throws {
    try tamper(database) { (loan, tables) throws(LMDBError) in
      for (position, word) in decisions {
        let key = BigEndianKey(position.value)
        guard let text = try loan.bytes(tables.texts, key), let table = tables.words else {
          continue
        }
        try loan.put(tables.texts, key, [UInt8](repeating: 0, count: text.count), mode: .overwrite)
        try loan.delete(tables.texts, key)
        for word in [word, "is", "why", "drift", "since", "may"] {
          try loan.delete(table, WordIndex.key(Array(word.utf8), position))
        }
      }
    }
    let environment = try Environment.open(directory: database, options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    _ = try environment.scrubUsedPages()
    for _ in 0..<2 {
      _ = try environment.write { (transaction) throws(LMDBError) in
        try transaction.loan.put(tables.head, [1], [1], mode: .overwrite)
      }
    }
    _ = try environment.scrubFreePages(freedUpTo: .max)
    try environment.close()
  }

  @Test
  func `an erasure that is cut short leaves an index that hides nothing, and is finished later`()
    throws
  {
    let court = try Court()
    let at = try court.decide(reasons: (0..<50).map { "\(canary($0)) drift" })
    guard case .accepted = try court.erase([at[7]]) else {
      Issue.record("not erased")
      return
    }
    // As if the process had died here.
    try court.reopen()
    #expect(try court.index() == [])
    #expect(try court.find("drift").contains(at[8].value))
    try court.closed { try checkWholeLedger(court.path, allowing: ["erasure-unfinished"]) }
    // The next decision takes the others along.
    let next = try court.reject("drift again").value
    #expect(try court.find("drift") == at.map(\.value).filter { $0 != at[7].value } + [next])
    guard case .done = court.ledger.scrub() else {
      Issue.record("not scrubbed")
      return
    }
    try court.closed {
      #expect(Court.traces(of: canary(7), in: court.path) == 0)
      try checkWholeLedger(court.path)
    }
  }

  @Test func `more decisions than one transaction takes along are indexed in several`() throws {
    let court = try Court()
    var at: [Position] = []
    for start in stride(from: 0, to: 9_000, by: 3_000) {
      at += try court.decide(reasons: (start..<start + 3_000).map { "reason w\($0)" })
    }
    guard case .accepted = try court.erase([at[4]]) else {
      Issue.record("not erased")
      return
    }
    let next = try court.reject("reason w8999").value
    #expect(try court.indexEnd() < next)
    #expect(try court.find("w8999").suffix(2) == [at[8_999].value, next])
    _ = court.ledger.scrub()
    #expect(try court.indexEnd() == next + 1)
    #expect(try court.find("w8999") == [at[8_999].value, next])
    #expect(try court.find("w4") == [])
    try court.closed { try checkWholeLedger(court.path) }
  }

  // MARK: Ledgers from before it

  /// Copies a database that nobody has open, without the table and the note of how far it reaches.
  private func removeIndex(of court: Court) throws {
    let old = court.file("old")
    rename(court.database, old)
    mkdir(court.database, 0o700)
    var options = Environment.Options()
    options.createsFiles = true
    let (from, to) = (
      try Environment.open(directory: old, options: options),
      try Environment.open(directory: court.database, options: options)
    )
    let names = Tables.names.filter { $0 != "words" }
    let source = try from.openTables(names, create: false)
    let target = try to.openTables(names, create: true)
    for (table, copy) in zip(source, target) {
      let entries = try from.read { (reading) throws(LMDBError) in
        try reading.loan.withCursor(table) { (cursor) throws(LMDBError) in
          var entries: [([UInt8], [UInt8])] = []
          var entry = try cursor.first()
          while let found = entry {
            entries.append((Array(found.key), Array(found.value)))
            entry = try cursor.next()
          }
          return entries
        }
      }
      _ = try to.write(growing: true) { (transaction) throws(LMDBError) in
        for (key, value) in entries where key != HeadKey.words {
          try transaction.loan.put(copy, key, value, mode: .insert)
        }
      }
    }
    try from.close()
    try to.close()
  }

  @Test func `a ledger from before the index is read without, and a writer makes it`() throws {
    let court = try Court()
    let at = try court.decide(reasons: ["drift", "slow", "drift"]).map(\.value)
    court.ledger.close()
    try removeIndex(of: court)
    let reader = try LedgerReader.open(court.path)
    #expect(reader.tables.words == nil)
    let found = try reader.read { (snapshot) throws(ReadingError) in
      var found: [UInt64] = []
      try snapshot.forEachDecision(
        withAll: [WordIndex.Wanted(Array("slow".utf8))], asOf: snapshot.size
      ) {
        found.append($0.value)
        return true
      }
      return found
    }
    // Each is a candidate: the texts decide.
    #expect(found == at)
    reader.close()
    try checkWholeLedger(court.path)
    try court.reopen()
    #expect(court.ledger.reader.tables.words != nil)
    #expect(try court.find("slow") == at)
    let next = try court.reject("slow again").value
    #expect(try court.find("slow") == [at[1], next])
    try court.closed { try checkWholeLedger(court.path) }
  }

  @Test func `who opened a ledger without the index erases nothing that another put into it`()
    throws
  {
    let court = try Court()
    let at = try court.decide(reasons: ["drift \(canary(1))"])
    // Another process made the table: this one has no handle of it.
    let tables = court.ledger.reader.tables
    let blind = Tables(
      leaves: tables.leaves, texts: tables.texts, tree: tables.tree, rows: tables.rows,
      revisions: tables.revisions, jobs: tables.jobs, types: tables.types, logs: tables.logs,
      requests: tables.requests, head: tables.head, words: nil)
    let outcome = Result {
      _ = try court.ledger.reader.environment.write(growing: true) {
        (transaction) throws(StorageError) in
        let head: Head
        do throws(ReadingError) { head = try Snapshot(transaction.loan, blind).head } catch {
          throw StorageError(.reading(error), "erasing")
        }
        var appender = try Appender(
          transaction.loan, blind, head: head, reading: court.ledger.clock.read())
        try appender.forgetWords(in: [PositionRange(from: at[0], to: at[0])])
      }
    }
    guard case .failure(let error) = outcome else {
      Issue.record("it went on")
      return
    }
    #expect("\(error)".contains("index of words"))
  }

  // MARK: Damage

  @Test
  func `an entry that is missing, or that no text has, is a finding, and a repair's business`()
    throws
  {
    let court = try Court()
    let at = try court.decide(reasons: ["drift of tenure", "slow"])
    court.ledger.close()
    let before = try dump(court.database)
    try tamper(court.database) { (loan, tables) throws(LMDBError) in
      guard let table = tables.words else { return }
      try loan.delete(table, WordIndex.key(Array("tenure".utf8), at[0]))
    }
    var report = try audit(court)
    #expect(report.findings.map(\.code) == [.indexMissing])
    #expect(report.findings.first?.position == at[0])
    try tamper(court.database) { (loan, tables) throws(LMDBError) in
      guard let table = tables.words else { return }
      try loan.put(table, WordIndex.key(Array("tenure".utf8), at[0]), [], mode: .insert)
      try loan.put(table, WordIndex.key(Array("tenure".utf8), at[1]), [], mode: .insert)
      try loan.put(table, WordIndex.key(Array("tenure".utf8), Position(0)), [], mode: .insert)
      try loan.put(table, [7], [], mode: .insert)
    }
    report = try audit(court)
    #expect(report.findings.map(\.code) == [.indexExtra, .indexExtra, .indexExtra])
    #expect(Set(report.findings.map(\.position)) == [nil, Position(0), at[1]])
    // It says that there is a word too many, and not which: it may be an erased one.
    #expect(!report.findings.contains { $0.detail.contains("tenure") })
    guard case .rebuilt = try Doctor.repair(court.path, options: .init(rebuilds: true)).outcome
    else {
      Issue.record("not rebuilt")
      return
    }
    #expect(try dump(court.path + "/db/2") == before)
    try checkWholeLedger(court.path)
  }

  @Test func `an index that says it reaches further than it does is told`() throws {
    let court = try Court()
    let at = try court.decide(reasons: ["drift"])
    court.ledger.close()
    try tamper(court.database) { (loan, tables) throws(LMDBError) in
      guard let table = tables.words else { return }
      try loan.clear(table)
    }
    let report = try audit(court)
    #expect(report.findings.map(\.code) == [.indexMissing])
    #expect(report.findings.first?.position == at[0])
  }

  private func audit(_ court: Court) throws -> AuditReport {
    try Auditor.audit(court.path, options: Auditor.Options(checksArtifacts: false))
  }
}
