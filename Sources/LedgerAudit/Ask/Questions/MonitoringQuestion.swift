// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Each measurement of drift against the threshold in force then; its alert, who answered it, how late?
enum MonitoringQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .version, .target, .deployment, .psi, .predictionDrift, .performanceDrift, .threshold,
    .alert, .answer, .answered, .answeredBy, .delay, .reason,
  ]
  static let fedBy: [FactCode] = [.driftMeasured]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var measured: [Event] = []
    var answers: [(event: Event, fact: AlertAnswered)] = []
    try inquiry.forEachEvent(of: [.driftMeasured, .alertAnswered]) { event, _ in
      switch event.fact {
      case .driftMeasured: measured.append(event)
      case .alertAnswered(let fact): answers.append((event, fact))
      default: break
      }
    }
    let policies = try inquiry.policies()
    for event in measured {
      guard case .driftMeasured(let fact) = event.fact else { continue }
      let response = answers.first { given in
        given.event.position > event.position && given.fact.covers(fact, at: event.position)
      }
      try add(event, fact, response, policies, in: &inquiry, to: &answer)
    }
    if !measured.isEmpty { try addUnmeasured(&inquiry, to: &answer) }
    answer.explainIfEmpty(fedBy, "nothing was monitored")
  }

  private static func add(
    _ event: Event, _ fact: DriftMeasured, _ response: (event: Event, fact: AlertAnswered)?,
    _ policies: Policies, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var target: Name?
    if case .deployment(let deployment)? = try inquiry.snapshot.entity(
      .deployment(fact.deployment), asOf: inquiry.size)
    {
      target = deployment.target
    }
    let label = try inquiry.documents.label(of: event)
    let greatest = inquiry.documents.greatest(of: fact)
    let positions = [event.position]
    let reason = try response.map { given throws(ReadingError) in
      try inquiry.documents.value(of: .reason, in: given.event)
    }
    let isAnswerDue = fact.alert
    answer.add(
      [
        .time(event.time), label.map { .name($0) }, target.map { .name($0.string) },
        .name(fact.deployment.string), greatest.map { .metrics([$0]) },
        fact.predictionDrift.map { .number($0) }, fact.performanceDrift.map { .metrics($0) },
        .number(fact.threshold), .flag(fact.alert),
        isAnswerDue ? (response?.fact.action.rawValue).map { .word($0) } : nil,
        isAnswerDue ? (response?.event.time).map { .time($0) } : nil,
        isAnswerDue ? (response?.event.actor).map { .actor($0) } : nil,
        isAnswerDue ? response.map { .duration(microseconds: event.waited(for: $0.event)) } : nil,
        isAnswerDue ? reason ?? nil : nil,
      ], restingOn: positions + (isAnswerDue ? [response?.event.position].compactMap { $0 } : []))
    if fact.alert, response == nil {
      answer.except(.alertUnanswered, about: label, restingOn: positions)
    }
    let policy = policies.inForce(at: event.position)
    if policy.driftPSI != fact.threshold {
      let set = policies.set.last { $0.event.position < event.position }?.event.position
      answer.except(
        .thresholdDiffers, about: label, restingOn: positions + [set].compactMap { $0 })
    }
    if !fact.alert, max(greatest?.value ?? 0, fact.predictionDrift ?? 0) > fact.threshold {
      answer.except(.alertMissing, about: label, restingOn: positions)
    }
  }

  /// What is in production and was used, and was never held against its baseline.
  private static func addUnmeasured(
    _ inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    for deployment in try inquiry.deployments(.active)
    where deployment.kind == .model
      && deployment.lastDrift == nil && deployment.lastPerformance == nil
    {
      guard let used = deployment.lastPrediction else { continue }
      answer.except(
        .notMonitored, about: try inquiry.documents.label(of: deployment.version),
        restingOn: [deployment.since.position, used.position])
    }
  }
}

extension AlertAnswered {
  /// Whether it is about a measurement: that, or a later one of the same deployment.
  fileprivate func covers(_ drift: DriftMeasured, at position: Position) -> Bool {
    if let deployment { return deployment == drift.deployment && self.drift >= position }
    return self.drift == position
  }
}

extension Event {
  /// How long after this another event was recorded, in microseconds.
  fileprivate func waited(for answer: Event) -> UInt64 {
    UInt64(max(0, answer.time.microseconds - time.microseconds))
  }
}
