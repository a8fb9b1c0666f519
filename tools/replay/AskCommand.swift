// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `ask`: what a reviewer must be able to ask, by number or name.
struct AskCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Answer a reviewer's question, with the events that the answer rests on.",
    discussion: """
      Of a model, feature task, version or project, or without --about of the whole ledger. Views are \
      as of --as-of; lists of events begin at --since. Ends with 2 where an answer has an exception. \
      'ask all' asks everything; without a question, the questions are listed.

        jobledger replay ask in-production --as-of 2026-06-30
        jobledger replay ask 8 --about churn-lr
        jobledger replay ask all --json

      \(Question.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "))
      """)

  @Argument(help: "A number, a name, or 'all'.") var question: String?
  @Option(help: ArgumentHelp("Only about this.", valueName: "ref")) var about: String?
  @Option(
    help: ArgumentHelp(
      "Lists of events begin then: a size, '#41', a time, a day, a checkpoint.",
      valueName: "moment"))
  var since: String?
  @Option(
    help: ArgumentHelp(
      "Write the proof of each event that the answers rest on into this new folder.",
      valueName: "dir"),
    completion: .directory)
  var proofs: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if options.csv, question == "all" {
      throw ValidationError("'ask all' gives several tables: ask one with --csv")
    }
  }

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "ask")
    guard let question else { return try list(console) }
    let asked = try questions(question)
    let (about, since, moment) = (about, since, moment)
    var exceptions = 0
    var positions: [Position] = []
    try reading(console, moment) { view in
      let scope = try view.scope(about)
      var inquiry = Inquiry(
        about: scope, since: try view.beginning(since, moment),
        at: try view.instant(moment) ?? ProcessEnvironment.now(),
        in: view.documents(about: scope, console), checkpoint: view.reader.checkpoint)
      inquiry.tool = Text("jobledger-replay \(ProgramVersion.current)")
      for question in asked {
        let answer = try inquiry.answer(question)
        try AnswerPrinter(console).print(answer, isAlone: asked.count == 1)
        exceptions += answer.exceptions.count
        positions += proofs == nil ? [] : answer.positions
      }
    }
    if let proofs { try ProofFolder.write(positions, to: proofs, options, console) }
    if exceptions > 0 { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func list(_ console: Console) throws {
    var printer = try ListPrinter(
      console, [Column("number", .right), Column("name"), Column("question", isFlexible: true)])
    for question in Question.allCases {
      var object = JSONObject()
      object["question"] = .integer(question.rawValue)
      object["name"] = .string(question.name)
      object["title"] = .string(question.title)
      try printer.add(
        [.number(question.rawValue), .word(question.name), .text(question.title)],
        json: .object(object))
    }
    try printer.finish()
  }

  private func questions(_ written: String) throws -> [Question] {
    if written == "all" { return Question.allCases }
    if let question = Question(written) { return [question] }
    let near = EditDistance.suggestions(
      for: written, among: Question.allCases.map(\.name) + ["all"])
    throw Failure(
      .usage, code: "no-such-question", what: "ask", on: "'\(written)'",
      why: "there is no question of that number or name",
      next: near.isEmpty
        ? "run 'jobledger replay ask' to see them"
        : "did you mean \(near.joined(separator: " or "))?")
  }
}
