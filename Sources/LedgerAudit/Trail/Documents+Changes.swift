// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

// What an event changed: the state of each thing that it may touch, before it and after it.

extension Documents {
  /// The values that an event changed, thing by thing; empty for log lines and remarks.
  mutating func changes(by event: Event) throws(ReadingError) -> [Change] {
    var changes: [Change] = []
    for key in try touched(by: event) {
      var before = try snapshot.entity(key, asOf: LedgerSize(event.position.value))
      // Before any policy was set, the defaults were in force.
      if key == .policy, before == nil { before = .policy(.initial) }
      let after = try snapshot.entity(key, asOf: LedgerSize(after: event.position))
      if before == after { continue }
      let old = try before.map { state throws(ReadingError) in try facets(of: state) } ?? []
      let new = try after.map { state throws(ReadingError) in try facets(of: state) } ?? []
      for facet in new {
        let was = old.first { $0.name == facet.name }?.value
        if was != facet.value {
          changes.append(
            Change(of: key.words, name: facet.name, before: was, after: facet.value))
        }
      }
      for facet in old where !new.contains(where: { $0.name == facet.name }) {
        changes.append(Change(of: key.words, name: facet.name, before: facet.value, after: nil))
      }
    }
    return changes
  }

  /// The entities whose state an event may change.
  private func touched(by event: Event) throws(ReadingError) -> [EntityKey] {
    let version = event.versionID.map { EntityKey.version($0) }
    func slot(_ target: Name?) -> EntityKey? {
      guard let subject = event.subjectID, let target else { return nil }
      return .slot(subject, target: target)
    }
    let keys: [EntityKey?]
    switch event.fact {
    case .ledgerCreated, .keyRotated: keys = [.ledger]
    case .projectCreated(let fact), .projectUpdated(let fact): keys = [.project(fact.name)]
    case .memberGranted(let fact): keys = [.member(fact.member)]
    case .memberRevoked(let fact): keys = [.member(fact.member)]
    case .policySet: keys = [.policy]
    case .holdPlaced, .holdReleased: keys = [.holds]
    case .subjectRegistered, .subjectUpdated:
      keys = [event.subjectID.map { .subject($0) }]
    case .jobCreated(let fact):
      keys = [
        event.job.map { .job($0) }, version, event.subjectID.map { .subject($0) },
        slot(fact.target),
      ]
    case .jobStarted, .jobStopRequested, .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      var target: Name?
      if let id = event.job,
        case .job(let job)? = try snapshot.entity(
          .job(id), asOf: LedgerSize(after: event.position))
      {
        target = job.request.target
      }
      keys = [event.job.map { .job($0) }, version, slot(target)]
    case .versionDeployed(let fact):
      keys = [version, .deployment(fact.deployment), slot(fact.target)]
    case .deploymentRetired(let fact):
      keys = [.deployment(fact.deployment), version, slot(fact.target)]
    case .driftMeasured(let fact): keys = [.deployment(fact.deployment)]
    case .alertAnswered(let fact): keys = [fact.deployment.map { .deployment($0) }]
    case .scheduleCreated(let fact):
      keys = [event.project.map { .schedule(project: $0, name: fact.schedule) }]
    case .scheduleRemoved(let fact):
      keys = [event.project.map { .schedule(project: $0, name: fact.schedule) }]
    case .scheduleMissed(let fact):
      keys = [event.project.map { .schedule(project: $0, name: fact.schedule) }]
    case .versionTrained, .versionImported, .versionEvaluated, .runCompleted, .versionApproved,
      .versionRejected:
      keys = [version]
    default: keys = []
    }
    return keys.compactMap { $0 }
  }

  // MARK: The values of a state

  private struct Facet {
    var name: String
    var value: JSONValue
  }

  private mutating func facets(of state: Entity) throws(ReadingError) -> [Facet] {
    var facets: [Facet] = []
    func add(_ name: String, _ value: JSONValue?) {
      if let value { facets.append(Facet(name: name, value: value)) }
    }
    func add(_ name: String, _ value: String?) { add(name, value.map { .string($0) }) }
    func add(_ name: String, _ value: Text?) { add(name, value.map { .string($0) }) }
    switch state {
    case .ledger(let state): add("key", state.keys.last?.vkey)
    case .policy(let state): flatten(.object(state.policy.json), "", &facets)
    case .holds(let state):
      for hold in state.holds {
        let places = hold.placed.map { "#\($0.position.value)" }.joined(separator: ", ")
        add("\(hold.target.kind) \(hold.target.written.string)", "placed by \(places)")
      }
    case .project(let state):
      let words = try words(at: state.described.position)
      add("path", words.string(.path))
      add("description", words.string(.description))
    case .subject(let state):
      let words = try words(at: state.changed.position)
      add("latest version", state.latestNumber == 0 ? nil : .integer(state.latestNumber))
      add("owner", state.described.owner?.string)
      add("tier", state.described.tier?.string)
      add("review by", state.described.reviewBy?.description)
      add("model type", state.described.modelType?.string)
      add("manifest", state.described.manifestDigest?.description)
      add("description", words.string(.description))
      add("rationale", words.string(.rationale))
    case .version(let state):
      add("status", state.status.rawValue)
      add("artifacts", state.made?.artifacts.digest.description)
      if !state.metrics.isEmpty { add("metrics", Metric.json(state.metrics)) }
      add("decision", state.decision.map { "\($0.verdict.rawValue) by #\($0.mark.position.value)" })
    case .job(let state):
      add("status", state.status.rawValue)
      if let stop = state.stopRequested { add("stop asked", stop.time.description) }
    case .deployment(let state):
      add("status", state.status.rawValue)
      add("open alert", state.openAlert.map { "#\($0.position.value)" })
    case .slot(let state):
      add("in production", state.occupant?.string)
      add("reserved by", state.reservedBy?.string)
    case .member(let state):
      for grant in state.grants {
        let roles = grant.roles.map(\.rawValue).joined(separator: ", ")
        let keys = grant.keyFingerprints.map(\.string).joined(separator: ", ")
        add(
          grant.project.map { "roles in \($0)" } ?? "roles",
          "\(roles) (at least \(grant.leastAuth.rawValue))" + (keys.isEmpty ? "" : ", keys \(keys)")
        )
      }
      add("display name", try words(at: state.changed.position).string(.displayName))
    case .schedule(let state):
      add("status", state.removed == nil ? "active" : "removed")
      add("cron", state.fact.cron)
      add("zone", state.fact.zone)
      add("deployment", state.fact.deployment.string)
      add("owner", state.fact.owner.string)
      add("latest tick", state.lastTick?.description)
    }
    return facets
  }

  /// Every value of an object under its path: `thresholds.churn.accuracy.min`.
  private func flatten(_ value: JSONValue, _ path: String, _ facets: inout [Facet]) {
    guard let object = value.object else {
      facets.append(Facet(name: path, value: value))
      return
    }
    for member in object.members {
      let name = path.isEmpty ? member.name.string : "\(path).\(member.name.string)"
      flatten(member.value, name, &facets)
    }
  }
}
