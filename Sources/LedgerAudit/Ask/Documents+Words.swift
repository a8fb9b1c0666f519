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
    case .values(let words): words.string(member).map { .text($0) }
    }
  }

  /// The same of the event at a position.
  mutating func value(
    of member: TextMember, at position: Position
  ) throws(ReadingError) -> AnswerValue? {
    try value(of: member, in: try event(at: position))
  }
}
