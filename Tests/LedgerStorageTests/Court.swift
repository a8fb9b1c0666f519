// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// A ledger with one version, and as many decisions about it as a test wants.
final class Court {
  private let place = TemporaryFolder()
  private let time = FixedTime(Timestamp(year: 2026, month: 1, day: 2, hour: 8)!)
  private(set) var ledger: Ledger
  var path: String { place.file("ledger") }
  var database: String { path + "/db/1" }
  func file(_ name: String) -> String { place.file(name) }

  init() throws {
    ledger = try Ledger.create(
      at: place.file("ledger"), origin: "example.org/court", by: .alice, tool: "jobledger/test",
      options: Ledger.Options(clock: time.clock, mapSizeBytes: 1 << 30, unsafeNoSync: true))
    try ask(.alice, .addProject(.churn, text: EventText([.path: .string("/p")])))
    try ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let job = try ask(.olga, Scenario.job(.training)).last?.job
    try ask(
      .olga,
      .endJob(
        EndJob(
          job: try #require(job), status: .completed, ending: JobEnding(exit: 0),
          result: .made(VersionMade(artifacts: .test(1)), text: EventText()))))
  }

  deinit { ledger.close() }

  struct Unexpected: Error {
    var what: String
  }

  @discardableResult
  func ask(_ actor: Actor, _ intent: Intent) throws -> [Event] {
    time.advance(microseconds: 1_000_000)
    let outcome = ledger.append(Submission(actor.asks(intent)))
    guard case .accepted(let events) = outcome else {
      throw Unexpected(what: "\(outcome)")
    }
    return events
  }

  /// Bob rejects the version; where that is told.
  @discardableResult
  func reject(_ reason: Text) throws -> Position {
    let events = try ask(.bob, Scenario.decision(.rejected, Scenario.version(1), reason: reason))
    return try #require(events.first { $0.fact.isDecision }).position
  }

  /// Rejections in one transaction, each an event alone; where they are.
  func decide(_ texts: [EventText]) throws -> [Position] {
    time.advance(microseconds: 1_000_000)
    let clock = ledger.clock.read()
    return try ledger.reader.environment.write(growing: true) {
      (transaction) throws(StorageError) in
      let head: Head
      do throws(ReadingError) {
        head = try Snapshot(transaction.loan, ledger.reader.tables).head
      } catch { throw StorageError(.reading(error), "deciding") }
      var appender = try Appender(
        transaction.loan, ledger.reader.tables, head: head, reading: clock)
      var random = RandomSupply()
      var positions: [Position] = []
      for text in texts {
        let event = try appender.append(
          Draft(
            actor: .bob, project: .churn, subject: Scenario.modelReference,
            number: VersionNumber(1), fact: .versionRejected(Court.fact), text: text),
          request: nil, random: &random)
        positions.append(event.position)
      }
      try appender.finish()
      return positions
    }
  }

  func decide(reasons: [String]) throws -> [Position] {
    try decide(reasons.map { EventText([.reason: .string(Text($0))]) })
  }

  private static let fact = Decided(
    artifactsDigest: FilesDigest.test(1).digest,
    evidence: Evidence(
      evaluations: [], dataDigests: [], metrics: [], seen: LedgerSize(1), shown: true),
    exceptions: [])

  /// Asks for an erasure after the time for which words are kept.
  func erase(_ positions: [Position]) throws -> Outcome {
    time.advance(microseconds: 200 * 86_400_000_000)
    let items = try ledger.reader.read { (snapshot) throws(ReadingError) in
      try TextSurvey(
        snapshot, positions.map { PositionRange(from: $0, to: $0) }
      ).items
    }
    return ledger.append(
      Submission(
        Actor.alice.asks(.erase(Erase(items: items, basis: .secret, reason: "a name in it")))))
  }

  func reopen() throws {
    ledger.close()
    ledger = try Ledger.open(path, options: Ledger.Options(clock: time.clock))
  }

  /// Closes the ledger for the length of a call.
  @discardableResult
  func closed<R>(_ body: () throws -> R) throws -> R {
    ledger.close()
    defer { ledger = (try? Ledger.open(path, options: .init(clock: time.clock))) ?? ledger }
    return try body()
  }

  /// What the index holds.
  func index() throws -> [Entry] {
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      guard let table = snapshot.tables.words else { return [] }
      do throws(LMDBError) {
        return try snapshot.loan.withCursor(table) { (cursor) throws(LMDBError) in
          var entries: [Entry] = []
          var entry = try cursor.first()
          while let found = entry {
            if let (word, position) = WordIndex.parse(found.key) {
              entries.append(
                Entry(word: String(decoding: word, as: UTF8.self), position: position.value))
            }
            entry = try cursor.next()
          }
          return entries
        }
      } catch { throw ReadingError(lmdb: error) }
    }
  }

  struct Entry: Hashable {
    var word: String
    var position: UInt64
  }

  /// Where the decisions with these words may be, as the index says.
  func find(_ words: String..., prefix: Bool = false) throws -> [UInt64] {
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      var found: [UInt64] = []
      try snapshot.forEachDecision(
        withAll: words.map { WordIndex.Wanted(Array($0.utf8), isPrefix: prefix) },
        asOf: snapshot.size
      ) { position in
        found.append(position.value)
        return true
      }
      return found
    }
  }

  func indexEnd() throws -> UInt64 {
    try ledger.reader.read { (snapshot) throws(ReadingError) in try snapshot.wordIndexEnd().value }
  }

  /// How much of some words is in any byte of any file below a path.
  static func traces(of words: String, in path: String) -> Int {
    let traces = Traces(of: words)
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return traces.count(in: TemporaryFolder.read(path) ?? [])
    }
    return TemporaryFolder.names(in: path).reduce(0) {
      $0 + Self.traces(of: words, in: "\(path)/\($1)")
    }
  }

  /// Copies a folder of plain files.
  static func copy(_ from: String, to: String) {
    var status = stat()
    guard lstat(from, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      mkdir(to, 0o700)
      for name in TemporaryFolder.names(in: from) { copy("\(from)/\(name)", to: "\(to)/\(name)") }
    } else {
      TemporaryFolder.write(TemporaryFolder.read(from) ?? [], to: to, mode: status.st_mode & 0o777)
    }
  }
}
