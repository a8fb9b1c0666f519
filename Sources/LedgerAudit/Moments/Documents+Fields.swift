// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

// Every value that a view has, for telling two states of a thing apart, and who set what.

/// Words that were read once, by the position of their event: states that follow one another mostly
/// take theirs from the same one.
struct WordMemory {
  private var known: [Position: DisclosedText] = [:]
  private var made: [VersionID: Position] = [:]

  mutating func words(
    at mark: Mark?, _ documents: inout Documents
  ) throws(ReadingError) -> DisclosedText {
    try words(at: mark?.position, &documents)
  }

  /// Those of the event that made a version, which its row does not name.
  mutating func words(
    making version: Version, _ documents: inout Documents
  ) throws(ReadingError) -> DisclosedText {
    guard version.made != nil else { return .none }
    if made[version.id] == nil { made[version.id] = try documents.madePosition(of: version) }
    return try words(at: made[version.id], &documents)
  }

  private mutating func words(
    at position: Position?, _ documents: inout Documents
  ) throws(ReadingError) -> DisclosedText {
    guard let position else { return .none }
    if let words = known[position] { return words }
    let words = try documents.words(at: position)
    known[position] = words
    return words
  }
}

extension Documents {
  /// Every value of a state, in an order of its own, joined with the words that belong to it.
  mutating func fields(
    of state: Entity, _ memory: inout WordMemory
  ) throws(ReadingError) -> [Field] {
    var list = FieldList()
    switch state {
    case .ledger(let state): list.ledger(state)
    case .policy(let state): list.flatten(.object(state.policy.json), "")
    case .holds(let state):
      for hold in state.holds {
        list.put(
          "\(hold.target.kind) \(hold.target.written.string)",
          hold.placed.map { "#\($0.position.value)" }.joined(separator: " "))
      }
    case .project(let state):
      list.put("created", state.created.time)
      list.put(try memory.words(at: state.described, &self), [.path, .description])
    case .subject(let state):
      list.subject(state)
      list.put(try memory.words(at: state.changed, &self), [.description, .rationale])
    case .version(let state):
      list.version(state)
      list.put(
        try memory.words(making: state, &self), [.externalId, .origin, .rationale])
      if let decision = state.decision {
        list.put(
          try memory.words(at: decision.mark, &self), [.reason, .conditions], prefix: "decision.")
      }
    case .job(let state):
      list.job(state)
      list.put(
        try memory.words(at: state.created, &self),
        [.name, .command, .parameters, .inputs, .paths, .purpose])
      if state.status != .completed {
        list.put(try memory.words(at: state.ended, &self), [.error], prefix: "ending.")
      }
    case .deployment(let state):
      list.deployment(state)
      list.put(try memory.words(at: state.since, &self), [.reason], prefix: "deploy.")
      list.put(try memory.words(at: state.until, &self), [.reason], prefix: "retire.")
    case .slot(let state):
      list.put("inProduction", state.occupant)
      list.put("reservedBy", state.reservedBy)
    case .member(let state):
      list.member(state)
      list.put(try memory.words(at: state.changed, &self), [.displayName])
    case .schedule(let state): list.schedule(state)
    }
    return list.fields
  }

  /// The values of an entity as of a size; those of the default policy before the first one.
  mutating func fields(
    of key: EntityKey, asOf size: LedgerSize, _ memory: inout WordMemory
  ) throws(ReadingError) -> [Field] {
    if let state = try snapshot.entity(key, asOf: size) { return try fields(of: state, &memory) }
    return key == .policy ? try fields(of: .policy(.initial), &memory) : []
  }
}

extension FieldList {
  /// The words of an event that are wanted; of words that were erased, that they were.
  fileprivate mutating func put(
    _ words: DisclosedText, _ members: [TextMember], prefix: String = ""
  ) {
    if words == .erased {
      var erased = DocumentObject()
      erased.put("erased", true)
      return put("\(prefix)words", erased.json)
    }
    for member in members { put(prefix + member.name.description, words[member]) }
  }

  fileprivate mutating func ledger(_ state: LedgerState) {
    put("id", state.id)
    put("origin", state.origin)
    put("created", state.created.time)
    for (index, epoch) in state.keys.enumerated() {
      put("keys.\(index + 1)", epoch.vkey)
      put(number: "keys.\(index + 1).until", epoch.until?.value)
    }
  }

  fileprivate mutating func subject(_ state: Subject) {
    put("kind", state.kind.rawValue)
    put(number: "latest", state.latestNumber == 0 ? nil : state.latestNumber)
    put("owner", state.described.owner)
    put("tier", state.described.tier)
    put("reviewBy", state.described.reviewBy)
    put("modelType", state.described.modelType)
    put("manifestDigest", state.described.manifestDigest)
    put("registered", state.registered.time)
  }

