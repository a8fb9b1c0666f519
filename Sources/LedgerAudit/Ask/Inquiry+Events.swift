// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

// The events that answers rest on: found by an index, each held against the tree once where the
// documents do that.

/// What was read for one question and may serve the next: events of which many questions are asked.
struct InquiryMemory {
  /// How many events are kept.
  private static let limit = 20_000

  /// Where the events of the subject are, in order.
  var places: [Position]?
  private var events: [Position: KeptEvent] = [:]

  /// The event at a position; read, and held against the tree where documents do that, the first time.
  mutating func event(
    at position: Position, _ documents: inout Documents
  ) throws(ReadingError) -> Event {
    if let known = events[position] { return known.event }
    let event = try documents.event(at: position)
    if events.count < InquiryMemory.limit { events[position] = KeptEvent(event) }
    return event
  }
}

/// An event apart from the table that finds it: hundreds of bytes, which that would move as it grows.
private final class KeptEvent {
  let event: Event

  init(_ event: Event) { self.event = event }
}

extension Inquiry {
  /// Every type but log lines and progress.
  static let allTypes = FactCode.allCases.filter(\.isIndexed)

  /// Reads an event, or remembers it.
  mutating func event(at position: Position) throws(ReadingError) -> Event {
    try memory.event(at: position, &documents)
  }

  /// Calls `body` with the events of some types in scope up to the size, in order.
  ///
  /// From `since` on, unless what came before it counts as well.
  /// Of a subject: its revisions are passed. Of a ledger or project: the events of those types are.
  mutating func forEachEvent(
    of types: [FactCode], fromTheStart: Bool = false,
    _ body: (Event, inout Documents) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    let start = fromTheStart ? Position(0) : Position(since.value)
    for position in try positions(of: types, from: start) {
      let event = try event(at: position)
      if includes(event) { try body(event, &documents) }
    }
  }

  /// Where the events of some types are, in order; of a project or version, some may be of others.
  /// Not held against the tree, as an index is not; what an answer takes from there is.
  mutating func positions(
    of types: [FactCode], from start: Position = Position(0)
  ) throws(ReadingError) -> [Position] {
    var positions: [Position] = []
    if let subject {
      let places = try places(of: subject).drop { $0 < start }
      if types == Inquiry.allTypes { return Array(places) }
      for type in types { positions += try snapshot.places(of: type, among: places) }
    } else {
      for type in types {
        try snapshot.forEachPosition(of: type, asOf: size, from: start) { position in
          positions.append(position)
          return true
        }
      }
    }
    positions.sort()
    return positions
  }

  /// Where the events of a subject are, all of which bear a revision of it.
  private mutating func places(of subject: SubjectID) throws(ReadingError) -> [Position] {
    if let places = memory.places { return places }
    var places: [Position] = []
    try snapshot.forEachPosition(of: subject, asOf: size) { position in
      places.append(position)
      return true
    }
    memory.places = places
    return places
  }

  /// Says that none of the events that feed a question is in scope; nil where one is.
  mutating func whyNotAnswerable(fedBy types: [FactCode]) throws(ReadingError) -> String? {
    if types.isEmpty { return nil }
    let isWhole = if case .ledger = scope { true } else { false }
    for type in isWhole ? types : [] {
      var isFed = false
      try snapshot.forEachPosition(of: type, asOf: size) { _ in
        isFed = true
        return false
      }
      if isFed { return nil }
    }
    if !isWhole {
      for position in try positions(of: types) where includes(try event(at: position)) {
        return nil
      }
    }
    return "no \(types.listed("or")) about \(scope.words) as of size \(size.value)"
  }
}

extension [FactCode] {
  /// The names of these types, in words; all of them are any event.
  func listed(_ conjunction: String) -> String {
    if self == Inquiry.allTypes { return "event" }
    let names = compactMap { code in
      EventType.allCases.first { FactCode($0) == code }?.name.description
    }
    let last = names.last ?? ""
    return names.count > 1
      ? "\(names.dropLast().joined(separator: ", ")) \(conjunction) \(last)" : last
  }
}
