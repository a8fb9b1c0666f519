// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Decisions — approvals and rejections: which, by whom, why, and what came of them.
// Reads: the indexes of types, subjects and words, then each event, held against the tree where the
// documents do that; rows for what depends on later events.
// Invariant: an index says where to look; whether a decision is asked for, its event and words say.
// Start at: DecisionQuery.forEach(in:byOccurrence:_:). Tests: DecisionQueryTests, DecisionSearchTests.

public import LedgerDomain
import LedgerReading

/// Which decisions are asked for; what is nil does not matter.
public struct DecisionQuery: Equatable, Sendable {
  /// Words of the reason and the conditions.
  public var words: WordSearch?
  /// An expression that the reason or the conditions match.
  public var pattern: FoldedPattern?
  /// The project.
  public var project: Name?
  /// The subject.
  public var subject: SubjectID?
  /// The version.
  public var version: VersionID?
  /// The verdict.
  public var verdict: Verdict?
  /// Who decided.
  public var actor: ActorID?
  /// A role that they had then, in the version's project.
  public var role: Role?
  /// How it was established who they are.
  public var authentication: Authentication?
  /// From when on.
  public var since: DecisionBound?
  /// Up to when.
  public var until: DecisionBound?
  /// What was unusual.
  public var exception: DecisionException?
  /// Whether it is still in force, or what else it is.
  public var standing: DecisionStanding.State?
  /// Whether the version was ever deployed.
  public var isDeployed: Bool?

  /// Asks for all decisions, or for those with these words, about this, with this verdict.
  public init(
    words: WordSearch? = nil, subject: SubjectID? = nil, version: VersionID? = nil,
    verdict: Verdict? = nil
  ) {
    self.words = words
    self.subject = subject
    self.version = version
    self.verdict = verdict
  }

  /// What decisions are about.
  public var scope: TrailScope {
    if let version { return .version(version) }
    if let subject { return .subject(subject) }
    return project.map { .project($0) } ?? .ledger
  }

  /// Calls `body` with each decision that is asked for, as of the documents' size: in the order of
  /// the log, or of when they were made. Then since and until go by that time as well.
  ///
  /// With words: a few seeks for each decision with the rarest of them. Else of a subject: one for
  /// each of its events; else one for each decision between the bounds.
  public func forEach(
    in documents: inout Documents, byOccurrence: Bool = false,
    _ body: (DecisionDocument) throws -> Void
  ) throws {
    var waiting: [DecisionDocument] = []
    for position in try candidates(in: documents) {
      guard let decision = try documents.decision(at: position),
        try includes(decision, &documents, byOccurrence)
      else { continue }
      if byOccurrence { waiting.append(decision) } else { try body(decision) }
    }
    waiting.sort { first, second in
      (first.event.happened, first.event.position) < (second.event.happened, second.event.position)
    }
    for decision in waiting { try body(decision) }
  }

  /// Where such decisions may be, in the order of the log.
  private func candidates(in documents: Documents) throws(ReadingError) -> [Position] {
    let snapshot = documents.snapshot
    let start = try since?.start(in: snapshot) ?? Position(0)
    let end = min(documents.size, until?.end ?? documents.size)
    var found: [Position] = []
    if let words {
      try snapshot.forEachDecision(withAll: words.words, asOf: end) { position in
        if position >= start { found.append(position) }
        return true
      }
    } else if let subject = subject ?? version?.subject {
      let codes = verdict.map { [FactCode($0)] } ?? [.versionApproved, .versionRejected]
      try snapshot.forEachPosition(of: subject, asOf: end) { (position) throws(ReadingError) in
        if position >= start, try snapshot.isIndexed(position, as: codes) { found.append(position) }
        return true
      }
    } else if let verdict {
      try snapshot.forEachPosition(of: FactCode(verdict), asOf: end, from: start) { position in
        found.append(position)
        return true
      }
    } else {
      found = try snapshot.decisions(from: start, asOf: end)
    }
    return found
  }

  /// Whether a decision is asked for; what costs nothing is asked first.
  private func includes(
    _ decision: DecisionDocument, _ documents: inout Documents, _ byOccurrence: Bool
  ) throws(ReadingError) -> Bool {
    let event = decision.event
    if let verdict, decision.verdict != verdict { return false }
    if let project, event.project != project { return false }
    if let subject, event.subjectID != subject { return false }
    if let version, event.versionID != version { return false }
    if let actor, event.actor.id != actor { return false }
    if let authentication, event.actor.authentication != authentication { return false }
    if let exception, !decision.fact.exceptions.contains(exception) { return false }
    if let since, !since.isReached(by: event, byOccurrence) { return false }
    if let until, !until.isNotPassed(by: event, byOccurrence) { return false }
    let texts = WordIndex.texts(of: decision.words)
    if let words, !words.matches(texts) { return false }
    if let pattern, !texts.contains(where: { pattern.matches($0) }) { return false }
    guard role != nil || standing != nil || isDeployed != nil else { return true }
    let found = try documents.standing(of: decision)
    if let role, !found.roles.contains(role) { return false }
    if let standing, found.state != standing { return false }
    if let isDeployed, found.deployments.isEmpty == isDeployed { return false }
    return true
  }
}

extension Event {
  /// When what it tells happened, as far as it says.
  var happened: Timestamp { occurred ?? time }
}

extension FactCode {
  /// The type of such decisions.
  init(_ verdict: Verdict) {
    self = verdict == .approved ? .versionApproved : .versionRejected
  }
}
