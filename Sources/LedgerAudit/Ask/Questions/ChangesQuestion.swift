// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What changed: each value before and after, so that the earlier state can be created again.
///
/// Of more than ``Inquiry/rowLimit`` events of a subject, the beginning and end of jobs are left out: what they
/// changed of versions, deployments and targets is told by the events between. Of more than that of a
/// ledger or project, each subject is one row that says how many there are of it.
enum ChangesQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .actor, .about, .field, .before, .after, .count, .until,
  ]
  static let fedBy = Inquiry.allTypes
  private static let jobs: [FactCode] = [
    .jobStarted, .jobStopRequested, .jobCompleted, .jobFailed, .jobStopped, .jobLost,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let isLong = try inquiry.isLong()
    if isLong, inquiry.subject == nil { return try gather(&inquiry, into: &answer) }
    let types = isLong ? Inquiry.allTypes.filter { !jobs.contains($0) } : Inquiry.allTypes
    try inquiry.forEachEvent(of: types) { (event, documents) throws(ReadingError) in
      try add(event, &documents, to: &answer)
    }
  }

  private static func gather(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var subjects: [SubjectID: PlaceSpan] = [:]
    try inquiry.forEachPlace { (place, documents) throws(ReadingError) in
      if let subject = place.subject {
        subjects[subject, default: PlaceSpan(place.position)].add(place.position)
      } else {
        try add(try documents.event(at: place.position), &documents, to: &answer)
      }
      return true
    }
    for (subject, span) in subjects {
      answer.add(
        [
          .time(try inquiry.snapshot.time(at: span.first)), nil,
          .name(try inquiry.documents.label(of: subject)), .word("events"), nil, nil,
          .count(span.count), .time(try inquiry.snapshot.time(at: span.last)),
        ], restingOn: span.ends)
    }
    answer.rows.sort { ($0.positions.first?.value ?? 0) < ($1.positions.first?.value ?? 0) }
  }

  private static func add(
    _ event: Event, _ documents: inout Documents, to answer: inout Answer
  ) throws(ReadingError) {
    for change in try documents.changes(by: event) {
      answer.add(
        [
          .time(event.time), .actor(event.actor), .name(change.of), .word(change.name),
          change.before.map(AnswerValue.init), change.after.map(AnswerValue.init), nil, nil,
        ], restingOn: [event.position])
    }
    guard describes(event.fact), try documents.snapshot.text(of: event) == .erased else { return }
    let about = try documents.about(event)
    let erasure = try documents.erasure(of: event)
    // The values that were words cannot be told; that there were any is.
    answer.add(
      [
        .time(event.time), .actor(event.actor), about.map { .name($0) }, .word("words"), nil,
        .erased(erasure), nil, nil,
      ], restingOn: [event.position] + (erasure.map { [$0.position] } ?? []))
  }

  /// Whether words are part of the state that the fact makes.
  private static func describes(_ fact: Fact) -> Bool {
    switch fact {
    case .projectCreated, .projectUpdated, .subjectRegistered, .subjectUpdated, .memberGranted:
      true
    default: false
    }
  }
}

extension AnswerValue {
  /// A value of a state: words as such, anything else as it stands in JSON.
  fileprivate init(_ value: JSONValue) {
    self = value.text.map { .text($0) } ?? .json(value)
  }
}
