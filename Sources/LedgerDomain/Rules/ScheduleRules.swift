// SPDX-License-Identifier: Apache-2.0

/// A schedule of a project, whether it exists or not.
public struct ScheduleID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The project that it belongs to.
  public var project: Name
  /// Its name within the project.
  public var name: Name
  /// Names a schedule of a project.
  public init(project: Name, name: Name) {
    self.project = project
    self.name = name
  }
  /// `project/name`.
  public var description: String { "\(project)/\(name)" }
  /// Orders by project, then name.
  public static func < (left: ScheduleID, right: ScheduleID) -> Bool {
    (left.project, left.name) < (right.project, right.name)
  }
}

/// Adds a schedule of a deployment, whose owner is who asks.
public struct AddSchedule: Equatable, Sendable {
  /// Its name, unused in the deployment's project.
  public var name: Name
  /// What it runs.
  public var deployment: DeploymentID
  /// Five fields or a macro.
  public var cron: Text
  /// A time zone that the caller has found to exist.
  public var zone: Text
  /// What happens about missed ticks.
  public var policy: MissedPolicy
  /// Gathers the members.
  public init(
    name: Name, deployment: DeploymentID, cron: Text, zone: Text = "UTC",
    policy: MissedPolicy = .skip
  ) {
    self.name = name
    self.deployment = deployment
    self.cron = cron
    self.zone = zone
    self.policy = policy
  }
}

/// Records ticks that no job ran for.
public struct MissTicks: Equatable, Sendable {
  /// The schedule.
  public var schedule: ScheduleID
  /// The schedule's latest tick as the caller knows it; refused when another was recorded since.
  public var after: Timestamp?
  /// The latest tick that was missed.
  public var nominalTime: Timestamp
  /// How many were.
  public var count: UInt64
  /// Gathers the members.
  public init(schedule: ScheduleID, after: Timestamp?, nominalTime: Timestamp, count: UInt64) {
    self.schedule = schedule
    self.after = after
    self.nominalTime = nominalTime
    self.count = count
  }
}

/// Which tick a job is, beside its nominal time.
public struct TickOrder: Equatable, Sendable {
  /// The schedule's latest tick as the caller knows it; refused when another was recorded since.
  public var after: Timestamp?
  /// How many ticks up to `missed` had no job; they are recorded with this one's job.
  public var missedCount: UInt64
  /// The latest of those.
  public var missed: Timestamp?
  /// Gathers the members.
  public init(after: Timestamp?, missedCount: UInt64 = 0, missed: Timestamp? = nil) {
    self.after = after
    self.missedCount = missedCount
    self.missed = missed
  }
}

/// Schedules and their ticks (rules 4 and 5).
public enum ScheduleRules {
  static func add(
    _ request: AddSchedule, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let deployment = views.deployment(request.deployment) else {
      throw .deploymentNotFound(request.deployment)
    }
    let project = deployment.version.subject.project
    try Rights.require([.operator], of: command, in: project, given: &views)
    do throws(CronError) { _ = try CronExpression(request.cron.string) } catch {
      throw .invalid(error.description)
    }
    guard !request.zone.isBlank, request.zone.string.utf8.count <= 64 else {
      throw .invalid("a schedule names a time zone, such as Europe/Berlin or UTC")
    }
    let fact = ScheduleCreated(
      schedule: request.name, cron: request.cron, zone: request.zone,
      kind: deployment.kind == .model ? .prediction : .batchRun, deployment: deployment.id,
      owner: command.actor.person, policy: request.policy)
    let id = ScheduleID(project: project, name: request.name)
    if let existing = views.schedule(project: project, name: request.name),
      existing.removed == nil
    {
      if existing.fact == fact { return [] }
      throw .scheduleExists(id)
    }
    _ = try DeploymentRules.active(deployment.id, given: &views)
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, project: project,
        subject: deployment.reference, number: deployment.version.number,
        fact: .scheduleCreated(fact))
    ]
  }

  static func remove(
    _ id: ScheduleID, reason: Text, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard let schedule = views.schedule(project: id.project, name: id.name) else {
      throw .scheduleNotFound(id)
    }
    try Rights.require([.operator, .admin], of: command, in: id.project, given: &views)
    try Limits.requireReason(reason)
    if schedule.removed != nil { return [] }
    var draft = draft(
      of: schedule, command, .scheduleRemoved(ScheduleRemoved(schedule: id.name)), given: &views)
    draft.text = EventText([.reason: .string(reason)])
    return [draft]
  }

  static func miss(
    _ request: MissTicks, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard command.actor.authentication == .system else {
      throw .invalid("only a worker records missed ticks")
    }
    guard request.count > 0 else { throw .invalid("missed ticks are one or more") }
    let schedule = try existing(request.schedule, after: request.after, given: &views)
    let fact = ScheduleMissed(
      schedule: schedule.name, nominalTime: request.nominalTime, count: request.count)
    var draft = draft(of: schedule, command, .scheduleMissed(fact), given: &views)
    draft.cause = suspension(of: schedule, given: &views)
    return [draft]
  }

  /// The events of a tick's missed predecessors, before those of its own job.
  static func missed(
    _ request: CreateJob, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    let fact = request.fact
    guard fact.nominalTime != nil || request.tick != nil else { return [] }
    guard let name = fact.schedule, let project = request.project, fact.nominalTime != nil else {
      throw .invalid("a tick names its schedule and its time")
    }
    let id = ScheduleID(project: project, name: name)
    let schedule = try existing(id, after: request.tick?.after, given: &views)
    guard let tick = request.tick, let missed = tick.missed, tick.missedCount > 0 else {
      return []
    }
    let past = ScheduleMissed(schedule: name, nominalTime: missed, count: tick.missedCount)
    return [draft(of: schedule, command, .scheduleMissed(past), given: &views)]
  }

  /// The schedule, when it was not removed and no tick was recorded that the caller does not know.
  private static func existing(
    _ id: ScheduleID, after tick: Timestamp?, given views: inout some ViewSource
  ) throws(Refusal) -> Schedule {
    guard let schedule = views.schedule(project: id.project, name: id.name),
      schedule.removed == nil
    else { throw .scheduleNotFound(id) }
    guard schedule.lastTick == tick else { throw .scheduleMoved(id) }
    return schedule
  }

  /// The event since which a schedule's ticks may not run: its owner lost the role, or its deployment
  /// was retired; nil while they may.
  public static func suspension(
    of schedule: Schedule, given views: inout some ViewSource
  ) -> Position? {
    if let until = views.deployment(schedule.fact.deployment)?.until { return until.position }
    let owner = views.member(schedule.fact.owner)
    let grants = owner?.grants(in: schedule.project) ?? []
    if grants.contains(where: { $0.roles.contains(.operator) }) { return nil }
    return owner?.changed.position ?? schedule.created.position
  }

  private static func draft(
    of schedule: Schedule, _ command: Command, _ fact: Fact, given views: inout some ViewSource
  ) -> Draft {
    let deployment = views.deployment(schedule.fact.deployment)
    return Draft(
      actor: command.actor, occurred: command.occurred, project: schedule.project,
      subject: deployment?.reference, number: deployment?.version.number, fact: fact)
  }
}
