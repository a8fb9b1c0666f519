// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerStorage
import Synchronization

/// A ledger as a bank's model risk team would have it after three years: each model has 40 versions and
/// 400 jobs in 20,000 events; versions are rejected, approved, replaced and retired, score by schedule,
/// drift, and are answered for. Twice the events are twice the models; one model stays as large.
///
/// Seeded: two of the same seed differ in identifiers of jobs and in salts alone.
struct Estate {
  private static let eventsPerModel = 20_000
  private static let versionsPerModel = 40
  private static let predictionsPerVersion = 6

  /// `LEDGER EVENTS [SEED]`
  static func run(_ arguments: [String]) {
    guard arguments.count >= 2, let events = Int(arguments[1]) else { Bench.usage() }
    let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 2026 : 2026
    do {
      var estate = try Estate(arguments[0], models: max(1, events / eventsPerModel), seed: seed)
      try estate.live()
    } catch {
      Bench.fail(error)
    }
  }

  private struct Model {
    var subject: SubjectID
    var deployed: (id: DeploymentID, number: VersionNumber)?
    var maker: Actor
  }

  private let ledger: Ledger
  private let time: Clock
  private var models: [Model] = []
  private var random: Random

  private init(_ path: String, models count: Int, seed: UInt64) throws {
    // About 300 seconds of its own a version, stretched to three years for all of them together.
    let time = Clock(stretch: 94_608_000 / (300 * Int64(count * Estate.versionsPerModel)))
    self.time = time
    random = Random(state: seed)
    let options = Ledger.Options(
      clock: LedgerClock { time.read() }, unsafeNoSync: true)
    ledger = try Ledger.create(
      at: path, origin: "example.org/estate", by: Estate.person("ada"), tool: "bench",
      options: options)
    let ada = Estate.person("ada")
    for project in 0..<max(1, count / 25) {
      Populate.accept(
        ledger, ada,
        .addProject(
          Name("project-\(project)")!, text: EventText([.path: .string("/srv/\(project)")])))
    }
    for name in ["bea", "cem", "dov"] {
      Populate.accept(
        ledger, ada, .grant(GrantRoles(member: ActorID(name)!, roles: [.approver, .operator])))
    }
    for index in 0..<8 {
      Populate.accept(
        ledger, ada, .grant(GrantRoles(member: ActorID("maker-\(index)")!, roles: [.operator])))
    }
    for index in 0..<count {
      models.append(
        Model(
          subject: SubjectID(
            project: Name("project-\(index / 25)")!, name: Name("model-\(index)")!),
          deployed: nil, maker: Estate.person("maker-\(index % 8)")))
    }
  }

  private static func person(_ name: String) -> Actor {
    let uid = name.utf8.reduce(UInt32(1000)) { ($0 &* 31 &+ UInt32($1)) % 50_000 }
    return Actor(
      id: ActorID(name)!, authentication: .os, host: "gpu7", os: OSUser(login: Text(name), uid: uid)
    )
  }

  private mutating func live() throws {
    for round in 0..<Estate.versionsPerModel {
      for index in models.indices { cycle(index, round) }
    }
    ledger.close()
  }

  /// One version: made, evaluated, decided on, and mostly put in the place of the one before.
  private mutating func cycle(_ index: Int, _ round: Int) {
    let model = models[index]
    let maker = model.maker
    let (training, number) = create(model, .training, nil, by: maker)
    log(training, 240)
    let rationale = EventText([.rationale: .string(Vocabulary.sentence(&random))])
    let artifacts = FilesDigest(count: 2, bytes: 48_000, digest: digest())
    let isMade = random.next(100) >= 4
    end(
      training, by: maker,
      isMade ? .made(VersionMade(artifacts: artifacts), text: rationale) : nil)
    guard isMade else { return }
    let version = VersionID(subject: model.subject, number: number)
    let (evaluation, _) = create(model, .evaluation, number, by: maker)
    log(evaluation, 45)
    let accuracy = 0.85 + Double(random.next(1300)) / 10_000
    end(
      evaluation, by: maker,
      .evaluated(
        VersionEvaluated(
          metrics: [
            Metric(name: "accuracy", value: accuracy), Metric(name: "auc", value: accuracy + 0.01),
          ], dataDigest: digest(), responsible: maker.id),
        text: EventText([.procedure: .string("hold-out of the last quarter")])))
    let decider = Estate.person(["bea", "cem", "dov"][Int(random.next(3))])
    let approves = random.next(100) < 78
    Populate.accept(
      ledger, decider,
      .decide(
        DecideVersion(
          version: version, verdict: approves ? .approved : .rejected,
          reason: Text(Vocabulary.sentence(&random)), shown: random.next(10) < 9,
          runner: Populate.runner)))
    if approves { deploy(index, version) }
    guard let deployment = models[index].deployed else { return }
    for _ in 0..<Estate.predictionsPerVersion { predict(model, deployment.id, deployment.number) }
  }

