// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Backups and restorations, verified in this process.
enum Backups {
  /// Backs a ledger up; `ACK SIZE ROOT` once the file has its name.
  static func make(_ ledger: String, _ file: String, replaces: Bool) -> Int32 {
    answering("backup") { () throws(BackupError) in
      let made = try Backup.make(
        of: ledger, to: file,
        options: Backup.Options(replaces: replaces, tool: "ledger-driver")
      ) { (copy) throws(BackupError) in try verify(copy) }
      return "\(made.manifest.size.value) \(made.manifest.rootText)"
        + (made.unsigned.isEmpty ? "" : " unsigned")
    }
  }

  /// Restores one; `ACK SIZE ROOT` once the ledger is in its place.
  static func restore(_ file: String, _ ledger: String) -> Int32 {
    answering("restore") { () throws(BackupError) in
      let restoration = try Restoration(from: file, to: ledger)
      _ = try restoration.record(Restoration.Record(actor: Driver.actor, reason: "a fault"))
      try verify(restoration.directory.path)
      let manifest = restoration.manifest
      try restoration.publish()
      return "\(manifest.size.value) \(manifest.rootText)"
    }
  }

  /// In a process that may die, as the program does: on a full disk LMDB's lock file may end it.
  private static func verify(_ path: String) throws(BackupError) {
    let report: AuditReport
    do throws(VerifyFailure) {
      report = try VerifyParent(arguments: ["ledger-driver", "verify-child", path]).run()
    } catch {
      throw BackupError(.unverified(status: error.status), path, error.reason)
    }
    guard report.isOK else {
      throw BackupError(
        .findings(report.findings.map(\.code.rawValue)), path, "\(report.findings[0].detail)")
    }
  }

  private static func answering(
    _ what: String, _ body: () throws(BackupError) -> String
  ) -> Int32 {
    // From here on calls are counted by what stands between this process and the kernel.
    say("TRY \(what) 0")
    do throws(BackupError) {
      say("ACK \(try body())")
      return 0
    } catch {
      say("ERROR \(error.path): \(error.reason)")
      return 74
    }
  }
}
