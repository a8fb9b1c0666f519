// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Decisions — approvals and rejections by subject, verdict and the words of reasons.
// Reads: the index of types, then each event held against the tree. Never: view rows.
// Invariant: a decision whose reason was erased is listed as such unless words were asked for.
// Start at: DecisionQuery.forEach(in:_:). Tests: DecisionQueryTests in LedgerAuditTests.

public import LedgerDomain
import LedgerReading

/// Which decisions are asked for; what is nil does not matter.
public struct DecisionQuery: Equatable, Sendable {
  /// Words of the reason, or of the conditions.
  public var words: WordSearch?
  /// The subject.
  public var subject: SubjectID?
  /// The version.
  public var version: VersionID?
  /// The verdict.
  public var verdict: Verdict?

  /// Gathers the members.
  public init(
    words: WordSearch? = nil, subject: SubjectID? = nil, version: VersionID? = nil,
    verdict: Verdict? = nil
  ) {
    self.words = words
    self.subject = subject
    self.version = version
    self.verdict = verdict
  }

  /// Calls `body` with each decision that is asked for, as of the documents' size: in the order of
  /// the log, or of when they were made.
  public func forEach(
    in documents: inout Documents, byOccurrence: Bool = false,
    _ body: (DecisionDocument) throws -> Void
  ) throws {
    var waiting: [DecisionDocument] = []
    for position in try documents.decisionPositions() {
      guard let decision = try documents.decision(at: position), matches(decision) else {
        continue
      }
      if byOccurrence { waiting.append(decision) } else { try body(decision) }
    }
    waiting.sort { first, second in
      (first.event.happened, first.event.position) < (second.event.happened, second.event.position)
    }
    for decision in waiting { try body(decision) }
  }

  private func matches(_ decision: DecisionDocument) -> Bool {
    if let verdict, decision.verdict != verdict { return false }
    if let subject, decision.event.subjectID != subject { return false }
    if let version, decision.event.versionID != version { return false }
    guard let words else { return true }
    return [decision.reason, decision.words.string(.conditions)].contains {
      $0.map { words.matches($0.string) } ?? false
    }
  }
}

extension Event {
  /// When what it tells happened, as far as it says.
  var happened: Timestamp { occurred ?? time }
}
