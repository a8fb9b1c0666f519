// SPDX-License-Identifier: Apache-2.0
// jobledger — the thin command line: each command parses, calls one function, prints.
// Touches: what LedgerRunner, LedgerStorage and LedgerAudit do for it. Never: a rule or a format.
// Invariant: results go to standard output, remarks to standard error; each error names what was
// attempted, on what, why and what to do next, and ends with the exit code of its class.
// Start at: JobLedger (JobLedger.swift), then Session.swift. Tests: EndToEndTests.

import ArgumentParser
import Glibc
import LedgerConsole
import LedgerRunner

@main struct Main {
  static func main() {
    StandardDescriptors.fill()
    // Before anything else: a guard must stay small, single-threaded and quick to start.
    let words = ProcessEnvironment.arguments()
    GuardMain.runIfAsked(words)
    DetachedRunner.runIfAsked(words)
    Apart.readIfAsked(words)
    AnchorProcess.runIfAsked(words)
    let arguments = LeadingOptions.moved(Array(words.dropFirst()), in: JobLedger.self)
    // The outer process tells what signal ended the inner one.
    if !Apart.isInside {
      FaultReport.install(
        program: "jobledger", asJSON: ErrorReport.wantsJSON(arguments),
        exit: arguments.first == "exec" ? notTheCommands : nil)
    }
    exit(run(arguments))
  }

  /// What `exec` ends with where the command it was to run is not the reason, as env(1) does.
  private static let notTheCommands: Int32 = 125

  /// Runs one command line and returns the exit code.
  static func run(_ arguments: [String]) -> Int32 {
    let (out, err) = Output.standard()
    let report = ErrorReport(
      program: "jobledger", asJSON: ErrorReport.wantsJSON(arguments),
      mapping: { Failure(writing: $0) })
    do {
      if RootHelp.isAskedFor(by: arguments) {
        try out.write(RootHelp.text())
        return report.finish(0, out, err)
      }
      if let unknown = CommandSuggestion.unknownCommand(in: arguments, of: JobLedger.self) {
        if unknown.path.count == 1 {
          if let recorded = try RecordedReplay(arguments) {
            return report.finish(try recorded.run(out, err), out, err)
          }
          try ExternalCommand.execute(unknown.word, Array(arguments.dropFirst()))
        }
        throw CommandSuggestion.failure(for: unknown)
      }
      var command = try CommandLineParser.parse(arguments, of: JobLedger.self)
      guard let ledgerCommand = command as? any LedgerCommand else {
        try command.run()
        return report.finish(0, out, err)
      }
      if ledgerCommand.global.csv, !type(of: ledgerCommand).hasRows {
        let name = type(of: ledgerCommand).configuration.commandName ?? ""
        throw Failure(
          .usage, code: "usage", why: "'\(name)' is no list: --csv does not apply",
          next: "for programs there is --json")
      }
      let session = Session(ledgerCommand.global, out: out, err: err)
      defer { session.close() }
      let code = try ledgerCommand.run(session)
      session.close()
      return report.finish(code, out, err)
    } catch {
      let code = report.end(with: error, of: JobLedger.self, out: out, err: err)
      return code != 0 && arguments.first == "exec" ? notTheCommands : code
    }
  }
}

/// A command that works on a ledger.
protocol LedgerCommand: ParsableCommand {
  /// What every command understands.
  var global: GlobalOptions { get }
  /// Whether it prints rows, which `--csv` is for.
  static var hasRows: Bool { get }
  /// Does it, and returns the exit code.
  func run(_ session: Session) throws -> Int32
}

extension LedgerCommand {
  static var hasRows: Bool { false }
}

/// A command that is done when it returns.
protocol SimpleCommand: LedgerCommand {
  /// Does it.
  func perform(_ session: Session) throws
}

extension SimpleCommand {
  func run(_ session: Session) throws -> Int32 {
    try perform(session)
    return 0
  }
}

/// The help of the root command, its groups under the headings that they were given.
private enum RootHelp {
  static func isAskedFor(by arguments: [String]) -> Bool {
    arguments.isEmpty || arguments == ["--help"] || arguments == ["-h"] || arguments == ["help"]
  }

  static func text() -> String {
    let suffix = " SUBCOMMANDS:"
    let lines = JobLedger.helpMessage().split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line in
      guard line.hasSuffix(suffix) else { return String(line) }
      let title = line.dropLast(suffix.count)
      return title.prefix(1) + title.dropFirst().lowercased() + ":"
    }.joined(separator: "\n") + "\n"
  }
}
