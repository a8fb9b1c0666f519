// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerStorage

/// What a worker could do next, as the ledger tells it: queued jobs first come first, then ticks.
///
/// Looks only at what is new since it looked last, so that a ledger full of other jobs costs nothing.
struct Agenda {
  /// A piece of work.
  enum Work: Sendable {
    /// A job that waits.
    case queued(JobID)
    /// A tick that is due, and what is known of those before it.
    case tick(Schedule, at: Timestamp, TickOrder)
    /// Ticks that nobody will run.
    case miss(Schedule, MissTicks)
  }

  private struct Timetable {
    var schedule: Schedule
    var times: ZonedCron?
    var suspended: Bool
    /// The first tick behind `base`.
    var next: Timestamp?
    var base: Timestamp?
  }

  private let options: Worker.Options
  private var seen = LedgerSize(0)
  private var waiting: [JobID] = []
  private var timetables: [ScheduleID: Timetable] = [:]
  /// The latest correction of the ledger's clock: from when, to when.
  private var correction: (from: Timestamp, to: Timestamp)?
  /// What was handed out and has not ended: queued jobs, and ticks not on record yet.
  private var inHand: Set<JobID> = []
  private var ticksInHand: [ScheduleID: Timestamp] = [:]
  /// The latest tick that turned out to be done, where the ledger does not say so.
  private var done: [ScheduleID: Timestamp] = [:]
  private var jobRests: [JobID: ContinuousClock.Instant] = [:]
  private var scheduleRests: [ScheduleID: ContinuousClock.Instant] = [:]
  /// The schedules of which nothing ended since the ledger was looked at.
  private var looked: Set<ScheduleID> = []

  init(_ options: Worker.Options) { self.options = options }

  /// Whether nothing waits, is in hand or due.
  var isEmpty: Bool { waiting.isEmpty && inHand.isEmpty && ticksInHand.isEmpty && !isDue }

  private var isDue: Bool {
    let now = options.clock.read().time
    return timetables.values.contains { table in table.next.map { $0 <= now } ?? false }
  }

  // MARK: Looking

  /// Learns what was appended since.
  mutating func look(at snapshot: Snapshot) throws(ReadingError) {
    let size = snapshot.size
    defer { looked = Set(timetables.keys) }
    guard size != seen else { return }
    var found: [JobID] = []
    if seen.value == 0 || size < seen {
      var jobs: [(JobID, Position)] = []
      try snapshot.forEachEntity(of: .job, asOf: size) { (entity) throws(ReadingError) in
        if case .job(let job) = entity, job.status == .created, job.request.queued == true {
          jobs.append((job.id, job.created.position))
        }
        return true
      }
      waiting = []
      found = jobs.sorted { $0.1 < $1.1 }.map(\.0)
    } else {
      try snapshot.forEachPosition(of: .jobCreated, asOf: size, from: Position(seen.value)) {
        (position) throws(ReadingError) in
        let event = try snapshot.event(at: position)
        if case .jobCreated(let fact) = event.fact, fact.queued == true, let job = event.job {
          found.append(job)
        }
        return true
      }
    }
    waiting += found
    try lookForCorrections(snapshot)
    try lookAtSchedules(snapshot)
    seen = size
  }

  private mutating func lookForCorrections(_ snapshot: Snapshot) throws(ReadingError) {
    var latest: (from: Timestamp, to: Timestamp)?
    try snapshot.forEachPosition(
      of: .clockCorrected, asOf: snapshot.size, from: Position(seen.value)
    ) { (position) throws(ReadingError) in
      let event = try snapshot.event(at: position)
      if case .clockCorrected(let fact) = event.fact { latest = (fact.from, event.time) }
      return true
    }
    if let latest { correction = latest }
  }

  private mutating func lookAtSchedules(_ snapshot: Snapshot) throws(ReadingError) {
    var current: [ScheduleID: Timetable] = [:]
    var views = SnapshotViews(snapshot, asOf: snapshot.size)
    try snapshot.forEachEntity(of: .schedule, asOf: snapshot.size) {
      (entity) throws(ReadingError) in
      guard case .schedule(let schedule) = entity, schedule.removed == nil else { return true }
      let id = ScheduleID(project: schedule.project, name: schedule.name)
      let old = timetables[id]
      var table = Timetable(
        schedule: schedule,
        times: old?.schedule.created == schedule.created ? old?.times : times(of: schedule),
        suspended: ScheduleRules.suspension(of: schedule, given: &views) != nil)
      if let old, old.schedule == schedule { (table.next, table.base) = (old.next, old.base) }
      current[id] = table
      if ticksInHand[id] == schedule.lastTick { ticksInHand[id] = nil }
      return true
    }
    if let failure = views.failure { throw failure }
    timetables = current
  }

