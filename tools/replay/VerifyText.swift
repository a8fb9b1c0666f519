// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain

/// What people read of a verification.
enum VerifyText {
  static func lines(_ report: AuditReport) -> [String] {
    if let bundle = report.bundle { return lines(report, bundle) }
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
        "checked: \(Words.count(checked.events, "event")), "
          + (report.depth == .texts ? Words.count(checked.texts, "text") + ", " : "")
          + "\(Words.count(checked.nodes, "tree node")), \(Words.count(checked.checkpoints, "checkpoint")); not "
          + (report.depth == .texts ? "" : "words, ") + "indexes, views, files")
    } else if report.isOK || checked.events > 0 {
      lines.append(
        "checked: \(Words.count(checked.events, "event")), "
          + "\(Words.count(checked.texts, "text")), \(Words.count(checked.nodes, "tree node")), "
          + (checked.signatures > 0 ? Words.count(checked.signatures, "signature") + ", " : "")
          + "\(checked.entries) index entries, \(Words.count(checked.rows, "view row")) rebuilt, "
          + "\(Words.count(checked.checkpoints, "checkpoint")), "
          + (checked.receipts > 0 ? Words.count(checked.receipts, "receipt") + ", " : "")
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

  /// The verdict on a bundle, in the words that tools/verify uses too.
  private static func lines(_ report: AuditReport, _ bundle: BundleVerdict) -> [String] {
    let verdict =
      report.findingCount > 0
      ? "NOT ok, \(Words.count(report.findingCount, "finding"))"
      : bundle.isTrusted ? "verified" : "consistent, signed by an unknown key"
    let kind = bundle.kind == "whole" ? "all of it" : "a part"
    var lines = [
      "\(verdict): \(TerminalText.escape(bundle.origin)), size \(report.size?.value ?? 0), \(kind)"
    ]
    if let root = report.rootText { lines.append("root \(root)") }
    if let key = bundle.signedBy { lines.append("signed by the key \(key)") }
    let checked = report.checked
    lines.append(
      "checked: \(Words.count(checked.events, "event")), \(Words.count(checked.texts, "text")), "
        + Words.count(checked.nodes, bundle.kind == "whole" ? "tile" : "proof") + ", "
        + (checked.signatures > 0 ? Words.count(checked.signatures, "signature") + ", " : "")
        + Words.count(checked.checkpoints, "checkpoint") + ", "
        + Words.count(checked.artifacts, "list") + ", " + Words.count(bundle.files, "file"))
    if let kept = report.against {
      lines.append(
        kept.isGood
          ? "the history of the checkpoint that was kept, of size \(kept.size.value), goes on in this"
          : "the checkpoint that was kept, of size \(kept.size.value), does NOT hold, or nothing tells"
      )
    }
    if report.findingCount > 0 {
      lines.append(
        report.knownGood.map {
          "known good: the events here, of the first \($0.value), are those that were signed"
        } ?? "known good: no event, since no checkpoint that you trust holds")
    }
    for finding in report.findings {
      lines.append("\(finding.code.rawValue): \(TerminalText.escape(finding.detail))")
    }
    let untold = report.findingCount - min(report.findingCount, UInt64(report.findings.count))
    if untold > 0 { lines.append("and \(untold) more") }
    lines += bundle.remarks.map { TerminalText.escape($0) }
    lines += bundle.notChecked.map { "not checked: \(TerminalText.escape($0))" }
    return lines
  }
}
