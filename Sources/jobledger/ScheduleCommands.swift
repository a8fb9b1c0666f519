// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger schedule …`
struct ScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Run a deployment again and again, at set times.",
    discussion: """
      A schedule of a model runs predictions, one of a feature task batch runs, while \
      'jobledger work' is running. Its jobs run by the right of who added it.
      """,
    subcommands: [
      ScheduleAdd.self, ScheduleList.self, ScheduleRemove.self, ScheduleRunNow.self,
    ])
}

/// `jobledger schedule add`
struct ScheduleAdd: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Add a schedule of a deployment.",
    discussion: """
      Five fields as in crontab(5): minute (0-59), hour (0-23), day of month (1-31), month (1-12 or \
      JAN-DEC), day of week (0-7 or SUN-SAT; 0 and 7 are Sunday), each a list of values, ranges a-b \
      and steps */n, a-b/n, a/n; or @hourly, @daily, @midnight, @weekly, @monthly, @yearly, \
      @annually. Where both fields of days are restricted, a day counts that fits either; where one \
      begins with '*', a day must fit both.

      When clocks are changed: a time of day that is left out is run once, at the moment of the \
      change; one that comes twice is run the first time. An interval (minute or hour with '*' or a \
      step) follows the clock: what is left out is not run, what comes twice is run twice.

      A tick that nobody has started within a minute was missed: it is recorded, and with \
      --missed once the latest missed tick is run as soon as possible.

        jobledger schedule add deploy-7k2pqx --name nightly --cron '30 3 * * *' \
      --zone Europe/Berlin
        jobledger schedule add deploy-7k2pqx --name workdays --cron '0 8-18/2 * * MON-FRI' \
      --missed once
      """)

  @Argument(help: "The deployment.") var deployment: String
  @Option(help: "A name for it, unused in the project.") var name: String
  @Option(help: "When: five fields, or a word such as @daily.") var cron: String
  @Option(help: ArgumentHelp("The time zone that the fields are in.", valueName: "zone"))
  var zone: String = "UTC"
  @Option(help: "What happens about a missed tick beside recording it.")
  var missed: MissedPolicy = .skip
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let name = try checkedName(name, "a schedule's name")
    guard case .deployment(let id) = try session.resolve(deployment, [.deployment]),
      case .deployment(let state)? = try session.entity(.deployment(id))
    else { return }
    _ = try TimeZoneDatabase.system().rules(of: zone)
    let made = try session.submit(
      .addSchedule(
        AddSchedule(
          name: name, deployment: id, cron: Text(cron), zone: Text(zone), policy: missed)),
      Attempt(
        "schedule", on: id.string,
        [
          ("deployment", .string(id.string)), ("name", .string(name.string)),
          ("cron", .string(cron)), ("zone", .string(zone)),
          ("missed", .string(missed.rawValue)),
        ]))
    try session.printSchedule(
      ScheduleID(project: state.version.subject.project, name: name), made)
  }
}

/// `jobledger schedule list`
struct ScheduleList: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List schedules, with their latest and next tick.",
    discussion: """
        jobledger schedule list
        jobledger schedule list --all --as-of 2026-06-30
      """)

  @Flag(help: "Those that were removed, too.") var all = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    let now = moment.asOf == nil ? ProcessEnvironment.now() : nil
    var printer = try ListPrinter(
      session.console,
      [
        Column("schedule"), Column("cron"), Column("zone"), Column("kind"), Column("deployment"),
        Column("owner"), Column("missed"), Column("status"), Column("last tick"),
        Column("next tick"),
      ])
    var documents: [ScheduleDocument] = []
    for document in try view.documents.schedules() where all || document.schedule.removed == nil {
      documents.append(document)
    }
    for document in documents {
      let schedule = document.schedule
      let status = try view.status(of: schedule)
      let next = try now.flatMap { try view.nextTicks(of: schedule, after: $0).first }
      try printer.add(
        [
          .text("\(schedule.project)/\(schedule.name)"), .text(schedule.fact.cron.string),
          .text(schedule.fact.zone.string), .text(schedule.fact.kind.rawValue),
          .text(schedule.fact.deployment.string), .text(schedule.fact.owner.string),
          .text(schedule.fact.policy.rawValue), .word(status),
          .time(schedule.lastTick), .time(next),
        ],
        json: {
          guard case .object(var object) = document.json else { return document.json }
          object["status"] = .string(status)
          object["nextTick"] = next.map { .string($0.description) }
          return .object(object)
        }())
    }
    try printer.finish()
  }
}

