// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

extension NaiveModel {
  /// Every field of the views that differs from what the events say, in words; empty when equal.
  ///
  /// Also tells of entities that only one of the two knows.
  public func differences(from views: MemoryViews) -> [String] {
    var found = Differences()
    for entity in views.current.values { compare(entity, &found) }
    found.same("number of entities", views.current.count, expectedCount)
    return found.words
  }

  private func compare(_ entity: Entity, _ found: inout Differences) {
    found.place = "\(entity.key)"
    switch entity {
    case .ledger(let state): compare(state, &found)
    case .policy(let state):
      found.same("policy", state.policy, policy)
      found.same("set", state.set, mark(policySet))
    case .holds(let state):
      // What is held now: placed, and not released after.
      var held: [(Text, [Position])] = []
      for event in events {
        switch event.fact {
        case .holdPlaced(let fact):
          if let index = held.firstIndex(where: { $0.0 == fact.scope }) {
            held[index].1.append(event.position)
          } else {
            held.append((fact.scope, [event.position]))
          }
        case .holdReleased(let fact): held.removeAll { $0.0 == fact.scope }
        default: break
        }
      }
      found.same("held", state.holds.map(\.target.written), held.map(\.0))
      found.same("placed", state.holds.map { $0.placed.map(\.position) }, held.map(\.1))
    case .project(let state):
      guard let naive = projects[state.name] else { return found.onlyInViews() }
      found.same("created", state.created, Mark(naive.created))
      found.same("described", state.described, Mark(naive.worded))
    case .subject(let state):
      guard let naive = subjects[state.id] else { return found.onlyInViews() }
      found.same("kind", state.kind, naive.kind)
      found.same("latest", state.latestNumber, naive.numbers.last?.value ?? 0)
      found.same("described", state.described, naive.described)
      found.same("registered", state.registered, Mark(naive.registered))
      found.same("changed", state.changed, Mark(naive.worded))
    case .job(let state): compare(state, &found)
    case .version(let state): compare(state, &found)
    case .deployment(let state): compare(state, &found)
    case .slot(let state):
      found.same("occupant", state.occupant, occupant(state.subject, state.target))
      found.same("reserved", state.reservedBy, holder(state.subject, state.target))
    case .member(let state): compare(state, &found)
    case .schedule(let state): compare(state, &found)
    }
  }

  private func compare(_ state: LedgerState, _ found: inout Differences) {
    guard let first = events.first, case .ledgerCreated(let fact) = first.fact else {
      return found.onlyInViews()
    }
    found.same("id", state.id, fact.id)
    found.same("origin", state.origin, fact.origin)
    found.same("created", state.created, Mark(first))
    let rotations = events.compactMap { event -> KeyRotated? in
      if case .keyRotated(let rotation) = event.fact { rotation } else { nil }
    }
    found.same("keys", state.keys.map(\.vkey), [fact.vkey] + rotations.map(\.new))
    found.same("sizes", state.keys.map(\.until), rotations.map(\.size) + [nil])
  }

  private func compare(_ state: LedgerDomain.Job, _ found: inout Differences) {
    guard let naive = jobs[state.id] else { return found.onlyInViews() }
    found.same("project", state.project, naive.created.project)
    found.same("subject", state.subject, naive.created.subject)
    found.same("number", state.number, naive.created.number)
    found.same("request", state.request, naive.request)
    found.same("created by", state.createdBy, naive.created.actor)
    found.same("status", state.status, naive.status)
    found.same("created", state.created, Mark(naive.created))
    found.same("started", state.started, mark(naive.started))
    found.same("ended", state.ended, mark(naive.ended))
    found.same("stop requested", state.stopRequested, mark(naive.stopRequested))
    found.same("runner", state.runner, naive.runner)
    var ending = naive.ending
    ending?.lines = nil
    found.same("ending", state.ending, ending)
  }

  private func compare(_ state: LedgerDomain.Version, _ found: inout Differences) {
    guard let naive = versions[state.id] else { return found.onlyInViews() }
    found.same("kind", state.kind, naive.created.subject?.kind)
    found.same("job", state.job, naive.created.job)
    found.same("maker", state.maker, naive.created.actor)
    found.same("created", state.created, Mark(naive.created))
    found.same("made", state.made, naive.artifacts)
    found.same("status", state.status, naive.status)
    found.same("evaluations", state.evaluations.map(\.mark), naive.evaluations.map(Mark.init))
    found.same("evaluation jobs", state.evaluations.map(\.job), naive.evaluations.map(\.job))
    let data = naive.evaluations.map { event -> Digest? in
      if case .versionEvaluated(let fact) = event.fact { fact.dataDigest } else { nil }
    }
    found.same("data", state.evaluations.map(\.dataDigest), data)
    found.same("metrics", state.metrics, naive.metrics)
    let decision = naive.decisions.last
    found.same("decision", state.decision?.mark, mark(decision?.event))
    found.same("decision metrics", state.decision?.metrics, decision?.fact.evidence.metrics)
    found.same("statistics", state.statistics, mark(naive.statistics))
    found.same("verdict", state.decision?.verdict, decision?.verdict)
    found.same("decided", state.decision?.artifactsDigest, decision?.fact.artifactsDigest)
    found.same("valid until", state.decision?.validUntil, decision?.fact.validUntil)
    found.same("deployments", state.deployments, naive.deployments)
    found.same("active", Int(state.activeDeployments), naive.active.count)
    found.same("retired", state.retired, mark(naive.retired))
    found.same("evidence changed", state.evidenceChanged, naive.evidenceChanged)
  }

