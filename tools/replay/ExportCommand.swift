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
}

/// `export`: prints all events in full form.
struct ExportCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export every event in full form, in order, one JSON object a line.",
    discussion: """
      Put the digest back in the place of 'text', apply RFC 8785, and each line is the leaf that \
      was hashed. A file is written beside and renamed when it is complete; only you can read it.
      """)

  @Option(help: "The form of the export.")
  var format: ExportFormat = .jsonl

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write a file instead of standard output.", valueName: "file"),
    completion: .file())
  var output: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "export")
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
}