/// `jobledger schedule remove`
struct ScheduleRemove: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Remove a schedule. Jobs that it started go on.",
    discussion: """
        jobledger schedule remove nightly --reason 'Scored by the new pipeline'
      """)

  @Argument(help: "The schedule.") var schedule: String
  @Option(help: "Why.") var reason: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let id = try session.schedule(schedule)
    let made = try session.submit(
      .removeSchedule(id, reason: Text(reason)),
      Attempt(
        "remove", on: "schedule \(id)",
        [("schedule", .string(id.description)), ("reason", .string(reason))]))
    try session.printSchedule(id, made)
  }
}

/// `jobledger schedule run-now`
struct ScheduleRunNow: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-now",
    abstract: "Run what a schedule runs, out of turn. Its ticks stay as they are.",
    discussion: """
        jobledger schedule run-now nightly
        jobledger schedule run-now nightly --queue
      """)

  @Argument(help: "The schedule.") var schedule: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    let id = try session.schedule(schedule)
    let attempt = Attempt(
      "run", on: "schedule \(id)", [("schedule", .string(id.description))] + job.content)
    guard
      case .schedule(let state)? = try session.entity(.schedule(project: id.project, name: id.name)),
      state.removed == nil
    else {
      throw Failure(anything: Refusal.scheduleNotFound(id)).attempting(attempt.what, on: attempt.on)
    }
    return try session.runJob(attempt, job) { settings in
      var settings = settings
      settings.trigger = .runNow
      settings.schedule = state.name
      return .scheduled(state, settings)
    }
  }
}

extension Session {
  /// The schedule that a name means.
  fileprivate func schedule(_ text: String) throws -> ScheduleID {
    guard case .schedule(let project, let name) = try resolve(text, [.schedule]) else {
      throw Failure(.bug, code: "bug", what: "resolve", on: "'\(text)'", why: "this is a bug")
    }
    return ScheduleID(project: project, name: name)
  }

  /// Prints a schedule after it was added or removed.
  fileprivate func printSchedule(_ id: ScheduleID, _ made: Made) throws {
    remarkNothing(made)
    try readingHead { view in
      let document = try view.documents.schedule(project: id.project, name: id.name)
      guard let document else { return }
      let next = try view.nextTicks(
        of: document.schedule, after: ProcessEnvironment.now()
      ).first
      try console.print(
        json: document.json,
        text: TerminalText.escape(
          document.schedule.removed == nil
            ? "\(id) runs \(document.schedule.fact.deployment)"
              + (next.map { ", the first time \($0)" } ?? "")
            : "\(id) removed") + "\n")
    }
  }
}

extension View {
  /// `active`, `removed`, or `suspended` while its owner or its deployment forbids its ticks.
  func status(of schedule: Schedule) throws -> String {
    if schedule.removed != nil { return "removed" }
    var views = SnapshotViews(snapshot, asOf: size)
    let isSuspended = ScheduleRules.suspension(of: schedule, given: &views) != nil
    if let failure = views.failure { throw failure }
    return isSuspended ? "suspended" : "active"
  }

  /// When a schedule is due next; empty for one that is not.
  func nextTicks(
    of schedule: Schedule, after now: Timestamp, count: Int = 1
  ) throws -> [Timestamp] {
    guard try status(of: schedule) == "active",
      let rules = try? TimeZoneDatabase.system().rules(of: schedule.fact.zone.string),
      let cron = try? CronExpression(schedule.fact.cron.string)
    else { return [] }
    let times = ZonedCron(cron, in: rules)
    var ticks: [Timestamp] = []
    while ticks.count < count,
      let next = times.next(after: ticks.last ?? max(now, schedule.lastTick ?? now))
    {
      ticks.append(next)
    }
    return ticks
  }
}
