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
    if try inquiry.isLong() {
      try gather(&inquiry, into: &answer)
    } else {
      try inquiry.forEachEvent(of: Inquiry.allTypes) { (event, documents) throws(ReadingError) in
        try add(event, &documents, to: &answer)
      }
    }
    try exceptCorrections(inquiry, &answer)
  }

  private static func add(
    _ event: Event, _ documents: inout Documents, to answer: inout Answer
  ) throws(ReadingError) {
    let about = try documents.about(event)
    let apart = event.occurred.map { event.time.distance(after: $0) }
    answer.add(
      [
        .word(EventType(event.fact).name.description), about.map { .name($0) },
        .time(event.time), event.occurred.map { .time($0) },
        apart.map { .duration(microseconds: $0) }, event.clock.map { .time($0) }, nil, nil,
      ], restingOn: [event.position])
    if let apart, apart > lateness {
      answer.except(.recordedLate, about: about, restingOn: [event.position])
    }
  }

  /// Only what bears a second time is read whole.
  private static func gather(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let gathered = try inquiry.gather(from: TimesGathered())
    for position in gathered.apart.sorted() {
      try add(try inquiry.event(at: position), &inquiry.documents, to: &answer)
    }
    for (type, span) in gathered.together {
      answer.add(
        [
          .word(type.name.description), nil, .time(try inquiry.snapshot.time(at: span.first)), nil,
          nil, nil, .count(span.count), .time(try inquiry.snapshot.time(at: span.last)),
        ], restingOn: span.ends)
    }
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

/// Events by whether they bear a second time.
private struct TimesGathered: PlaceGathering {
  /// Those that do.
  private(set) var apart: [Position] = []
  /// The others, by the number of their type.
  private var spans: [PlaceSpan?] = Array(repeating: nil, count: EventType.allCases.count)
  /// The actor of the event before, as it is stored: that of the next one is mostly the same.
  private var actor: [UInt8] = []

  mutating func add(_ place: EventPlace, _ documents: inout Documents) throws(ReadingError) {
    let position = place.position
    let (type, isApart) = try documents.outline(at: position) {
      (type, outline, leaf) throws(ReadingError) in
      var end = outline.end(ofActor: actor, in: leaf)
      if end == nil, let range = outline.actor(in: leaf) {
        actor = Array(leaf[range])
        end = range.upperBound
      }
      guard let end else { throw Documents.altered(leaf, at: position) }
      return (type, outline.hasOtherTimes(behindActor: end, in: leaf))
    }
    if isApart {
      apart.append(position)
    } else if spans[Int(type.rawValue)]?.add(position) == nil {
      spans[Int(type.rawValue)] = PlaceSpan(position)
      spans[Int(type.rawValue)]?.add(position)
    }
  }

  mutating func add(_ other: TimesGathered) {
    apart += other.apart
    for (index, span) in other.spans.enumerated() {
      guard let span else { continue }
      if spans[index]?.add(span) == nil { spans[index] = span }
    }
  }

  /// Those that bear no second time, by type, in the order of the first of each.
  var together: [(type: EventType, span: PlaceSpan)] {
    zip(EventType.allCases, spans).compactMap { type, span in span.map { (type, $0) } }
      .sorted { $0.span.first < $1.span.first }
  }
}

extension Timestamp {
  /// The microseconds since an earlier moment; 0 where it is later.
  func distance(after earlier: Timestamp) -> UInt64 {
    let (distance, isTooFar) = microseconds.subtractingReportingOverflow(earlier.microseconds)
    return isTooFar ? .max : UInt64(max(0, distance))
  }
}
