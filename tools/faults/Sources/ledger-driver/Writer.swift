// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Appends one thing after the other and tells of each `TRY` before and what became of it after.
///
/// Of four the first three are commands with a request key, the third of which asks for a
/// checkpoint at once; the fourth is a batch of log lines. All carry a token, such as `wA-17`, by
/// which the check knows them again.
struct Writer {
  private let ledger: Ledger
  private let name: String
  private let first: Int
  private let count: Int
  private let lines: Int
  /// Only log lines, in batches of `lines`.
  private let floods: Bool
  /// Only commands, which can be repeated under their keys.
  private let commandsOnly: Bool
  /// While a file has this name, nothing is appended, and the door is held by nobody here.
  private let pause: String?
  private let job: JobID

  init(_ path: String, _ flags: [String: String]) throws {
    ledger = try Ledger.open(path, options: Driver.options(flags))
    name = flags["--writer"] ?? "w"
    first = flags["--first"].flatMap { Int($0) } ?? 0
    count = flags["--count"].flatMap { Int($0) } ?? .max
    lines = flags["--lines"].flatMap { Int($0) } ?? 3
    floods = flags["--flood"] != nil
    commandsOnly = flags["--commands-only"] != nil
    pause = flags["--pause"]
    job = try Writer.runningJob(ledger)
  }

  private static func runningJob(_ ledger: Ledger) throws -> JobID {
    var found: JobID?
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachEntity(of: .job, asOf: snapshot.size) { (entity) throws(ReadingError) in
        if case .job(let job) = entity, job.status == .running { found = job.id }
        return found == nil
      }
    }
    guard let found else { throw StorageError(.closed, "looking for a running job") }
    return found
  }

  /// 0 when all was appended; 75 when the ledger moved or is busy; 74 for anything else.
  func run() -> Int32 {
    say("OPEN \(name)")
    for index in first..<(count == .max ? .max : first + count) {
      while let pause, access(pause, F_OK) == 0 { usleep(1000) }
      let isBatch = floods || (index % 4 == 3 && !commandsOnly)
      let status = isBatch ? log(index) : command(index)
      if status != 0 { return status }
    }
    ledger.close()
    say("DONE \(name)")
    return 0
  }

  /// The head as this process sees it before it asks, for counting who comes in between.
  private func tell(_ verb: String, _ token: String) {
    let size =
      (try? ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size.value }) ?? 0
    say("\(verb) \(token) \(size)")
  }

  private func command(_ index: Int) -> Int32 {
    let token = "w\(name)-\(index)"
    tell("TRY", token)
    let intent: Intent =
      index % 4 == 2
      ? .grant(GrantRoles(member: ActorID(token)!, roles: [.viewer]))
      : .addProject(
        Name(token)!,
        text: EventText([
          .path: .string(Text("/srv/\(token)")), .description: .string(Text(token)),
        ]))
    let command = Command(actor: Driver.actor, intent: intent)
    let outcome = ledger.append(
      Submission(command, request: (RequestKey(token)!, Array(token.utf8))))
    switch outcome {
    case .accepted(let events), .duplicate(let events):
      let verb = if case .duplicate = outcome { "DUP" } else { "ACK" }
      say("\(verb) \(token) \(events.first?.position.value ?? 0)")
      return 0
    case .refused(let refusal):
      say("REFUSED \(token) \(refusal.word)")
      return 70
    case .failed(let error): return fail("FAILED", token, error)
    case .unknown(let error): return fail("UNKNOWN", token, error)
    }
  }

  private func log(_ index: Int) -> Int32 {
    var batch = LogBatch(job: job, actor: Driver.actor)
    let token = "w\(name)-\(index)"
    for line in 1...lines {
      let bytes = Array("\(token).\(line)".utf8)
      batch.lines.append(
        .init(
          fact: LogLine(
            stream: .stdout, line: UInt64(index * lines + line), level: .info, detector: 1),
          offset: batch.bytes.count, count: bytes.count))
      batch.bytes += bytes
    }
    tell("TRY", "\(token)*\(lines)")
    switch ledger.append(batch) {
    case .accepted(let range):
      say("ACK \(token)*\(lines) \(range.from.value)")
      return 0
    case .refused(let refusal):
      say("REFUSED \(token) \(refusal.word)")
      return 70
    case .failed(let error): return fail("FAILED", "\(token)*\(lines)", error)
    case .unknown(let error): return fail("UNKNOWN", "\(token)*\(lines)", error)
    }
  }

  private func fail(_ verb: String, _ token: String, _ error: StorageError) -> Int32 {
    say("\(verb) \(token) \(word(of: error))")
    if case .directory(let cause) = error.code { return cause.code.exitCode }
    return 74
  }
}
