// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// What `approve` and `reject` share.
struct DecisionOptions: ParsableArguments {
  @Argument(help: "The version.") var version: String
  @Option(help: "Why. It is kept for good.") var reason: String
  @Option(
    help: ArgumentHelp(
      "The size of the ledger that you looked at.",
      discussion: "'jobledger show' tells it. If the evidence changed since, look again.",
      valueName: "size"))
  var seen: UInt64?
  @OptionGroup var signing: SigningOptions
}

/// `jobledger approve`
struct Approve: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Approve a version, so that it may be deployed.",
    discussion: """
      It needs an approver other than who made it, a completed evaluation, and metrics that meet \
      the policy's thresholds. On a terminal the evidence is shown first, unless --seen says what \
      you looked at; a decision without either is marked as made without it.

        jobledger show churn-lr@3
        jobledger approve churn-lr@3 --seen 41 --reason 'Better than @2 everywhere'
      """)

  @OptionGroup var decision: DecisionOptions
  @Option(help: ArgumentHelp("The last day on which it is valid.", valueName: "date"))
  var validUntil: String?
  @Option(help: "What the approval is bound to.") var conditions: String?
  @Flag(help: "Approve although thresholds of the policy are not met; it is marked.")
  var overrideThresholds = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    var date: CalendarDate?
    if let validUntil {
      guard let day = CalendarDate(validUntil) else {
        throw Failure(
          .badInput, code: "date-malformed", what: "approve until", on: "'\(validUntil)'",
          why: "it is no day of the calendar", next: "write it as 2027-06-30")
      }
      date = day
    }
    try session.decide(
      .approved, decision, validUntil: date, conditions: conditions,
      overridesThresholds: overrideThresholds)
  }
}

/// `jobledger reject`
struct Reject: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject",
    abstract: "Reject a version, and keep the reason.",
    discussion: """
        jobledger reject churn-lr@3 --reason 'Misses one customer in four'
      """)

  @OptionGroup var decision: DecisionOptions
  @Option(help: "What would have to change.") var conditions: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    try session.decide(
      .rejected, decision, validUntil: nil, conditions: conditions, overridesThresholds: false)
  }
}

extension Session {
  /// Decides about a version, after showing the evidence where somebody is there to look at it.
  fileprivate func decide(
    _ verdict: Verdict, _ options: DecisionOptions, validUntil: CalendarDate?,
    conditions: String?, overridesThresholds: Bool
  ) throws {
    let word = verdict == .approved ? "approve" : "reject"
    _ = try ledger()
    guard case .version(let id) = try resolve(options.version, [.version]) else { return }
    var seen = options.seen.map { LedgerSize($0) }
    var shown = false
    if seen == nil, isatty(STDIN_FILENO) == 1, console.errIsTerminal {
      seen = try showEvidence(id, asking: "\(word) \(id)?")
      shown = true
    }
    var text = EventText()
    if let conditions { text[.conditions] = .string(conditions) }
    if options.signing.sign != nil {
      // What a signature shows to people (21 CFR 11.50): the name, and what it means.
      text[.printedName] = .string(try printedName())
      text[.meaning] = .string(verdict == .approved ? "approval" : "rejection" as String)
    }
    let request = DecideVersion(
      version: id, verdict: verdict, reason: Text(options.reason), seen: seen, shown: shown,
      overridesThresholds: overridesThresholds, validUntil: validUntil, text: text,
      runner: RunnerIdentity.current(tool: Session.tool))
    let attempt = Attempt(
      word, on: id.description,
      [
        ("version", .string(id.description)), ("reason", .string(options.reason)),
        ("seen", options.seen.map { .integer($0) }),
        ("validUntil", validUntil.map { .string($0.description) }),
        ("conditions", conditions.map { .string($0) }),
        ("overrideThresholds", overridesThresholds ? .bool(true) : nil),
      ])
    let made = try submit(.decide(request), attempt, options.signing)
    try printDecision(made)
  }

  /// Shows what a decision rests on, asks, and returns the size that was shown.
  private func showEvidence(_ id: VersionID, asking question: String) throws -> LedgerSize {
    let size = try readingHead { view in
      var documents = view.documents
      guard let document = try documents.version(id) else {
        throw Refusal.versionNotFound(id)
      }
      var page = Page(console)
      page.add(document, policy: try view.policy().policy, asOf: view.size)
      try console.err.write(page.text(colors: console.errColors))
      return view.size
    }
    try console.err.write("\n\(TerminalText.escape(question)) [y/N] ")
    try console.err.flush()
    let answer = readLine() ?? ""
    guard ["y", "yes"].contains(answer.lowercased()) else {
      throw Failure(
        .tryAgain, code: "not-confirmed", why: "nothing was decided about \(id)")
    }
    return size
  }
}
