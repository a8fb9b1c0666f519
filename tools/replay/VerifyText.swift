// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain

/// What people read of a verification.
enum VerifyText {
  static func lines(_ report: AuditReport) -> [String] {
    var lines: [String] = []
    let size = report.size.map { Words.count($0.value, "event") } ?? "a log of unknown size"
    if report.isOK {
      lines.append(
        report.isQuick
          ? "ok as far as was looked: \(size), none is missing or changed"
          : "ok: \(size), nothing is missing or changed")
    } else {
      lines.append("NOT ok: \(size), \(Words.count(report.findingCount, "finding"))")
    }
    if let root = report.rootText { lines.append("root \(root)") }
    let checked = report.checked
    // A ledger that could not be opened leaves nothing to count.
    if report.isQuick, checked.events > 0 || report.isOK {
      lines.append(
        "checked: \(checked.events) events, "
          + (report.depth == .texts ? "\(checked.texts) texts, " : "")
          + "\(checked.nodes) tree nodes, \(Words.count(checked.checkpoints, "checkpoint")); not "
          + (report.depth == .texts ? "" : "words, ") + "indexes, views, files")
    } else if report.isOK || checked.events > 0 {
      lines.append(
        "checked: \(checked.events) events, \(checked.texts) texts, \(checked.nodes) tree nodes, "
          + (checked.signatures > 0 ? Words.count(checked.signatures, "signature") + ", " : "")
          + "\(checked.entries) index entries, \(checked.rows) view rows rebuilt, "
          + "\(Words.count(checked.checkpoints, "checkpoint")), "
          + Words.count(checked.artifacts, "stored file"))
    }
    if let own = report.checkpoint {
      lines.append(
        own.isGood
          ? "the last signed checkpoint, of size \(own.size.value), is of this log"
          : "the last signed checkpoint, of size \(own.size.value), does NOT hold")
    }
    if let kept = report.against {
      lines.append(
        kept.isGood
          ? "the first \(kept.size.value) events are those of the checkpoint that was kept"
          : "the checkpoint that was kept, of size \(kept.size.value), does NOT hold")
    }
    if let known = report.knownGood {
      let rest = (report.size?.value ?? known.value) - min(known.value, report.size?.value ?? 0)
      lines.append(
        "known good: the first \(known.value) events, as signed"
          + (rest > 0
            ? "; the \(rest) after that are \(report.isOK ? "consistent but " : "")not yet signed"
            : ""))
    } else {
      lines.append("known good: no event, since no signed checkpoint holds")
    }
    for finding in report.findings {
      lines.append("\(finding.code.rawValue): \(TerminalText.escape(finding.detail))")
    }
    let untold = report.findingCount - min(report.findingCount, UInt64(report.findings.count))
    if untold > 0 { lines.append("and \(untold) more") }
    return lines
  }
}
