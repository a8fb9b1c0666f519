// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// What is shown of a schedule.
public struct ScheduleDocument: Document {
  /// Its state.
  public var schedule: Schedule

  /// `{"schedule","project","cron","zone","kind","deployment","owner","policy","status",…}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("schedule", schedule.name)
    object.put("project", schedule.project)
    object.put("cron", schedule.fact.cron)
    object.put("zone", schedule.fact.zone)
    object.put("kind", schedule.fact.kind.rawValue)
    object.put("deployment", schedule.fact.deployment)
    object.put("owner", schedule.fact.owner)
    object.put("policy", schedule.fact.policy.rawValue)
    object.put("status", schedule.removed == nil ? "active" : "removed")
    object.put("created", schedule.created.time)
    object.put("removed", schedule.removed?.time)
    object.put("lastTick", schedule.lastTick)
    return object.json
  }
}

/// What became of a schedule: its ticks, and why it stands still.
public struct ScheduleHistory: Document {
  /// What made it, what it runs, and when.
  public var schedule: ScheduleDocument
  /// What it runs; nil when the ledger does not say.
  public var deployment: DeploymentDocument?
  /// Why its ticks may not run: its owner lost the role, or its deployment was retired.
  public var suspension: EventCause?
  /// Why it was removed.
  public var removal: EventCause?
  /// How many of its ticks nobody ran.
  public var missed: UInt64
  /// The latest record of those.
  public var latestMissed: ScheduleMissed?
  /// Why the latest were missed, where not because nobody worked.
  public var missedBecause: EventCause?
  /// Its latest jobs, the newest first.
  public var jobs: [JobDocument]

  /// `active`, `suspended` or `removed`.
  public var status: String {
    if schedule.schedule.removed != nil { return "removed" }
    return suspension == nil ? "active" : "suspended"
  }

  /// The shape of a schedule, with its history behind it.
  public var json: JSONValue {
    guard case .object(let base) = schedule.json else { return schedule.json }
    var object = DocumentObject(base)
    object.put("status", status)
    object.put("suspendedBy", suspension?.json)
    object.put("removedBy", removal?.json)
    object.put("version", deployment?.version)
    object.put("target", deployment?.deployment.target)
    object.put(number: "missedTicks", missed)
    object.put("latestMissed", latestMissed?.nominalTime)
    object.put("missedBecause", missedBecause?.json)
    object.put("jobs", .array(jobs.map(\.json)))
    return object.json
  }
}

extension Documents {
  /// A schedule, removed or not.
  public func schedule(project: Name, name: Name) throws(ReadingError) -> ScheduleDocument? {
    let key = EntityKey.schedule(project: project, name: name)
    guard case .schedule(let state)? = try snapshot.entity(key, asOf: size) else { return nil }
    return ScheduleDocument(schedule: state)
  }

  /// Every schedule, removed ones too, in order of project and name.
  public func schedules() throws(ReadingError) -> [ScheduleDocument] {
    var documents: [ScheduleDocument] = []
    for case .schedule(let state) in try states(of: .schedule) {
      documents.append(ScheduleDocument(schedule: state))
    }
    return documents
  }

  /// What became of a schedule since it was made, with at most `count` of its latest jobs.
  ///
  /// Reads every record of missed ticks, and of its subject's events as many as it takes to find
  /// the jobs.
  public mutating func history(
    of schedule: Schedule, latest count: Int = 5
  ) throws(ReadingError) -> ScheduleHistory {
    var history = ScheduleHistory(
      schedule: ScheduleDocument(schedule: schedule),
      deployment: try deployment(schedule.fact.deployment), missed: 0, jobs: [])
    if let removed = schedule.removed {
      history.removal = try cause(at: removed.position)
    } else {
      history.suspension = try suspension(of: schedule)
    }
    try addMissed(to: &history)
    if let subject = history.deployment?.deployment.version.subject {
      for job in try latestJobs(of: schedule, subject, count) {
        if let document = try self.job(job) { history.jobs.append(document) }
      }
    }
    return history
  }

  /// The event since which a schedule's ticks may not run; nil while they may.
  public mutating func suspension(
    of schedule: Schedule
  ) throws(ReadingError) -> EventCause? {
    var views = SnapshotViews(snapshot, asOf: size)
    let position = ScheduleRules.suspension(of: schedule, given: &views)
    if let failure = views.failure { throw failure }
    return try position.map { position throws(ReadingError) in try cause(at: position) }
  }

  private mutating func addMissed(to history: inout ScheduleHistory) throws(ReadingError) {
    let schedule = history.schedule.schedule
    var positions: [Position] = []
    try snapshot.forEachPosition(
      of: .scheduleMissed, asOf: size, from: schedule.created.position
    ) { position in
      positions.append(position)
      return true
    }
    var latestCause: Position?
    for position in positions {
      let event = try event(at: position)
      guard event.project == schedule.project, case .scheduleMissed(let fact) = event.fact,
        fact.schedule == schedule.name
      else { continue }
      history.missed += fact.count
      history.latestMissed = fact
      latestCause = event.cause
    }
    history.missedBecause = try latestCause.map { position throws(ReadingError) in
      try cause(at: position)
    }
  }

  private mutating func latestJobs(
    of schedule: Schedule, _ subject: SubjectID, _ count: Int
  ) throws(ReadingError) -> [JobID] {
    var jobs: [JobID] = []
    try snapshot.forEachPositionBackwards(of: subject, asOf: size) {
      (position) throws(ReadingError) in
      guard jobs.count < count, position > schedule.created.position else { return false }
      let event = try snapshot.event(at: position)
      if case .jobCreated(let fact) = event.fact, fact.schedule == schedule.name,
        let job = event.job
      {
        jobs.append(job)
      }
      return true
    }
    return jobs
  }
}
