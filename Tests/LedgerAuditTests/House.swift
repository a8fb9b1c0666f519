// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Synchronization
import Testing

/// A real ledger in a folder of its own, with a clock that each step moves by a second.
final class House {
  let folder = TemporaryFolder()
  let ledger: Ledger

  init() throws {
    let start = try #require(Timestamp("2026-06-30T08:00:00.000000Z"))
    let box = Clock(start)
    ledger = try Ledger.create(
      at: folder.file("ledger"), origin: "example.org/house", by: .alice, tool: "jobledger/test",
      options: Ledger.Options(
        clock: LedgerClock {
          let time = box.now.withLock { $0 }
          return ClockReading(
            time: time, boot: "test", bootMicroseconds: UInt64(time.microseconds))
        }))
    clock = box
  }

  deinit { ledger.close() }

  struct Unexpected: Error {
    var what: String
  }

  private final class Clock: Sendable {
    let now: Mutex<Timestamp>
    init(_ time: Timestamp) { now = Mutex(time) }
  }
  private let clock: Clock

  func advance(seconds: Int64 = 1) {
    clock.now.withLock { $0.microseconds += seconds * 1_000_000 }
  }

  var size: LedgerSize {
    get throws { try ledger.reader.withSnapshot { $0.size } }
  }

  @discardableResult
  func ask(_ actor: Actor, _ intent: Intent) throws -> [Event] {
    advance()
    let outcome = ledger.append(Submission(actor.asks(intent)))
    guard case .accepted(let events) = outcome else {
      throw Unexpected(what: "\(outcome)")
    }
    return events
  }

  func log(_ job: JobID, _ lines: [(LogLine, [UInt8])]) throws {
    advance()
    var batch = LogBatch(job: job, actor: .system(for: .olga))
    for (fact, bytes) in lines {
      batch.lines.append(LogBatch.Line(fact: fact, offset: batch.bytes.count, count: bytes.count))
      batch.bytes += bytes
    }
    guard case .accepted = ledger.append(batch) else {
      throw Unexpected(what: "log refused")
    }
  }

  /// Writes a list as a blob, as the runner does, and tells its digest.
  func blob(_ bytes: [UInt8], as digest: Digest) {
    let folder = ledger.directory.blobsDirectory
    for part in ["", "/sha256", "/sha256/" + digest.hex.prefix(2)] { mkdir(folder + part, 0o700) }
    TemporaryFolder.write(bytes, to: folder + "/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
  }

  func documents<R>(
    asOf size: LedgerSize? = nil, verifying: Bool = false, _ body: (inout Documents) throws -> R
  ) throws -> R {
    try ledger.reader.withSnapshot { snapshot in
      var documents = Documents(
        snapshot, asOf: size ?? snapshot.size, directory: ledger.directory, verifying: verifying)
      return try body(&documents)
    }
  }

  func job(_ events: [Event]) throws -> JobID { try #require(events.last?.job) }

  static let metrics = [
    Metric(name: "accuracy", value: 0.95), Metric(name: "auc", value: .nan),
  ]

  /// Trains a version of the model with a log, and evaluates it.
  func makeVersion(_ number: UInt32, artifacts: FilesDigest) throws {
    let training = try job(
      try ask(
        .olga,
        .createJob(
          CreateJob(
            project: .churn, subject: Scenario.modelReference,
            fact: JobCreated(kind: .training, commit: String(repeating: "a", count: 40)),
            manifestDigest: .test(1), runner: .test(),
            text: EventText([
              .command: .array([.string("python3"), .string("train it.py")])
            ])))))
    try log(
      training,
      [
        (LogLine(stream: .stdout, line: 1, level: .info, detector: 1), Array("epoch 1".utf8)),
        (LogLine(stream: .stderr, line: 2, level: .warning, detector: 1), Array("slow".utf8)),
      ])
    try ask(
      .olga,
      .endJob(
        EndJob(
          job: training, status: .completed,
          ending: JobEnding(exit: 0, durationMicroseconds: 2_500_000),
          result: .made(
            VersionMade(artifacts: artifacts),
            text: EventText([.rationale: .string("more data")])))))
    let evaluation = try job(
      try ask(.olga, Scenario.job(.evaluation, number: number)))
    try ask(
      .olga,
      .endJob(
        EndJob(
          job: evaluation, status: .completed, ending: JobEnding(exit: 0),
          result: .evaluated(
            VersionEvaluated(metrics: House.metrics, dataDigest: .test(900)),
            text: EventText([.procedure: .string("hold-out")])))))
  }

  /// A model's whole life: two versions, one rejected, one deployed and retired; a failed job.
  func live() throws {
    try ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    try makeVersion(1, artifacts: .test(1))
    try ask(.bob, Scenario.decision(.rejected, Scenario.version(1), reason: "too slow"))
    var policy = Policy.default
    policy.driftPSI = 0.25
    policy.thresholds = [
      Policy.MetricThreshold(
        scope: "churn", metric: "accuracy", threshold: Policy.Threshold(min: 0.5))
    ]
    try ask(.alice, .setPolicy(policy, reason: "house rules"))
    try makeVersion(2, artifacts: .test(2))
    try ask(.bob, Scenario.decision(.approved, Scenario.version(2), reason: "metrics hold"))
    let deployment = try job(try ask(.olga, Scenario.deployment(Scenario.version(2))))
    let failing = try job(try ask(.olga, Scenario.job(.training)))
    try ask(
      .olga,
      .endJob(
        EndJob(
          job: failing, status: .failed, ending: JobEnding(signal: "SIGKILL"), error: "killed")))
    try ask(
      .olga,
      .retire(
        RetireDeployment(deployment: deployment, reason: "replaced by v3", runner: .test())))
  }
}
