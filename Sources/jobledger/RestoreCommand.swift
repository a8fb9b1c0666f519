// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// `jobledger restore`
struct RestoreCommand: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a ledger again from a backup, at a place where none is.",
    discussion: """
      The backup is verified as a whole before anything gets its final name. That the ledger was \
      restored, and from which size, is the next event; jobs that ran when the backup was made are \
      recorded as lost. It keeps its identifier, origin and keys, so it goes on where the backup \
      ends: events that were recorded after that are not in it.

      If more is known to have been recorded, restoring would make a second history of the same \
      ledger, and is refused. Give what you know with --against: checkpoints that were printed, \
      anchored or published, or what is left of the ledger. --accept-loss says that those events \
      may be lost, and the reason is recorded.

      Words and files that were erased after the backup come back with it. With --erasures, a later \
      state of the ledger (its folder, a bundle or an export), they are erased again.

        jobledger restore ledger.tar /srv/new/.jobledger --against last-checkpoint
        jobledger restore ledger.tar .jobledger --against old/.jobledger --erasures export.jsonl \
      --accept-loss --reason 'The disk died at noon'
      """)

  @Argument(help: "The backup.", completion: .file()) var file: String
  @Argument(help: "The ledger's directory to make.", completion: .directory) var dir: String
  @Option(
    help: ArgumentHelp(
      "A checkpoint of the ledger that somebody kept, or a folder that has one; may be repeated.",
      valueName: "checkpoint"), completion: .file())
  var against: [String] = []
  @Option(
    help: ArgumentHelp(
      "A later state of the ledger: what was erased by then is erased again.", valueName: "from"),
    completion: .file())
  var erasures: String?
  @Flag(help: "Restore even if later events are known, which are lost then. Needs --reason.")
  var acceptLoss = false
  @Option(help: "Why.") var reason: String?
  @Option(
    help: ArgumentHelp(
      "The log's private key, where the backup was made without it.", valueName: "file"),
    completion: .file())
  var signingKey: String?
  @Option(
    help: ArgumentHelp("Share the ledger's files with a group of the system.", valueName: "group"))
  var shared: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if acceptLoss, Text(reason ?? "").isBlank {
      throw ValidationError("--accept-loss needs --reason: why later events may be lost")
    }
    if global.actor != nil {
      throw ValidationError("who restores is who the system says: --as does not apply")
    }
  }

  func run(_ session: Session) throws -> Int32 {
    guard Apart.isInside else {
      return try Apart.run(
        what: "restore", on: "'\(file)'", next: "use another backup; nothing was made of this one")
    }
    Apart.endWithParent()
    let progress = SharedProgress(session.console)
    do {
      let result = try restore(session, progress)
      progress.clear()
      try result.tell(session.console)
      return 0
    } catch {
      progress.clear()
      throw Failure(anything: error, about: file).attempting("restore", on: "'\(file)'")
    }
  }

  private func restore(_ session: Session, _ progress: SharedProgress) throws -> RestoreResult {
    let restoration = try Restoration(
      from: file, to: dir, signingKey: try key(),
      options: Restoration.Options(
        sharing: try SharedGroup.sharing(shared), onProgress: progress.update))
    let later = try erasures.map { try LaterHistory.read($0, after: restoration.manifest) }
    let known = try known(restoration, later)
    let caller = try CallerIdentity.current()
    let recorded = try restoration.record(
      Restoration.Record(
        actor: caller.actor, reason: Text(reason ?? ""), later: later, tool: Session.tool))
    let (lost, unsigned) = try settle(restoration.directory.path, caller)
    let report = try Verification.require(
      restoration.directory.path, checksArtifacts: true, tolerating: [.artifactMissing], progress)
    let (manifest, path) = (restoration.manifest, restoration.path)
    try restoration.publish()
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    var remarks: [String] = []
    do { remarks = try DeploymentLinks(reader).repair() } catch { remarks = ["\(error)"] }
    return RestoreResult(
      manifest: manifest, path: path, recorded: recorded, lost: lost, known: known,
      knowsErasures: later != nil, unsigned: unsigned,
      missing: report.findings.filter { $0.code == .artifactMissing }.map(\.detail),
      remarks: remarks)
  }

  /// The greatest size that is known; refuses one beyond the backup unless its loss is accepted.
  private func known(
    _ restoration: borrowing Restoration, _ later: LaterHistory?
  ) throws -> LedgerSize? {
    var greatest = later?.size
    for path in against {
      let note = try CheckpointToCompare.read(AgainstFile.path(path))
      let size = try restoration.compare(note, from: path).size
      greatest = max(greatest ?? size, size)
    }
    if let greatest, greatest > restoration.manifest.size, !acceptLoss {
      throw BackupError(
        .laterKnown(size: greatest), "",
        "a history of \(greatest.value) events is known, and it has the first "
          + "\(restoration.manifest.size.value) of them: the others would be lost")
    }
    return greatest
  }

  /// Records jobs that ran as lost, and signs.
  private func settle(
    _ path: String, _ caller: CallerIdentity
  ) throws -> (lost: [JobID], unsigned: String) {
    let ledger = try Ledger.open(path)
    defer { ledger.close() }
    let lost = try LostJobs.sweep(ledger, by: caller, thorough: true)
    switch ledger.signCheckpoint() {
    case .signed: return (lost, "")
    case .failed(let error): return (lost, "\(error)")
    }
  }

  private func key() throws -> [UInt8]? {
    guard let signingKey else { return nil }
    let bytes = try DurableFile.read(signingKey, limit: 32, for: "read the signing key")
    guard bytes.count == 32 else {
      throw Failure(
        .badInput, code: "key-malformed", what: "use the signing key", on: "'\(signingKey)'",
        why: "it has \(bytes.count) bytes, not 32")
    }
    return bytes
  }
}

