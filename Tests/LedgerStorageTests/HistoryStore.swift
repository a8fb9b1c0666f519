// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Synchronization
import Testing

@testable import LedgerStorage

/// Plays a generated history through a real ledger, step by step, and expects of each what the
/// generator's recorder made of it in memory.
///
/// Commands go through ``Ledger/append(_:)-swift.method`` with the generator's clock and bits;
/// facts without a command through the appender; log lines in batches.
final class HistoryStore {
  let folder = TemporaryFolder()
  let path: String
  let history: History
  private(set) var ledger: Ledger
  private let world = World()
  private var lastTime: Timestamp

  private final class World: Sendable {
    let time = Mutex(Timestamp(microseconds: 0))
    let bits = Mutex<UInt64>(0)
  }

  init(_ history: History) throws {
    self.history = Self.withoutRotations(history)
    path = folder.file("ledger")
    lastTime = history.events[0].time
    let (world, start) = (world, history.events[0].time)
    world.time.withLock { $0 = start }
    ledger = try Ledger.create(
      at: path, origin: "example.org/store", by: .alice, tool: "jobledger/test",
      options: Self.options(world))
  }

  /// The keys of generated rotations are none, so a harmless event stands in their place.
  private static func withoutRotations(_ history: History) -> History {
    var history = history
    for index in history.events.indices {
      if case .keyRotated = history.events[index].fact {
        history.events[index].fact = .reportExported(
          ReportExported(
            report: "trail", range: PositionRange(from: Position(0), to: Position(1)),
            digest: .test(7)))
      }
    }
    return history
  }

  deinit { ledger.close() }

  private static func options(_ world: World) -> Ledger.Options {
    var options = Ledger.Options(
      clock: LedgerClock {
        let time = world.time.withLock { $0 }
        return ClockReading(
          time: time, boot: "test", bootMicroseconds: UInt64(time.microseconds))
      }, mapSizeBytes: 1 << 20, unsafeNoSync: true)
    options.drawBits = { world.bits.withLock { $0 } }
    return options
  }

  func close() { ledger.close() }

  func ask(_ command: Command) -> Outcome { ledger.append(Submission(command)) }

  func reopen() throws {
    ledger.close()
    ledger = try Ledger.open(path, options: Self.options(world))
  }

  /// Every step but the first, which `init` has made.
  var steps: ArraySlice<History.Step> { history.steps.dropFirst() }

  /// Plays one step.
  func play(_ step: History.Step) throws {
    let range = step.events
    setTime(of: step)
    switch step {
    case .accepted(let command, _, let bits, _):
      world.bits.withLock { $0 = bits }
      let outcome = ledger.append(Submission(command))
      #expect(
        outcome.events.map { $0.map(Self.comparable) }
          == history.events[range].map(Self.comparable), "\(outcome)")
    case .refused(let command, _, let bits, let refusal, _) where range.isEmpty:
      world.bits.withLock { $0 = bits }
      #expect(ledger.append(Submission(command)) == .refused(refusal))
    case .refused:
      // Recorded always by the generator, and at most once a minute by a ledger.
      try record(range)
    case .recorded:
      if range.allSatisfy({ history.events[$0].isLine }) {
        try log(range)
      } else {
        try record(range)
      }
    }
    if let last = range.last { lastTime = history.events[last].time }
  }

  /// The generator's clock may lag further than a writer allows.
  private func setTime(of step: History.Step) {
    let reading: Timestamp
    if let first = step.events.first {
      let event = history.events[first]
      reading = max(event.clock ?? event.time, event.time.adding(microseconds: -4_000_000))
    } else {
      switch step {
      case .accepted(_, let at, _, _), .refused(_, let at, _, _, _), .recorded(_, let at, _):
        reading = max(at, lastTime.adding(microseconds: -4_000_000))
      }
    }
    world.time.withLock { $0 = reading }
  }

  /// An event without what the store gives it: salt, reading of the clock, and `occurred` only
  /// where it is worth telling.
  static func comparable(_ event: Event) -> Event {
    var event = event
    event.text = event.text.map { _ in .test(1) }
    event.clock = nil
    if let occurred = event.occurred,
      event.time.microseconds - occurred.microseconds <= 1_000_000
    {
      event.occurred = nil
    }
    return event
  }

  private func record(_ range: Range<Int>) throws {
    let (events, texts) = (history.events[range], history.texts[range])
    let reading = ledger.clock.read()
    _ = try ledger.reader.environment.write(growing: true) {
      (transaction) throws(StorageError) in
      let (loan, tables) = (transaction.loan, ledger.reader.tables)
      let head: Head
      do throws(ReadingError) { head = try Snapshot(loan, tables).head } catch {
        throw StorageError(.reading(error), "storing a history")
      }
      var appender = try Appender(loan, tables, head: head, reading: reading)
      var random = RandomSupply()
      for (event, text) in zip(events, texts) {
        let stored = try appender.append(
          Draft(
            actor: event.actor, occurred: event.occurred, project: event.project,
            subject: event.subject, number: event.number, job: event.job, cause: event.cause,
            fact: event.fact, text: text), request: nil, random: &random)
        try Self.erase(event, from: tables.texts, loan)
        if case .textErased(let fact) = event.fact { try appender.forgetWords(in: fact.ranges) }
        // As if its command had been refused here: nothing more is waiting to be told.
        if case .commandRefused(let fact) = event.fact {
          let key = PendingRefusals.key(
            of: event.actor.id, command: fact.command, rule: fact.rule)
          try appender.put(
            tables.head, key, PendingRefusals(toldBy: stored).bytes,
            mode: .overwrite)
        }
      }
      try appender.finish()
    }
  }

  private static func erase(
    _ event: Event, from texts: Table, _ loan: WriteLoan
  ) throws(StorageError) {
    guard case .textErased(let fact) = event.fact else { return }
    do throws(LMDBError) {
      for range in fact.ranges {
        for position in range.from.value...range.to.value {
          try loan.delete(texts, BigEndianKey(position))
        }
      }
    } catch {
      throw StorageError(lmdb: error)
    }
  }

  private func log(_ range: Range<Int>) throws {
    guard let first = range.first, let job = history.events[first].job else { return }
    var batch = LogBatch(job: job, actor: history.events[first].actor)
    for index in range {
      guard case .jobLogged(let line) = history.events[index].fact else { continue }
      let message = history.texts[index].string(.message)?.string ?? ""
      let bytes = line.isBase64 ? [0xFF, 0x00, 0xFE] : Array(message.utf8)
      batch.lines.append(
        .init(
          fact: line, offset: batch.bytes.count, count: bytes.count,
          read: history.events[index].occurred))
      batch.bytes += bytes
    }
    let expected = PositionRange(
      from: Position(UInt64(range.lowerBound)), to: Position(UInt64(range.upperBound - 1)))
    #expect(ledger.append(batch) == .accepted(expected))
  }
}

extension Event {
  fileprivate var isLine: Bool { if case .jobLogged = fact { true } else { false } }
}

extension Timestamp {
  fileprivate func adding(microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: self.microseconds + microseconds)
  }
}
