// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What the approver looked at: evaluations, data digests, metrics and artifacts, as they stood then; and what
/// became of it since.
enum EvidenceQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .verdict, .time, .actor, .evaluations, .dataDigests, .metrics, .artifactsDigest,
    .seen, .shown, .exceptions, .laterEvidence, .decision,
  ]
  static let fedBy: [FactCode] = [.versionApproved, .versionRejected]

  /// A decision, and what came after it and before the next one about the same version.
  private struct Decision {
    var event: Event
    var verdict: Verdict
    var fact: Decided
    var later: [Position] = []
    var isInForce = true
  }

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var decisions: [Decision] = []
    var latest: [VersionID: Int] = [:]
    let types =
      fedBy + [.versionEvaluated, .runCompleted, .driftMeasured, .changeAssessed]
    try inquiry.forEachEvent(of: types) { (event, _) throws(ReadingError) in
      guard let version = event.versionID else { return }
      let decided: (Verdict, Decided)?
      switch event.fact {
      case .versionApproved(let fact): decided = (.approved, fact)
      case .versionRejected(let fact): decided = (.rejected, fact)
      default: decided = nil
      }
      guard let (verdict, fact) = decided else {
        if EvidenceQuestion.isEvidence(event.fact), let index = latest[version] {
          decisions[index].later.append(event.position)
        }
        return
      }
      if let index = latest[version] { decisions[index].isInForce = false }
      latest[version] = decisions.count
      decisions.append(Decision(event: event, verdict: verdict, fact: fact))
    }
    for decision in decisions { try add(decision, inquiry: &inquiry, to: &answer) }
  }

  private static func add(
    _ decision: Decision, inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard let version = decision.event.versionID else { return }
    let (position, fact, evidence) = (
      decision.event.position, decision.fact, decision.fact.evidence
    )
    let label = try inquiry.documents.label(of: version)
    answer.add(
      [
        .name(label), .word(decision.verdict.rawValue), .time(decision.event.time),
        .actor(decision.event.actor), .positions(evidence.evaluations),
        .digests(evidence.dataDigests), .metrics(evidence.metrics),
        .digest(fact.artifactsDigest), .count(evidence.seen.value), .flag(evidence.shown),
        .words(fact.exceptions.map(\.rawValue)), .positions(decision.later), .position(position),
      ], restingOn: evidence.evaluations + [position])
    for exception in fact.exceptions {
      let rule: ExceptionRule? =
        switch exception {
        case .noEvaluation: .noEvaluation
        case .thresholdOverridden: .thresholdOverridden
        case .notShown: .notShown
        case .selfApproval, .separationClaimed: nil
        }
      if let rule { answer.except(rule, about: label, restingOn: [position]) }
    }
    if decision.isInForce, decision.verdict == .approved, !decision.later.isEmpty {
      answer.except(.evidenceChanged, about: label, restingOn: [position] + decision.later)
    }
    try compare(decision, label, inquiry: &inquiry, in: &answer)
  }

  /// Holds what a decision says against the events that it names, and tells what of them was erased.
  private static func compare(
    _ decision: Decision, _ label: String, inquiry: inout Inquiry, in answer: inout Answer
  ) throws(ReadingError) {
    let (position, evidence) = (decision.event.position, decision.fact.evidence)
    var digests: [Digest] = []
    var metrics: [Metric] = []
    for place in evidence.evaluations {
      let event = try inquiry.event(at: place)
      if case .versionEvaluated(let fact) = event.fact {
        digests.append(fact.dataDigest)
        metrics = fact.metrics
      }
      if try inquiry.documents.snapshot.text(of: event) == .erased,
        let mark = try inquiry.documents.erasure(of: event)
      {
        answer.except(
          .evidenceErased, about: label, restingOn: [position, place, mark.position])
      }
    }
    if digests != evidence.dataDigests || metrics != evidence.metrics {
      answer.except(
        .evidenceDiffers, about: label, restingOn: evidence.evaluations + [position])
    }
    let marks = try inquiry.documents.erasureMarks()
    for file in [decision.fact.artifactsDigest] + evidence.dataDigests {
      if let mark = marks.mark(of: file, namedAt: position) {
        answer.except(.evidenceErased, about: label, restingOn: [position, mark.position])
      }
    }
  }

  /// Whether somebody who decides would have to look at it.
  private static func isEvidence(_ fact: Fact) -> Bool {
    switch fact {
    case .driftMeasured(let fact): fact.alert
    case .changeAssessed(let fact): fact.substantial
    default: fact.isEvaluation
    }
  }
}
