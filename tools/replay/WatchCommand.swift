// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `watch`: plays history forward.
struct WatchCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Play the history of the ledger, or of one thing in it, event by event.",
    discussion: """
      On a terminal what is in production is shown below. Space stops and goes on, Enter shows the \
      next event, q or Ctrl-C ends. Elsewhere the lines come one after the other, without waiting \
      unless --pace says so.

        jobledger replay watch churn-lr
        jobledger replay watch --from 2026-06-01 --to 2026-06-30 --pace 5/s
        jobledger replay watch --pace 10x
        jobledger replay watch churn-lr@3 --pace step
      """)

  @Argument(
    help: "A model, feature task, version, job, deployment, schedule, project or member; else all.")
  var ref: String?
  @Option(
    help: ArgumentHelp("Only what this person did, or the system for them.", valueName: "name"))
  var actor: String?
  @Option(help: ArgumentHelp("Begin there, as --since of 'trail' says it.", valueName: "when"))
  var from: String?
  @Option(help: ArgumentHelp("End there, as --as-of says it.", valueName: "when"))
  var to: String?
  @Option(
    help: ArgumentHelp(
      "How fast: 10x (times as fast as it was), 5/s (events a second), step (by keys), max.",
      discussion:
        "No gap is waited for longer than three seconds. Default: 4/s on a terminal, else max.",
      valueName: "pace"))
  var pace: WatchPace?
  @OptionGroup(title: "As of") var zone: ZoneOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if options.csv { throw ValidationError("'watch' is no list: use 'trail --csv'") }
  }

  mutating func run(_ console: Console) throws {
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    try warnIfPoisoned(reader, console)
    let rules = try zone.rules()
    let actor = try actor.map { try ActorID.read($0) }
    let start = try from.map { try reader.start($0, in: rules) }
    let end = try to.map { try reader.size($0, in: rules) } ?? reader.head()
    if let start, end.size < start.size {
      throw Failure(
        .badInput, code: "window-empty", what: "watch from '\(from ?? "")'",
        on: to.map { "to '\($0)'" } ?? "", why: "the end is before the beginning")
    }
    var scope = try reader.withSnapshot { snapshot in
      try TrailScope.read(ref, in: ReplayView(reader: reader, snapshot: snapshot, at: end))
    }
    var window = TrailWindow(since: Position(start?.size.value ?? 0))
    if ref == nil, let actor { scope = .actor(actor) } else { window.actor = actor }
    let trail = Trail(reader, of: scope, asOf: end.size, in: window)
    var player = WatchPlayer(
      console, pace: pace ?? (console.outIsTerminal && !console.isJSON ? .rate(4) : .full),
      reader: reader, scope: scope)
    if case .signal(let number)? = try player.play(trail) { throw ExitCode(128 + number) }
  }
}
