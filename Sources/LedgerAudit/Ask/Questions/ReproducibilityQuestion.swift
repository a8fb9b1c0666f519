// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

/// Which range, moment and version of the tool give the same report again, byte for byte?
enum ReproducibilityQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .what, .tool, .reducer, .format, .from, .to, .time, .moment, .root,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.size.value > 0 else {
      return answer.explainIfEmpty([.ledgerCreated], "there is nothing to report")
    }
    let last = Position(inquiry.size.value - 1)
    var programs: [Event] = []
    var whole = inquiry.ofLedger
    try whole.forEachEvent(of: [.ledgerCreated, .ledgerUpgraded], fromTheStart: true) { event, _ in
      programs.append(event)
    }
    guard case .ledgerCreated(let created)? = programs.first?.fact else { return }
    answer.add(
      [
        .word("report"), inquiry.tool.map { .text($0) }, .count(UInt64(Reducer.version)),
        .count(UInt64(created.format)), .count(inquiry.since.value), .count(inquiry.size.value),
        .time(try inquiry.snapshot.time(at: last)), .time(inquiry.moment),
        .word(try inquiry.snapshot.root(at: inquiry.size).base64),
      ], restingOn: [Position(min(inquiry.since.value, last.value)), last])
    // Who wrote them: stored bytes do not depend on it, and views can be made by any.
    for event in programs {
      let (tool, reducer): (Text, UInt32?)
      switch event.fact {
      case .ledgerCreated(let fact): (tool, reducer) = (fact.tool, nil)
      case .ledgerUpgraded(let fact): (tool, reducer) = (fact.tool, fact.reducers)
      default: continue
      }
      answer.add(
        [
          .word("written-by"), .text(tool), reducer.map { .count(UInt64($0)) },
          .count(UInt64(created.format)), .count(event.position.value), nil, .time(event.time), nil,
          nil,
        ], restingOn: [event.position])
    }
    try exceptErasures(after: inquiry.size, inquiry, to: &answer)
  }

  /// What was erased later is missing from a report made now, and stood in one made before.
  private static func exceptErasures(
    after size: LedgerSize, _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let snapshot = inquiry.snapshot
    for type in [FactCode.textErased, .artifactErased] {
      var later: [Position] = []
      try snapshot.forEachPosition(of: type, asOf: snapshot.size, from: Position(size.value)) {
        later.append($0)
        return true
      }
      for position in later {
        let event = try snapshot.event(at: position)
        if case .textErased(let fact) = event.fact,
          !fact.ranges.contains(where: { $0.from.value < size.value })
        {
          continue
        }
        guard inquiry.includes(event) || inquiry.isAround(event) else { continue }
        answer.except(.erasedSince, about: nil, restingOn: [position])
      }
    }
  }
}

extension Inquiry {
  /// Whether an event is about all of the subject of the version that is asked about.
  fileprivate func isAround(_ event: Event) -> Bool {
    guard case .version(let id) = scope else { return false }
    return event.subjectID == id.subject && event.number == nil
  }
}
