// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerStorage

/// A ledger as years leave it: many models whose versions are trained, evaluated and approved, nine
/// events in ten log lines.
enum Populate {
  static let alice = Actor(
    id: ActorID("alice")!, authentication: .os, host: "gpu7",
    os: OSUser(login: "alice", uid: 1000))
  static let bob = Actor(
    id: ActorID("bob")!, authentication: .os, host: "gpu7", os: OSUser(login: "bob", uid: 1001))
  static let runner = RunnerIdentity(
    machine: "bench", pid: 1, startTicks: 1, pidNamespace: 1, boot: "bench", tool: "bench")
  static let project = Name("bench")!
  static let models = 32
  /// Training 2 + 2, evaluation 2 + 2, approval 4.
  static let factsPerVersion = 12
  static let linesPerVersion = 108

  static func run(_ arguments: [String]) {
    guard arguments.count == 2, let count = Int(arguments[1]) else { Bench.usage() }
    do {
      let ledger = try Ledger.create(
        at: arguments[0], origin: "example.org/bench", by: alice, tool: "bench")
      accept(ledger, alice, .addProject(project, text: EventText([.path: .string("/bench")])))
      accept(ledger, alice, .grant(GrantRoles(member: bob.id, roles: [.approver])))
      let versions = count / (factsPerVersion + linesPerVersion) / models
      let threads = (0..<models).map { model in
        Thread.start {
          for _ in 0..<versions { live(ledger, Name("model-\(model)")!) }
        }
      }
      for thread in threads { thread.join() }
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }

  @discardableResult
  static func accept(_ ledger: Ledger, _ actor: Actor, _ intent: Intent) -> [Event] {
    let outcome = ledger.append(Submission(Command(actor: actor, intent: intent)))
    guard case .accepted(let events) = outcome else { Bench.fail(outcome) }
    return events
  }

  /// One version from its training to its approval.
  static func live(_ ledger: Ledger, _ model: Name) {
    let subject = SubjectReference(kind: .model, name: model)
    let digest = Digest(words: (1, 2, 3, 4))
    let files = FilesDigest(count: 1, bytes: 1000, digest: digest)
    let command = EventText([.command: .array([.string("python3"), .string("train.py")])])
    let created = accept(
      ledger, alice,
      .createJob(
        CreateJob(
          project: project, subject: subject, fact: JobCreated(kind: .training), runner: runner,
          text: command)))
    guard let job = created.last?.job, let number = created.last?.number else {
      Bench.fail("no job")
    }
    Ingest.append(Ingest.batch(job, from: 1, count: linesPerVersion / 2), to: ledger)
    accept(
      ledger, alice,
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(exit: 0),
          result: .made(VersionMade(artifacts: files), text: EventText()))))
    let evaluation = accept(
      ledger, alice,
      .createJob(
        CreateJob(
          project: project, subject: subject, number: number,
          fact: JobCreated(kind: .evaluation), runner: runner, text: command)))
    guard let evaluationJob = evaluation.last?.job else { Bench.fail("no job") }
    Ingest.append(Ingest.batch(evaluationJob, from: 1, count: linesPerVersion / 2), to: ledger)
    let metrics = [Metric(name: "accuracy", value: 0.95), Metric(name: "auc", value: 0.98)]
    accept(
      ledger, alice,
      .endJob(
        EndJob(
          job: evaluationJob, status: .completed, ending: JobEnding(exit: 0),
          result: .evaluated(
            VersionEvaluated(metrics: metrics, dataDigest: digest), text: EventText()))))
    accept(
      ledger, bob,
      .decide(
        DecideVersion(
          version: VersionID(
            subject: SubjectID(project: project, name: model), number: number),
          verdict: .approved, reason: "accuracy above the threshold", shown: true,
          runner: runner)))
  }
}
