// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

extension Appender {
  /// What an earlier use of a request key led to: its result, or a refusal of other content.
  func earlier(_ mark: RequestMark, of actor: ActorID) throws(StorageError) -> Outcome? {
    let snapshot = Snapshot(loan, tables, head: head)
    do throws(ReadingError) {
      guard let stored = try snapshot.request(mark.key, of: actor) else { return nil }
      guard stored.digest == mark.digest else { return .refused(.requestReused(mark.key)) }
      var events: [Event] = []
      for index in 0..<stored.count {
        events.append(try snapshot.event(at: Position(stored.first.value + index)))
      }
      return .duplicate(events)
    } catch {
      throw StorageError(.reading(error), "looking up a request key")
    }
  }

  /// Records that a rule, role or policy refused a command; equal refusals within a minute of the
  /// last such event are counted, and told by the next one or by ``tellRefusals(random:)``.
  mutating func record(
    _ refusal: Refusal, of command: Command, random: inout RandomSupply
  ) throws(StorageError) {
    guard refusal.isRecorded, command.actor.authentication != .system else { return }
    let word = command.intent.word
    let key = PendingRefusals.key(of: command.actor.id, command: word, rule: refusal.word)
    let stored = try pendingRefusals(key)
    if let stored, time.microseconds - stored.time.microseconds < 60_000_000,
      time >= stored.time
    {
      var more = stored
      more.count += 1
      try put(tables.head, key, more.bytes, mode: .overwrite)
      return
    }
    let draft = command.refused(
      for: refusal, count: UInt32(clamping: (stored?.count ?? 0) + 1), given: &views)
    if let failure = views.failure { throw failure }
    let told = try append(draft, request: nil, random: &random)
    try put(tables.head, key, PendingRefusals(toldBy: told).bytes, mode: .overwrite)
  }

  /// Tells of refusals that were only counted, once their minute is over: whoever appends next
  /// takes them along, so that the end of a burst is in the log too. One seek where there are none.
  mutating func tellRefusals(random: inout RandomSupply) throws(StorageError) {
    for (key, pending) in try dueRefusals() {
      // An event that cannot be read is for verification to find, and stops nobody's writing.
      guard let told = try? Snapshot(loan, tables, head: head).event(at: pending.position),
        case .commandRefused(var fact) = told.fact
      else { continue }
      fact.count = UInt32(clamping: pending.count)
      let draft = Draft(
        actor: told.actor, project: told.project, subject: told.subject, number: told.number,
        job: told.job, cause: told.position, fact: .commandRefused(fact))
      let event = try append(draft, request: nil, random: &random)
      try put(tables.head, key, PendingRefusals(toldBy: event).bytes, mode: .overwrite)
    }
  }

  /// What was counted more than a minute ago.
  private func dueRefusals() throws(StorageError) -> [(key: [UInt8], PendingRefusals)] {
    do throws(LMDBError) {
      return try loan.withCursor(tables.head) { (cursor) throws(LMDBError) in
        var due: [(key: [UInt8], PendingRefusals)] = []
        var entry = try cursor.seek(atOrAfter: HeadKey.refusals)
        while let found = entry, found.key.starts(with: HeadKey.refusals) {
          if let pending = PendingRefusals(Array(found.value)), pending.count > 0,
            pending.position.value < head.size.value,
            time.microseconds - pending.time.microseconds >= 60_000_000
          {
            due.append((Array(found.key), pending))
          }
          entry = try cursor.next()
        }
        return due
      }
    } catch {
      throw StorageError(lmdb: error)
    }
  }

  private func pendingRefusals(_ key: [UInt8]) throws(StorageError) -> PendingRefusals? {
    do throws(LMDBError) {
      return try loan.bytes(tables.head, key).flatMap(PendingRefusals.init)
    } catch {
      throw StorageError(lmdb: error)
    }
  }
}

/// Refusals since the last event that told of them: its time, their number, and its position, 8
/// bytes each.
struct PendingRefusals: Equatable {
  var time: Timestamp
  var count: UInt64
  var position: Position

  /// Where those of an actor, a command and a rule stand.
  static func key(of actor: ActorID, command: String, rule: String) -> [UInt8] {
    HeadKey.refusals + Array("\(actor.string)\0\(command)\0\(rule)".utf8)
  }

  /// None since this event.
  init(toldBy event: Event) {
    (time, count, position) = (event.time, 0, event.position)
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 24 else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    time = Timestamp(microseconds: Int64(bitPattern: number(0..<8)))
    count = number(8..<16)
    position = Position(number(16..<24))
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    RowKey.append(UInt64(bitPattern: time.microseconds), to: &bytes)
    RowKey.append(count, to: &bytes)
    RowKey.append(position.value, to: &bytes)
    return bytes
  }
}
