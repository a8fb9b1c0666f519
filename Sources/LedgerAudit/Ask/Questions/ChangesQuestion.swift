// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What changed: each value before and after, so that the earlier state can be created again.
///
/// Of more than ``Inquiry/rowLimit`` events, the beginning and end of jobs are left out; what they changed of
/// versions, deployments and targets is told by the events between.
enum ChangesQuestion: Answering {
  static let columns: [AnswerColumn] = [.time, .actor, .about, .field, .before, .after]
  static let fedBy = Inquiry.allTypes
  private static let jobs: [FactCode] = [
    .jobStarted, .jobStopRequested, .jobCompleted, .jobFailed, .jobStopped, .jobLost,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var types = Inquiry.allTypes
    let count = try inquiry.positions(of: types, from: Position(inquiry.since.value)).count
    if count > Inquiry.rowLimit { types.removeAll { jobs.contains($0) } }
    try inquiry.forEachEvent(of: types) { (event, documents) throws(ReadingError) in
      for change in try documents.changes(by: event) {
        answer.add(
          [
            .time(event.time), .actor(event.actor), .name(change.of), .word(change.name),
            change.before.map(AnswerValue.init), change.after.map(AnswerValue.init),
          ], restingOn: [event.position])
      }
      guard ChangesQuestion.describes(event.fact), try documents.snapshot.text(of: event) == .erased
      else { return }
      let about = try documents.about(event)
      let erasure = try documents.erasure(of: event)
      // The values that were words cannot be told; that there were any is.
      answer.add(
        [
          .time(event.time), .actor(event.actor), about.map { .name($0) }, .word("words"), nil,
          .erased(erasure),
        ], restingOn: [event.position] + (erasure.map { [$0.position] } ?? []))
    }
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
