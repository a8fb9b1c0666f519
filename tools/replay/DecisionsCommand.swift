// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import LedgerAudit
import LedgerConsole
public import LedgerDomain
import LedgerReading

extension Verdict: ExpressibleByArgument {}

/// `decisions`: every approval and rejection with its reason.
struct DecisionsCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions",
    abstract: "List approvals and rejections with reason, evidence and exceptions.",
    discussion: """
      --match looks for words in reasons and conditions, whatever their case: all of them must be \
      there. A word that ends with '*' is the beginning of one.

        jobledger replay decisions --verdict rejected
        jobledger replay decisions --match 'drift tenure' --as-of 2026-06-30
        jobledger replay decisions --subject churn-lr@3 --json
      """)

  @Option(help: ArgumentHelp("Only reasons with all these words.", valueName: "words"))
  var match: String?
  @Option(
    help: ArgumentHelp("Only those of this model, feature task or version.", valueName: "ref"))
  var subject: String?
  @Option(help: "Only approvals (approved) or rejections (rejected).") var verdict: Verdict?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    var query = DecisionQuery(verdict: verdict)
    if let match {
      guard let words = WordSearch(match) else {
        throw Failure(
          .badInput, code: "no-words", what: "look for", on: "'\(match)'",
          why: "there is no word in it")
      }
      query.words = words
    }
    try reading(console, moment) { view in
      if let subject {
        switch try view.resolve(subject, [.subject, .version]) {
        case .subject(let id): query.subject = id
        case .version(let id): query.version = id
        default: break
        }
      }
      var printer = try ListPrinter(
        console,
        [
          Column("event", .right), Column("time"), Column("version"), Column("verdict"),
          Column("by"), Column("reason", isFlexible: true), Column("exceptions"),
          Column("evidence", isFlexible: true),
        ])
      var documents = view.documents
      try query.forEach(in: &documents, byOccurrence: moment.clock == .occurred) { decision in
        try printer.add(
          [
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
            .text(evidence(decision.fact.evidence)),
          ], json: decision.json)
      }
      try printer.finish()
      remarkAsOf(console, moment, view.at)
    }
  }

  private func evidence(_ evidence: Evidence) -> String {
    let events = evidence.evaluations.map { "#\($0.value)" }.joined(separator: " ")
    return [events, Words.metrics(evidence.metrics)].filter { !$0.isEmpty }
      .joined(separator: ": ")
  }
}
