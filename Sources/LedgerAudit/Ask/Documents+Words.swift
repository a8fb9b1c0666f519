// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

extension Documents {
  /// A member of an event's words, for an answer: nil where it has none.
  ///
  /// Words that are gone are told by the erasure that took them, or as missing.
  mutating func value(
    of member: TextMember, in event: Event
  ) throws(ReadingError) -> AnswerValue? {
    switch try snapshot.text(of: event) {
    case .none: nil
    case .erased: .erased(try erasure(of: event))
    case .values(let words):
      words[member].map { value in value.text.map { .text($0) } ?? .json(value) }
    }
  }

  /// The same of the event at a position.
  mutating func value(
    of member: TextMember, at position: Position
  ) throws(ReadingError) -> AnswerValue? {
    try value(of: member, in: try event(at: position))
  }
}

extension Documents {
  /// What an event is about, as it is written: a version, subject, job, member, hold or project.
  mutating func about(_ event: Event) throws(ReadingError) -> String? {
    if let label = try label(of: event) { return label }
    if let job = event.job { return job.string }
    return switch event.fact {
    case .memberGranted(let fact): fact.member.string
    case .memberRevoked(let fact): fact.member.string
    case .holdPlaced(let fact), .holdReleased(let fact): fact.scope.string
    case .noteAdded(let fact): fact.on.string
    default: event.project?.string
    }
  }
}

extension AnswerValue {
  /// The erasure that took the words.
  var erasure: ErasureMark? {
    if case .erased(let mark) = self { mark } else { nil }
  }
}
