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
  /// last such event are counted and told by the next one.
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
      try put(
        tables.head, key, PendingRefusals(time: stored.time, count: stored.count + 1).bytes,
        mode: .overwrite)
      return
    }
    let draft = command.refused(
      for: refusal, count: UInt32(clamping: (stored?.count ?? 0) + 1), given: &views)
    if let failure = views.failure { throw failure }
    _ = try append(draft, request: nil, random: &random)
    try put(tables.head, key, PendingRefusals(time: time, count: 0).bytes, mode: .overwrite)
  }

  private func pendingRefusals(_ key: [UInt8]) throws(StorageError) -> PendingRefusals? {
    do throws(LMDBError) {
      return try loan.bytes(tables.head, key).flatMap(PendingRefusals.init)
    } catch {
      throw StorageError(lmdb: error)
    }
  }
}

/// Refusals since the last event that told of them: its time and their number, 8 bytes each.
struct PendingRefusals: Equatable {
  var time: Timestamp
  var count: UInt64

  /// Where those of an actor, a command and a rule stand.
  static func key(of actor: ActorID, command: String, rule: String) -> [UInt8] {
    HeadKey.refusals + Array("\(actor.string)\0\(command)\0\(rule)".utf8)
  }

  init(time: Timestamp, count: UInt64) {
    self.time = time
    self.count = count
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
    time = Timestamp(microseconds: Int64(bitPattern: number(0..<8)))
    count = number(8..<16)
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    RowKey.append(UInt64(bitPattern: time.microseconds), to: &bytes)
    RowKey.append(count, to: &bytes)
    return bytes
  }
}
