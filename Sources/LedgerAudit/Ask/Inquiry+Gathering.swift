// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What a question gathers of events, one by one, in whatever order they come.
protocol PlaceGathering: Sendable {
  /// Told before the first event: what ``EventPlace/owner`` is one of.
  mutating func begin(_ subjects: [SubjectID])
  /// Adds an event.
  mutating func add(_ place: EventPlace, _ documents: inout Documents) throws(ReadingError)
  /// Adds what is not an event's, once, on one of the threads.
  mutating func addRest(_ inquiry: inout Inquiry) throws(ReadingError)
  /// Adds what was gathered of other events.
  mutating func add(_ other: Self)
}

extension PlaceGathering {
  mutating func begin(_ subjects: [SubjectID]) {}
  mutating func addRest(_ inquiry: inout Inquiry) throws(ReadingError) {}
}

extension Inquiry {
  /// Gathers something of each event in scope but log lines and progress, from `since` on.
  ///
  /// Of a ledger or project, two threads take one stretch after the other. Where events are held against
  /// the tree, one thread passes them: what it found serves the questions that follow.
  ///
  /// - Parameter nothing: what every thread begins with.
  mutating func gather<Gathered: PlaceGathering>(
    from nothing: Gathered
  ) throws(ReadingError) -> Gathered {
    var gathered = nothing
    guard subject == nil else {
      try forEachPlace { (place, documents) throws(ReadingError) in
        try gathered.add(place, &documents)
        return true
      }
      try gathered.addRest(&self)
      return gathered
    }
    let owners = try PlaceOwners(of: self)
    gathered.begin(owners.subjects)
    guard !documents.isVerifying else {
      try gather(0..<owners.wordCount, of: owners, into: &gathered)
      try gathered.addRest(&self)
      return gathered
    }
    let (scope, since, moment, size) = (scope, since, moment, size)
    let (empty, length) = (gathered, max(stretchLength / 64, 1))
    let both = try snapshot.share(1 + (owners.wordCount + length - 1) / length) {
      (snapshot, parts) throws(ReadingError) in
      var inquiry = Inquiry(
        about: scope, since: since, at: moment, in: Documents(snapshot, asOf: size))
      var gathered = empty
      while let part = parts.next() {
        if part == 0 {
          try gathered.addRest(&inquiry)
        } else {
          let words = (part - 1) * length..<min(part * length, owners.wordCount)
          try inquiry.gather(words, of: owners, into: &gathered)
        }
      }
      return gathered
    }
    for other in both { gathered.add(other) }
    return gathered
  }

  private mutating func gather<Gathered: PlaceGathering>(
    _ words: Range<Int>, of owners: PlaceOwners, into gathered: inout Gathered
  ) throws(ReadingError) {
    _ = try forEachPlace(in: words, of: owners) { (place, documents) throws(ReadingError) in
      try gathered.add(place, &documents)
      return true
    }
  }
}
