// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Where an event stands and what it is about.
struct EventPlace {
  var position: Position
  var project: Name?
  var subject: SubjectID?
  /// Which of ``PlaceOwners/subjects`` that is; nil where the event was read to know.
  var owner: Int?
}

extension Inquiry {
  /// Calls `body` with the place of each event in scope but log lines and progress, in order, from
  /// `since` on, until it says no.
  ///
  /// Of a subject or version: each event is read. Else the indexes are passed, and only what stands among
  /// the revisions of no subject is read.
  mutating func forEachPlace(
    _ body: (EventPlace, inout Documents) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    if subject != nil {
      for position in try positions(of: Inquiry.allTypes, from: Position(since.value)) {
        guard let place = try place(ofEventAt: position) else { continue }
        if try !body(place, &documents) { return }
      }
    } else {
      let owners = try PlaceOwners(of: self)
      _ = try forEachPlace(in: 0..<owners.wordCount, of: owners, body)
    }
  }

  /// The same for some of the stretches of a ledger or project. Returns whether `body` never said no.
  mutating func forEachPlace(
    in words: Range<Int>, of owners: PlaceOwners,
    _ body: (EventPlace, inout Documents) throws(ReadingError) -> Bool
  ) throws(ReadingError) -> Bool {
    try owners.forEach(in: words) { (position, owner) throws(ReadingError) in
      switch owner {
      case .unread:
        guard let place = try place(ofEventAt: position) else { return true }
        return try body(place, &documents)
      case .subject(let index):
        let subject = owners.subjects[index]
        return try body(
          EventPlace(
            position: position, project: subject.project, subject: subject, owner: index),
          &documents)
      }
    }
  }

  /// Reads what an event is about; nil where it is not in scope.
  private mutating func place(ofEventAt position: Position) throws(ReadingError) -> EventPlace? {
    let event = try event(at: position)
    guard includes(event) else { return nil }
    return EventPlace(position: position, project: event.project, subject: event.subjectID)
  }

  /// Whether more events are in scope than an answer lists one by one.
  mutating func isLong() throws(ReadingError) -> Bool {
    var count = 0
    let limit = rowLimit
    if case .ledger = scope {
      for type in Inquiry.allTypes where count <= limit {
        try snapshot.forEachPosition(of: type, asOf: size, from: Position(since.value)) { _ in
          count += 1
          return count <= limit
        }
      }
    } else {
      try forEachPlace { _, _ in
        count += 1
        return count <= limit
      }
    }
    return count > limit
  }
}

/// The first and the last of some events, and how many there are; they may come in any order.
struct PlaceSpan {
  private(set) var first: Position
  private(set) var last: Position
  private(set) var count: UInt64 = 0

  init(_ position: Position) { (first, last) = (position, position) }

  var ends: [Position] { [first, last] }

  mutating func add(_ position: Position) {
    first = min(first, position)
    last = max(last, position)
    count += 1
  }

  mutating func add(_ other: PlaceSpan) {
    first = min(first, other.first)
    last = max(last, other.last)
    count += other.count
  }
}
