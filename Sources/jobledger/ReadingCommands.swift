// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// A command that prints a list.
protocol ListCommand: SimpleCommand {
  /// As of when it looks.
  var moment: AsOfOptions { get }
  /// Prints the rows.
  func list(_ view: View, _ session: Session) throws
}

extension ListCommand {
  static var hasRows: Bool { true }

  func perform(_ session: Session) throws {
    try session.paging {
      try session.reading(moment) { view in
        try list(view, session)
        session.remarkAsOf(moment, view)
      }
    }
  }
}

extension Session {
  /// Shows what `body` prints page by page where that is wanted.
  func paging(_ body: () throws -> Void) throws {
    let pager = Pager.start(console, isForbidden: options.noPager)
    defer { pager?.finish() }
    try body()
    if pager != nil { try console.out.flush() }
  }
}

/// `jobledger jobs`
struct Jobs: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "List jobs, the latest last.",
    discussion: """
        jobledger jobs --project churn --status failed
        jobledger jobs --as-of 2026-06-30 --json
      """)

  @Option(help: ArgumentHelp("Only jobs of this project.", valueName: "project"))
  var project: String?
  @Option(help: ArgumentHelp("Only jobs about this model or feature task.", valueName: "subject"))
  var subject: String?
  @Option(help: "Only jobs of this kind.") var kind: JobKind?
  @Option(help: "Only jobs with this status.") var status: JobStatus?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    let wantedProject = try view.project(project)
    let wantedSubject = try view.subject(subject)
    var jobs: [Job] = []
    try view.snapshot.forEachEntity(of: .job, asOf: view.size) { entity in
      if case .job(let job) = entity, kind.map({ $0 == job.kind }) ?? true,
        status.map({ $0 == job.status }) ?? true,
        wantedProject.map({ $0 == job.project }) ?? true,
        wantedSubject.map({ $0 == job.subjectID }) ?? true
      {
        jobs.append(job)
      }
      return true
    }
    try view.sort(&jobs, by: moment.clock) { $0.created.position }
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [
        Column("job"), Column("kind"), Column("about", isFlexible: true), Column("status"),
        Column("created"), Column("took", .right), Column("warn", .right),
        Column("err", .right), Column("by"),
      ])
    for job in jobs {
      let document = try documents.document(of: job)
      let about = try document.version ?? job.subjectID.map { try documents.label(of: $0) }
      try printer.add(
        [
          .text(job.id.string), .text(job.kind.rawValue),
          .text(about ?? document.words.string(.name)?.string ?? document.commandLine),
          .word(job.status.rawValue), .time(job.created.time),
          document.duration(until: session.console.style.now).map { .duration(microseconds: $0) }
            ?? .none,
          .number(document.log.records.warning), .number(document.log.records.error),
          .text(job.createdBy.person.string),
        ], json: document.json)
    }
    try printer.finish()
  }
}

/// `jobledger versions`
struct Versions: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "versions",
    abstract: "List the versions of all models and feature tasks, or of one.",
    discussion: """
        jobledger versions churn-lr
        jobledger versions --status deployed --as-of 2026-06-30
      """)

  @Argument(help: "The model or feature task.") var subject: String?
  @Option(help: "Only versions with this status.") var status: VersionStatus?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    let wanted = try view.subject(subject)
    var versions: [Version] = []
    try view.snapshot.forEachEntity(of: .version, asOf: view.size) { entity in
      if case .version(let version) = entity, wanted.map({ $0 == version.id.subject }) ?? true,
        status.map({ $0 == version.status }) ?? true
      {
        versions.append(version)
      }
      return true
    }
    if moment.clock == .occurred {
      try view.sort(&versions, by: .occurred) { $0.created.position }
    }
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [
        Column("version"), Column("status"), Column("created"), Column("by"),
        Column("metrics", isFlexible: true), Column("decided by"),
        Column("reason", isFlexible: true),
      ])
    for version in versions {
      let document = try documents.document(of: version)
      try printer.add(
        [
          .text(document.label), .word(version.status.rawValue), .time(version.created.time),
          .text(version.maker.person.string), .text(Words.metrics(version.metrics)),
          .text(document.decision?.event.actor.person.string),
          .text(document.decision?.reason?.string),
        ], json: document.json)
    }
    try printer.finish()
  }
}

