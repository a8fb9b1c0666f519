// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerStorage

/// `jobledger backup`
struct BackupCommand: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Write the whole ledger into one file, while others go on writing to it.",
    discussion: """
      The file is a tar archive: database, stored files, request key, signed checkpoint, and unless \
      it is left out the signing key. Whoever has it can read everything that is not erased, so it \
      is made for its owner's eyes only. It holds one moment; it is verified as a whole, read back, \
      and only then gets its name. Copying the ledger's folder instead is wrong: a database that is \
      written to meanwhile comes out torn, and two copies that go on are two histories.

      Pages that writers free meanwhile are not used again before the copy is done, so the database \
      grows a little: by how long one state was kept is told with --json.

        jobledger backup /mnt/backups/ledger-2026-06-30.tar
        jobledger backup --without-signing-key /mnt/elsewhere/ledger.tar
        jobledger restore /mnt/backups/ledger-2026-06-30.tar /srv/new/.jobledger
      """)

  @Argument(help: "The file to make.", completion: .file()) var file: String
  @Flag(help: "Replace a file of that name, once the new one is whole.") var force = false
  @Flag(help: "Leave the log's private key out: what is restored then signs once it is put back.")
  var withoutSigningKey = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    guard Apart.isInside else {
      return try Apart.run(
        what: "back up", on: "the ledger",
        next: "run 'jobledger replay verify' to see what is wrong")
    }
    Apart.endWithParent()
    let progress = SharedProgress(session.console)
    var options = Backup.Options(
      includesSigningKey: !withoutSigningKey, replaces: force, tool: Session.tool,
      onProgress: progress.update)
    if let patience = try session.patience() { options.deadline = patience }
    let path = try global.ledgerPath()
    let made: Backup.Made
    do throws(BackupError) {
      made = try Backup.make(of: path, to: file, options: options) {
        (copy) throws(BackupError) in
        _ = try Verification.require(copy, checksArtifacts: false, progress)
      }
    } catch {
      progress.clear()
      throw Failure(anything: error).attempting("make the backup", on: "'\(file)'")
    }
    progress.clear()
    try tell(made, session.console)
    return 0
  }

  private func tell(_ made: Backup.Made, _ console: Console) throws {
    try console.print(json: json(made), text: text(made))
    if made.isPoisoned {
      console.remark(
        "the outcome of the ledger's last write is unknown: run 'jobledger doctor', and back up "
          + "again")
    }
    if !made.unsigned.isEmpty {
      let size = made.manifest.checkpoint.map { "of its first \($0.value) events" } ?? "none"
      console.remark("its checkpoint is \(size): \(TerminalText.escape(made.unsigned))")
    }
    for (files, what) in [
      (made.damaged, "is not what its digest says, and was left out"),
      (made.missing, "is named by events, and is not in the ledger"),
    ] {
      for digest in files.prefix(5) { console.remark("the stored file \(digest) \(what)") }
      if files.count > 5 { console.remark("and \(files.count - 5) more") }
    }
    if !made.manifest.hasSigningKey {
      console.remark("the signing key is not in it: keep it somewhere else")
    }
  }

  private func text(_ made: Backup.Made) -> String {
    "backed up \(Words.count(made.manifest.size.value, "event")) and "
      + "\(Words.count(made.blobs, "stored file")) to \(TerminalText.escape(file))\n"
      + "root \(made.manifest.rootText)\n"
      + "\(made.digest), \(Words.bytes(made.bytes))\n"
  }

  private func json(_ made: Backup.Made) -> JSONValue {
    var blobs = JSONObject()
    blobs["bytes"] = .integer(made.blobBytes)
    blobs["count"] = .integer(made.blobs)
    var object = JSONObject()
    object["backup"] = .string(file)
    object["blobs"] = .object(blobs)
    object["bytes"] = .integer(made.bytes)
    object["checkpoint"] = made.manifest.checkpoint.map { .integer($0.value) }
    object["created"] = .string(made.manifest.created.description)
    object["damaged"] = .array(made.damaged.map { .string($0.description) })
    object["digest"] = .string(made.digest.description)
    object["id"] = .string(made.manifest.id)
    object["missing"] = .array(made.missing.map { .string($0.description) })
    object["origin"] = .string(made.manifest.origin)
    object["poisoned"] = .bool(made.isPoisoned)
    object["readingMicroseconds"] = .integer(made.readingMicroseconds)
    object["root"] = .string(made.manifest.rootText)
    object["signingKey"] = .bool(made.manifest.hasSigningKey)
    object["size"] = .integer(made.manifest.size.value)
    return .object(object)
  }
}
