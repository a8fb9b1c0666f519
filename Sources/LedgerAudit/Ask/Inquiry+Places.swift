// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Where an event stands and what it is about.
struct EventPlace {
  var position: Position
  var project: Name?
  var subject: SubjectID?
}

extension Inquiry {
  /// Calls `body` with the place of each event in scope but log lines and progress, from `since` on,
  /// until it says no.
  ///
  /// Of a subject or version: in order, each event read. Else by subject, then those that are about
  /// none: the revisions of all subjects are passed, and only what stands among none is read.
  mutating func forEachPlace(
    _ body: (EventPlace, inout Documents) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    guard subject == nil else {
      for position in try positions(of: Inquiry.allTypes, from: Position(since.value)) {
        let event = try event(at: position)
        guard includes(event) else { continue }
        let place = EventPlace(
          position: position, project: event.project, subject: event.subjectID)
        if try !body(place, &documents) { return }
      }
      return
    }
    var passed = PositionSet(below: size)
    if try forEachPlaceOfSubjects(&passed, body) { try forEachPlaceOfNone(passed, body) }
  }

  /// Whether to go on.
  private mutating func forEachPlaceOfSubjects(
    _ passed: inout PositionSet,
    _ body: (EventPlace, inout Documents) throws(ReadingError) -> Bool
  ) throws(ReadingError) -> Bool {
    let (snapshot, size, since) = (snapshot, size, since)
    var subjects: [SubjectID] = []
    try snapshot.forEachEntity(of: .subject, asOf: size) { entity in
      if case .subject(let subject) = entity { subjects.append(subject.id) }
      return true
    }
    for subject in subjects {
      let isIncluded = includes(subject, in: subject.project)
      var goesOn = true
      try snapshot.forEachPosition(of: subject, asOf: size) { (position) throws(ReadingError) in
        passed.insert(position)
        guard isIncluded, position.value >= since.value else { return true }
        goesOn = try body(
          EventPlace(position: position, project: subject.project, subject: subject), &documents)
        return goesOn
      }
      if !goesOn { return false }
    }
    return true
  }

  private mutating func forEachPlaceOfNone(
    _ passed: PositionSet,
    _ body: (EventPlace, inout Documents) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    var rest: [Position] = []
    for type in Inquiry.allTypes {
      try snapshot.forEachPosition(of: type, asOf: size, from: Position(since.value)) { position in
        if !passed.contains(position) { rest.append(position) }
        return true
      }
    }
    for position in rest.sorted() {
      let event = try event(at: position)
      guard includes(event) else { continue }
      let place = EventPlace(position: position, project: event.project, subject: event.subjectID)
      if try !body(place, &documents) { return }
    }
  }

  /// Whether more events are in scope than an answer lists one by one.
  mutating func isLong() throws(ReadingError) -> Bool {
    var count = 0
    let limit = rowLimit
    try forEachPlace { _, _ in
      count += 1
      return count <= limit
    }
    return count > limit
  }
}

/// Positions below a size, a bit each.
private struct PositionSet {
  private var words: [UInt64]

  init(below size: LedgerSize) {
    words = Array(repeating: 0, count: Int(size.value >> 6) + 1)
  }

  func contains(_ position: Position) -> Bool {
    words[Int(position.value >> 6)] >> (position.value & 63) & 1 == 1
  }

  mutating func insert(_ position: Position) {
    words[Int(position.value >> 6)] |= 1 << (position.value & 63)
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
