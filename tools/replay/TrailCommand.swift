// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `trail`: every event of one thing, or of the whole ledger.
struct TrailCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "trail",
    abstract: "Print an audit trail: every event in order, who, what, why, before and after.",
    discussion: """
      The trail of a model, version, job, deployment, schedule or project, or without REF of the \
      whole ledger; of what somebody did, by name or with --actor; of a window, with --since and \
      --until. Every event in it is held against the tree. Log lines are counted, or listed with \
      --logs. What is covered, and what is missing, stands above it; --summary says only that.

      What stands out is marked: late (recorded more than a second after it occurred, as the \
      system itself says), back-dated (a person says so), clock (it read less than before, or was \
      corrected), exception (the policy was set aside), erased, missing (words), lost (a job).

        jobledger replay trail churn-lr@3
        jobledger replay trail deploy-7k2pqx --as-of 2026-06-30 --json
        jobledger replay trail --actor alice --since 2026-06-01 --until 2026-06-30
        jobledger replay trail --csv > trail.csv
        jobledger replay trail churn-lr --summary --json
      """)

  @Argument(
    help: "A model, feature task, version, job, deployment, schedule, project or member; else all.")
  var ref: String?
  @Option(
    help: ArgumentHelp("Only what this person did, or the system for them.", valueName: "name"))
  var actor: String?
  @Option(
    help: ArgumentHelp(
      "Only from then on: a time, a day, an event ('#41'), or what came after a size or checkpoint.",
      valueName: "when"))
  var since: String?
  @Option(help: ArgumentHelp("Only up to then, as --as-of says it.", valueName: "when"))
  var until: String?
  @Flag(help: "List log lines too.") var logs = false
  @Flag(help: "Say only what is covered and what is missing.") var summary = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if summary, options.csv {
      throw ValidationError("a summary is no list: --csv does not apply")
    }
  }

  mutating func run(_ console: Console) throws {
    let (ref, logs, summary, moment) = (ref, logs, summary, moment)
    let actor = try actor.map { try ActorID.read($0) }
    let missing = try reading(console, moment) { view in
      var scope = try TrailScope.read(ref, in: view)
      var window = try window(view.reader)
      if ref == nil, let actor { scope = .actor(actor) } else { window.actor = actor }
      let trail = Trail(
        view.reader, of: scope, asOf: view.at.size, in: window, includingLogs: logs)
      if case .actor(let id) = scope, try !view.hasMember(id), try trail.eventPositions().isEmpty {
        try view.requireMember(id)
      }
      if summary {
        let header = try trail.header()
        try print(header, console)
        return header.missingCount
      }
      if console.format == .table { try print(try trail.header(), console) }
      var printer = try TrailPrinter(console)
      if moment.clock == .occurred {
        for entry in try trail.entriesByOccurrence() { try printer.add(entry) }
      } else {
        try trail.forEachEntry { try printer.add($0) }
      }
      try printer.finish()
      if console.format != .table { remarkAsOf(console, moment, view.at) }
      return printer.missing
    }
    if missing > 0 {
      console.remark(
        "the words of \(missing) events are gone though no erasure names them: run 'jobledger "
          + "replay verify'")
      throw ExitCode(ExitStatus.findings.rawValue)
    }
  }

  private func print(_ header: TrailHeader, _ console: Console) throws {
    if console.format == .json { return try console.print(header.json) }
    for line in TrailText.header(header) { try console.print(line) }
  }

  /// What --since and --until mean, by the clock that was asked for.
  private func window(_ reader: LedgerReader) throws -> TrailWindow {
    var window = TrailWindow()
    let (zone, now) = (try moment.zoneRules(), ProcessEnvironment.now())
    if let since {
      // Refuses what is still to come, whichever clock counts.
      let start = try reader.start(since, in: zone)
      if moment.clock == .occurred, case .moment(let written) = try AsOf(since) {
        window.happenedSince = try written.beginning(in: zone, now: now)
      } else {
        window.since = Position(start.size.value)
      }
    }
    if let until {
      let end = try reader.size(until, in: zone)
      if moment.clock == .occurred, case .moment(let written) = try AsOf(until) {
        window.happenedUntil = try written.end(in: zone, now: now)
      } else {
        window.until = end.size
      }
    }
    let isEmpty =
      window.until.map { $0.value < window.since.value } ?? false
      || window.happenedUntil.map { $0 < window.happenedSince ?? $0 } ?? false
    if isEmpty {
      throw Failure(
        .badInput, code: "window-empty", what: "look since '\(since ?? "")'",
        on: "until '\(until ?? "")'", why: "the end is before the beginning")
    }
    return window
  }
}

