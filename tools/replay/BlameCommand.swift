// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `blame`: which event set each value of a thing.
struct BlameCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Show for each value of a thing which event set it: when, by whom, and why.",
    discussion: """
      A value that was set again to what it was counts from the first of those events.

        jobledger replay blame churn-lr@3
        jobledger replay blame deploy-7k2pqx --as-of 2026-06-30
        jobledger replay blame --member alice
        jobledger replay blame --policy --json
      """)

  @Argument(help: "A version, deployment, job, model, feature task, schedule or project.")
  var ref: String?
  @Option(help: ArgumentHelp("What a member may do.", valueName: "name")) var member: String?
  @Flag(help: "The policy in force.") var policy = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if [ref != nil, member != nil, policy].count(where: { $0 }) != 1 {
      throw ValidationError("give one of REF, --member and --policy")
    }
  }

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "blame")
    try reading(console, moment) { view in
      var documents = view.documents
      let key = try key(in: view)
      guard var blame = try documents.blame(key) else {
        throw Failure(
          .notFound, code: "not-found", what: "find", on: "'\(key.written ?? key.kind)'",
          why: "there is no such \(key.kind) as of size \(view.at.size.value)")
      }
      blame.asOf = view.at
      if console.isJSON { return try console.print(blame.json) }
      if console.format == .csv { remarkAsOf(console, moment, view.at) }
      try print(blame, console)
    }
  }

  private func print(_ blame: Blame, _ console: Console) throws {
    if console.format == .table {
      let name = [blame.key.kind, blame.key.written].compactMap { $0 }.joined(separator: " ")
      try console.print(console.styled(name, .bold) + "  as of \(blame.asOf.words)")
    }
    var printer = try ListPrinter(
      console,
      [
        Column("field"), Column("value", isFlexible: true), Column("event", .right),
        Column("time"), Column("by"), Column("what", isFlexible: true),
        Column("why", isFlexible: true),
      ])
    for line in blame.lines {
      let set = line.setBy
      try printer.add(
        [
          .text(line.field.name), .text(FieldText.value(line.field.value)),
          set.map { .text("#\($0.event.position.value)") } ?? .text("default"),
          .time(set?.event.time), .text(set?.event.actor.words), .text(set?.what),
          .text(set?.reason?.string),
        ], json: .null)
    }
    try printer.finish()
  }

  private func key(in view: ReplayView) throws -> EntityKey {
    if policy { return .policy }
    if let member {
      guard let id = ActorID(member) else { throw ReferenceError.malformed(member) }
      return .member(id)
    }
    let kinds: [ReferentKind] = [.version, .deployment, .job, .subject, .schedule, .project]
    guard let ref else { return .ledger }
    switch try Reference(ref).resolve(
      kinds, in: SnapshotCatalog(view.snapshot, asOf: view.at.size)
    ).get() {
    case .version(let id): return .version(id)
    case .deployment(let id): return .deployment(id)
    case .job(let id): return .job(id)
    case .subject(let id): return .subject(id)
    case .schedule(let project, let name): return .schedule(project: project, name: name)
    case .project(let name): return .project(name)
    case .event: throw ReferenceError.malformed(ref)
    }
  }
}
