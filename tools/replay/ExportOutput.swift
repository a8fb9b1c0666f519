// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerSQLite

/// What is to be exported.
struct ExportOrder {
  /// The events 0…size−1.
  var size: LedgerSize
  /// Only what they tell from here on.
  var since: LedgerSize
  /// Only what this subject's events tell.
  var subject: SubjectID?
  /// The version that a bill of materials is about.
  var version: VersionID?
}

/// Writes an export to standard output or a file, and says what came of it.
struct ExportOutput {
  let format: ExportFormat
  /// The file; nil for standard output.
  let path: String?
  let console: Console

  func write(_ order: ExportOrder, of reader: LedgerReader) throws {
    var line = ProgressLine(console)
    var made = Made()
    func make(_ write: ([UInt8]) throws -> Void) throws {
      made = try self.make(order, of: reader, write) { done in
        // Standard output may be the very terminal that the progress would be shown on.
        if path != nil { line.update("exporting", done: done, of: order.size.value) }
      }
    }
    guard let path else {
      try make { try console.out.write($0) }
      try console.out.flush()
      return try finish(made)
    }
    let file = try ReplacingFile(path)
    if format == .sqlite {
      made = try database(order, of: reader, at: file.beside) { done in
        line.update("exporting", done: done, of: order.size.value)
      }
    } else {
      let output = Output(descriptor: file.descriptor)
      try make { try output.write($0) }
      try output.flush()
    }
    try file.finish()
    line.clear()
    let next = format.takesSince ? "; what follows them: --since \(order.size.value)" : ""
    console.remark("wrote \(made.count) \(made.what) to \(path)\(next)")
    try finish(made)
  }

  /// How much was written of what, and what was missing.
  private struct Made {
    var count: UInt64 = 0
    var what = "events"
    var events: Exporter.Summary?
  }

  private func make(
    _ order: ExportOrder, of reader: LedgerReader, _ write: ([UInt8]) throws -> Void,
    progress: (UInt64) -> Void
  ) throws -> Made {
    let tool = "jobledger-replay/\(ProgramVersion.current)"
    switch format {
    case .jsonl, .cloudevents:
      let summary = try Exporter.export(
        reader, as: format == .jsonl ? .fullForm : .cloudEvent, since: order.since,
        through: order.size, write, progress: progress)
      return Made(count: summary.events, events: summary)
    case .openlineage:
      let count = try OpenLineageExporter.export(
        reader, since: order.since, through: order.size, about: order.subject, tool: tool, write,
        progress: progress)
      return Made(count: count, what: "run events")
    case .prov:
      let count = try ProvExporter.export(
        reader, through: order.size, about: order.subject, write)
      return Made(count: count, what: "records")
    case .inToto:
      do {
        let count = try InTotoExporter.export(
          reader, since: order.since, through: order.size, about: order.subject, tool: tool,
          write, progress: progress)
        return Made(count: count, what: "statements")
      } catch AttestationFailure.noKey(let why) {
        throw Failure(
          .unavailable, code: "no-key", what: "sign statements", why: why,
          next: "run this where the ledger's key is, as who may read it; "
            + "or hand out a bundle, which proves the same: --format bundle")
      }
    case .cyclonedx:
      guard let version = order.version,
        let bill = try CycloneDXExporter.export(
          version, asOf: order.size, of: reader, tool: ProgramVersion.current)
      else { return Made(what: "bills") }
      try write(bill)
      return Made(count: 1, what: "bill")
    case .bundle, .sqlite: return Made()
    }
  }

  private func database(
    _ order: ExportOrder, of reader: LedgerReader, at path: String,
    progress: (UInt64) -> Void
  ) throws -> Made {
    do {
      let summary = try SQLiteExporter.export(
        reader, through: order.size, to: path, tool: ProgramVersion.current, progress: progress)
      return Made(count: summary.events, events: summary)
    } catch let error as SQLiteError {
      throw Failure(
        .inputOutput, code: "sqlite", what: error.operation, why: error.reason,
        next: "look for space and rights where --output is")
    }
  }

  private func finish(_ made: Made) throws {
    guard let summary = made.events, let first = summary.firstMissing else { return }
    console.remark(
      "the texts of \(summary.missing) events are gone though no erasure names them, the first "
        + "of them that of #\(first.value)")
    throw ExitCode(ExitStatus.findings.rawValue)
  }
}
