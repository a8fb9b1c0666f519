// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Makes random valid histories: random commands, of which the rules accept what they accept.
///
/// Everything follows from the seed. Kinds of steps: HistoryGenerator+Jobs.swift for jobs,
/// +Decisions.swift for versions and deployments, +Ledger.swift for members, policy and the rest.
public struct HistoryGenerator {
  var random: SplitMix64
  var recorder = Recorder()
  var steps: [History.Step] = []
  private let seed: UInt64
  /// Jobs that have not ended, in order.
  var openJobs: [JobID] = []
  /// Jobs that have.
  var endedJobs: [JobID] = []
  /// Projects, in order.
  var projects: [Name] = []
  /// Models and feature tasks, in order.
  var subjects: [SubjectID] = []
  /// Versions, failed ones included, in order.
  var versions: [VersionID] = []
  /// Deployments, retired ones included, in order.
  var deployments: [DeploymentID] = []
  /// Schedules that were not removed.
  var schedules: [(project: Name, name: Name)] = []
  /// Lines logged by each job.
  var lines: [JobID: UInt64] = [:]
  /// A number for each digest.
  var digests: UInt64 = 0

  /// Starts the sequence of `seed`. With `signs`, one of the approvers is known by a key, whose
  /// signatures are none: for the rules alone, not for a store.
  public init(seed: UInt64, signs: Bool = false) {
    self.seed = seed
    if signs { people[6] = (.signer("frank", uid: 1003), [.approver], .ssh) }
    self.random = SplitMix64(seed: seed)
  }

  /// The history of `seed`, with at least `length` events (a few more: steps are whole).
  public static func history(seed: UInt64, length: Int, signs: Bool = false) -> History {
    var generator = HistoryGenerator(seed: seed, signs: signs)
    return generator.history(length: length)
  }

  /// Goes on until there are `length` events.
  public mutating func history(length: Int) -> History {
    if recorder.events.isEmpty { begin() }
    while recorder.events.count < length { step() }
    return History(
      seed: seed, events: recorder.events, texts: recorder.texts, steps: steps,
      views: recorder.views)
  }

  private mutating func begin() {
    record(Scenario.beginning(by: .alice))
    attempt(Actor.alice.asks(.addProject(.churn, text: words(.path, .description))))
    for (actor, roles, auth) in people.dropFirst() where roles != [] {
      attempt(
        Actor.alice.asks(
          .grant(GrantRoles(member: actor.person, roles: roles, leastAuth: auth))))
    }
  }

  /// Who takes part: some share a uid, some are remote, one may sign, one claims, one is nobody.
  private(set) var people: [(actor: Actor, roles: [Role], auth: Authentication)] = [
    (.alice, [.admin], .os), (.bob, [.approver], .os), (.olga, [.operator], .os),
    (.local("carol", uid: 1000), [.approver, .operator], .os),
    (.claimed("dave", by: .alice), [.approver, .operator], .claimed),
    (.remote("erin"), [.approver, .operator, .admin], .token),
    (.local("frank", uid: 1003), [.approver], .os),
    (.system(for: .olga), [], .os), (.mallory, [], .os),
  ]

  private mutating func step() {
    pass()
    switch random.below(100) {
    case 0..<9: train()
    case 9..<15: use(random.oneIn(3) ? .statistics : .evaluation)
    case 15..<19: use(random.oneIn(2) ? .run : .prediction)
    case 19..<22: execute()
    case 22..<25: start()
    case 25..<44: log()
    case 44..<48: progress()
    case 48..<50: stop()
    case 50..<70: end()
    case 70..<79: decide()
    case 79..<86: deploy()
    case 86..<89: retire()
    case 89..<90: describe()
    case 90..<92: note()
    case 92..<93: changeProject()
    case 93..<95: changeMember()
    case 95..<96: changePolicy()
    case 96..<97: assess()
    case 97..<99: later()
    default: if random.oneIn(3) { attempt(anyone().asks(.correctClock(reason: reason()))) }
    }
  }

  /// Time goes by: mostly little, sometimes none, sometimes days.
  private mutating func pass() {
    switch random.below(20) {
    case 0..<4: break
    case 4: recorder.clock.advance(days: Int64(random.below(40)))
    case 5: recorder.clock.advance(microseconds: -Int64(random.below(4_000_000)))
    default: recorder.clock.advance(microseconds: Int64(random.below(3_000_000)))
    }
  }

  /// Asks, and keeps what follows: events, or the refusal.
  mutating func attempt(_ command: Command) {
    if case .correctClock = command.intent { recorder.clock.advance(microseconds: -9_000_000) }
    let bits = random.next()
    let now = recorder.clock.now
    let first = recorder.events.count
    do {
      append(try recorder.decide(command, bits: bits))
      steps.append(
        .accepted(command, at: now, bits: bits, events: first..<recorder.events.count))
    } catch {
      if error.isRecorded { append([recorder.refused(command, for: error)]) }
      steps.append(
        .refused(command, at: now, bits: bits, error, events: first..<recorder.events.count))
    }
  }

  /// Keeps facts that no command asks for.
  mutating func record(_ drafts: [Draft]) {
    let first = recorder.events.count
    append(drafts)
    steps.append(
      .recorded(drafts, at: recorder.clock.now, events: first..<recorder.events.count))
  }

  private mutating func append(_ drafts: [Draft]) {
    do {
      for event in try recorder.append(drafts) { remember(event) }
    } catch {
      preconditionFailure("seed \(seed): what the rules allow cannot be folded: \(error)")
    }
  }

  private mutating func remember(_ event: Event) {
    switch event.fact {
    case .projectCreated(let fact): projects.append(fact.name)
    case .subjectRegistered: if let subject = event.subjectID { subjects.append(subject) }
    case .jobCreated(let fact):
      if let job = event.job { openJobs.append(job) }
      if fact.kind.makesVersion, let version = event.versionID { versions.append(version) }
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      if let job = event.job {
        openJobs.removeAll { $0 == job }
        endedJobs.append(job)
      }
    case .versionDeployed(let fact): deployments.append(fact.deployment)
    case .scheduleCreated(let fact):
      if let project = event.project { schedules.append((project, fact.schedule)) }
    case .scheduleRemoved(let fact):
      schedules.removeAll { $0.project == event.project && $0.name == fact.schedule }
    default: break
    }
  }
}
