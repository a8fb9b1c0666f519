// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Synchronization
import Testing

@testable import LedgerStorage

/// A real ledger that holds a generated history: written by the writer's own code, with or without
/// commands behind it.
final class Store {
  let folder = TemporaryFolder()
  let path: String
  private let now: Now
  private(set) var ledger: Ledger?

  private final class Now: Sendable {
    let time: Mutex<Timestamp>
    init(_ time: Timestamp) { self.time = Mutex(time) }
  }

  /// Stores a history. Without `rotations` the generator's rotations are left out: their keys are
  /// none.
  init(_ history: History, rotations: Bool = false) throws {
    path = folder.file("ledger")
    now = Now(history.events[0].time)
    let ledger = try Ledger.create(
      at: path, origin: "example.org/store", by: .alice, tool: "jobledger/test",
      options: Store.options(now))
    self.ledger = ledger
    for step in history.steps.dropFirst() {
      let indices = step.events.filter { index in
        if case .keyRotated = history.events[index].fact { return rotations }
        return true
      }
      try append(indices.map { (history.events[$0], history.texts[$0]) }, to: ledger)
    }
    guard case .signed = ledger.signCheckpoint() else { throw Unexpected(what: "no checkpoint") }
  }

  deinit { ledger?.close() }

  struct Unexpected: Error {
    var what: String
  }

  private static func options(_ now: Now) -> Ledger.Options {
    Ledger.Options(
      clock: LedgerClock {
        let time = now.time.withLock { $0 }
        return ClockReading(
          time: time, boot: "test", bootMicroseconds: UInt64(time.microseconds))
      }, mapSizeBytes: 1 << 30, unsafeNoSync: true)
  }

  private func append(_ events: [(Event, EventText)], to ledger: Ledger) throws {
    guard let first = events.first else { return }
    // The generator's clock lags further than a writer would let it.
    let reading = max(first.0.clock ?? first.0.time, first.0.time.adding(microseconds: -4_000_000))
    now.time.withLock { $0 = reading }
    if case .jobLogged = first.0.fact {
      for (event, text) in events { try log(event, text, to: ledger) }
      return
    }
    let clock = ledger.clock.read()
    _ = try ledger.reader.environment.write(growing: true) {
      (transaction) throws(StorageError) in
      let loan = transaction.loan
      let tables = ledger.reader.tables
      let head: Head
      do throws(ReadingError) { head = try Snapshot(loan, tables).head } catch {
        throw StorageError(.reading(error), "storing a history")
      }
      var isCorrection = false
      if case .clockCorrected = first.0.fact { isCorrection = true }
      var appender = try Appender(
        loan, tables, head: head, reading: clock, isCorrection: isCorrection)
      var random = RandomSupply()
      for (event, text) in events {
        _ = try appender.append(
          Draft(
            actor: event.actor, occurred: event.occurred, project: event.project,
            subject: event.subject, number: event.number, job: event.job, cause: event.cause,
            fact: event.fact, text: text), request: nil, random: &random)
        if case .textErased(let fact) = event.fact {
          for range in fact.ranges {
            for position in range.from.value...range.to.value {
              do throws(LMDBError) { try loan.delete(tables.texts, BigEndianKey(position)) } catch {
                throw StorageError(lmdb: error)
              }
            }
          }
          try appender.forgetWords(in: fact.ranges)
        }
      }
      try appender.finish()
    }
  }

  private func log(_ event: Event, _ text: EventText, to ledger: Ledger) throws {
    guard case .jobLogged(let line) = event.fact, let job = event.job else { return }
    let message = text.string(.message)?.string ?? ""
    let bytes = line.isBase64 ? [0xFF, 0x00, 0xFE] : Array(message.utf8)
    let outcome = ledger.append(
      LogBatch(
        job: job, actor: event.actor,
        lines: [.init(fact: line, offset: 0, count: bytes.count, read: event.occurred)],
        bytes: bytes))
    guard case .accepted = outcome else { throw Unexpected(what: "\(outcome)") }
  }

  /// Lets go of the ledger, so that it can be verified or changed as a file.
  func close() {
    ledger?.close()
    ledger = nil
  }

  /// Its head.
  func head() throws -> Head {
    guard let ledger else { throw Unexpected(what: "it is closed") }
    return try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.head }
  }

  /// Opens it for reading.
  func reader() throws -> LedgerReader { try LedgerReader.open(path) }

  /// The data file.
  var dataFile: String { path + "/db/1/data.mdb" }

  /// Changes the database behind the ledger's back.
  func tamper(
    _ body: (WriteLoan, Tables) throws(LMDBError) -> Void
  ) throws {
    close()
    let environment = try Environment.open(
      directory: path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    _ = try environment.write { (transaction) throws(LMDBError) in
      try body(transaction.loan, tables)
    }
    try environment.close()
  }

  /// What a verification finds, in this process, without the stored files that no runner made.
  func audit(
    against: [UInt8]? = nil, depth: Auditor.Depth = .everything
  ) throws -> AuditReport {
    close()
    return try Auditor.audit(
      path,
      options: Auditor.Options(against: against, checksArtifacts: false, depth: depth))
  }
}

/// Where the binaries of this build are: the folder of the test bundle that is loaded here.
let binaries: String = {
  for line in (TemporaryFolder.read("/proc/self/maps") ?? []).split(separator: 0x0A) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasSuffix(".xctest"), let start = text.firstIndex(of: "/"),
      let end = text.lastIndex(of: "/")
    else { continue }
    return String(text[start..<end])
  }
  return "."
}()

/// The codes of the findings, each once, sorted.
func codes(_ report: AuditReport) -> [String] {
  Set(report.findings.map(\.code.rawValue)).sorted()
}

extension Timestamp {
  /// The moment so much later.
  func adding(microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: self.microseconds + microseconds)
  }
}

extension LedgerReader {
  /// Every event with its words, read one by one: what naive models are made from.
  func stored() throws -> ([Event], [EventText]) {
    try withSnapshot { snapshot in
      var events: [Event] = []
      var texts: [EventText] = []
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        events.append(event)
        if case .values(let text) = try snapshot.text(of: event) {
          texts.append(text)
        } else {
          texts.append(EventText())
        }
      }
      return (events, texts)
    }
  }
}
