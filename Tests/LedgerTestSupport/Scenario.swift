// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Given what happened, when a command comes, then events or a refusal: entirely in memory.
///
/// A new scenario has a ledger of Alice's with Bob as approver, Olga as operator, and the project
/// `churn`. Steps are named after what they bring about.
public struct Scenario: Sendable {
  /// The log and the views.
  public var recorder: Recorder
  private var random = SplitMix64(seed: 0x5ce7_a510)

  /// What the history should have allowed and did not.
  public struct Unexpected: Error {
    /// What came instead.
    public let description: String
  }

  /// The model that the steps are about.
  public static let model = SubjectID(project: .churn, name: Name(unchecked: "churn-lr"))
  /// The feature task that the steps are about.
  public static let feature = SubjectID(project: .churn, name: Name(unchecked: "tenure-buckets"))

  /// An empty log without even its first event.
  public init(empty clock: FixedClock) { self.recorder = Recorder(clock: clock) }

  /// The ledger described above.
  public init() throws {
    self.init(empty: FixedClock())
    try recorder.append(Scenario.beginning(by: .alice))
    try given(
      Actor.alice.asks(.addProject(.churn, text: EventText([.path: .string("/srv/churn")]))),
      Actor.alice.asks(.grant(GrantRoles(member: Actor.bob.id, roles: [.approver]))),
      Actor.alice.asks(.grant(GrantRoles(member: Actor.olga.id, roles: [.operator]))))
  }

  /// The first two events of every ledger.
  public static func beginning(by actor: Actor) -> [Draft] {
    [
      Draft(
        actor: actor,
        fact: .ledgerCreated(
          LedgerCreated(
            id: "00112233445566778899aabbccddeeff", origin: "example.org/ledger",
            vkey: "example.org/ledger+00000000+AQ==", format: 1, tool: "jobledger/0.1.0"))),
      Draft(
        actor: actor,
        fact: .memberGranted(
          MemberGranted(
            member: actor.id, roles: [.admin, .approver, .auditor, .operator], leastAuth: .os))),
    ]
  }

  /// Everything that happened.
  public var events: [Event] { recorder.events }
  /// What follows from it.
  public var views: MemoryViews { recorder.views }

  /// Commands that the history consists of; throws when one is refused.
  public mutating func given(_ commands: Command...) throws {
    for command in commands { try when(command) }
  }

  /// What follows from a command: the events, already part of the history.
  @discardableResult
  public mutating func when(_ command: Command) throws -> [Event] {
    try recorder.append(try recorder.decide(command, bits: random.next()))
  }

  /// Events that no command makes; for facts of later versions and for damage.
  @discardableResult
  public mutating func given(_ drafts: [Draft]) throws -> [Event] { try recorder.append(drafts) }

  /// Why a command would be refused; nil when it would not. Nothing is recorded.
  public func refusal(of command: Command) -> Refusal? {
    do {
      _ = try recorder.decide(command, bits: 77)
      return nil
    } catch {
      return error
    }
  }
}

extension Scenario {
  /// How an event names the model.
  public static let modelReference = SubjectReference(kind: .model, name: model.name)
  /// How an event names the feature task.
  public static let featureReference = SubjectReference(kind: .feature, name: feature.name)

  /// A version of the model.
  public static func version(_ number: UInt32) -> VersionID {
    VersionID(subject: model, number: VersionNumber(number))
  }

  /// A version of the feature task.
  public static func task(_ number: UInt32) -> VersionID {
    VersionID(subject: feature, number: VersionNumber(number))
  }

  /// Asks for a job about the model, running at once unless `queued`.
  public static func job(
    _ kind: JobKind, number: UInt32? = nil, of subject: SubjectReference = modelReference,
    deployment: DeploymentID? = nil, target: Name? = nil, queued: Bool = false,
    reason: Text? = nil, replaces: Bool = false
  ) -> Intent {
    .createJob(
      CreateJob(
        project: .churn, subject: subject, number: number.map(VersionNumber.init),
        fact: JobCreated(
          kind: kind, deployment: deployment, target: target, queued: queued ? true : nil),
        manifestDigest: .test(1), runner: queued ? nil : .test(), reason: reason,
        replaces: replaces))
  }

