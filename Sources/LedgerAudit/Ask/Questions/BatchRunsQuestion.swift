// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What ran in batches, by cron or out of turn, on whose schedule, and which ticks were missed or doubled?
enum BatchRunsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .job, .kind, .version, .deployment, .trigger, .schedule, .owner, .nominalTime, .missed, .status,
    .created, .ended, .actor,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let schedules = try Schedules(&inquiry)
    try addJobs(&inquiry, schedules, to: &answer)
    try addMissed(&inquiry, schedules, to: &answer)
    try addOverdue(&inquiry, to: &answer)
    answer.explainIfEmpty(
      [.predictionCompleted, .runCompleted, .scheduleMissed], "nothing ran in batches")
  }

  private static func addJobs(
    _ inquiry: inout Inquiry, _ schedules: Schedules, to answer: inout Answer
  ) throws(ReadingError) {
    var found: [Run] = []
    let copy = inquiry
    try inquiry.forEachJob { job in
      if job.kind == .prediction || job.kind == .batchRun, copy.includes(job) {
        found.append(Run(job))
      }
    }
    found.sort { $0.created.position < $1.created.position }
    var ticks: [Tick: [Position]] = [:]
    for run in found {
      let (created, ended) = (run.created, run.ended)
      let schedule = schedules.named(run.schedule, in: run.project, at: created.position)
      if let schedule, let nominal = run.nominalTime {
        let tick = Tick(schedule: schedule.position, time: nominal)
        ticks[tick, default: []].append(created.position)
        if let positions = ticks[tick], positions.count > 1,
          created.position.value >= inquiry.since.value
        {
          answer.except(
            .tickDoubled, about: schedule.id.description,
            restingOn: [schedule.position] + positions)
        }
      }
      guard created.position.value >= inquiry.since.value else { continue }
      let version = try run.version.map { id throws(ReadingError) in
        try inquiry.documents.label(of: id)
      }
      answer.add(
        [
          .name(run.id.string), .word(run.kind.rawValue), version.map { .name($0) },
          run.deployment.map { .name($0.string) }, .word(run.trigger.rawValue),
          run.schedule.map { .name($0.string) }, schedule.map { .name($0.fact.owner.string) },
          run.nominalTime.map { .time($0) }, nil, .word(run.status.rawValue),
          .time(created.time), (ended?.time).map { .time($0) }, .actor(run.createdBy),
        ],
        restingOn: [schedule?.position, created.position, ended?.position].compactMap { $0 })
    }
  }

  /// What is told of a job: a large ledger has a hundred thousand, and they are sorted.
  private struct Run {
    var id: JobID
    var kind: JobKind
    var project: Name?
    var version: VersionID?
    var deployment: DeploymentID?
    var schedule: Name?
    var trigger: Trigger
    var nominalTime: Timestamp?
    var status: JobStatus
    var created: Mark
    var ended: Mark?
    var createdBy: Actor

    init(_ job: Job) {
      (id, kind, project, version) = (job.id, job.kind, job.project, job.versionID)
      (deployment, schedule) = (job.request.deployment, job.request.schedule)
      (trigger, nominalTime) = (job.request.trigger, job.request.nominalTime)
      (status, created, ended) = (job.status, job.created, job.ended)
      createdBy = job.createdBy
    }
  }

  private static func addMissed(
    _ inquiry: inout Inquiry, _ schedules: Schedules, to answer: inout Answer
  ) throws(ReadingError) {
    try inquiry.forEachEvent(of: [.scheduleMissed]) { (event, documents) throws(ReadingError) in
      guard case .scheduleMissed(let fact) = event.fact else { return }
      let schedule = schedules.named(fact.schedule, in: event.project, at: event.position)
      let positions = [schedule?.position, event.cause, event.position].compactMap { $0 }
      answer.add(
        [
          nil, (schedule?.fact.kind.rawValue).map { .word($0) },
          try documents.label(of: event).map { .name($0) },
          (schedule?.fact.deployment).map { .name($0.string) }, .word(Trigger.cron.rawValue),
          .name(fact.schedule.string), (schedule?.fact.owner).map { .name($0.string) },
          .time(fact.nominalTime), .count(fact.count),
          .word(event.cause == nil ? "missed" : "suspended"), .time(event.time), nil,
          .actor(event.actor),
        ], restingOn: positions)
      answer.except(
        event.cause == nil ? .tickMissed : .scheduleSuspended,
        about: schedule?.id.description ?? fact.schedule.string, restingOn: positions)
    }
  }

  /// What is due by now and neither ran nor was counted as missed: no worker is at work.
  private static func addOverdue(
    _ inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var active: [Schedule] = []
    try inquiry.snapshot.forEachEntity(of: .schedule, asOf: inquiry.size) { entity in
      if case .schedule(let schedule) = entity, schedule.removed == nil { active.append(schedule) }
      return true
    }
    for schedule in active {
      guard
        case .deployment(let deployment)? = try inquiry.snapshot.entity(
          .deployment(schedule.fact.deployment), asOf: inquiry.size),
        inquiry.includes(deployment.version),
        try inquiry.documents.suspension(of: schedule) == nil,
        let cron = try? CronExpression(schedule.fact.cron.string),
        let rules = try? TimeZoneDatabase.system().rules(of: schedule.fact.zone.string),
        let due = ZonedCron(cron, in: rules).due(
          after: schedule.lastTick ?? schedule.created.time, through: inquiry.moment)
      else { continue }
      let id = ScheduleID(project: schedule.project, name: schedule.name)
      answer.add(
        [
          nil, .word(schedule.fact.kind.rawValue),
          .name(try inquiry.documents.label(of: deployment.version)), .name(deployment.id.string),
          .word(Trigger.cron.rawValue), .name(schedule.name.string),
          .name(schedule.fact.owner.string), .time(due.last), .count(due.count), .word("overdue"),
          nil, nil, nil,
        ], restingOn: [schedule.created.position])
      answer.except(
        .tickOverdue, about: id.description, restingOn: [schedule.created.position])
    }
  }

  private struct Tick: Hashable {
    var schedule: Position
    var time: Timestamp
  }

  /// Every schedule, removed ones included: a name may be given again.
  private struct Schedules {
    struct Created {
      var id: ScheduleID
      var fact: ScheduleCreated
      var position: Position
    }

    private var created: [ScheduleID: [Created]] = [:]

    init(_ inquiry: inout Inquiry) throws(ReadingError) {
      var found: [ScheduleID: [Created]] = [:]
      try inquiry.forEachEvent(of: [.scheduleCreated], fromTheStart: true) { event, _ in
        guard case .scheduleCreated(let fact) = event.fact, let project = event.project else {
          return
        }
        let id = ScheduleID(project: project, name: fact.schedule)
        found[id, default: []].append(Created(id: id, fact: fact, position: event.position))
      }
      created = found
    }

    /// The one of a name when something happened.
    func named(_ name: Name?, in project: Name?, at position: Position) -> Created? {
      guard let name, let project else { return nil }
      return created[ScheduleID(project: project, name: name)]?.last { $0.position < position }
    }
  }
}