/// `jobledger deployments`
struct Deployments: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "deployments",
    abstract: "List what is and was in production, the latest last.",
    discussion: """
        jobledger deployments --status active
        jobledger deployments --as-of 2026-06-30 --zone Europe/Berlin
      """)

  @Option(help: ArgumentHelp("Only deployments on this target.", valueName: "target"))
  var target: String?
  @Option(help: ArgumentHelp("Only those of this model or feature task.", valueName: "subject"))
  var subject: String?
  @Option(help: "Only active or only retired ones.") var status: DeploymentStatus?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    let wantedTarget = try target.map { try checkedName($0, "a target's name") }
    let wanted = try view.subject(subject)
    var deployments: [Deployment] = []
    try view.snapshot.forEachEntity(of: .deployment, asOf: view.size) { entity in
      if case .deployment(let deployment) = entity,
        status.map({ $0 == deployment.status }) ?? true,
        wantedTarget.map({ $0 == deployment.target }) ?? true,
        wanted.map({ $0 == deployment.version.subject }) ?? true
      {
        deployments.append(deployment)
      }
      return true
    }
    try view.sort(&deployments, by: moment.clock) { $0.since.position }
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [
        Column("deployment"), Column("version"), Column("target"), Column("engine"),
        Column("status"), Column("since"), Column("until"), Column("by"),
        Column("reason", isFlexible: true),
      ])
    for deployment in deployments {
      let document = try documents.document(of: deployment)
      try printer.add(
        [
          .text(deployment.id.string), .text(document.version), .text(deployment.target.string),
          .text(deployment.fact.engine.rawValue), .word(deployment.status.rawValue),
          .time(deployment.since.time), .time(deployment.until?.time),
          .text((deployment.retiredBy ?? deployment.deployedBy).person.string),
          .text(document.reason?.string),
        ], json: document.json)
    }
    try printer.finish()
  }
}

/// `jobledger subjects`
struct Subjects: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "subjects",
    abstract: "List models and feature tasks.",
    discussion: """
        jobledger subjects --project churn
      """)

  @Option(help: ArgumentHelp("Only those of this project.", valueName: "project"))
  var project: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    let wanted = try view.project(project)
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [
        Column("subject"), Column("kind"), Column("project"), Column("versions", .right),
        Column("owner"), Column("tier"), Column("review by"),
        Column("description", isFlexible: true),
      ])
    for document in try documents.subjects()
    where wanted.map({ $0 == document.subject.id.project }) ?? true {
      let subject = document.subject
      try printer.add(
        [
          .text(document.label), .text(subject.kind.rawValue), .text(subject.id.project.string),
          .number(subject.latestNumber), .text(subject.described.owner?.string),
          .text(subject.described.tier?.string), .text(subject.described.reviewBy?.description),
          .text(document.words.string(.description)?.string),
        ], json: document.json)
    }
    try printer.finish()
  }
}

/// `jobledger member list`
struct MemberList: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the members and their roles.",
    discussion: """
        jobledger member list --as-of 2026-06-30
      """)

  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [Column("member"), Column("name"), Column("roles", isFlexible: true), Column("since")])
    for document in try documents.members() {
      let grants = document.member.grants.map(\.words).joined(separator: "; ")
      try printer.add(
        [
          .text(document.member.id.string), .text(document.words.string(.displayName)?.string),
          .text(grants.isEmpty ? "(revoked)" : grants), .time(document.member.since.time),
        ], json: document.json)
    }
    try printer.finish()
  }
}

extension View {
  /// The subject that an option names; nil where none was given.
  func subject(_ text: String?) throws -> SubjectID? {
    guard let text, case .subject(let id) = try resolve(listed: text, [.subject]) else {
      return nil
    }
    return id
  }

  /// Sorts things by the event that made them: as recorded, or as it happened.
  func sort<Thing>(
    _ things: inout [Thing], by clock: ClockChoice, _ position: (Thing) -> Position
  ) throws {
    if clock == .recorded { return things.sort { position($0) < position($1) } }
    var timed: [(Timestamp, Position, Thing)] = []
    for thing in things {
      let event = try snapshot.event(at: position(thing))
      timed.append((event.occurred ?? event.time, event.position, thing))
    }
    timed.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    things = timed.map(\.2)
  }
}

extension Documents {
  /// The policy in force, for programs.
  func policyJSON() throws -> JSONValue {
    var documents = self
    return try documents.policy().json
  }
}
