// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `state`: everything as of a size or time.
struct StateCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Show everything as of a size or time: what is in production, and all else.",
    discussion: """
      Of versions and jobs the latest \(latest) are shown; --all and --json show every one.

      With --rebuild nothing of that is believed: every view is made anew from event 0, in memory, \
      by the rules of the reducer that made the stored ones, and compared with them row by row. \
      Where they differ, the first difference is shown, and the exit code is 2.

        jobledger replay state --as-of 2026-06-30 --zone Europe/Berlin
        jobledger replay state --as-of '#41' --json
        jobledger replay state --rebuild
      """)

  private static let latest = 100

  @Flag(help: "Show every version and job.") var all = false
  @Flag(help: "Fold every event from the first, and compare with the stored views.")
  var rebuild = false
  @Option(
    help: ArgumentHelp(
      "Rebuild with this version of the reducer (default: the one that made the stored views).",
      valueName: "version"))
  var reducer: UInt32?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if all, rebuild { throw ValidationError("--all does not go with --rebuild") }
    if reducer != nil, !rebuild { throw ValidationError("--reducer goes with --rebuild") }
    if options.csv { throw ValidationError("'state' is no list: --csv does not apply") }
  }

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "state")
    if rebuild { return try compare(console) }
    try reading(console, moment) { view in
      var documents = view.documents(about: .ledger, console)
      if console.isJSON {
        var object = ObjectStream { try console.out.write($0) }
        try documents.writeState(to: &object, asOf: view.at)
        return try object.finish()
      }
      var overview = try documents.overview(latest: all ? .max : StateCommand.latest)
      overview.asOf = view.at
      try print(overview, console)
    }
  }

  private func compare(_ console: Console) throws {
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    let report = try RebuildComparison.compare(reader, asOf: at, reducer: reducer)
    try RebuildText.print(report, console)
    if !report.isEqual { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func print(_ state: StateOverview, _ console: Console) throws {
    try console.print("as of \(state.asOf.words)")
    func section<Item>(
      _ title: String, _ items: [Item], hidden: Int = 0, _ columns: [Column],
      _ cells: (Item) -> [Cell]
    ) throws {
      guard !items.isEmpty else { return }
      try console.print()
      try console.print(console.styled(title, .bold))
      var table = TableWriter(columns, style: console.style)
      for item in items { try console.out.write(table.row(cells(item))) }
      try console.out.write(table.finish())
      if hidden > 0 { try console.print("and \(hidden) older: --all") }
    }
    if state.inProduction.isEmpty { try console.print("nothing is in production") }
    try section(
      "In production", state.inProduction,
      [
        Column("target"), Column("version"), Column("engine"), Column("since"), Column("by"),
        Column("approved", .right), Column("deployment"),
      ]
    ) {
      let state = $0.deployment
      return [
        .text(state.target.string), .text($0.version), .word(state.fact.engine.rawValue),
        .time(state.since.time), .text(state.deployedBy.words),
        .text("#\(state.fact.decision.value)"), .text(state.id.string),
      ]
    }
    try section(
      "Versions", state.versions.things, hidden: state.versions.hidden,
      [
        Column("version"), Column("status"), Column("made"), Column("by"), Column("metrics"),
        Column("decided by"), Column("reason", isFlexible: true),
      ]
    ) {
      [
        .text($0.label), .word($0.version.status.rawValue), .time($0.version.created.time),
        .text($0.version.maker.person.string), .text(Words.metrics($0.version.metrics)),
        .text($0.decision?.event.actor.person.string),
        .text($0.decision.map { $0.words == .erased ? "(erased)" : $0.reason?.string ?? "" }),
      ]
    }
    try section(
      "Jobs", state.jobs.things, hidden: state.jobs.hidden,
      [
        Column("job"), Column("kind"), Column("version"), Column("status"), Column("created"),
        Column("by"), Column("warnings", .right), Column("errors", .right),
      ]
    ) {
      [
        .text($0.job.id.string), .word($0.job.kind.rawValue), .text($0.version),
        .word($0.job.status.rawValue), .time($0.job.created.time),
        .text($0.job.createdBy.person.string), .number($0.log.records.warning),
        .number($0.log.records.error),
      ]
    }
    try section(
      "Schedules", state.schedules,
      [Column("schedule"), Column("cron"), Column("zone"), Column("deployment"), Column("owner")]
    ) {
      let fact = $0.schedule.fact
      return [
        .text($0.schedule.name.string), .text(fact.cron.string), .text(fact.zone.string),
        .text(fact.deployment.string), .text(fact.owner.string),
      ]
    }
    try section(
      "Members", state.members.filter(\.member.isActive),
      [Column("member"), Column("project"), Column("roles"), Column("at least"), Column("since")]
    ) { document in
      let grants = document.member.grants
      func each(_ word: (Member.Grant) -> String) -> Cell {
        .text(grants.map(word).joined(separator: "; "))
      }
      return [
        .text(document.member.id.string), each { $0.project?.string ?? "(all)" },
        each { $0.roles.map(\.rawValue).joined(separator: ", ") },
        each { $0.leastAuth.rawValue }, .time(document.member.since.time),
      ]
    }
    try section(
      "Holds", state.holds.flatMap { hold in hold.placings.map { (hold.target, $0) } },
      [Column("scope"), Column("since"), Column("by"), Column("reason", isFlexible: true)]
    ) {
      [
        .text($0.0.written.string), .time($0.1.mark.time), .text($0.1.actor.person.string),
        .text($0.1.reason?.string ?? "(erased)"),
      ]
    }
    let policy = state.policy
    let origin =
      policy.state.set.map {
        "set at \(TimeText.absolute($0.time)) by \(policy.actor?.words ?? "?")"
          + (policy.reason.map { ": \($0.string)" } ?? "")
      } ?? "the default"
    try console.print()
    try console.print(console.styled("Policy", .bold))
    try console.print(TerminalText.escape(origin))
  }
}
