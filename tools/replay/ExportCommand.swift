// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// The forms of an export.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case jsonl
  case bundle
}

/// `export`: prints all events in full form, or writes a folder that a stranger verifies.
struct ExportCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export events in full form, or with their proofs for a stranger to verify.",
    discussion: """
      jsonl: every event, in order, one JSON object a line. Put the digest back in the place of \
      'text', apply RFC 8785, and each line is the leaf that was hashed.

      bundle: a new folder with the events that the last checkpoint covers, that checkpoint, the \
      tree above them, lists of artifacts, a report, and a README for whoever checks it. With \
      --subject only that subject's events, all of its revisions, each with its proof. The list \
      of digests is signed if the ledger's key can be read.

      Everything is written beside and renamed when it is complete; only you can read it.

        jobledger replay export --format bundle --subject churn-lr --output evidence
        jobledger replay verify --bundle evidence --key 'SHA256:…'
      """)

  @Option(help: "The form of the export.")
  var format: ExportFormat = .jsonl

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write a file instead of standard output; a bundle: the new folder.", valueName: "path"),
    completion: .file())
  var output: String?

  @Option(help: "A bundle of this subject's events alone.")
  var subject: String?

  @Option(
    help: ArgumentHelp(
      "An older checkpoint that somebody keeps: the bundle proves that it extends that one.",
      valueName: "checkpoint-file"),
    completion: .file())
  var since: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "export")
    if format == .bundle { return try bundle(console) }
    guard subject == nil, since == nil else {
      throw ValidationError("--subject and --since are for --format bundle")
    }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    let size = at.size
    remarkAsOf(console, moment, at)
    var line = ProgressLine(console)
    func export(to output: Output) throws -> Exporter.Summary {
      let summary = try Exporter.export(reader, through: size) { bytes in
        try output.write(bytes)
      } progress: { done in
        // Standard output may be the very terminal that the progress would be shown on.
        if self.output != nil { line.update("exporting", done: done, of: size.value) }
      }
      try output.flush()
      return summary
    }
    let summary: Exporter.Summary
    if let output {
      let file = try ReplacingFile(output)
      summary = try export(to: Output(descriptor: file.descriptor))
      try file.finish()
      line.clear()
      console.remark("wrote \(summary.events) events to \(output)")
    } else {
      summary = try export(to: console.out)
    }
    if let first = summary.firstMissing {
      console.remark(
        "the texts of \(summary.missing) events are gone though no erasure names them, the first "
          + "of them that of #\(first.value)")
      throw ExitCode(ExitStatus.findings.rawValue)
    }
  }

  private func bundle(_ console: Console) throws {
    guard let output else { throw ValidationError("--format bundle needs --output: a new folder") }
    var order = BundleMaker.Order()
    order.since = try since.map { try CheckpointToCompare.read($0) }
    if let asOf = moment.asOf, case .checkpoint(let path) = try AsOf(asOf) {
      order.checkpoint = try CheckpointToCompare.read(path)
    }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    if moment.asOf != nil { order.size = at.size }
    if let subject {
      let found = try reader.withSnapshot { snapshot in
        try Reference(subject).resolve([.subject], in: SnapshotCatalog(snapshot, asOf: at.size))
          .get()
      }
      guard case .subject(let id) = found else { throw ReferenceError.malformed(subject) }
      order.subject = id
    }
    try BundleOutput.make(order, of: reader, at: output, console)
  }
}
