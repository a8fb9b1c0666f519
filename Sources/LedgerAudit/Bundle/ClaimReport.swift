// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// What a bundle that shows one claim says for people and programs, from the same values: the decisions
/// among its events. What an event outside their span says is no part of it, so it answers no question.
struct ClaimReport {
  private let summary: BundleMaker.Summary
  private var time: Timestamp?
  private var decisions: [DecisionDocument] = []

  init(_ summary: BundleMaker.Summary, of part: BundlePart, _ reader: LedgerReader) throws {
    self.summary = summary
    try reader.withSnapshot { snapshot in
      time = try ResolvedSize(summary.asOf, in: snapshot).time
      var documents = Documents(
        snapshot, asOf: summary.asOf, directory: reader.directory, verifying: true)
      for position in part.positions where position.value < summary.asOf.value {
        guard try documents.event(at: position).subjectID == part.subject,
          let decision = try documents.decision(at: position)
        else { continue }
        decisions.append(decision)
      }
    }
  }

  func write(to folder: BundleFolder) throws {
    try folder.write("report.json", try CanonicalJSON.encode(json) + [0x0A])
    try folder.write("report.html", Array(html.utf8))
  }

  private var json: JSONValue {
    var bundle = summary.document
    bundle.put("asOf", ResolvedSize(size: summary.asOf, time: time).json)
    var object = DocumentObject()
    object.put("bundle", bundle.json)
    object.put("decisions", .array(decisions.map(\.json)))
    return object.json
  }

  private var html: String {
    let title = "\(summary.claim ?? "") of \(summary.version?.description ?? "")"
    let facts = [
      ("Ledger", summary.origin),
      ("Checkpoint", "of size \(summary.size.value), \(summary.root)"),
      ("As of", "\(time.map { "\($0), " } ?? "")\(Words.count(summary.asOf.value, "event"))"),
      ("This bundle", ReportWords(.english).held(summary)),
    ]
    var page = HTMLText()
    page.markup("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
    page.markup("<meta http-equiv=\"Content-Security-Policy\" ")
    page.markup("content=\"default-src 'none'; style-src 'unsafe-inline'\">")
    page.markup("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
    page.element("title", title)
    page.markup("<style>")
    page.markup(ReportStyle.sheet)
    page.markup("</style></head><body>")
    page.element("h1", title)
    page.element("p", ReportWords(.english).provesNothing)
    page.element("table", [("class", "facts")]) { page in
      for (name, said) in facts {
        page.element("tr") { page in
          page.element("th", [("scope", "row")], name)
          page.element("td", said)
        }
      }
    }
    page.element("h2", "Decisions among these events")
    if decisions.isEmpty {
      page.element("p", ReportWords(.english).none)
    } else {
      page.element("div", [("class", "wide")]) { write(to: &$0) }
    }
    page.markup("</body></html>\n")
    return page.text
  }

  private func write(to page: inout HTMLText) {
    page.element("table") { page in
      page.element("tr") { page in
        for heading in ["Event", "Version", "Verdict", "By", "When", "Reason"] {
          page.element("th", [("scope", "col")], heading)
        }
      }
      for decision in decisions {
        let cells = [
          "#\(decision.event.position.value)", decision.version, decision.verdict.rawValue,
          decision.event.actor.words, "\(decision.event.time)",
          decision.reason?.string ?? (decision.words == .erased ? "(erased)" : "(none)"),
        ]
        page.element("tr") { page in for cell in cells { page.element("td", cell) } }
      }
    }
  }
}