extension ActorID {
  /// A name that was written; 65 when it is none.
  static func read(_ text: String) throws -> ActorID {
    if let id = ActorID(text) { return id }
    throw ReferenceError.malformed(text)
  }
}

extension TrailScope {
  /// What a reference is about; the whole ledger without one. A name that nothing else has may be
  /// that of a member.
  static func read(_ ref: String?, in view: ReplayView) throws -> TrailScope {
    guard let ref else { return .ledger }
    let kinds: [ReferentKind] = [.subject, .version, .deployment, .job, .project, .schedule]
    let referent: Referent
    do {
      referent = try view.resolve(ref, kinds)
    } catch let error as ReferenceError {
      guard case .notFound = error, let id = ActorID(ref), try view.hasMember(id) else {
        throw error
      }
      return .actor(id)
    }
    switch referent {
    case .subject(let id): return .subject(id)
    case .version(let id): return .version(id)
    case .project(let name): return .project(name)
    case .deployment(let id):
      let state = try view.snapshot.entity(.deployment(id), asOf: view.at.size)
      if case .deployment(let deployment)? = state {
        return .deployment(id, of: deployment.version.subject)
      }
      return .job(id)
    case .job(let id): return .job(id)
    case .schedule(let project, let name):
      return .schedule(ScheduleID(project: project, name: name))
    case .event:
      throw ReferenceError.notFound(ref, kinds: kinds, asOf: view.at.size, suggestions: [])
    }
  }
}

/// Prints a trail in the form that was asked for.
private struct TrailPrinter {
  private let console: Console
  private var list: ListPrinter?
  /// How many entries' words are gone though no erasure names them.
  private(set) var missing: UInt64 = 0

  init(_ console: Console) throws {
    self.console = console
    guard console.format == .csv else { return }
    list = try ListPrinter(
      console,
      [
        Column("event", .right), Column("time"), Column("actor"), Column("type"),
        Column("about"), Column("job"), Column("marks"), Column("what"), Column("why"),
        Column("changes"),
        Column("artifacts"), Column("leaf hash"), Column("cause"), Column("occurred"),
      ])
  }

  mutating func add(_ entry: TrailEntry) throws {
    if entry.isMissing { missing += 1 }
    switch console.format {
    case .json: try console.print(entry.json)
    case .table:
      try console.print()
      for line in TrailText.lines(entry, console) { try console.print(line) }
    case .csv:
      try list?.add(
        [
          .number(entry.event.position.value), .time(entry.event.time),
          .text(entry.event.actor.words), .text(entry.type), .text(entry.label),
          .text(entry.event.job?.string),
          .text(entry.marks.map(\.rawValue).joined(separator: " ")), .text(entry.what),
          .text(
            entry.words == .erased
              ? entry.erasure.map { "(\($0.words))" } ?? "(missing)" : entry.why?.string),
          .text(entry.changes.map(TrailText.change).joined(separator: "; ")),
          .text(entry.artifactsDigest?.description), .text(entry.leafHash),
          .text(entry.cause.map(TrailText.cause)), .time(entry.event.occurred),
        ], json: entry.json)
    }
  }

  mutating func finish() throws { try list?.finish() }
}
