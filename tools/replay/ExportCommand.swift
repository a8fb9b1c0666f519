// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `export`: what happened, in the forms that others read, or as a folder that a stranger verifies.
struct ExportCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export events and what follows from them, in forms that other tools read.",
    discussion: """
      jsonl: every event, in order, one JSON object a line. Put the digest back in the place of \
      'text', apply RFC 8785, and each line is the leaf that was hashed.

      bundle: a new folder with the events that the last checkpoint covers, that checkpoint, the \
      tree above them, lists of artifacts, a report, and a README for whoever checks it. With \
      --subject only that subject's events, all of its revisions, each with its proof; with \
      --since only those of a window. The list of digests is signed if the ledger's key can be read.

      cloudevents: the same lines as jsonl, each as the data of a CloudEvent 1.0.

      openlineage: the runs of jobs as OpenLineage run events, one a line.

      prov: what was made of what, by which job and for whom: one W3C PROV-JSON document.

      in-toto: a statement for each training or import (SLSA provenance), evaluation and decision, \
      one DSSE envelope a line, signed with the ledger's key, which has to be at hand.

      cyclonedx: the bill of materials of one version, with its model card (CycloneDX 1.6).

      sqlite: a file with all events and views as tables, for any SQLite.

      Every event is held against the tree on its way out. Files are written beside and renamed \
      when they are complete; only you can read them.

        jobledger replay export --format bundle --subject churn-lr --output evidence
        jobledger replay verify --bundle evidence --key 'SHA256:…'
        jobledger replay export --format bundle --since 2026-01-01 --as-of 2026-06-30 --output half
        jobledger replay export --format bundle --since kept-checkpoint --output later
        jobledger replay export --format cloudevents --since 1200
        jobledger replay export --format cyclonedx churn-lr@3
      """)

  @Argument(help: "The version that a bill of materials (cyclonedx) is about.")
  var ref: String?

  @Option(help: "The form of the export.")
  var format: ExportFormat = .jsonl

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write a file instead of standard output; a bundle: the new folder.", valueName: "path"),
    completion: .file())
  var output: String?

  @Option(help: "What this subject's events tell alone (bundle, openlineage, prov, in-toto).")
  var subject: String?

  @Option(
    help: ArgumentHelp(
      "Go on where an earlier export ended: the size, time or checkpoint it was of.",
      discussion: """
        For jsonl, cloudevents, openlineage and in-toto, written as for --as-of. For a bundle it is \
        where the window begins: a day is meant with all of it; and of a checkpoint, the bundle \
        proves that it extends that one.
        """,
      valueName: "size"),
    completion: .file())
  var since: String?

  @Option(
    help: ArgumentHelp(
      "The file of an older checkpoint that somebody keeps: the bundle proves that it extends it.",
      valueName: "checkpoint"),
    completion: .file())
  var extends: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  func validate() throws {
    if subject != nil, !format.takesSubject {
      throw ValidationError(
        "--subject is for --format \(ExportCommand.formats { $0.takesSubject })")
    }
    if since != nil, !format.takesSince {
      throw ValidationError("--since is for --format \(ExportCommand.formats { $0.takesSince })")
    }
    if extends != nil, format != .bundle {
      throw ValidationError("--extends is for --format bundle")
    }
    if output == nil, format.needsOutput {
      let what = format == .bundle ? "a new folder" : "a file"
      throw ValidationError("--format \(format.rawValue) needs --output: \(what)")
    }
    if (ref != nil) != (format == .cyclonedx) {
      throw ValidationError(
        ref == nil
          ? "--format cyclonedx needs a version, such as churn-lr@3"
          : "a version is for --format cyclonedx; for a part of the events: --subject")
    }
  }

  private static func formats(_ isMeant: (ExportFormat) -> Bool) -> String {
    let names = ExportFormat.allCases.filter(isMeant).map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  mutating func run(_ console: Console) throws {
    try moment.requireRecordedClock(for: "export")
    if format == .bundle { return try bundle(console) }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    let order = ExportOrder(
      size: at.size, since: try start(in: reader, before: at, console),
      subject: try subject(in: reader, asOf: at.size), version: try version(in: reader, at))
    remarkAsOf(console, moment, at)
    try ExportOutput(format: format, path: output, console: console).write(order, of: reader)
  }

  /// Where the export begins.
  private func start(
    in reader: LedgerReader, before at: ResolvedSize, _ console: Console
  ) throws -> LedgerSize {
    guard let since else { return LedgerSize(0) }
    let written = try AsOf(since)
    let zone = try moment.zoneRules()
    let found = try reader.withSnapshot { snapshot in
      try written.resolve(
        in: snapshot, origin: reader.identity.origin, zone: zone, now: ProcessEnvironment.now())
    }
    if case .failure(.beyondHead(let asked, let head)) = found {
      throw beyond(asked, "the ledger has \(head.value) events")
    }
    let start = try found.get().size
    guard start <= at.size else {
      throw beyond(start, "the export ends at size \(at.size.value)")
    }
    return start
  }

  private func beyond(_ start: LedgerSize, _ why: String) -> Failure {
    Failure(
      .badInput, code: "since-beyond", what: "export", on: "from size \(start.value) on", why: why,
      next: "give --since what came before")
  }

  private func subject(in reader: LedgerReader, asOf size: LedgerSize) throws -> SubjectID? {
    guard let subject else { return nil }
    let found = try reader.withSnapshot { snapshot in
      try Reference(subject).resolve([.subject], in: SnapshotCatalog(snapshot, asOf: size)).get()
    }
    guard case .subject(let id) = found else { throw ReferenceError.malformed(subject) }
    return id
  }

  private func version(in reader: LedgerReader, _ at: ResolvedSize) throws -> VersionID? {
    guard let ref else { return nil }
    let found = try reader.withSnapshot { snapshot in
      try Reference(ref).resolve([.version], in: SnapshotCatalog(snapshot, asOf: at.size)).get()
    }
    guard case .version(let id) = found else { throw ReferenceError.malformed(ref) }
    return id
  }

  private func bundle(_ console: Console) throws {
    guard let output else { throw ValidationError("--format bundle needs --output: a new folder") }
    var order = BundleMaker.Order()
    if let asOf = moment.asOf, case .checkpoint(let path) = try AsOf(asOf) {
      order.checkpoint = try CheckpointToCompare.read(path)
    }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    if moment.asOf != nil { order.size = at.size }
    if let since {
      do {
        order.from = try reader.start(since, in: try moment.zoneRules()).size
      } catch AsOfError.beyondHead(let asked, let head) {
        throw beyond(asked, "the ledger has \(head.value) events")
      }
      if case .checkpoint(let path) = try AsOf(since) {
        order.since = try CheckpointToCompare.read(path)
      }
    }
    if let extends { order.since = try CheckpointToCompare.read(extends) }
    order.subject = try subject(in: reader, asOf: at.size)
    try BundleOutput.make(order, of: reader, at: output, console)
  }
}