/// Where the checkpoint of `--against` is.
private enum AgainstFile {
  static func path(_ given: String) -> String {
    var status = stat()
    guard stat(given, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return given }
    return given + "/checkpoint"
  }
}

/// What a restoration came to.
private struct RestoreResult {
  var manifest: BackupManifest
  var path: String
  var recorded: Restoration.Recorded
  var lost: [JobID]
  var known: LedgerSize?
  var knowsErasures: Bool
  var unsigned: String
  var missing: [String]
  var remarks: [String]

  private var lostEvents: UInt64 {
    guard let known, known > manifest.size else { return 0 }
    return known.value - manifest.size.value
  }

  func tell(_ console: Console) throws {
    try console.print(json: json, text: text)
    for job in lost { console.remark("\(job) is lost: its runner was not restored") }
    if lostEvents > 0 {
      console.remark(
        "without \(Words.count(lostEvents, "event")) of the history that is known: keep what is "
          + "left of that, and its checkpoints, as evidence")
    }
    if !knowsErasures {
      console.remark(
        "whatever was erased after the backup was made is in this ledger again: erase it again, or "
          + "restore with --erasures and a later state of the ledger")
    }
    if !unsigned.isEmpty {
      console.remark("no checkpoint of it could be signed: \(TerminalText.escape(unsigned))")
    }
    for detail in missing.prefix(5) { console.remark(TerminalText.escape(detail)) }
    if missing.count > 5 { console.remark("and \(missing.count - 5) more") }
    for words in remarks { console.remark("jobledger: \(TerminalText.escape(words))") }
  }

  private var text: String {
    var text =
      "restored \(Words.count(manifest.size.value, "event")) of "
      + "\(TerminalText.escape(manifest.origin)) to \(TerminalText.escape(path)): event "
      + "#\(recorded.restored.position.value) says so\n"
    for event in recorded.erasures {
      text += "erased again: event #\(event.position.value)\n"
    }
    return text
  }

  private var json: JSONValue {
    var erasures = JSONObject()
    erasures["known"] = .bool(knowsErasures)
    erasures["events"] = .array(recorded.erasures.map { .integer($0.position.value) })
    erasures["texts"] = .integer(recorded.texts)
    erasures["files"] = .integer(recorded.files)
    var object = JSONObject()
    object["erasures"] = .object(erasures)
    object["id"] = .string(manifest.id)
    object["ledger"] = .string(path)
    object["lostEvents"] = .integer(lostEvents)
    object["lostJobs"] = .array(lost.map { .string($0.string) })
    object["missing"] = .array(missing.map { .string($0) })
    object["origin"] = .string(manifest.origin)
    object["position"] = .integer(recorded.restored.position.value)
    object["root"] = .string(manifest.rootText)
    object["signed"] = .bool(unsigned.isEmpty)
    object["size"] = .integer(manifest.size.value)
    return .object(object)
  }
}
