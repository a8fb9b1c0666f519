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
      for value in owners.range {
        let position = Position(value)
        let place: EventPlace?
        switch owners[position] {
        case .nothing: continue
        case .unread: place = try self.place(ofEventAt: position)
        case .subject(let subject):
          place = EventPlace(position: position, project: subject.project, subject: subject)
        }
        if let place, try !body(place, &documents) { return }
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

/// Which subject each event below a size is about, by the indexes: four bytes an event.
private struct PlaceOwners {
  enum Owner {
    /// It is a log line, progress, or about a subject that is not asked about.
    case nothing
    /// It is among the revisions of no subject: only reading it tells what it is about.
    case unread
    case subject(SubjectID)
  }

  /// The positions.
  let range: Range<UInt64>
  private var owners: [UInt32]
  private var subjects: [SubjectID] = []

  init(of inquiry: Inquiry) throws(ReadingError) {
    let (snapshot, size) = (inquiry.snapshot, inquiry.size)
    let start = min(inquiry.since.value, size.value)
    range = start..<size.value
    var owners = [UInt32](repeating: 0, count: range.count)
    for type in Inquiry.allTypes {
      try snapshot.forEachPosition(of: type, asOf: size, from: Position(start)) { position in
        owners[Int(position.value - start)] = 1
        return true
      }
    }
    var known: [SubjectID] = []
    try snapshot.forEachEntity(of: .subject, asOf: size) { entity in
      if case .subject(let subject) = entity { known.append(subject.id) }
      return true
    }
    for subject in known {
      var owner: UInt32 = 0
      if inquiry.includes(subject, in: subject.project) {
        subjects.append(subject)
        owner = UInt32(subjects.count) + 1
      }
      try snapshot.forEachPosition(of: subject, asOf: size) { position in
        if position.value >= start { owners[Int(position.value - start)] = owner }
        return true
      }
    }
    self.owners = owners
  }

  subscript(position: Position) -> Owner {
    switch owners[Int(position.value - range.lowerBound)] {
    case 0: .nothing
    case 1: .unread
    case let owner: .subject(subjects[Int(owner) - 2])
    }
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
