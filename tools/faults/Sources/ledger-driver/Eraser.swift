// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Erases the log lines that hold a word, and tells when it is decided and when it is finished.
enum Eraser {
  /// 0 when nothing of them is left, 75 when readers stay, 74 for anything else.
  static func run(_ path: String, _ flags: [String: String]) throws -> Int32 {
    let ledger = try Ledger.open(path, options: Driver.options(flags))
    let wanted = flags["--word"] ?? "canary"
    var policy = Policy.default
    policy.retentionMinimumDays = 0
    let setting = Command(actor: Driver.actor, intent: .setPolicy(policy, reason: "a fault run"))
    guard case .accepted = ledger.append(Submission(setting)) else { return 70 }
    let items = try ledger.reader.read { (snapshot) throws(ReadingError) in
      try lines(snapshot, wanted)
    }
    say("TRY erase 0")
    let command = Command(
      actor: Driver.actor,
      intent: .erase(Erase(items: items, basis: .secret, reason: "a fault run")))
    switch ledger.append(Submission(command)) {
    case .accepted(let events): say("ACK erase \(events.first?.position.value ?? 0)")
    case .refused(let refusal):
      say("REFUSED erase \(refusal.word)")
      return 70
    case .failed(let error), .unknown(let error):
      say("FAILED erase \(word(of: error))")
      return 74
    case .duplicate: return 70
    }
    let outcome = ledger.scrub(patience: .milliseconds(500))
    ledger.close()
    switch outcome {
    case .nothing: say("SCRUB nothing")
    case .done(let count): say("SCRUB done \(count)")
    case .waiting(let readers):
      say("SCRUB waiting \(readers.count)")
      return 75
    case .failed(let error):
      say("SCRUB failed \(word(of: error))")
      return 74
    }
    return 0
  }

  private static func lines(
    _ snapshot: Snapshot, _ wanted: String
  ) throws(ReadingError) -> [ErasureItem] {
    var chosen: Set<UInt64> = []
    var job: JobID?
    for value in 0..<snapshot.size.value {
      let event = try snapshot.event(at: Position(value))
      guard case .jobLogged = event.fact,
        let words = try snapshot.text(of: event).string(.message), words.string.contains(wanted)
      else { continue }
      chosen.insert(value)
      job = event.job
    }
    guard let first = chosen.min(), let last = chosen.max() else { return [] }
    let range = PositionRange(from: Position(first), to: Position(last))
    return try TextSurvey(snapshot, [range], job: job, chosen: chosen).items
  }

  /// Holds a snapshot until standard input ends.
  static func read(_ path: String) throws -> Int32 {
    let reader = try LedgerReader.open(path)
    try reader.read { (snapshot) throws(ReadingError) in
      say("READING \(snapshot.size.value)")
      while readLine() != nil {}
    }
    return 0
  }

  /// Deletes the words without any of the rest: the control.
  static func delete(_ path: String, _ flags: [String: String]) throws -> Int32 {
    let ledger = try Ledger.open(path, options: Driver.options(flags))
    let items = try ledger.reader.read { (snapshot) throws(ReadingError) in
      try lines(snapshot, flags["--word"] ?? "canary")
    }
    let tables = ledger.reader.tables
    try ledger.reader.environment.write { (transaction) throws(LMDBError) -> Void in
      for case .texts(let ranges) in items.map(\.what) {
        for range in ranges {
          for value in range.from.value...range.to.value {
            try transaction.loan.delete(tables.texts, BigEndianKey(value))
          }
        }
      }
    }
    ledger.close()
    return 0
  }
}
