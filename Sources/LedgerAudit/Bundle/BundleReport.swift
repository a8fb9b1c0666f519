// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading
import Transparency

/// The bundle that a report is part of: what it is held against, and what a part leaves out.
///
/// Such a report depends on the bundle's checkpoint and size alone, and not on what came after them or
/// on what lies beside the ledger's events; but for what was erased since.
struct ReportedBundle: Sendable {
  /// What it holds.
  let summary: BundleMaker.Summary
  /// The checkpoint that it is under.
  let checkpoint: VerifiedCheckpoint
  /// The subject of a part, which tells no words but those of its events; nil where none are left out.
  let subject: SubjectID?
  /// Whether the checkpoint covers events of this scope that came after the report's size.
  let goesOn: Bool

  /// The answer to a question as it stands in a bundle.
  func answer(
    _ question: Question, _ inquiry: inout Inquiry
  ) throws(ReadingError) -> Answer {
    var answer: Answer
    switch question {
    case .access where subject != nil:
      answer = Answer(
        question: question, scope: inquiry.scope, since: inquiry.since,
        asOf: try inquiry.documents.asOf(), moment: inquiry.moment,
        isHashed: inquiry.documents.isVerifying, columns: [])
      answer.notAnswerable =
        "roles, policy and keys are those of the whole ledger, and a part has no words of it: ask for "
        + "a bundle or a report of the whole ledger"
    case .integrity:
      // Receipts and marks beside the database are of another day than the checkpoint.
      var bare = Inquiry(
        about: inquiry.scope, since: inquiry.since, at: inquiry.moment,
        in: Documents(inquiry.snapshot, asOf: inquiry.size, verifying: true),
        checkpoint: checkpoint)
      answer = try bare.answer(question)
    default:
      answer = try inquiry.answer(question)
      try withhold(&answer, &inquiry)
    }
    // What came after the checkpoint is told by a bundle of a later one.
    if !goesOn { answer.exceptions.removeAll { $0.rule == .cutOff && $0.about == "after" } }
    return answer
  }

  /// Takes the words of other events out of an answer: of a hold on the whole ledger, a policy.
  private func withhold(
    _ answer: inout Answer, _ inquiry: inout Inquiry
  ) throws(ReadingError) {
    guard let subject, let column = answer.columns.firstIndex(of: .reason) else { return }
    for row in answer.rows.indices {
      guard case .text? = answer.rows[row].values[column] else { continue }
      for position in answer.rows[row].positions
      where try inquiry.event(at: position).subjectID != subject {
        answer.rows[row].values[column] = .word("(not told in a part)")
      }
    }
  }
}

extension BundleMaker {
  /// Writes what `report` would say of the same scope, window and size, as a page and for programs.
  func writeReport(of part: BundlePart?) throws {
    let (asOf, covered) = (summary.asOf, head.size)
    let subject = part?.subject
    let report = try reader.withSnapshot { snapshot in
      var goesOn = asOf < covered
      if let subject, goesOn {
        goesOn =
          try snapshot.revisionCount(of: subject, asOf: covered)
          > snapshot.revisionCount(of: subject, asOf: asOf)
      }
      return try Report.make(
        of: reader, in: snapshot,
        Report.Order(
          scope: subject.map { .subject($0) } ?? .ledger, since: order.from, size: asOf,
          tool: order.tool),
        within: ReportedBundle(
          summary: summary, checkpoint: head.checkpoint, subject: subject, goesOn: goesOn))
    }
    try folder.write("report.json", try CanonicalJSON.encode(report.json) + [0x0A])
    try folder.write("report.html", Array(report.html.utf8))
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
    bundle.put(number: "from", from?.value)
    bundle.put(number: "to", asOf.value)
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
