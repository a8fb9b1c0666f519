// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// When did it happen, when was it recorded, are the two apart?
///
/// Above ``Inquiry/rowLimit`` events, only those that are apart have a row of their own, and the others are
/// counted by type. More than an hour apart is an exception.
enum TimesQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .action, .about, .recorded, .occurred, .apart, .clock, .count, .until,
  ]
  static let fedBy = Inquiry.allTypes
  /// From how many microseconds on an event counts as recorded late: an hour.
  static let lateness: UInt64 = 3_600_000_000

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var together: [Answer.Row] = []
    var counts: [EventType: (first: Event, last: Event, count: UInt64)] = [:]
    try inquiry.forEachEvent(of: Inquiry.allTypes) { (event, documents) throws(ReadingError) in
      let about = try documents.about(event)
      let type = EventType(event.fact)
      let apart = event.occurred.map { event.time.distance(after: $0) }
      let row: [AnswerValue?] = [
        .word(type.name.description), about.map { .name($0) }, .time(event.time),
        event.occurred.map { .time($0) }, apart.map { .duration(microseconds: $0) },
        event.clock.map { .time($0) }, nil, nil,
      ]
      if event.occurred != nil || event.clock != nil {
        answer.add(row, restingOn: [event.position])
      } else {
        counts[type, default: (event, event, 0)].last = event
        counts[type]?.count += 1
        if together.count <= Inquiry.rowLimit {
          together.append(Answer.Row(values: row, positions: [event.position]))
        }
      }
      if let apart, apart > lateness {
        answer.except(.recordedLate, about: about, restingOn: [event.position])
      }
    }
    if together.count + answer.rows.count <= Inquiry.rowLimit {
      answer.rows += together
      answer.rows.sort { ($0.positions.first?.value ?? 0) < ($1.positions.first?.value ?? 0) }
    } else {
      for (type, span) in counts.sorted(by: { $0.value.first.position < $1.value.first.position }) {
        answer.add(
          [
            .word(type.name.description), nil, .time(span.first.time), nil, nil, nil,
            .count(span.count), .time(span.last.time),
          ], restingOn: [span.first.position, span.last.position])
      }
    }
    try exceptCorrections(inquiry, &answer)
  }

  /// The clock is the ledger's, so its corrections belong to whatever is asked about.
  private static func exceptCorrections(
    _ inquiry: Inquiry, _ answer: inout Answer
  ) throws(ReadingError) {
    try inquiry.snapshot.forEachPosition(
      of: .clockCorrected, asOf: inquiry.size, from: Position(inquiry.since.value)
    ) { position in
      answer.except(.clockCorrected, about: nil, restingOn: [position])
      return true
    }
  }
}

extension Timestamp {
  /// The microseconds since an earlier moment; 0 where it is later.
  func distance(after earlier: Timestamp) -> UInt64 {
    let (distance, isTooFar) = microseconds.subtractingReportingOverflow(earlier.microseconds)
    return isTooFar ? .max : UInt64(max(0, distance))
  }
}
