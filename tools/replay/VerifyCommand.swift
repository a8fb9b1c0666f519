// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerReading

/// `verify`: computes everything again from the leaves and compares.
struct VerifyCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify the whole ledger: hashes, tree, checkpoints, texts, indexes, views, files.",
    discussion: """
      Every event is decoded and hashed, the tree is computed again, every view is rebuilt from \
      the first event and compared row by row. Ends with 0 when nothing was found, else with 2. \
      With a checkpoint that somebody kept, it also tells whether the past up to it is the same.
      """)

  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint that was kept elsewhere: it must be of this ledger's past.",
      valueName: "checkpoint-file"),
    completion: .file())
  var against: String?

  @Option(
    help: ArgumentHelp(
      "A key of the ledger that you trust, its first or a later one: the vkey, or SHA256:….",
      valueName: "key"))
  var key: String?

  @Flag(help: "Leave out the stored files (artifacts), which can take long to read.")
  var skipArtifacts = false

  @Flag(
    help: "Look at events, tree, head and checkpoints alone: not at words, indexes, views, files.")
  var quick = false

  @Flag(help: "With --quick: compare the words of events with their digests as well.")
  var texts = false

  func validate() throws {
    if texts, !quick { throw ValidationError("--texts goes with --quick: all else compares them") }
  }

  mutating func run(_ console: Console) throws {
    let path = try options.ledgerPath()
    var arguments = ["jobledger-replay", VerifyChildCommand.name, "--ledger", path]
    if let against {
      // Read here, so that a file that is not there is the caller's mistake and no finding.
      _ = try CheckpointToCompare.read(against)
      arguments += ["--against", against]
    }
    if let key { arguments += ["--key", key] }
    if skipArtifacts { arguments.append("--skip-artifacts") }
    if quick { arguments.append("--quick") }
    if texts { arguments.append("--texts") }
    var line = ProgressLine(console)
    let report: AuditReport
    do throws(VerifyFailure) {
      report = try VerifyParent(
        arguments: arguments, onProgress: { line.update($0, done: $1, of: $2) }
      ).run(quickArguments: quick ? nil : ["--quick"])
    } catch {
      line.clear()
      throw Failure(
        ExitStatus(rawValue: error.status) ?? .inputOutput, code: error.code, why: error.reason)
    }
    line.clear()
    if console.isJSON {
      try console.print(report.json())
    } else {
      for text in VerifyText.lines(report) { try console.print(text) }
    }
    if !report.isOK { throw ExitCode(ExitStatus.findings.rawValue) }
  }
}

/// The half of `verify` that reads the ledger; not for people.
struct VerifyChildCommand: ParsableCommand {
  static let name = "__verify-child"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option var ledger: String
  @Option var against: String?
  @Option var key: String?
  @Flag var skipArtifacts = false
  @Flag var quick = false
  @Flag var texts = false

  mutating func run() throws {
    var options = Auditor.Options(
      key: key, checksArtifacts: !skipArtifacts,
      depth: !quick ? .everything : texts ? .texts : .tree)
    if let against { options.against = try CheckpointToCompare.read(against) }
    throw ExitCode(
      VerifyChild.run(ledger, options: options, answeringOn: STDOUT_FILENO))
  }
}