  private mutating func deploy(_ index: Int, _ version: VersionID) {
    let operators = Estate.person(["bea", "cem", "dov"][Int(random.next(3))])
    let events = Populate.accept(
      ledger, operators,
      .deploy(
        PromoteVersion(
          version: version, target: Name("production")!, replaces: models[index].deployed != nil,
          reason: Text(Vocabulary.sentence(&random)), runner: Populate.runner)))
    for event in events {
      if case .versionDeployed(let fact) = event.fact {
        models[index].deployed = (fact.deployment, version.number)
      }
    }
    guard random.next(100) < 5, let deployed = models[index].deployed else { return }
    Populate.accept(
      ledger, operators,
      .retire(
        RetireDeployment(
          deployment: deployed.id, reason: Text(Vocabulary.sentence(&random)),
          runner: Populate.runner)))
    models[index].deployed = nil
  }

  private mutating func predict(
    _ model: Model, _ deployment: DeploymentID, _ number: VersionNumber
  ) {
    let (job, _) = create(model, .prediction, number, deployment: deployment, by: model.maker)
    log(job, 28)
    end(
      job, by: model.maker,
      random.next(100) < 2
        ? nil
        : .outputs(
          OutputsMade(
            deployment: deployment, rows: random.next(1_000_000),
            outputs: FilesDigest(count: 1, bytes: 90_000, digest: digest()))))
  }

  private mutating func create(
    _ model: Model, _ kind: JobKind, _ number: VersionNumber?, deployment: DeploymentID? = nil,
    by actor: Actor
  ) -> (JobID, VersionNumber) {
    time.advance(seconds: 20 + Int64(random.next(20)))
    let commit = String((0..<40).map { _ in "0123456789abcdef".randomElement(using: &random)! })
    let events = Populate.accept(
      ledger, actor,
      .createJob(
        CreateJob(
          project: model.subject.project,
          subject: SubjectReference(kind: .model, name: model.subject.name), number: number,
          fact: JobCreated(
            kind: kind, deployment: deployment,
            inputs: ListDigest(count: 1, digest: digest()),
            code: ListDigest(count: 12, digest: digest()), commit: commit, dirty: false,
            environmentDigest: digest()),
          runner: Populate.runner,
          text: EventText([
            .command: .array([.string("python3"), .string("\(kind.rawValue).py")])
          ]))))
    guard let job = events.last?.job, let number = events.last?.number else {
      Bench.fail("no job of a version")
    }
    return (job, number)
  }

  private func log(_ job: JobID, _ count: Int) {
    time.advance(seconds: 5)
    Ingest.append(Ingest.batch(job, from: 1, count: count), to: ledger)
  }

  /// Ends a job; without a result it failed.
  private mutating func end(_ job: JobID, by actor: Actor, _ result: EndJob.Result?) {
    time.advance(seconds: 10)
    Populate.accept(
      ledger, actor,
      .endJob(
        EndJob(
          job: job, status: result == nil ? .failed : .completed,
          ending: JobEnding(exit: result == nil ? 1 : 0, durationMicroseconds: 15_000_000),
          result: result ?? .none, error: result == nil ? "ValueError: no rows" : nil)))
  }

  private mutating func digest() -> Digest {
    Digest(words: (random.next(), random.next(), random.next(), random.next()))
  }
}

/// A clock that stands still until it is moved: events of three years in a few minutes.
private final class Clock: Sendable {
  private let now = Mutex(Timestamp(year: 2023, month: 7, day: 1)!)
  private let stretch: Int64

  /// Each step is so many times as long.
  init(stretch: Int64) { self.stretch = max(1, stretch) }

  func advance(seconds: Int64) {
    now.withLock { $0.microseconds += seconds * stretch * 1_000_000 }
  }

  func read() -> ClockReading {
    let time = now.withLock { $0 }
    return ClockReading(
      time: time, boot: "bench", bootMicroseconds: UInt64(time.microseconds))
  }
}

/// SplitMix64.
struct Random: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number below a bound.
  mutating func next(_ bound: UInt64) -> UInt64 { next() % bound }
}

/// Reasons as people give them: a few hundred words, most of them rare.
private enum Vocabulary {
  private static let common = [
    "the", "metrics", "hold", "on", "recent", "data", "drift", "of", "is", "below", "limit",
    "approved", "for", "production", "with", "second", "reader", "segment", "quarter", "model",
  ]

  static func sentence(_ random: inout Random) -> String {
    (0..<8 + random.next(8)).map { _ in
      random.next(10) < 7
        ? common[Int(random.next(UInt64(common.count)))] : "term\(random.next(4000))"
    }.joined(separator: " ")
  }
}
