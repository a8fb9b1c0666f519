// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Report — one document with the answers to all questions about a scope and a window.
// Reads: through an Inquiry alone. Never: the clock, the machine's language or zone.
// Invariant: the same range, size and version of the tool give the same bytes in every form, and every
// form has the same numbers, since all are made from one value.
// Start at: Report.make(of:in:_:). Tests: Report/ in LedgerAuditTests; Fixtures/reports, looked at as pictures.

public import LedgerDomain
public import LedgerReading
import Transparency

/// A report: who and what it is about, what was found, and what it cannot say.
public struct Report: Sendable {
  /// What is to be reported.
  public struct Order: Sendable {
    /// The whole ledger, a project, a subject or a version.
    public var scope: TrailScope
    /// Lists of events begin at this size.
    public var since: LedgerSize
    /// As of when.
    public var size: LedgerSize
    /// Deadlines before it have passed; nil for the time of the last event.
    public var moment: Timestamp?
    /// The rules whose clauses the answers are laid beside; nil for none.
    public var profile: Profile?
    /// The language of everything that is ours; words of others stay as they are.
    public var language: Language
    /// The name and version of the program.
    public var tool: String

    /// Gathers the members.
    public init(
      scope: TrailScope, since: LedgerSize = LedgerSize(0), size: LedgerSize,
      moment: Timestamp? = nil, profile: Profile? = nil, language: Language = .english,
      tool: String
    ) {
      self.scope = scope
      self.since = since
      self.size = size
      self.moment = moment
      self.profile = profile
      self.language = language
      self.tool = tool
    }
  }

  /// What was ordered.
  public let order: Order
  /// The ledger's name in proofs.
  public let origin: String
  /// The ledger's identifier.
  public let ledger: String
  /// The size, and the time of its last event.
  public let asOf: ResolvedSize
  /// The time of the last event before the window; nil where the window has no beginning.
  public let sinceTime: Timestamp?
  /// Deadlines before it have passed.
  public let moment: Timestamp
  /// The last signed checkpoint at the time of making.
  public let checkpoint: TrailHeader.SignedHead?
  /// The scope, as it is written.
  public let about: String?
  /// One for each question, by number.
  public let answers: [Answer]
  /// What was in production when, and what was decided.
  public let timeline: Timeline
  /// How many versions stand where, and how many came there in the window.
  public let lifeCycle: LifeCycle
  /// The bundle that it is part of; nil where it stands alone.
  let bundle: ReportedBundle?

  var language: Language { order.language }

  /// Answers every question. Nothing is written.
  public static func make(
    of reader: LedgerReader, in snapshot: Snapshot, _ order: Order
  ) throws(ReadingError) -> Report {
    try make(of: reader, in: snapshot, order, within: nil)
  }

  /// The same, as it stands in a bundle: under its checkpoint, with the words that belong to it.
  static func make(
    of reader: LedgerReader, in snapshot: Snapshot, _ order: Order, within bundle: ReportedBundle?
  ) throws(ReadingError) -> Report {
    let checkpoint = bundle?.checkpoint ?? reader.checkpoint
    var documents = Documents(
      snapshot, asOf: order.size, directory: reader.directory, verifying: true)
    let asOf = try documents.asOf()
    let since =
      order.since.value == 0 ? nil : try snapshot.time(at: Position(order.since.value - 1))
    let last = asOf.time ?? Timestamp(microseconds: 0)
    let about: String? =
      switch order.scope {
      case .subject(let id): try documents.label(of: id)
      case .version(let id): try documents.label(of: id)
      case .project(let name): name.string
      default: nil
      }
    var inquiry = Inquiry(
      about: order.scope, since: order.since, at: max(order.moment ?? last, last),
      in: documents, checkpoint: checkpoint)
    inquiry.tool = Text(order.tool)
    var answers: [Answer] = []
    for question in Question.allCases {
      if let bundle {
        answers.append(try bundle.answer(question, &inquiry))
      } else {
        answers.append(try inquiry.answer(question))
      }
    }
    return Report(
      order: order, origin: reader.identity.origin, ledger: "\(reader.identity.id)",
      asOf: asOf, sinceTime: since, moment: inquiry.moment,
      checkpoint: checkpoint.map {
        TrailHeader.SignedHead(
          size: LedgerSize($0.size), root: $0.root.base64, covers: $0.size >= order.size.value)
      },
      about: about, answers: answers, timeline: try Timeline(&inquiry),
      lifeCycle: try LifeCycle(&inquiry), bundle: bundle)
  }

