// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Every read at every prefix of a random valid history agrees with a model that folds everything
/// in plain Swift.
@Suite struct ReadsPropertyTests {
  @Test(arguments: UInt64(0)..<3)
  func `every read agrees with the naive model at every prefix`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 4000 + seed, length: 110), rotations: true)
    let reader = try #require(store.ledger?.reader)
    let (events, texts) = try reader.stored()
    var random = SplitMix64(seed: seed)
    for prefix in 0...events.count {
      let model = NaiveModel(events[..<prefix], texts: texts[..<prefix])
      let size = LedgerSize(UInt64(prefix))
      try reader.withSnapshot { snapshot in
        let place: Comment = "seed \(seed), size \(prefix)"
        try #require(try entities(snapshot, size, model) == [], place)
        var documents = Documents(snapshot, asOf: size, verifying: prefix % 16 == 0)
        try #require(try decisions(&documents) == expectedDecisions(model), place)
        try #require(try state(&documents) == expectedState(model), place)
      }
      // Every trail at the end; before it a few at each size, or it would take minutes.
      let all = scopes(model)
      let some = prefix == events.count ? all : (0..<3).map { _ in all[random.below(all.count)] }
      for scope in some {
        var found: [Position] = []
        try Trail(reader, of: scope, asOf: size).forEachEntry { found.append($0.event.position) }
        try #require(
          found == expected(scope, events[..<prefix]), "seed \(seed), size \(prefix), \(scope)")
      }
    }
  }

  @Test(arguments: UInt64(0)..<3)
  func `those of some places that a type has are the ones at which such an event stands`(
    seed: UInt64
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 4200 + seed, length: 200))
    let reader = try #require(store.ledger?.reader)
    let (events, _) = try reader.stored()
    var random = SplitMix64(seed: seed)
    var found = 0
    for _ in 0..<20 {
      let share = 1 + random.below(8)
      let some = events.indices.filter { _ in random.oneIn(share) }
      let places = some.map { Position(UInt64($0)) }[...].dropFirst(random.below(3))
      for type in FactCode.allCases where type.isIndexed {
        let expected = places.filter { FactCode(EventType(events[Int($0.value)].fact)) == type }
        let theirs = try reader.withSnapshot { try $0.places(of: type, among: places) }
        try #require(theirs == expected, "seed \(seed), \(type), \(places.count) places")
        found += theirs.count
      }
    }
    #expect(found > 400)
  }

  @Test(arguments: UInt64(0)..<3)
  func `a trail of a window is what the naive model finds of its scope there, with marks`(
    seed: UInt64
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 4100 + seed, length: 260), rotations: true)
    let reader = try #require(store.ledger?.reader)
    let (events, texts) = try reader.stored()
    let size = LedgerSize(UInt64(events.count))
    let scopes = scopes(NaiveModel(events, texts: texts))
    let people = Array(Set(events.map(\.actor.person))).sorted { $0.string < $1.string }
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let scope = scopes[random.below(scopes.count)]
      var window = TrailWindow()
      if random.oneIn(2) { window.since = Position(UInt64(random.below(events.count))) }
      if random.oneIn(2) { window.until = LedgerSize(UInt64(random.below(events.count + 20))) }
      if random.oneIn(4) { window.happenedSince = events[random.below(events.count)].time }
      if random.oneIn(4) { window.happenedUntil = events[random.below(events.count)].time }
      if random.oneIn(3) { window.actor = people[random.below(people.count)] }
      let place: Comment = "seed \(seed), \(scope), \(window)"
      func isIn(_ event: Event) -> Bool {
        let happened = event.occurred ?? event.time
        return event.position >= window.since
          && event.position.value < (window.until?.value ?? .max)
          && happened >= window.happenedSince ?? happened
          && happened <= window.happenedUntil ?? happened
          && (window.actor == nil || event.actor.id == window.actor
            || event.actor.actsFor == window.actor)
      }
      let all = Set(expected(scope, events[...]))
      let wanted = events.filter { all.contains($0.position) && isIn($0) }
      var found: [TrailEntry] = []
      let trail = Trail(reader, of: scope, asOf: size, in: window)
      try trail.forEachEntry { found.append($0) }
      try #require(found.map(\.event) == wanted, place)
      #expect(try trail.eventPositions() == wanted.map(\.position), place)
      // The header counts the same, mark by mark.
      var marks: [TrailMark: UInt64] = [:]
      for entry in found {
        #expect(Set(entry.marks) == expectedMarks(entry.event, texts), place)
        for mark in entry.marks { marks[mark, default: 0] += 1 }
      }
      let header = try trail.header()
      #expect(header.marks == marks && header.events == UInt64(found.count), place)
      #expect(header.window == window)
      guard case .job(let job) = scope else { continue }
      // With its log: every line of the window, in order.
      var lines: [Position] = []
      try Trail(reader, of: scope, asOf: size, in: window, includingLogs: true).forEachEntry {
        lines.append($0.event.position)
      }
      let logged = events.filter { event in
        if case .jobProgressed = event.fact { return false }
        return event.job == job && isIn(event)
      }
      #expect(lines == logged.map(\.position), place)
    }
  }

  /// The same in plain words: what makes an event stand out.
  private func expectedMarks(_ event: Event, _ texts: [EventText]) -> Set<TrailMark> {
    var marks: Set<TrailMark> = []
    if event.occurred != nil {
      marks.insert(event.actor.authentication == .system ? .late : .backDated)
    }
    if event.clock != nil { marks.insert(.clock) }
    if event.text != nil, texts[Int(event.position.value)].isEmpty { marks.insert(.erased) }
    switch event.fact {
    case .clockCorrected: marks.insert(.clock)
    case .jobLost: marks.insert(.lost)
    case .versionApproved(let fact) where fact.exceptions != []: marks.insert(.exception)
    case .versionRejected(let fact) where fact.exceptions != []: marks.insert(.exception)
    default: break
    }
    return marks
  }

  /// All entities as of a size, and each by its own seek.
  private func entities(
    _ snapshot: Snapshot, _ size: LedgerSize, _ model: NaiveModel
  ) throws -> [String] {
    var views = MemoryViews()
    for kind in EntityKind.allCases {
      try snapshot.forEachEntity(of: kind, asOf: size) { (entity) throws(ReadingError) in
        views.store(entity)
        return true
      }
    }
    for (key, entity) in views.current {
      if try snapshot.entity(key, asOf: size) != entity { return ["\(key) by seek"] }
    }
    return model.differences(from: views)
  }

  private func decisions(_ documents: inout Documents) throws -> [String] {
    var found: [String] = []
    try DecisionQuery().forEach(in: &documents) { decision in
      found.append(
        "\(decision.event.position.value) \(decision.verdict.rawValue) "
          + (decision.reason?.string ?? ""))
    }
    return found
  }

  private func expectedDecisions(_ model: NaiveModel) -> [String] {
    model.decisions.map {
      "\($0.event.position.value) \($0.verdict.rawValue) \($0.reason?.string ?? "")"
    }
  }

  /// Lists as people see them, joined with log counts and words.
  private func state(_ documents: inout Documents) throws -> Set<String> {
    let state = try documents.state()
    var lines: Set<String> = []
    for job in state.jobs {
      lines.insert(
        "\(job.job.id) \(job.job.status.rawValue) \(job.log.lines.total) \(job.log.records.error) "
          + "#\(job.first.value)")
    }
    for version in state.versions {
      lines.insert(
        "\(version.version.id) \(version.version.status.rawValue) "
          + "\(version.evaluations.count) \(version.decision?.event.position.value ?? 0) "
          + version.deployments.map(\.deployment.id.string).joined(separator: ","))
    }
    for deployment in state.deployments {
      lines.insert(
        "\(deployment.deployment.id) \(deployment.deployment.status.rawValue) "
          + (deployment.retireReason?.string ?? ""))
    }
    for member in state.members { lines.insert("\(member.member.id) \(member.member.isActive)") }
    return lines
  }

  private func expectedState(_ model: NaiveModel) -> Set<String> {
    var lines: Set<String> = []
    for job in model.jobs.values {
      lines.insert(
        "\(job.id) \(job.status.rawValue) \(job.log.lines.total) \(job.log.records.error) "
          + "#\(job.first.value)")
    }
    for version in model.versions.values {
      lines.insert(
        "\(version.id) \(version.status.rawValue) \(version.evaluations.count) "
          + "\(version.decisions.last?.event.position.value ?? 0) "
          + version.deployments.map(\.string).joined(separator: ","))
    }
    for deployment in model.deployments.values {
      lines.insert(
        "\(deployment.id) \(deployment.retired == nil ? "active" : "retired") "
          + (deployment.reason?.string ?? ""))
    }
    for member in model.members.values { lines.insert("\(member.id) \(!member.grants.isEmpty)") }
    return lines
  }

  private func scopes(_ model: NaiveModel) -> [TrailScope] {
    var scopes: [TrailScope] = [.ledger]
    for actor in Set(model.events.flatMap { [$0.actor.id, $0.actor.person] }) {
      scopes.append(.actor(actor))
    }
    for project in model.projects.keys { scopes.append(.project(project)) }
    for subject in model.subjects.keys { scopes.append(.subject(subject)) }
    for version in model.versions.keys { scopes.append(.version(version)) }
    for job in model.jobs.keys { scopes.append(.job(job)) }
    for deployment in model.deployments.values {
      scopes.append(.deployment(deployment.id, of: deployment.version.subject))
    }
    for schedule in model.schedules {
      scopes.append(
        .schedule(ScheduleID(project: schedule.project, name: schedule.fact.schedule)))
    }
    return scopes
  }

  /// The same in plain words: which events belong to a scope.
  private func expected(_ scope: TrailScope, _ events: ArraySlice<Event>) -> [Position] {
    var jobsOfDeployment: Set<JobID> = []
    var schedules: [ScheduleID: DeploymentID] = [:]
    var jobsOfSchedule: [JobID: ScheduleID] = [:]
    return events.filter { event in
      switch event.fact {
      case .jobLogged, .jobProgressed: return false
      default: break
      }
      var schedule: ScheduleID?
      func name(_ name: Name?) {
        if let project = event.project, let name {
          schedule = ScheduleID(project: project, name: name)
        }
      }
      switch event.fact {
      case .scheduleCreated(let fact):
        name(fact.schedule)
        if let schedule { schedules[schedule] = fact.deployment }
      case .scheduleRemoved(let fact): name(fact.schedule)
      case .scheduleMissed(let fact): name(fact.schedule)
      case .jobCreated(let fact):
        name(fact.schedule)
        if let job = event.job { jobsOfSchedule[job] = schedule }
      default: break
      }
      switch scope {
      case .ledger: return true
      case .schedule(let id):
        return schedule == id || event.job.map { jobsOfSchedule[$0] == id } ?? false
      case .actor(let id): return event.actor.id == id || event.actor.actsFor == id
      case .project(let name): return event.project == name
      case .subject(let id): return event.subjectID == id && event.revision != nil
      case .version(let id): return event.versionID == id && event.revision != nil
      case .job(let id): return event.job == id
      case .deployment(let id, _):
        var names = false
        switch event.fact {
        case .jobCreated(let fact): names = fact.deployment == id || event.job == id
        case .versionDeployed(let fact): names = fact.deployment == id
        case .deploymentRetired(let fact): names = fact.deployment == id
        case .predictionCompleted(let fact), .runCompleted(let fact): names = fact.deployment == id
        case .driftMeasured(let fact): names = fact.deployment == id
        case .scheduleCreated, .scheduleRemoved, .scheduleMissed:
          names = schedule.flatMap { schedules[$0] } == id
        default: break
        }
        if names, let job = event.job { jobsOfDeployment.insert(job) }
        return names || event.job.map { $0 == id || jobsOfDeployment.contains($0) } ?? false
      }
    }.map(\.position)
  }
}
