// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// What a bundle holds and, of a subject, what became of its versions: for people and for programs,
/// from the same values. It proves nothing; the events beside it do.
struct BundleReport {
  private let summary: BundleMaker.Summary
  private var time: Timestamp?
  private var versions: [VersionDocument] = []
  private var decisions: [DecisionDocument] = []
  private var subjects: [(name: String, kind: String, events: UInt64)] = []

  init(_ summary: BundleMaker.Summary, _ reader: LedgerReader) throws {
    self.summary = summary
    let size = summary.asOf
    try reader.withSnapshot { snapshot in
      time = try ResolvedSize(size, in: snapshot).time
      var documents = Documents(
        snapshot, asOf: size, directory: reader.directory, verifying: true)
      guard let subject = summary.subject else { return try count(snapshot, size) }
      guard case .subject(let state)? = try snapshot.entity(.subject(subject), asOf: size) else {
        return
      }
      for number in stride(from: UInt32(1), through: state.latestNumber, by: 1) {
        let id = VersionID(subject: subject, number: VersionNumber(number))
        if let only = summary.version, only != id { continue }
        if let version = try documents.version(id) { versions.append(version) }
      }
      // What an event outside the span of a claim says is no part of the bundle.
      guard let shown = summary.revisions else { return }
      var positions: [Position] = []
      try snapshot.forEachPosition(
        of: subject, asOf: size, from: Revision(shown.lowerBound)
      ) { (position) throws(ReadingError) in
        positions.append(position)
        return positions.count < shown.count
      }
      for position in positions {
        if let decision = try documents.decision(at: position) { decisions.append(decision) }
      }
    }
  }

  private mutating func count(_ snapshot: Snapshot, _ size: LedgerSize) throws {
    var found: [Subject] = []
    try snapshot.forEachEntity(of: .subject, asOf: size) { (entity) throws(ReadingError) in
      if case .subject(let subject) = entity { found.append(subject) }
      return true
    }
    for subject in found {
      var events: UInt64 = 0
      try snapshot.forEachPosition(of: subject.id, asOf: size) { _ in
        events += 1
        return true
      }
      subjects.append((subject.id.description, subject.kind.rawValue, events))
    }
  }

  func write(to folder: BundleFolder) throws {
    try folder.write("report.json", try CanonicalJSON.encode(json) + [0x0A])
    try folder.write("report.html", Array(html.utf8))
  }

  // MARK: For programs

  private var json: JSONValue {
    var object = DocumentObject()
    var bundle = summary.document
    bundle.put("asOf", ResolvedSize(size: summary.asOf, time: time).json)
    object.put("bundle", bundle.json)
    if summary.subject == nil {
      object.put(
        "subjects",
        .array(
          subjects.map { subject in
            var row = DocumentObject()
            row.put("subject", subject.name)
            row.put("kind", subject.kind)
            row.put(number: "events", subject.events)
            return row.json
          }))
    } else {
      object.put("decisions", .array(decisions.map(\.json)))
      if summary.claim == nil { object.put("versions", .array(versions.map(\.json))) }
    }
    return object.json
  }

  // MARK: For people

  private var html: String {
    var page = Page("Evidence of \(summary.origin)")
    page.table(
      "This bundle",
      rows: [
        ["Ledger", summary.origin], ["Checkpoint, size", "\(summary.size.value)"],
        ["Checkpoint, root", summary.root],
        ["As of", "size \(summary.asOf.value)" + (time.map { ", \($0)" } ?? "")],
        ["Covers", summary.subject.map { "\($0)" } ?? "the whole ledger"],
        [
          "Claim", summary.claim.map { "\($0) of \(summary.version?.description ?? "")" } ?? "none",
        ],
        ["Events", "\(summary.events)"],
        ["Words erased", "\(summary.erased)"],
        ["Words missing without an erasure", "\(summary.missing)"],
        ["Lists of files", "\(summary.lists), missing \(summary.missingLists)"],
        ["Signed decisions", "\(summary.signatures)"],
        ["List of digests", summary.whyUnsigned.map { "not signed: \($0)" } ?? "signed"],
      ])
    if summary.subject == nil {
      page.table(
        "Subjects", header: ["Subject", "Kind", "Events"],
        rows: subjects.map { [$0.name, $0.kind, "\($0.events)"] })
    } else {
      if summary.claim == nil {
        page.table(
          "Versions", header: ["Version", "Status", "Made by", "When", "Deployments"],
          rows: versions.map { version in
            [
              version.label, version.version.status.rawValue, "\(version.version.maker.person)",
              "\(version.version.created.time)",
              version.deployments.map {
                "\($0.deployment.id.string) on \($0.deployment.target.string) since "
                  + "\($0.deployment.since.time)"
                  + ($0.deployment.until.map { " until \($0.time)" } ?? "")
              }.joined(separator: "; "),
            ]
          })
      }
      page.table(
        "Decisions", header: ["Event", "Version", "Verdict", "By", "When", "Reason"],
        rows: decisions.map { decision in
          [
            "#\(decision.event.position.value)", decision.version, decision.verdict.rawValue,
            "\(decision.event.actor.person) (\(decision.event.actor.authentication.rawValue))",
            "\(decision.event.time)",
            decision.reason?.string ?? (decision.words == .erased ? "(erased)" : "(none)"),
          ]
        })
    }
    return page.text
  }
}

/// A page without scripts, whose every word is escaped.
private struct Page {
  private var body = ""
  private let title: String

  init(_ title: String) { self.title = title }

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>\(HTMLText.escape(title))</title>
    <style>body{font:16px/1.4 sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}
    th,td{border:1px solid #999;padding:.2em .6em;text-align:left;vertical-align:top}</style>
    <h1>\(HTMLText.escape(title))</h1>
    <p>A summary for people. It proves nothing by itself: README.txt says how the events beside it are
    checked.</p>
    \(body)</html>

    """
  }

  mutating func table(_ caption: String, header: [String]? = nil, rows: [[String]]) {
    body += "<h2>\(HTMLText.escape(caption))</h2>\n"
    guard !rows.isEmpty else {
      body += "<p>None.</p>\n"
      return
    }
    body += "<table>\n"
    if let header { body += Page.row(header, "th") }
    for row in rows { body += Page.row(row, "td") }
    body += "</table>\n"
  }

  private static func row(_ cells: [String], _ tag: String) -> String {
    "<tr>" + cells.map { "<\(tag)>\(HTMLText.escape($0))</\(tag)>" }.joined() + "</tr>\n"
  }
}

extension BundleMaker.Summary {
  /// The form of `--json`, and of the report's `bundle`.
  public var json: JSONValue { document.json }

  var document: DocumentObject {
    var bundle = DocumentObject()
    bundle.put("kind", kind)
    bundle.put("origin", origin)
    bundle.put(number: "size", size.value)
    bundle.put("root", root)
    bundle.put("subject", subject?.description)
    bundle.put("claim", claim)
    bundle.put("version", version?.description)
    bundle.put(number: "events", events)
    bundle.put(
      "revisions",
      revisions.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) })
    bundle.put(number: "erased", erased)
    bundle.put(number: "missing", missing)
    bundle.put(number: "lists", lists)
    bundle.put(number: "missingLists", missingLists)
    bundle.put(number: "signatures", signatures)
    bundle.put(number: "since", since?.value)
    bundle.put("signed", whyUnsigned == nil)
    return bundle
  }
}