  /// How many exceptions there are.
  public var exceptionCount: Int { answers.reduce(0) { $0 + $1.exceptions.count } }

  /// The title, in the report's language.
  var title: String {
    let words = ReportWords(language)
    return about.map { "\(words.auditReport): \($0)" } ?? words.auditReport
  }
}

// What all forms say, made once.
extension Report {
  /// How many rows of an answer a page shows: what a person can read. CSV and JSON hold all.
  static let shownRows = 500

  /// What it is about and how far it can be relied on: names and values.
  var summary: [(String, String)] {
    let words = ReportWords(language)
    let size = asOf.size.value
    let window =
      sinceTime.map { words.after(order.since.value, "\($0)") } ?? words.fromBeginning
    let asOf = asOf.time.map { "\($0), \(words.events(size))" } ?? words.events(size)
    let signed =
      checkpoint.map { "\(words.checkpoint($0.size.value, $0.covers)), \($0.root)" }
      ?? words.noCheckpoint
    let held = bundle.map { [(words.thisBundle, words.held($0.summary))] } ?? []
    return [
      (words.ledger, origin), (words.identifier, ledger),
      (words.covers, about ?? words.wholeLedger), (words.window, window), (words.asOf, asOf),
      (words.deadlines, "\(moment)"), (words.checkpoint, signed),
    ] + held + [(words.exceptions, "\(exceptionCount)"), (words.madeWith, order.tool)]
  }

  /// The rules that were not kept, or waived, with how often, by question.
  var exceptionsByQuestion: [(Question, [(rule: ExceptionRule, count: Int)])] {
    answers.compactMap { answer in
      guard !answer.exceptions.isEmpty else { return nil }
      let rules = ExceptionRule.allCases.compactMap { rule -> (ExceptionRule, Int)? in
        let count = answer.exceptions.count { $0.rule == rule }
        return count > 0 ? (rule, count) : nil
      }
      return (answer.question, rules.map { (rule: $0.0, count: $0.1) })
    }
  }

  /// The answer to a question in a few words: `3 rows, 1 exception`.
  func result(of question: Question) -> String {
    let words = ReportWords(language)
    guard let answer = answers.first(where: { $0.question == question }) else { return "" }
    if answer.notAnswerable != nil { return words.notAnswerable.lowercased() }
    let rows = words.rows(answer.rows.count)
    return answer.exceptions.isEmpty
      ? rows : "\(rows), \(words.exceptions(answer.exceptions.count))"
  }

  /// How it is checked, in words.
  var checking: String {
    let words = ReportWords(language)
    return bundle == nil ? words.checkItText : words.provesNothing
  }

  /// What somebody types who wants to check it.
  var commands: [String] {
    let ref = about.map { " \($0)" } ?? ""
    let scope = about.map { " --about \($0)" } ?? ""
    let since = order.since.value == 0 ? "" : " --since \(order.since.value)"
    if bundle != nil {
      return [
        "python3 verify FOLDER --key KEY", "jobledger replay verify --bundle FOLDER --key KEY",
      ]
    }
    return [
      "jobledger replay verify",
      "jobledger replay ask all\(scope)\(since) --as-of \(order.size.value) --json",
      "jobledger replay prove '#\(max(order.size.value, 1) - 1)' --output event.tlog-proof",
      "jobledger replay report\(ref)\(since) --as-of \(order.size.value) --language \(language.rawValue)"
        + (order.profile.map { " --profile \($0.rawValue)" } ?? ""),
    ]
  }
}
