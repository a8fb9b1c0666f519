// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

extension Profile: ExpressibleByArgument {}
extension Language: ExpressibleByArgument {}

/// The forms of a report.
enum ReportForm: String, CaseIterable, ExpressibleByArgument {
  case html
  case json
  case csv
  case md
}

/// `report`: the answers to all questions about a model, project or ledger, as one document.
struct ReportCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "Write a report: every question answered, exceptions first, as a page or for programs.",
    discussion: """
      Of a model, feature task, version or project, or without REF of the whole ledger. Lists of \
      events begin at --since. The page is one file without scripts, made to be read and printed. The \
      same range, size and version of this program give the same bytes.

        jobledger replay report churn-lr --output churn-lr.html
        jobledger replay report --since 2026-01-01 --as-of 2026-06-30 --profile eu-ai-act --output h1.html
        jobledger replay report churn --format csv --output tables

      Profiles lay the answers beside the clauses of a rule, and say what they do not cover: \
      \(Profile.allCases.map(\.rawValue).joined(separator: ", ")). They help answer it, no more.
      """)

  @Argument(help: "A model, feature task, version or project; else all.") var ref: String?
  @Option(
    help: ArgumentHelp(
      "Lists of events begin then: a size, '#41', a time, a day, a checkpoint.",
      valueName: "moment"))
  var since: String?
  @Option(help: "html, json, csv (a new folder of tables) or md (default: by --output, or html).")
  var format: ReportForm?
  @Option(help: "en, de, fr or es.") var language: Language = .english
  @Option(help: "eu-ai-act, sr-26-2, 21-cfr-11, 17a-4 or iso-42001.") var profile: Profile?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write a file instead of standard output; for csv: the new folder.", valueName: "path"),
    completion: .file())
  var output: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if form == .csv, output == nil {
      throw ValidationError("a set of tables needs --output: a new folder")
    }
  }

  private var form: ReportForm {
    if let format { return format }
    if options.json { return .json }
    if options.csv { return .csv }
    let ending = output?.split(separator: ".").last.map(String.init) ?? ""
    return ReportForm(rawValue: ending) ?? .html
  }

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "report")
    let (ref, since, profile, language, moment) = (ref, since, profile, language, moment)
    let report = try reading(console, moment) { view in
      try Report.make(
        of: view.reader, in: view.snapshot,
        Report.Order(
          scope: try view.scope(ref), since: try view.beginning(since, moment),
          size: view.at.size, moment: try view.instant(moment), profile: profile,
          language: language, tool: "jobledger-replay \(ProgramVersion.current)"))
    }
    try write(report, console)
    if let output {
      console.remark("\(Words.count(report.exceptionCount, "exception")); \(output)")
    }
    if report.exceptionCount > 0 { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func write(_ report: Report, _ console: Console) throws {
    let bytes: [UInt8]
    switch form {
    case .csv: return try ReportFolder.write(report, to: output ?? "")
    case .html: bytes = Array(report.html.utf8)
    case .md: bytes = Array(report.markdown.utf8)
    case .json: bytes = try CanonicalJSON.encode(report.json) + [0x0A]
    }
    guard let output else { return try console.out.write(bytes) }
    let file = try ReplacingFile(output)
    let out = Output(descriptor: file.descriptor)
    try out.write(bytes)
    try out.flush()
    try file.finish()
  }
}
