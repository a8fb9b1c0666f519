// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger replay … --record`: that something was given out, and what it was, is an event as well.
///
/// The reviewer's tool cannot write. So it runs as a child, as of a size that is settled before, and
/// when it has finished, this process records which events it covers, and the digest of what came out.
struct RecordedReplay {
  private static let flag = "--record"
  /// The commands that are as of a moment.
  private static let commands = [
    "ask", "blame", "decisions", "export", "report", "state", "trail",
  ]
  private static let tool = "jobledger-replay"

  private let command: String
  private var words: [String]

  /// Takes a command line; nil where nothing is to be recorded.
  init?(_ arguments: [String]) throws {
    guard arguments.first == "replay", arguments.contains(Self.flag) else { return nil }
    words = arguments.dropFirst().filter { $0 != Self.flag }
    guard let command = words.first(where: { Self.commands.contains($0) }) else {
      throw Failure(
        .usage, code: "usage",
        why: "--record goes with \(Self.commands.joined(separator: ", "))")
    }
    self.command = command
  }

  /// Runs it, and records what came out where it found its answer; its exit code.
  func run(_ out: Output, _ err: Output) throws -> Int32 {
    let options = try GlobalOptions.parse(options(["--ledger", "--as", "--request"]))
    let size = try settledSize(options, out, err)
    guard size.value > 0 else {
      throw Failure(
        .badInput, code: "nothing-to-record", what: "record", on: "'replay \(command)'",
        why: "there was no event as of then")
    }
    guard let program = ExternalCommand.find(Self.tool) else {
      throw Failure(
        .unavailable, code: "external-command-failed", what: "run", on: "'\(Self.tool)'",
        why: "it is neither beside this program nor on PATH")
    }
    // Others may write meanwhile.
    let settled = value(of: ["--as-of"]) == nil ? ["--as-of", "\(size.value)"] : []
    let ended = try RelayedProgram.run(program, words + settled) { try out.write($0) }
    try out.flush()
    guard ended.status == 0 || ended.status == ExitStatus.findings.rawValue else {
      return ended.status
    }
    let digest = try value(of: ["--output", "-o"]).map { try self.digest(of: $0) } ?? ended.digest
    try record(
      ReportExported(
        report: command,
        range: PositionRange(from: Position(0), to: Position(size.value - 1)), digest: digest),
      Session(options, out: out, err: err))
    return ended.status
  }

  private func record(_ export: ReportExported, _ session: Session) throws {
    defer { session.close() }
    // The same words are the same request, though what they give may have grown meanwhile.
    let attempt = Attempt(
      "record", on: "what 'replay \(command)' gave out",
      [("replay", .array(words.map { .string($0) }))])
    let made = try session.submit(.recordExport(export), attempt)
    if let event = made.events.first, case .reportExported(let recorded) = event.fact {
      session.console.remark("recorded: event #\(event.position.value), \(recorded.digest)")
    }
  }

  /// The size that it is about: the head now, where no moment is named.
  private func settledSize(
    _ options: GlobalOptions, _ out: Output, _ err: Output
  ) throws -> LedgerSize {
    let session = Session(options, out: out, err: err)
    defer { session.close() }
    let moment = try AsOfOptions.parse(self.options(["--as-of", "--zone"]))
    return try session.reading(moment) { $0.size }
  }

  /// The digest of a file that was written; of a folder that of its list, by the rule for artifacts.
  private func digest(of path: String) throws -> Digest {
    let inputs = try Inputs.digest(
      [Name(unchecked: "output"): path], projectFolder: ProcessEnvironment.workingDirectory())
    switch inputs.inputs.first?.content {
    case .file(_, let digest)?: return digest
    case .folder(let files)?: return files.digest
    case .uri?, nil:
      throw Failure(
        .badInput, code: "nothing-to-record", what: "record", on: "'\(path)'",
        why: "it is no path of a file", next: "write ./ before it")
    }
  }

  private func options(_ names: [String]) -> [String] {
    names.flatMap { name in value(of: [name]).map { ["\(name)=\($0)"] } ?? [] }
  }

  /// The value of an option in the command line; nil where it is not there.
  private func value(of names: [String]) -> String? {
    for (index, word) in words.enumerated() {
      for name in names {
        if word == name, index + 1 < words.count { return words[index + 1] }
        if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
      }
    }
    return nil
  }
}