  private func times(of schedule: Schedule) -> ZonedCron? {
    do {
      return ZonedCron(
        try CronExpression(schedule.fact.cron.string),
        in: try options.zones.rules(of: schedule.fact.zone.string))
    } catch {
      options.remark("the schedule \(schedule.name) cannot be followed here: \(error)")
      return nil
    }
  }

  // MARK: Handing out

  /// The next piece of work; what needs a command to run only where there is room.
  mutating func next(at now: Timestamp, hasRoom: Bool) -> Work? {
    if hasRoom, let index = waiting.firstIndex(where: { isRested(jobRests[$0]) }) {
      let job = waiting.remove(at: index)
      jobRests[job] = nil
      inHand.insert(job)
      return .queued(job)
    }
    for id in timetables.keys.sorted()
    where ticksInHand[id] == nil && looked.contains(id) && isRested(scheduleRests[id]) {
      guard let work = due(id, at: now) else { continue }
      if case .tick(_, let nominal, _) = work {
        guard hasRoom else { continue }
        ticksInHand[id] = nominal
      } else if case .miss(_, let missed) = work {
        ticksInHand[id] = missed.nominalTime
      }
      return work
    }
    return nil
  }

  /// Takes note of what became of a piece of work; what is to be tried again waits a while.
  ///
  /// `isDuplicate` says that a tick turned out to have its job already.
  mutating func ended(_ work: Work, retryAfter pause: Duration?, isDuplicate: Bool) {
    switch work {
    case .queued(let job):
      inHand.remove(job)
      guard let pause else { return }
      waiting.append(job)
      jobRests[job] = .now + pause
    case .tick(let schedule, let nominal, _):
      ended(schedule, nominal, pause)
      if isDuplicate { done[ScheduleID(project: schedule.project, name: schedule.name)] = nominal }
    case .miss(let schedule, let missed): ended(schedule, missed.nominalTime, pause)
    }
  }

  private mutating func ended(_ schedule: Schedule, _ nominal: Timestamp, _ pause: Duration?) {
    let id = ScheduleID(project: schedule.project, name: schedule.name)
    if ticksInHand[id] == nominal { ticksInHand[id] = nil }
    // The ledger is looked at before it is this schedule's turn again.
    scheduleRests[id] = .now + (pause ?? .zero)
    looked.remove(id)
  }

  /// What is to be done for a schedule; nil while its next tick is not due.
  private mutating func due(_ id: ScheduleID, at now: Timestamp) -> Work? {
    guard var table = timetables[id], let times = table.times else { return nil }
    let base = base(of: table.schedule, id, now)
    if table.base != base {
      table.base = base
      table.next = times.next(after: base)
      timetables[id] = table
    }
    guard let next = table.next, next <= now else { return nil }
    let limit = 100_000
    guard let due = times.due(after: base, through: now, limit: limit) else { return nil }
    let schedule = table.schedule
    let known = schedule.lastTick
    let isLate =
      now.microseconds - due.last.microseconds > options.tolerance.microseconds
      || due.count == limit
    if table.suspended || (isLate && (schedule.fact.policy == .skip || due.count == limit)) {
      return .miss(
        schedule, MissTicks(schedule: id, after: known, nominalTime: due.last, count: due.count))
    }
    let order =
      isLate
      ? TickOrder(after: known, missedCount: due.count, missed: due.last)
      : TickOrder(after: known, missedCount: due.count - 1, missed: due.previous)
    return .tick(schedule, at: due.last, order)
  }

  /// From when on ticks are looked for.
  private func base(of schedule: Schedule, _ id: ScheduleID, _ now: Timestamp) -> Timestamp {
    var base = schedule.lastTick ?? schedule.created.time
    // What was recorded while the clock ran ahead, before it was corrected, says nothing about
    // the ticks that are to come now.
    if let correction, base.microseconds > now.microseconds + options.tolerance.microseconds,
      base > correction.to, base <= correction.from
    {
      base = correction.to
    }
    if let done = done[id], done <= now, done > base { base = done }
    return base
  }

  private func isRested(_ until: ContinuousClock.Instant?) -> Bool {
    until.map { $0 <= .now } ?? true
  }
}
