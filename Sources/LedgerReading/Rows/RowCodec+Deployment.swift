// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// Deployments, the targets they occupy, and their schedules. The name that a fact repeats is
// written only where it differs from the entity's own.

private enum Has {
  static let otherID: UInt64 = 1 << 0
  static let replaces: UInt64 = 1 << 1
  static let until: UInt64 = 1 << 2
  static let retiredBy: UInt64 = 1 << 3
  static let replacedBy: UInt64 = 1 << 4
  static let lastPrediction: UInt64 = 1 << 5
  static let lastDrift: UInt64 = 1 << 6
  static let lastPerformance: UInt64 = 1 << 7
  static let lastAlert: UInt64 = 1 << 8
  static let lastAnswer: UInt64 = 1 << 9
  static let baseline: UInt64 = 1 << 10
  static let all: UInt64 = 1 << 11 - 1
}

private enum Held {
  static let occupant: UInt64 = 1 << 0
  static let reservedBy: UInt64 = 1 << 1
  static let all: UInt64 = 1 << 2 - 1
}

private enum Planned {
  static let otherName: UInt64 = 1 << 0
  static let removed: UInt64 = 1 << 1
  static let lastTick: UInt64 = 1 << 2
  static let all: UInt64 = 1 << 3 - 1
}

extension RowWriter {
  mutating func deployment(_ deployment: Deployment) {
    let fact = deployment.fact
    flags(
      flag(Has.otherID, fact.deployment != deployment.id)
        | flag(Has.replaces, fact.replaces != nil) | flag(Has.until, deployment.until != nil)
        | flag(Has.retiredBy, deployment.retiredBy != nil)
        | flag(Has.replacedBy, deployment.replacedBy != nil)
        | flag(Has.lastPrediction, deployment.lastPrediction != nil)
        | flag(Has.lastDrift, deployment.lastDrift != nil)
        | flag(Has.lastPerformance, deployment.lastPerformance != nil)
        | flag(Has.lastAlert, deployment.lastAlert != nil)
        | flag(Has.lastAnswer, deployment.lastAnswer != nil)
        | flag(Has.baseline, deployment.baseline != nil))
    version(deployment.version)
    word(deployment.kind)
    if fact.deployment != deployment.id { job(fact.deployment) }
    name(fact.target)
    word(fact.engine)
    digest(fact.artifactsDigest)
    position(fact.decision)
    if let replaces = fact.replaces { job(replaces) }
    metrics(deployment.metrics)
    if let baseline = deployment.baseline { mark(baseline) }
    mark(deployment.since)
    actor(deployment.deployedBy)
    if let until = deployment.until { mark(until) }
    if let retiredBy = deployment.retiredBy { actor(retiredBy) }
    if let replacedBy = deployment.replacedBy { job(replacedBy) }
    if let lastPrediction = deployment.lastPrediction { mark(lastPrediction) }
    if let lastDrift = deployment.lastDrift { mark(lastDrift) }
    if let lastPerformance = deployment.lastPerformance { mark(lastPerformance) }
    if let lastAlert = deployment.lastAlert { mark(lastAlert) }
    if let answer = deployment.lastAnswer {
      mark(answer.mark)
      position(answer.drift)
      word(answer.action)
    }
  }

  mutating func slot(_ slot: Slot) {
    flags(
      flag(Held.occupant, slot.occupant != nil) | flag(Held.reservedBy, slot.reservedBy != nil))
    if let occupant = slot.occupant { job(occupant) }
    if let reservedBy = slot.reservedBy { job(reservedBy) }
  }

  mutating func schedule(_ schedule: Schedule) {
    let fact = schedule.fact
    flags(
      flag(Planned.otherName, fact.schedule != schedule.name)
        | flag(Planned.removed, schedule.removed != nil)
        | flag(Planned.lastTick, schedule.lastTick != nil))
    if fact.schedule != schedule.name { name(fact.schedule) }
    text(fact.cron)
    text(fact.zone)
    word(fact.kind)
    job(fact.deployment)
    actorID(fact.owner)
    word(fact.policy)
    mark(schedule.created)
    if let removed = schedule.removed { mark(removed) }
    if let lastTick = schedule.lastTick { time(lastTick) }
  }
}

extension RowReader {
  mutating func deployment(_ id: DeploymentID) throws(RowError) -> Deployment {
    let flags = try flags(Has.all)
    return Deployment(
      id: id,
      version: try version(),
      kind: try word(SubjectKind.self),
      fact: try deployed(id, flags),
      metrics: try metrics(),
      baseline: try flags.has(Has.baseline) ? mark() : nil,
      since: try mark(),
      deployedBy: try actor(),
      until: try flags.has(Has.until) ? mark() : nil,
      retiredBy: try flags.has(Has.retiredBy) ? actor() : nil,
      replacedBy: try flags.has(Has.replacedBy) ? job() : nil,
      lastPrediction: try flags.has(Has.lastPrediction) ? mark() : nil,
      lastDrift: try flags.has(Has.lastDrift) ? mark() : nil,
      lastPerformance: try flags.has(Has.lastPerformance) ? mark() : nil,
      lastAlert: try flags.has(Has.lastAlert) ? mark() : nil,
      lastAnswer: try flags.has(Has.lastAnswer) ? answer() : nil)
  }

  private mutating func answer() throws(RowError) -> Deployment.Answer {
    Deployment.Answer(mark: try mark(), drift: try position(), action: try word(AlertAction.self))
  }

  private mutating func deployed(
    _ id: DeploymentID, _ flags: RowFlags
  ) throws(RowError) -> VersionDeployed {
    var named = id
    if flags.has(Has.otherID) {
      named = try job()
      try refuse(named == id)
    }
    return VersionDeployed(
      deployment: named, target: try name(), engine: try word(Engine.self),
      artifactsDigest: try digest(), decision: try position(),
      replaces: try flags.has(Has.replaces) ? job() : nil)
  }

  mutating func slot(_ subject: SubjectID, _ target: Name) throws(RowError) -> Slot {
    let flags = try flags(Held.all)
    return Slot(
      subject: subject, target: target,
      occupant: try flags.has(Held.occupant) ? job() : nil,
      reservedBy: try flags.has(Held.reservedBy) ? job() : nil)
  }

  mutating func schedule(_ project: Name, _ name: Name) throws(RowError) -> Schedule {
    let flags = try flags(Planned.all)
    var named = name
    if flags.has(Planned.otherName) {
      named = try self.name()
      try refuse(named == name)
    }
    return Schedule(
      project: project, name: name,
      fact: ScheduleCreated(
        schedule: named, cron: try text(), zone: try text(), kind: try word(JobKind.self),
        deployment: try job(), owner: try actorID(), policy: try word(MissedPolicy.self)),
      created: try mark(),
      removed: try flags.has(Planned.removed) ? mark() : nil,
      lastTick: try flags.has(Planned.lastTick) ? time() : nil)
  }
}
