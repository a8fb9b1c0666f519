// SPDX-License-Identifier: Apache-2.0
// LedgerFuzzing/DataFile — whole data files, changed anyhow: verified and read, nothing may be silent.
// Touches: a ledger in a folder that the caller names. The file is read in a process that may die.
// Invariant: what a verification passes is read exactly as it was before the change.
// Start at: DataFileSample.make(at:), DataFileMutator, DataFileReading, DataFileTrial.
// Run by tools/fuzz --data-file, and by DataFileTests in LedgerAuditTests.

import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Transparency

/// A small ledger with something in every table: jobs, decisions, log lines, words that fill pages
/// of their own, words that were erased, request keys, and a checkpoint.
public struct DataFileSample: Sendable {
  /// The ledger's directory.
  public let path: String
  /// Its data file as it is.
  public let sound: [UInt8]
  /// The same file some commits before.
  public let earlier: [UInt8]

  /// What kept the sample from being made.
  public struct Unexpected: Error {
    /// What came instead.
    public let description: String
  }

  /// Where the data file of a ledger at `path` is.
  public static func dataFile(of path: String) -> String { "\(path)/db/1/data.mdb" }

  /// Makes the ledger by the writer's own code; `path` does not exist.
  public static func make(at path: String) throws -> DataFileSample {
    let ledger = try Ledger.create(
      at: path, origin: "example.org/data", by: .alice, tool: "jobledger/test",
      options: Ledger.Options(mapSizeBytes: 1 << 24, unsafeNoSync: true))
    defer { ledger.close() }
    var maker = Maker(ledger: ledger)
    try maker.members()
    try maker.version(1, decided: .rejected)
    let earlier = TemporaryFolder.read(dataFile(of: path)) ?? []
    try maker.version(2, decided: .approved)
    try maker.life()
    guard case .signed = ledger.signCheckpoint() else {
      throw Unexpected(description: "no checkpoint")
    }
    ledger.close()
    let sound = TemporaryFolder.read(dataFile(of: path)) ?? []
    return DataFileSample(path: path, sound: sound, earlier: earlier)
  }

  private struct Maker {
    let ledger: Ledger
    private var requests = 0

    init(ledger: Ledger) { self.ledger = ledger }

    @discardableResult
    mutating func ask(_ actor: Actor, _ intent: Intent) throws -> JobID? {
      requests += 1
      let command = actor.asks(intent)
      // Every other command can be repeated under its key.
      let name = "request-\(requests)"
      let request =
        requests.isMultiple(of: 2) ? RequestKey(name).map { ($0, Array(name.utf8)) } : nil
      guard case .accepted(let events) = ledger.append(Submission(command, request: request))
      else { throw Unexpected(description: "refused: \(intent)") }
      return events.last?.job
    }

    mutating func asked(_ actor: Actor, _ intent: Intent) throws -> JobID {
      guard let job = try ask(actor, intent) else { throw Unexpected(description: "no job") }
      return job
    }

    mutating func members() throws {
      try ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
      try ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
      try ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
      var policy = Policy.default
      policy.retentionMinimumDays = 0
      try ask(.alice, .setPolicy(policy, reason: "house rules"))
    }

    /// Trains, logs, evaluates and decides.
    mutating func version(_ number: UInt32, decided verdict: Verdict) throws {
      let training = try asked(.olga, Scenario.job(.training))
      for batch in 0..<3 { try log(training, batch: batch, lines: 50) }
      try ask(
        .olga,
        .endJob(
          EndJob(
            job: training, status: .completed, ending: JobEnding(exit: 0),
            result: .made(
              VersionMade(artifacts: .test(UInt64(number))),
              text: EventText([.rationale: .string("more data")])))))
      let evaluation = try asked(.olga, Scenario.job(.evaluation, number: number))
      try ask(
        .olga,
        .endJob(
          EndJob(
            job: evaluation, status: .completed, ending: JobEnding(exit: 0),
            result: .evaluated(
              VersionEvaluated(
                metrics: [Metric(name: "accuracy", value: 0.95)], dataDigest: .test(900)),
              text: EventText()))))
      // Longer than what a page of several entries takes.
      let reason = Text(String(repeating: "metrics hold, and so on; ", count: 120))
      try ask(.bob, Scenario.decision(verdict, Scenario.version(number), reason: reason))
    }

    /// Deploys, schedules nothing, fails once, erases some lines, and goes on.
    mutating func life() throws {
      let deployment = try asked(.olga, Scenario.deployment(Scenario.version(2)))
      let failing = try asked(.olga, Scenario.job(.training))
      try log(failing, batch: 0, lines: 20)
      try ask(
        .olga,
        .endJob(
          EndJob(
            job: failing, status: .failed, ending: JobEnding(signal: "SIGKILL"), error: "killed")))
      let items = try ledger.reader.read { (snapshot) throws(ReadingError) in
        let end = snapshot.size.value
        let range = PositionRange(from: Position(0), to: Position(end - 1))
        return try TextSurvey(snapshot, [range], job: failing).items
      }
      try ask(.alice, .erase(Erase(items: items, basis: .secret, reason: "a password")))
      guard case .done = ledger.scrub() else { throw Unexpected(description: "nothing scrubbed") }
      try ask(
        .olga,
        .retire(RetireDeployment(deployment: deployment, reason: "too old", runner: .test())))
    }

    func log(_ job: JobID, batch: Int, lines: Int) throws {
      var logged = LogBatch(job: job, actor: .system(for: .olga))
      for line in 1...lines {
        let bytes = Array("epoch \(batch * lines + line): loss 0.\(line)".utf8)
        let level: LogLevel = line.isMultiple(of: 9) ? .warning : .info
        logged.lines.append(
          .init(
            fact: LogLine(
              stream: .stdout, line: UInt64(batch * lines + line), level: level, detector: 1),
            offset: logged.bytes.count, count: bytes.count))
        logged.bytes += bytes
      }
      guard case .accepted = ledger.append(logged) else {
        throw Unexpected(description: "lines were refused")
      }
    }
  }
}
