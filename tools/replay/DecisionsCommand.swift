// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `decisions`: every approval and rejection with its reason, or how many there are.
struct DecisionsCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions",
    abstract: "List or count approvals and rejections: who, why, on what, and what came of them.",
    discussion: """
      --match looks for words in reasons and conditions, whatever their case and accents: all of them \
      must be there. "Quoted words" follow each other, and so does what is written without a space; \
      a word that ends with '*' is the beginning of one. --grep takes a regular expression instead; \
      case and accents do not matter to it either.

        jobledger replay decisions --verdict rejected --then
        jobledger replay decisions --match '"not enough data" drift*' --as-of 2026-06-30
        jobledger replay decisions --exception self-approval --in-force --deployed
        jobledger replay decisions --since 2026-01-01 --count-by month,verdict --csv
      """)

  @OptionGroup(title: "Which") var filters: DecisionFilters
  @Flag(help: "Say of each what became of its version next.") var then = false
  @Option(
    help: ArgumentHelp(
      "Count them by month, year, actor, verdict, subject, project, auth or exception; several with "
        + "commas.", valueName: "what"))
  var countBy: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    let (filters, moment, then) = (filters, moment, then)
    let groupings = try countBy.map { try DecisionFilters.groupings($0) }
    let words = try filters.words()
    let now = ProcessEnvironment.now()
    try reading(console, moment) { view in
      let zone = try moment.zoneRules()
      guard let query = try filters.query(words, in: view, zone: zone, now: now) else { return }
      var documents = view.documents(about: query.scope, console)
      let byOccurrence = moment.clock == .occurred
      if let groupings {
        var counts = DecisionCounts(by: groupings, zone: zone)
        var labels = documents
        try query.forEach(in: &documents, byOccurrence: byOccurrence) { decision in
          try counts.add(decision, byOccurrence: byOccurrence) { (id) throws(ReadingError) in
            try labels.label(of: id)
          }
        }
        try print(counts, console)
      } else {
        var list = try DecisionList(console, documents, tellingSequels: then)
        try query.forEach(in: &documents, byOccurrence: byOccurrence) { try list.add($0) }
        try list.finish()
      }
      remarkAsOf(console, moment, view.at)
    }
  }

  private func print(_ counts: DecisionCounts, _ console: Console) throws {
    var printer = try ListPrinter(
      console,
      counts.groupings.map { Column($0.rawValue, isFlexible: true) } + [Column("count", .right)])
    for row in counts.rows {
      try printer.add(
        row.values.map { .text($0.string) } + [.number(row.count)], json: counts.json(row))
    }
    try printer.finish()
  }
}

/// Prints decisions in the form that was asked for.
private struct DecisionList {
  private var printer: ListPrinter
  private var documents: Documents
  private var sequels = DecisionSequels()
  private let tellsSequels: Bool
  private let isJSON: Bool

  init(_ console: Console, _ documents: Documents, tellingSequels: Bool) throws {
    var columns = [
      Column("event", .right), Column("time"), Column("version"), Column("verdict"),
      Column("by"), Column("reason", isFlexible: true), Column("exceptions"),
      Column("evidence", isFlexible: true), Column("standing"),
    ]
    if tellingSequels { columns.append(Column("then", isFlexible: true)) }
    printer = try ListPrinter(console, columns)
    self.documents = documents
    tellsSequels = tellingSequels
    isJSON = console.format == .json
  }

  mutating func add(_ decision: DecisionDocument) throws {
    let standing = try documents.standing(of: decision)
    var sequel: DecisionSequel?
    if tellsSequels || (isJSON && decision.verdict == .rejected) {
      sequel = try sequels.sequel(of: decision, in: &documents)
    }
    var cells: [Cell] = [
      .number(decision.event.position.value), .time(decision.event.time),
      .text(decision.version), .word(decision.verdict.rawValue),
      .text(
        decision.event.actor.words
          + (decision.fact.signature.map { ", signed with \($0.words)" } ?? "")),
      .text(
        decision.words == .erased
          ? decision.erasure.map { "(\($0.words))" } ?? "(missing)"
          : decision.reason?.string),
      .text(decision.fact.exceptions.map(\.rawValue).joined(separator: " ")),
      .text(evidence(decision.fact.evidence)), .word(standing.state.rawValue),
    ]
    if tellsSequels { cells.append(.text(sequel?.words)) }
    var json = decision.json
    if case .object(var object) = json {
      standing.put(into: &object)
      if let sequel { object["then"] = sequel.json }
      json = .object(object)
    }
    try printer.add(cells, json: json)
  }

  mutating func finish() throws { try printer.finish() }

  private func evidence(_ evidence: Evidence) -> String {
    let events = evidence.evaluations.map { "#\($0.value)" }.joined(separator: " ")
    return [events, Words.metrics(evidence.metrics)].filter { !$0.isEmpty }
      .joined(separator: ": ")
  }
}
