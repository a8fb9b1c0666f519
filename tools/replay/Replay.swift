// SPDX-License-Identifier: Apache-2.0
// jobledger-replay — the reviewer's tool: states, trails, decisions, exports, proofs, verification.
// Never: opens a ledger writable, links what writes, starts a program but itself.
// Invariant: a command parses, calls one function of LedgerAudit, prints what came of it.
// Start at: Replay.main(). Tests: EndToEndTests, and LedgerAuditTests for what is behind it.

import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerReading

@main struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobledger-replay",
    abstract: "Replays the history of a ledger: for audits, from its events alone.",
    discussion: """
      Every answer is computed from the events, as of any size or time. Nothing is ever written to \
      the ledger.

        jobledger replay state --as-of 2026-06-30
        jobledger replay trail churn-lr@3
        jobledger replay verify --against kept-checkpoint
      """,
    version: ProgramVersion.current,
    subcommands: [
      StateCommand.self, DiffCommand.self, BlameCommand.self, WatchCommand.self,
      TrailCommand.self, DecisionsCommand.self, AskCommand.self, ReportCommand.self,
      ExportCommand.self,
      VerifyCommand.self, ProveCommand.self,
      VerifyChildCommand.self,
    ])

  static func main() {
    StandardDescriptors.fill()
    let (out, err) = Output.standard()
    let arguments = LeadingOptions.moved(
      Array(ProcessEnvironment.arguments().dropFirst()), in: Replay.self)
    let report = ErrorReport(
      program: "jobledger-replay", asJSON: ErrorReport.wantsJSON(arguments),
      mapping: failure)
    let root: any ParsableCommand.Type = Replay.self
    // The parent of a verifying child tells what signal ended it.
    if arguments.first != VerifyChildCommand.name {
      FaultReport.install(program: report.program, asJSON: report.asJSON)
    }
    do {
      if let unknown = CommandSuggestion.unknownCommand(in: arguments, of: root) {
        throw CommandSuggestion.failure(for: unknown)
      }
      var command = try CommandLineParser.parse(arguments, of: Replay.self)
      if var command = command as? any ReplayCommand {
        try command.run(Console(out: out, err: err, options: command.options))
      } else {
        try command.run()
      }
      try out.flush()
      try err.flush()
    } catch {
      Glibc.exit(report.end(with: error, of: root, out: out, err: err))
    }
  }
}

/// A command of this tool.
protocol ReplayCommand: ParsableCommand {
  /// What every command understands.
  var options: GlobalOptions { get }
  /// Does it.
  mutating func run(_ console: Console) throws
}

/// The failures that only this tool knows.
private func failure(_ error: any Error) -> Failure? {
  switch error {
  case let error as CheckpointFileError:
    switch error {
    case .unreadable(let error): Failure(error)
    case .malformed(let path, let why):
      Failure(
        .badInput, code: "checkpoint-malformed", what: "compare with", on: "'\(path)'", why: why,
        next: "give a file that 'jobledger checkpoint' printed")
    }
  case let error as UnknownReducer:
    Failure(
      .unavailable, code: "reducer-unknown", what: "rebuild the views",
      on: "with reducer \(error.version)",
      why: "this program has " + (error.known.count == 1 ? "reducer " : "the reducers ")
        + error.known.map { String($0) }.joined(separator: " and "),
      next: "use the release of JobLedger that made those views")
  default: nil
  }
}