  /// Asks for a decision about a version.
  public static func decision(
    _ verdict: Verdict, _ version: VersionID, reason: Text = "metrics hold", shown: Bool = true,
    seen: LedgerSize? = nil, overrides: Bool = false, validUntil: CalendarDate? = nil
  ) -> Intent {
    .decide(
      DecideVersion(
        version: version, verdict: verdict, reason: reason, seen: seen, shown: shown,
        overridesThresholds: overrides, validUntil: validUntil, runner: .test()))
  }

  /// Asks for a deployment at once.
  public static func deployment(
    _ version: VersionID, to target: Name = .production, replaces: Bool = false,
    reason: Text? = nil, job: JobID? = nil
  ) -> Intent {
    .deploy(
      PromoteVersion(
        version: version, target: target, replaces: replaces, reason: reason, job: job,
        runner: .test()))
  }

  /// A training by Olga runs; its job.
  public mutating func training(by actor: Actor = .olga) throws -> JobID {
    try jobOf(try when(actor.asks(Scenario.job(.training))))
  }

  /// A version of the model has its artifacts; its number.
  @discardableResult
  public mutating func trained(by actor: Actor = .olga) throws -> VersionID {
    let job = try training(by: actor)
    let number = try latest(Scenario.model)
    try when(
      actor.asks(
        .endJob(
          EndJob(
            job: job, status: .completed, ending: JobEnding(exit: 0),
            result: .made(
              VersionMade(artifacts: .test(UInt64(number))), text: EventText())))))
    return Scenario.version(number)
  }

  /// A version of the model is evaluated.
  @discardableResult
  public mutating func evaluated(
    by actor: Actor = .olga, metrics: [Metric] = [Metric(name: "accuracy", value: 0.95)]
  ) throws -> VersionID {
    let version = try trained(by: actor)
    try evaluate(version, metrics: metrics)
    return version
  }

  /// One more evaluation of a version.
  public mutating func evaluate(
    _ version: VersionID, metrics: [Metric] = [Metric(name: "accuracy", value: 0.95)]
  ) throws {
    let job = try jobOf(
      try when(Actor.olga.asks(Scenario.job(.evaluation, number: version.number.value))))
    try when(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .completed, ending: JobEnding(exit: 0),
            result: .evaluated(
              VersionEvaluated(metrics: metrics, dataDigest: .test(900)), text: EventText())))))
  }

  /// A version of the model is approved by Bob.
  @discardableResult
  public mutating func approved(validUntil: CalendarDate? = nil) throws -> VersionID {
    let version = try evaluated()
    try when(Actor.bob.asks(Scenario.decision(.approved, version, validUntil: validUntil)))
    return version
  }

  /// A version of the model is in production; the deployment.
  @discardableResult
  public mutating func deployed(to target: Name = .production) throws -> DeploymentID {
    let version = try approved()
    return try jobOf(try when(Actor.olga.asks(Scenario.deployment(version, to: target))))
  }

  /// The feature task's next version has its files; its number.
  @discardableResult
  public mutating func imported() throws -> VersionID {
    let job = try jobOf(
      try when(
        Actor.olga.asks(Scenario.job(.import, of: Scenario.featureReference))))
    let number = try latest(Scenario.feature)
    try when(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .completed, ending: JobEnding(),
            result: .made(
              VersionMade(artifacts: .test(500 + UInt64(number))), text: EventText())))))
    return Scenario.task(number)
  }

  /// The policy with changes, set by Alice.
  public mutating func policy(_ change: (inout Policy) -> Void) throws {
    var policy = Policy.default
    change(&policy)
    try when(Actor.alice.asks(.setPolicy(policy, reason: "house rules")))
  }

  /// The job of the last of these events.
  public func jobOf(_ events: [Event]) throws -> JobID {
    guard let job = events.last?.job else { throw Unexpected(description: "no job") }
    return job
  }

  private func latest(_ subject: SubjectID) throws -> UInt32 {
    var views = recorder.views
    guard let number = views.subject(subject)?.latestNumber else {
      throw Unexpected(description: "no \(subject)")
    }
    return number
  }
}