  private func compare(_ state: LedgerDomain.Deployment, _ found: inout Differences) {
    guard let naive = deployments[state.id] else { return found.onlyInViews() }
    found.same("version", state.version, naive.version)
    found.same("kind", state.kind, naive.deployed.subject?.kind)
    found.same("fact", state.fact, naive.fact)
    found.same("status", state.status, naive.retired == nil ? .active : .retired)
    found.same("since", state.since, Mark(naive.deployed))
    found.same("deployed by", state.deployedBy, naive.deployed.actor)
    found.same("until", state.until, mark(naive.retired))
    found.same("retired by", state.retiredBy, naive.retired?.actor)
    found.same("replaced by", state.replacedBy, naive.retirement?.replacedBy)
    found.same("last prediction", state.lastPrediction, mark(naive.lastPrediction))
    found.same("last drift", state.lastDrift, mark(naive.lastDrift))
    found.same("last performance", state.lastPerformance, mark(naive.lastPerformance))
    found.same("last alert", state.lastAlert, mark(naive.lastAlert))
    found.same("last answer", state.lastAnswer?.mark, mark(naive.lastAnswer))
    if case .alertAnswered(let answer)? = naive.lastAnswer?.fact {
      found.same("answered", state.lastAnswer?.drift, answer.drift)
      found.same("action", state.lastAnswer?.action, answer.action)
    }
    found.same("baseline", state.baseline, mark(naive.baseline))
    found.same("approved metrics", state.metrics, naive.metrics)
  }

  private func compare(_ state: LedgerDomain.Member, _ found: inout Differences) {
    guard let naive = members[state.id] else { return found.onlyInViews() }
    let grants = naive.grants.sorted {
      ($0.project == nil ? "" : $0.project!.string) < ($1.project == nil ? "" : $1.project!.string)
    }
    found.same("scopes", state.grants.map(\.project), grants.map(\.project))
    found.same("roles", state.grants.map(\.roles), grants.map(\.fact.roles))
    found.same("least", state.grants.map(\.leastAuth), grants.map(\.fact.leastAuth))
    found.same("keys", state.grants.map(\.keyFingerprints), grants.map(\.fact.keyFingerprints))
    found.same("since", state.since, Mark(naive.since))
    found.same("changed", state.changed, Mark(naive.changed))
    let former = naive.keys.subtracting(grants.flatMap(\.fact.keyFingerprints))
    found.same("former keys", Set(state.formerKeys), former)
    found.same("their number", state.formerKeys.count, former.count)
  }

  private func compare(_ state: LedgerDomain.Schedule, _ found: inout Differences) {
    let naive = schedules.first { $0.project == state.project && $0.fact.schedule == state.name }
    guard let naive else { return found.onlyInViews() }
    found.same("fact", state.fact, naive.fact)
    found.same("created", state.created, Mark(naive.created))
    found.same("removed", state.removed, mark(naive.removed))
    found.same("tick", state.lastTick, naive.lastTick)
  }

  private func mark(_ event: Event?) -> Mark? { event.map(Mark.init) }

  private var expectedCount: Int {
    let targets = Set(
      jobs.values.compactMap { job in
        job.request.kind == .deployment
          ? "\(job.created.subjectID!) \(job.request.target!)" : nil
      })
    let holds = events.contains { event in
      switch event.fact {
      case .holdPlaced, .holdReleased: true
      default: false
      }
    }
    let single = (events.isEmpty ? 0 : 1) + (policySet == nil ? 0 : 1) + (holds ? 1 : 0)
    return single + projects.count + subjects.count + jobs.count + versions.count
      + deployments.count + targets.count + members.count + schedules.count
  }

  /// The active deployment at a target.
  public func occupant(_ subject: SubjectID, _ target: Name) -> DeploymentID? {
    deployments.values.first {
      $0.version.subject == subject && $0.fact.target == target && $0.retired == nil
    }?.id
  }

  /// The job that is about to deploy there.
  public func holder(_ subject: SubjectID, _ target: Name) -> JobID? {
    jobs.values.first {
      $0.request.kind == .deployment && $0.created.subjectID == subject
        && $0.request.target == target && $0.ended == nil
    }?.id
  }
}

/// What was found to differ, in words.
private struct Differences {
  /// The entity being compared.
  var place = "all"
  /// One sentence for each difference.
  var words: [String] = []

  mutating func same<Value: Equatable>(_ what: String, _ view: Value, _ naive: Value) {
    if view != naive { words.append("\(place) \(what): view \(view), events \(naive)") }
  }

  mutating func onlyInViews() { words.append("\(place): no event tells of it") }
}