  fileprivate mutating func version(_ state: Version) {
    put("status", state.status.rawValue)
    put("createdBy", state.maker)
    put("created", state.created.time)
    put("job", state.job)
    put("making", state.making.rawValue)
    if let made = state.made {
      put("artifactsDigest", made.artifacts.digest)
      put(number: "files", made.artifacts.count)
      put(number: "bytes", made.artifacts.bytes)
      put("format", made.format)
      put(number: "parent", made.parent?.value)
    }
    flatten(Metric.json(state.metrics), "metrics")
    for (index, evaluation) in state.evaluations.enumerated() {
      put("evaluations.\(index + 1)", evaluation.mark.position)
    }
    put("statistics", state.statistics?.position)
    if let decision = state.decision {
      put("decision", decision.mark.position)
      put("decision.verdict", decision.verdict.rawValue)
      put("decision.artifactsDigest", decision.artifactsDigest)
      put("decision.validUntil", decision.validUntil)
    }
    for (index, deployment) in state.deployments.enumerated() {
      put("deployments.\(index + 1)", deployment)
    }
    put(number: "activeDeployments", state.activeDeployments == 0 ? nil : state.activeDeployments)
    put("retired", state.retired?.time)
    put("evidenceChanged", state.evidenceChanged)
  }

  fileprivate mutating func job(_ state: Job) {
    let request = state.request
    put("status", state.status.rawValue)
    put("kind", state.kind.rawValue)
    put("project", state.project)
    put("version", state.versionID?.description)
    if state.number == nil { put("subject", state.subjectID?.description) }
    put("createdBy", state.createdBy)
    put("created", state.created.time)
    put("trigger", request.trigger.rawValue)
    put("deployment", request.deployment)
    put("target", request.target)
    put("queued", request.queued)
    put("schedule", request.schedule)
    put("nominalTime", request.nominalTime)
    put("retryOf", request.retryOf)
    put("inputsDigest", request.inputs?.digest)
    put("codeDigest", request.code?.digest)
    put("commit", request.commit)
    put("dirty", request.dirty)
    put("environmentDigest", request.environmentDigest)
    put("started", state.started?.time)
    if let runner = state.runner {
      put("runner.machine", runner.machine)
      put(number: "runner.pid", runner.pid)
      put("runner.tool", runner.tool)
    }
    put("stopRequested", state.stopRequested?.time)
    put("ended", state.ended?.time)
    if let ending = state.ending {
      put(number: "exit", ending.exit)
      put("signal", ending.signal)
      put(number: "duration", ending.durationMicroseconds)
      put("lastSeen", ending.lastSeen)
      put("effectRemaining", ending.effectRemaining?.rawValue)
    }
  }

  fileprivate mutating func deployment(_ state: Deployment) {
    put("status", state.status.rawValue)
    put("version", state.version.description)
    put("target", state.target)
    put("engine", state.fact.engine.rawValue)
    put("since", state.since.time)
    put("deployedBy", state.deployedBy)
    put("artifactsDigest", state.fact.artifactsDigest)
    put("decision", state.fact.decision)
    put("replaces", state.fact.replaces)
    flatten(Metric.json(state.metrics), "metrics")
    put("baseline", state.baseline?.position)
    put("lastPrediction", state.lastPrediction?.position)
    put("lastDrift", state.lastDrift?.position)
    put("lastPerformance", state.lastPerformance?.position)
    put("lastAlert", state.lastAlert?.position)
    put("openAlert", state.openAlert?.position)
    put("lastAnswer", state.lastAnswer?.mark.position)
    put("lastAnswer.action", state.lastAnswer?.action.rawValue)
    put("until", state.until?.time)
    put("retiredBy", state.retiredBy)
    put("replacedBy", state.replacedBy)
  }

  fileprivate mutating func member(_ state: Member) {
    put("active", state.isActive)
    put("since", state.since.time)
    for grant in state.grants {
      // `in` is no name of a role, so a project's name cannot be taken for one.
      let scope = grant.project.map { "in \($0)." } ?? ""
      put("\(scope)roles", grant.roles.map(\.rawValue).joined(separator: " "))
      put("\(scope)leastAuth", grant.leastAuth.rawValue)
      if !grant.keyFingerprints.isEmpty {
        put("\(scope)keys", .array(grant.keyFingerprints.map { .string($0) }))
      }
    }
    if !state.formerKeys.isEmpty {
      put("formerKeys", .array(state.formerKeys.map { .string($0) }))
    }
  }

  fileprivate mutating func schedule(_ state: Schedule) {
    put("status", state.removed == nil ? "active" : "removed")
    put("cron", state.fact.cron)
    put("zone", state.fact.zone)
    put("kind", state.fact.kind.rawValue)
    put("deployment", state.fact.deployment)
    put("owner", state.fact.owner)
    put("policy", state.fact.policy.rawValue)
    put("created", state.created.time)
    put("removed", state.removed?.time)
    put("lastTick", state.lastTick)
  }
}
