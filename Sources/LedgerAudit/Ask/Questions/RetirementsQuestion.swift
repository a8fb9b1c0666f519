// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What was taken out of production: when, by whom, why, replaced by what, and last used when?
enum RetirementsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .target, .deployment, .since, .retired, .actor, .reason, .replacement, .replacedBy,
    .lastPredicted, .lastPrediction, .artifactsDigest,
  ]
  static let fedBy: [FactCode] = [.deploymentRetired]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var retired: [Event] = []
    try inquiry.forEachEvent(of: [.deploymentRetired]) { event, _ in retired.append(event) }
    for event in retired {
      guard case .deploymentRetired(let fact) = event.fact else { continue }
      try add(event, fact, in: &inquiry, to: &answer)
    }
    answer.explainIfEmpty(fedBy, "nothing was taken out of production")
  }

  private static func add(
    _ event: Event, _ fact: DeploymentRetired, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let deployment = try deployment(fact.deployment, in: inquiry)
    let successor = try fact.replacedBy.flatMap { id throws(ReadingError) in
      try self.deployment(id, in: inquiry)
    }
    let replacement = try successor.map { successor throws(ReadingError) in
      try inquiry.documents.label(of: successor.version)
    }
    let label = try inquiry.documents.label(of: event)
    let reason = try inquiry.documents.value(of: .reason, in: event)
    let used = try fact.lastPrediction.map { position throws(ReadingError) in
      try inquiry.event(at: position)
    }
    let positions = [
      deployment?.since.position, fact.lastPrediction, event.position, successor?.since.position,
    ].compactMap { $0 }
    answer.add(
      [
        label.map { .name($0) }, .name(fact.target.string), .name(fact.deployment.string),
        (deployment?.since.time).map { .time($0) }, .time(event.time), .actor(event.actor), reason,
        replacement.map { .name($0) }, fact.replacedBy.map { .name($0.string) },
        used.map { .time($0.time) }, fact.lastPrediction.map { .position($0) },
        .digest(fact.artifactsDigest),
      ], restingOn: positions)
    if reason == nil { answer.except(.noReason, about: label, restingOn: [event.position]) }
    if let last = deployment?.lastPrediction, last.position > event.position {
      answer.except(
        .usedAfterRetirement, about: label, restingOn: [event.position, last.position])
    }
  }

  private static func deployment(
    _ id: DeploymentID, in inquiry: Inquiry
  ) throws(ReadingError) -> Deployment? {
    guard
      case .deployment(let state)? = try inquiry.snapshot.entity(
        .deployment(id), asOf: inquiry.size)
    else { return nil }
    return state
  }
}
