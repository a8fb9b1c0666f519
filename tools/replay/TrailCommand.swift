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
      whole ledger. Every event in it is held against the tree. Log lines are counted, or listed with \
      --logs. With --json the first line says what is covered and what is missing.

        jobledger replay trail churn-lr@3
        jobledger replay trail deploy-7k2pqx --as-of 2026-06-30 --json
        jobledger replay trail --csv > trail.csv
      """)

  @Argument(help: "A model, feature task, version, job, deployment, schedule or project; else all.")
  var ref: String?
  @Flag(help: "List log lines too.") var logs = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    let (ref, logs, moment) = (ref, logs, moment)
    let missing = try reading(console, moment) { view in
      let trail = Trail(
        view.reader, of: try scope(ref, in: view), asOf: view.at.size, includingLogs: logs)
      let header = try trail.header()
      var printer = try TrailPrinter(console, header)
      if moment.clock == .occurred {
        for entry in try trail.entriesByOccurrence() { try printer.add(entry) }
      } else {
        try trail.forEachEntry { try printer.add($0) }
      }
      try printer.finish()
      if console.format != .table { remarkAsOf(console, moment, view.at) }
      return header.missingCount
    }
    if missing > 0 {
      console.remark(
        "the words of \(missing) events are gone though no erasure names them: run 'jobledger "
          + "replay verify'")
      throw ExitCode(ExitStatus.findings.rawValue)
    }
  }

  private func scope(_ ref: String?, in view: ReplayView) throws -> TrailScope {
    guard let ref else { return .ledger }
    switch try view.resolve(ref, [.subject, .version, .deployment, .job, .project, .schedule]) {
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
      throw ReferenceError.notFound(
        ref, kinds: [.subject, .version, .deployment, .job, .project, .schedule],
        asOf: view.at.size,
        suggestions: [])
    }
  }
}

/// Prints a trail in the form that was asked for.
private struct TrailPrinter {
  private let console: Console
  private var list: ListPrinter?

  init(_ console: Console, _ header: TrailHeader) throws {
    self.console = console
    switch console.format {
    case .json: try console.print(header.json)
    case .table:
      for line in TrailText.header(header) { try console.print(line) }
    case .csv:
      list = try ListPrinter(
        console,
        [
          Column("event", .right), Column("time"), Column("actor"), Column("type"),
          Column("about"), Column("job"), Column("what"), Column("why"), Column("changes"),
          Column("artifacts"), Column("leaf hash"), Column("cause"),
        ])
    }
  }

  mutating func add(_ entry: TrailEntry) throws {
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
          .text(entry.event.job?.string), .text(entry.what),
          .text(
            entry.words == .erased
              ? entry.erasure.map { "(\($0.words))" } ?? "(missing)" : entry.why?.string),
          .text(entry.changes.map(TrailText.change).joined(separator: "; ")),
          .text(entry.artifactsDigest?.description), .text(entry.leafHash),
          .text(entry.cause.map(TrailText.cause)),
        ], json: entry.json)
    }
  }

  mutating func finish() throws { try list?.finish() }
}
