// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Was every deployment preceded by an approval of the same artifacts, valid then and as long as it was
/// in production?
enum ApprovalBeforeDeploymentQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .target, .deployment, .deployed, .approval, .approved, .approver, .validUntil,
    .artifactsDigest,
  ]
  static let fedBy: [FactCode] = [.versionDeployed]

  /// What is told of a decision.
  private struct Decision {
    var verdict: Verdict
    var position: Position
    var time: Timestamp
    var actor: Actor
    var validUntil: CalendarDate?
    var artifactsDigest: Digest

    init(_ verdict: Verdict, _ fact: Decided, in event: Event) {
      self.verdict = verdict
      (position, time, actor) = (event.position, event.time, event.actor)
      (validUntil, artifactsDigest) = (fact.validUntil, fact.artifactsDigest)
    }
  }

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let types: [FactCode] = [.versionApproved, .versionRejected, .versionDeployed]
    var latest: [VersionID: Decision] = [:]
    let since = inquiry.since
    let (size, snapshot, moment) = (inquiry.size, inquiry.snapshot, inquiry.moment)
    // What was decided before the window counts in it.
    try inquiry.forEachEvent(of: types, fromTheStart: true) {
      (event, documents) throws(ReadingError) in
      guard let version = event.versionID else { return }
      switch event.fact {
      case .versionApproved(let fact): latest[version] = Decision(.approved, fact, in: event)
      case .versionRejected(let fact): latest[version] = Decision(.rejected, fact, in: event)
      case .versionDeployed(let fact) where event.position.value >= since.value:
        let decision = latest[version]
        let label = try documents.label(of: version)
        answer.add(
          [
            .name(label), .name(fact.target.string), .name(fact.deployment.string),
            .time(event.time), .position(fact.decision), (decision?.time).map { .time($0) },
            (decision?.actor).map { .actor($0) },
            (decision?.validUntil).map { .date($0) }, .digest(fact.artifactsDigest),
          ], restingOn: [fact.decision, event.position])
        let positions = [fact.decision, event.position]
        guard let decision, decision.verdict == .approved,
          decision.position == fact.decision
        else { return answer.except(.notApproved, about: label, restingOn: positions) }
        if decision.artifactsDigest != fact.artifactsDigest {
          answer.except(.otherArtifacts, about: label, restingOn: positions)
        }
        guard let last = decision.validUntil?.lastMoment else { return }
        var ended: Timestamp? = event.time
        if case .deployment(let state)? = try snapshot.entity(
          .deployment(fact.deployment), asOf: size)
        {
          ended = state.until?.time
        }
        if last < (ended ?? moment) {
          answer.except(.approvalExpired, about: label, restingOn: positions)
        }
      default: break
      }
    }
  }
}
