// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerStorage

/// The full verification that backups and restored ledgers have to pass.
enum Verification {
  /// Verifies in a child process; findings of other kinds than `tolerated` are thrown. The report.
  static func require(
    _ path: String, checksArtifacts: Bool, tolerating tolerated: Set<Finding.Code> = [],
    _ progress: SharedProgress
  ) throws(BackupError) -> AuditReport {
    let report: AuditReport
    do throws(VerifyFailure) {
      report = try Apart.verify(path, checksArtifacts: checksArtifacts, tell: progress.update)
    } catch {
      throw BackupError(.unverified(status: error.status), path, error.reason)
    }
    let bad = report.findings.filter { !tolerated.contains($0.code) }
    guard bad.isEmpty else {
      throw BackupError(
        .findings(bad.map(\.code.rawValue)), path,
        "it is not whole: \(bad[0].detail)" + (bad.count > 1 ? ", and \(bad.count - 1) more" : ""))
    }
    return report
  }
}

/// One progress line for several parts of the work.
final class SharedProgress {
  private var line: ProgressLine

  /// Begins silently.
  init(_ console: Console) { line = ProgressLine(console) }

  /// Shows how far the work is.
  func update(_ what: String, _ done: UInt64, _ total: UInt64) {
    line.update(what, done: done, of: total)
  }

  /// Takes the line away.
  func clear() { line.clear() }
}
