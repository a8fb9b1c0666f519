// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `diff`: what changed between two moments.
struct DiffCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract:
      "Show what changed between two moments: values before and after, and by which events.",
    discussion: """
      A and B are what --as-of takes: a size, just after an event ('#41'), a time, a day, a \
      checkpoint. With B before A all is shown backwards, as if it were undone. With --json \
      each line is one thing that differs.

        jobledger replay diff 2026-06-01 2026-06-30
        jobledger replay diff kept-checkpoint now --subject churn-lr
        jobledger replay diff '#40' '#41'
      """)

  @Argument(help: ArgumentHelp("The one moment.", valueName: "a")) var from: String
  @Argument(help: ArgumentHelp("The other one.", valueName: "b")) var to: String
  @Option(
    help: ArgumentHelp(
      "Only what events of this model, feature task or version changed.", valueName: "ref"))
  var subject: String?
  @Option(help: ArgumentHelp("Only what events of this project changed.", valueName: "name"))
  var project: String?
  @OptionGroup(title: "As of") var zone: ZoneOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if subject != nil, project != nil {
      throw ValidationError("--subject and --project exclude each other")
    }
  }

  mutating func run(_ console: Console) throws {
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    try warnIfPoisoned(reader, console)
    let rules = try zone.rules()
    let (from, to) = (try reader.size(from, in: rules), try reader.size(to, in: rules))
    let difference = Difference(
      reader, from: from, to: to, in: try scope(reader, asOf: max(from.size, to.size)))
    if console.format != .table {
      console.remark("from \(from.words) to \(to.words)")
    }
    if difference.isBackwards {
      console.remark("the second moment is before the first: shown backwards")
    }
    var printer = try DiffPrinter(console, difference)
    try difference.forEachEntity { try printer.add($0) }
    try printer.finish()
  }

  private func scope(_ reader: LedgerReader, asOf size: LedgerSize) throws -> TrailScope {
    guard let text = subject ?? project else { return .ledger }
    let kinds: [ReferentKind] = subject == nil ? [.project] : [.subject, .version]
    let found = try reader.withSnapshot { snapshot in
      try Reference(text).resolve(kinds, in: SnapshotCatalog(snapshot, asOf: size)).get()
    }
    switch found {
    case .subject(let id): return .subject(id)
    case .version(let id): return .version(id)
    case .project(let name): return .project(name)
    default: throw ReferenceError.malformed(text)
    }
  }
}

/// Prints a difference in the form that was asked for.
private struct DiffPrinter {
  private let console: Console
  private var list: ListPrinter?
  private var counts: [(change: EntityDifference.Change, kind: String, count: Int)] = []

  init(_ console: Console, _ difference: Difference) throws {
    self.console = console
    switch console.format {
    case .json: break
    case .table:
      try console.print("from   \(difference.from.words)")
      try console.print("to     \(difference.to.words)")
      try console.print("about  \(TerminalText.escape(difference.scope.words))")
    case .csv:
      list = try ListPrinter(
        console,
        [
          Column("kind"), Column("name"), Column("change"), Column("field"), Column("before"),
          Column("after"), Column("events"), Column("event", .right), Column("time"),
          Column("actor"), Column("what"), Column("why"),
        ])
    }
  }

  mutating func add(_ entity: EntityDifference) throws {
    switch console.format {
    case .json: try console.print(entity.json)
    case .csv: for field in entity.fields { try add(field, of: entity) }
    case .table: try show(entity)
    }
    let kind = entity.key.kind
    if let index = counts.firstIndex(where: { $0.change == entity.change && $0.kind == kind }) {
      counts[index].count += 1
    } else {
      counts.append((entity.change, kind, 1))
    }
  }

  /// A row tells the last of the events that set the value; all of them are named.
  private mutating func add(_ field: FieldDifference, of entity: EntityDifference) throws {
    let last = field.events.last.flatMap { position in
      entity.events.first { $0.event.position == position }
    }
    try list?.add(
      [
        .text(entity.key.kind), .text(entity.key.written), .word(entity.change.rawValue),
        .text(field.name), .text(field.before.map { FieldText.value($0) }),
        .text(field.after.map { FieldText.value($0) }), .text(Self.references(field.events)),
        .number(last?.event.position.value), .time(last?.event.time),
        .text(last?.event.actor.words), .text(last?.what), .text(last?.reason?.string),
      ], json: entity.json)
  }

  private func show(_ entity: EntityDifference) throws {
    let style: Style =
      switch entity.change {
      case .new: .good
      case .changed: .warning
      case .gone: .bad
      }
    let name = [entity.key.kind, entity.key.written].compactMap { $0 }.joined(separator: " ")
    try console.print()
    try console.print(
      console.styled(name, .bold) + "  " + console.styled(entity.change.rawValue, style))
    let width = min(24, entity.fields.map { $0.name.utf8.count }.max() ?? 0)
    for field in entity.fields {
      let space = String(repeating: " ", count: max(0, width - field.name.utf8.count))
      let after = TerminalText.escape(FieldText.value(field.after))
      let values =
        switch entity.change {
        case .new: after
        case .gone: TerminalText.escape(FieldText.value(field.before))
        case .changed: "\(TerminalText.escape(FieldText.value(field.before))) → \(after)"
        }
      try console.print(
        "  \(TerminalText.escape(field.name))\(space)  \(values)  "
          + console.styled(Self.references(field.events), .dim))
    }
    for cause in entity.events {
      let why = cause.reason.map { ", because: \($0.string)" } ?? ""
      try console.print(
        "  " + console.styled("#\(cause.event.position.value)", .bold) + " \(cause.event.time) "
          + TerminalText.escape("\(cause.event.actor.words) \(cause.what)\(why)"))
    }
  }

  private static func references(_ events: [Position]) -> String {
    events.map { "#\($0.value)" }.joined(separator: " ")
  }

  mutating func finish() throws {
    try list?.finish()
    guard console.format == .table else { return }
    let parts = counts.map {
      "\($0.count) \($0.kind)\($0.count == 1 ? "" : "s") \($0.change.rawValue)"
    }
    try console.print()
    try console.print(parts.isEmpty ? "nothing changed" : parts.joined(separator: ", "))
  }
}
