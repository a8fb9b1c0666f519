// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Who changed roles, policy, keys or projects, from what to what; who exported?
enum AccessQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .what, .about, .field, .before, .after, .actor, .reason,
  ]

  private static let types: [FactCode] = [
    .ledgerCreated, .keyRotated, .ledgerRestored, .clockCorrected, .ledgerUpgraded, .projectCreated,
    .projectUpdated, .memberGranted, .memberRevoked, .policySet, .reportExported,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var told: [Event] = []
    var ledger = inquiry.ofLedger
    let project = inquiry.project
    let subject = inquiry.subject
    try ledger.forEachEvent(of: types) { event, _ in
      // Roles and rules of the whole ledger bind in each of its projects.
      guard project == nil || event.project == nil || event.project == project else { return }
      guard subject == nil || event.subjectID == nil || event.subjectID == subject else { return }
      told.append(event)
    }
    var policy = try inquiry.policies().inForce(at: Position(inquiry.since.value))
    for event in told {
      try add(event, in: &inquiry, to: &answer)
      let label = about(event)
      switch event.fact {
      case .memberGranted(let fact)
      where fact.member == event.actor.person && event.position.value > 1:
        answer.except(.selfGranted, about: label, restingOn: [event.position])
      case .policySet(let fact):
        if fact.policy.waives(more: policy) {
          answer.except(.controlWaived, about: label, restingOn: [event.position])
        }
        policy = fact.policy
      default: break
      }
    }
    answer.explainIfEmpty(types, "nobody changed roles or policy, and nobody exported")
  }

  /// A row for each value that it changed, at least one.
  private static func add(
    _ event: Event, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let what = EventType(event.fact).name.description
    let reason = try inquiry.documents.value(of: .reason, in: event)
    let label = about(event)
    var changes: [(name: String, before: JSONValue?, after: JSONValue?)] = []
    if case .reportExported(let fact) = event.fact {
      changes = [
        ("digest", nil, .string(fact.digest.description)), ("range", nil, fact.range.json),
      ]
    } else {
      for change in try inquiry.documents.changes(by: event) {
        changes.append((change.name, change.before, change.after))
      }
    }
    if changes.isEmpty { changes = [("", nil, nil)] }
    for change in changes {
      answer.add(
        [
          .time(event.time), .word(what), label.map { .name($0) },
          change.name.isEmpty ? nil : .word(change.name), change.before.map { .json($0) },
          change.after.map { .json($0) }, .actor(event.actor), reason,
        ], restingOn: [event.position])
    }
    let isReasonDue: Bool
    switch event.fact {
    case .memberRevoked, .policySet, .clockCorrected: isReasonDue = true
    default: isReasonDue = false
    }
    if isReasonDue, reason == nil {
      answer.except(.noReason, about: label ?? what, restingOn: [event.position])
    }
  }

  private static func about(_ event: Event) -> String? {
    switch event.fact {
    case .memberGranted(let fact): fact.member.string
    case .memberRevoked(let fact): fact.member.string
    case .projectCreated(let fact), .projectUpdated(let fact): fact.name.string
    case .reportExported(let fact): fact.report
    case .policySet: "policy"
    default: nil
    }
  }
}

extension Inquiry {
  /// The project, where one, or something in one, is asked about.
  fileprivate var project: Name? {
    if case .project(let name) = scope { return name }
    return subject?.project
  }
}

extension Policy {
  /// Whether it asks for less than another: one pair of eyes, no evaluation, weaker names, no
  /// signatures, a shorter retention.
  fileprivate func waives(more other: Policy) -> Bool {
    claims && !other.claims || !fourEyes && other.fourEyes
      || !requireEvaluation && other.requireEvaluation || decisionAuth < other.decisionAuth
      || !Set(signed).isSuperset(of: other.signed)
      || retentionMinimumDays < other.retentionMinimumDays
  }
}

extension PositionRange {
  fileprivate var json: JSONValue { .array([.integer(from.value), .integer(to.value)]) }
}
