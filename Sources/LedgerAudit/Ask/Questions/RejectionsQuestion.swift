// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Every rejection, its reason, and what happened to that version next.
///
/// The outcome is what stands for the version as of the size, the first that applies: deployed, approved,
/// rejected (again), in-production (it was, and still is), retired (it was), evaluated, superseded (a later
/// version was approved), nothing.
enum RejectionsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .decision, .time, .actor, .reason, .outcome, .supersededBy, .followedBy,
  ]
  static let fedBy: [FactCode] = [.versionRejected]

  private struct Rejection {
    var event: Event
    /// What happened to the version afterwards.
    var next: [Event] = []
    /// The first later version that was approved after it.
    var superseding: Event?
  }

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var rejections: [SubjectID: [Rejection]] = [:]
    let types: [FactCode] = [
      .versionRejected, .versionApproved, .versionDeployed, .deploymentRetired, .versionEvaluated,
      .runCompleted,
    ]
    // Of a version that is asked about, what became of the others is looked at as well.
    for position in try inquiry.positions(of: types, from: Position(inquiry.since.value)) {
      let event = try inquiry.event(at: position)
      guard let version = event.versionID,
        inquiry.includes(version.subject, in: version.subject.project),
        RejectionsQuestion.counts(event.fact)
      else { continue }
      for index in (rejections[version.subject] ?? []).indices {
        let rejected = rejections[version.subject]?[index].event.number
        if rejected == version.number {
          rejections[version.subject]?[index].next.append(event)
        } else if let rejected, rejected < version.number, case .versionApproved = event.fact,
          rejections[version.subject]?[index].superseding == nil
        {
          rejections[version.subject]?[index].superseding = event
        }
      }
      if case .versionRejected = event.fact, inquiry.includes(version) {
        rejections[version.subject, default: []].append(Rejection(event: event))
      }
    }
    let all = rejections.values.flatMap { $0 }
    for rejection in all.sorted(by: { $0.event.position < $1.event.position }) {
      try add(rejection, inquiry: &inquiry, to: &answer)
    }
  }

  private static func add(
    _ rejection: Rejection, inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard let version = rejection.event.versionID else { return }
    let position = rejection.event.position
    let label = try inquiry.documents.label(of: version)
    var wasInProduction = false
    if case .version(let state)? = try inquiry.snapshot.entity(
      .version(version), asOf: LedgerSize(after: position))
    {
      wasInProduction = state.activeDeployments > 0
    }
    var isInProduction = wasInProduction
    if case .version(let state)? = try inquiry.snapshot.entity(
      .version(version), asOf: inquiry.size)
    {
      isInProduction = state.activeDeployments > 0
    }
    let superseding = rejection.superseding
    let reason = try inquiry.documents.value(of: .reason, in: rejection.event)
    let followed = rejection.next.map(\.position)
    var other: String?
    if let id = superseding?.versionID { other = try inquiry.documents.label(of: id) }
    answer.add(
      [
        .name(label), .position(position), .time(rejection.event.time),
        .actor(rejection.event.actor), reason,
        .word(
          outcome(of: rejection.next, wasInProduction, isInProduction, superseding != nil)),
        other.map { .name($0) }, .positions(followed),
      ],
      restingOn: [position] + followed + (superseding.map { [$0.position] } ?? [])
        + (reason?.erasure.map { [$0.position] } ?? []))
    if reason == nil { answer.except(.noReason, about: label, restingOn: [position]) }
    let later = rejection.next.first { $0.fact.verdict != nil }
    if wasInProduction, isInProduction, later == nil {
      answer.except(.rejectedSince, about: label, restingOn: [position])
    }
    if let later, later.fact.verdict == .approved,
      !rejection.next.contains(where: { $0.position < later.position && $0.fact.isEvaluation })
    {
      answer.except(.approvedUnchanged, about: label, restingOn: [position, later.position])
    }
  }

  private static func outcome(
    of next: [Event], _ wasInProduction: Bool, _ isInProduction: Bool, _ isSuperseded: Bool
  ) -> String {
    var isDeployed = false
    var isRetired = false
    var isEvaluated = false
    var verdict: Verdict?
    for event in next {
      switch event.fact {
      case .versionDeployed: isDeployed = true
      case .deploymentRetired: isRetired = true
      case .versionApproved, .versionRejected: verdict = event.fact.verdict
      default: isEvaluated = true
      }
    }
    if isDeployed { return "deployed" }
    if let verdict { return verdict.rawValue }
    if wasInProduction, isInProduction { return "in-production" }
    if isRetired { return "retired" }
    if isEvaluated { return "evaluated" }
    return isSuperseded ? "superseded" : "nothing"
  }

  /// Whether it is among what can happen to a version; runs of a deployment are not.
  private static func counts(_ fact: Fact) -> Bool {
    if case .runCompleted = fact { return fact.isEvaluation }
    return true
  }
}

extension Fact {
  /// What was decided; nil for anything but a decision.
  var verdict: Verdict? {
    switch self {
    case .versionApproved: .approved
    case .versionRejected: .rejected
    default: nil
    }
  }

  /// Whether a model was evaluated by it, or a feature task run before it is deployed.
  var isEvaluation: Bool {
    switch self {
    case .versionEvaluated: true
    case .runCompleted(let fact): fact.deployment == nil
    default: false
    }
  }
}
