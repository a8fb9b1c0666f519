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

      With --bundle a folder that 'export' or 'prove' made is verified instead, without a ledger. \
      Without a key or checkpoint that you bring, it can only be consistent (2).
      """)

  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint that was kept elsewhere: it must be of this ledger's past.",
      valueName: "checkpoint-file"),
    completion: .file())
  var against: String?

  @Option(
    help: ArgumentHelp("Verify this folder, and no ledger.", valueName: "dir"),
    completion: .directory)
  var bundle: String?

  @Option(
    help: ArgumentHelp(
      "A key of the ledger that you trust, its first or a later one: the vkey, or SHA256:….",
      valueName: "key"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "With --bundle and --of: what it has to show; in-production-at=TIME with the time in UTC.",
      valueName: "claim"))
  var claim: String?

  @Option(
    help: ArgumentHelp("The version that --claim is about.", valueName: "version"))
  var of: String?

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
    var arguments = ["jobledger-replay", VerifyChildCommand.name]
    if let key, BundleVerifier.TrustedKey(key) == nil {
      throw Failure(
        .badInput, code: "key-malformed", what: "verify by the key", on: "'\(key)'",
        why: "it is no vkey (name+hash+key) and no fingerprint (SHA256:…)",
        next: "'jobledger key show' prints both")
    }
    arguments += try bundle.map { try self.arguments(for: $0) } ?? ledger()
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
      ).run(quickArguments: quick || bundle != nil ? nil : ["--quick"])
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

  private func ledger() throws -> [String] {
    guard claim == nil, of == nil else {
      throw ValidationError("--claim and --of are for --bundle")
    }
    return ["--ledger", try options.ledgerPath()]
  }

  /// Checked here, so that what the caller got wrong is no finding.
  private func arguments(for bundle: String) throws -> [String] {
    guard !quick, !skipArtifacts else {
      throw ValidationError("--quick and --skip-artifacts are for ledgers, not for --bundle")
    }
    var arguments = ["--bundle", bundle]
    guard (claim == nil) == (of == nil) else {
      throw ValidationError("--claim and --of belong together")
    }
    if let claim, let of {
      guard Claim(claim) != nil else {
        throw ValidationError(
          "--claim is one of \(Claim.names.joined(separator: ", ")), the fourth with =TIME behind it"
        )
      }
      _ = try Reference(of)
      arguments += ["--claim", claim, "--of", of]
    }
    guard BundleVerifier.isFolder(bundle) else {
      throw Failure(
        .notFound, code: "not-found", what: "verify", on: "'\(bundle)'",
        why: "there is no such folder", next: "name one that 'export --format bundle' made")
    }
    return arguments
  }
}

/// The half of `verify` that reads the ledger or bundle; not for people.
struct VerifyChildCommand: ParsableCommand {
  static let name = "__verify-child"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option var ledger: String?
  @Option var bundle: String?
  @Option var key: String?
  @Option var claim: String?
  @Option var of: String?
  @Option var against: String?
  @Flag var skipArtifacts = false
  @Flag var quick = false
  @Flag var texts = false

  mutating func run() throws {
    if let bundle {
      var options = BundleVerifier.Options()
      options.key = key.flatMap { BundleVerifier.TrustedKey($0) }
      if let against { options.against = try CheckpointToCompare.read(against) }
      if let claim = claim.flatMap({ Claim($0) }), let of {
        options.claim = (claim, try Reference(of))
      }
      throw ExitCode(
        VerifyChild.run(bundle: bundle, options: options, answeringOn: STDOUT_FILENO))
    }
    guard let ledger else { throw ValidationError("a ledger or a bundle") }
    var options = Auditor.Options(
      key: key, checksArtifacts: !skipArtifacts,
      depth: !quick ? .everything : texts ? .texts : .tree)
    if let against { options.against = try CheckpointToCompare.read(against) }
    throw ExitCode(
      VerifyChild.run(ledger, options: options, answeringOn: STDOUT_FILENO))
  }
}
