// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Which changes were assessed, which are substantial, who says so and why?
enum SubstantialChangesQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .subject, .version, .substantial, .actor, .reason, .verdict, .decided, .decision,
  ]
  static let fedBy: [FactCode] = [.changeAssessed]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let history = try History(&inquiry)
    for assessed in history.assessments {
      guard assessed.event.position.value >= inquiry.since.value, inquiry.includes(assessed.event),
        let subject = assessed.event.subjectID
      else { continue }
      let event = assessed.event
      let next = history.decisions.first { decision in
        decision.position > event.position && decision.subjectID == subject
          && (event.number == nil || decision.number == event.number)
      }
      let label = try inquiry.documents.label(of: event)
      answer.add(
        [
          .time(event.time), .name(try inquiry.documents.label(of: subject)),
          event.number == nil ? nil : label.map { .name($0) }, .flag(assessed.isSubstantial),
          .actor(event.actor), try inquiry.documents.value(of: .reason, in: event),
          (next?.fact.verdict).map { .word($0.rawValue) }, (next?.time).map { .time($0) },
          (next?.position).map { .position($0) },
        ], restingOn: [event.position] + [next?.position].compactMap { $0 })
      if assessed.isSubstantial {
        try exceptApprovals(before: event, subject, in: &inquiry, to: &answer)
      }
    }
    if !answer.rows.isEmpty { try exceptUnassessed(history, in: &inquiry, to: &answer) }
    answer.explainIfEmpty(fedBy, "nobody said whether a change is substantial")
  }

  /// What was in production then and still is, and was not decided again: a substantial change asks
  /// for that.
  private static func exceptApprovals(
    before event: Event, _ subject: SubjectID, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var about = inquiry.about(event.versionID.map { .version($0) } ?? .subject(subject))
    for deployment in try about.deployments(.active)
    where deployment.since.position < event.position {
      guard
        case .version(let version)? = try inquiry.snapshot.entity(
          .version(deployment.version), asOf: inquiry.size),
        let decision = version.decision, decision.mark.position < event.position
      else { continue }
      answer.except(
        .notReapproved, about: try about.documents.label(of: deployment.version),
        restingOn: [decision.mark.position, deployment.since.position, event.position])
    }
  }

  /// Another version in the place of one before it is a change, and somebody has to say of which kind.
  private static func exceptUnassessed(
    _ history: History, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var latest: [Place: Event] = [:]
    for event in history.deployments {
      guard case .versionDeployed(let fact) = event.fact, let subject = event.subjectID else {
        continue
      }
      let place = Place(subject: subject, target: fact.target)
      let former = latest.updateValue(event, forKey: place)
      guard let former, former.number != event.number,
        event.position.value >= inquiry.since.value, inquiry.includes(event)
      else { continue }
      let isAssessed = history.assessments.contains { assessed in
        assessed.event.subjectID == subject
          && (assessed.event.number == event.number
            || assessed.event.number == nil && assessed.event.position > former.position)
      }
      if isAssessed { continue }
      answer.except(
        .changeNotAssessed, about: try inquiry.documents.label(of: event),
        restingOn: [former.position, event.position])
    }
  }

  private struct Place: Hashable {
    var subject: SubjectID
    var target: Name
  }

  /// What was assessed, decided and deployed, of a version with all of its subject.
  private struct History {
    var assessments: [(event: Event, isSubstantial: Bool)] = []
    var decisions: [Event] = []
    var deployments: [Event] = []

    init(_ inquiry: inout Inquiry) throws(ReadingError) {
      var history = (assessments: assessments, decisions: decisions, deployments: deployments)
      var around = inquiry.ofSubject
      try around.forEachEvent(
        of: [.changeAssessed, .versionApproved, .versionRejected, .versionDeployed],
        fromTheStart: true
      ) { event, _ in
        switch event.fact {
        case .changeAssessed(let fact): history.assessments.append((event, fact.substantial))
        case .versionDeployed: history.deployments.append(event)
        default: history.decisions.append(event)
        }
      }
      (assessments, decisions, deployments) = history
    }
  }
}
