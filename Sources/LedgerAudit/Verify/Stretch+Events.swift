// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerDomain
import LedgerReading

// What each event must be, and must have left in the indexes, whatever came before it.

extension StretchWork {
  /// Takes an event that is no log line of the usual form.
  mutating func take(
    _ event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    check(place: event.position, position)
    var correction: ClockCorrected?
    if case .clockCorrected(let fact) = event.fact { correction = fact }
    check(
      Stretch.Timing(
        position: position, time: event.time, clock: event.clock, occurred: event.occurred,
        correction: correction))
    if let cause = event.cause, cause.value >= position {
      stretch.findings.add(
        .timeSense, position, "event #\(position) names #\(cause.value) as its cause")
    }
    if case .jobLogged(let line) = event.fact, let job = event.job {
      return take(line, of: job, at: position)
    }
    closeRun()
    stretch.items.append(.event(position, stretch.events.count))
    stretch.events.append(event)
    try checkIndexes(of: event, at: position, in: snapshot)
  }

  mutating func check(place said: Position, _ position: UInt64) {
    if said.value != position {
      stretch.findings.add(
        .leafMisplaced, position, "the event at #\(position) says that it is #\(said.value)")
    }
  }

  /// The first one waits for whoever knows the event before it.
  mutating func check(_ timing: Stretch.Timing) {
    if stretch.firstTiming == nil {
      stretch.firstTiming = timing
    } else {
      timing.check(after: stretch.lastTime, &stretch.findings)
    }
    stretch.lastTime = timing.time
  }

  // MARK: Log lines

  mutating func take(_ line: LogLine, of job: JobID, at position: UInt64) {
    let index = stretch.lines.count
    stretch.lines.append(Stretch.Line(line))
    if let run = openRun, run.job == job, run.first + UInt64(run.lines.count) == position {
      openRun?.lines = run.lines.lowerBound..<index + 1
    } else {
      closeRun()
      openRun = Stretch.LineRun(job: job, first: position, lines: index..<index + 1)
    }
  }

  mutating func closeRun() {
    guard let run = openRun else { return }
    stretch.items.append(.lines(run))
    openRun = nil
  }

  // MARK: Indexes

  private mutating func checkIndexes(
    of event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    let place = Position(position)
    let code = FactCode(event.fact)
    if code.isIndexed {
      try IndexKey.type(code: code.rawValue, place) { (key) throws(ReadingError) in
        let stored = try find(
          key, UnsafeRawBufferPointer(start: nil, count: 0), in: snapshot.tables.types, snapshot)
        judge(stored, "types", \.types, position)
      }
      if let job = event.job {
        try IndexKey.job(job, place) { (key) throws(ReadingError) in
          let stored = try code.bytes.withBytes { (value) throws(ReadingError) in
            try find(key, value, in: snapshot.tables.jobs, snapshot)
          }
          judge(stored, "jobs", \.jobs, position)
        }
      }
    }
    if let subject = event.subjectID, let revision = event.revision {
      try IndexKey.position(place) { (value) throws(ReadingError) in
        try IndexKey.revision(subject, revision) { (key) throws(ReadingError) in
          let stored = try find(key, value, in: snapshot.tables.revisions, snapshot)
          judge(stored, "revisions", \.revisions, position)
        }
      }
    }
    if let request = event.request { try check(request, of: event, at: place, snapshot) }
    try checkWords(of: event, at: position, in: snapshot)
  }

  /// Whether every word of a decision is in the index, as far as that reaches.
  private mutating func checkWords(
    of event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard event.fact.isDecision, let table = snapshot.tables.words,
      try snapshot.wordIndexEnd().includes(event.position),
      let words = try WordIndex.words(of: event, in: snapshot)
    else { return }
    stretch.checked.entries += UInt64(words.count)
    var missing = 0
    for word in words {
      let key = WordIndex.key(word, Position(position))
      let isThere = try moving { () throws(LMDBError) in try snapshot.loan.contains(table, key) }
      if isThere { stretch.found.words += 1 } else { missing += 1 }
    }
    if missing > 0 {
      stretch.findings.add(
        .indexMissing, position,
        "event #\(position) is not in the index 'words' with \(missing) of its words")
    }
  }

  /// Whether an entry has this value; nil where there is none.
  private func find(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in table: Table,
    _ snapshot: Snapshot
  ) throws(ReadingError) -> Bool? {
    try moving { () throws(LMDBError) in
      try snapshot.loan.get(table, key) { $0.hasSameBytes(as: value) }
    }
  }

  private mutating func judge(
    _ isEqual: Bool?, _ name: String, _ count: WritableKeyPath<TableCounts, UInt64>,
    _ position: UInt64
  ) {
    stretch.checked.entries += 1
    guard let isEqual else {
      return stretch.findings.add(
        .indexMissing, position, "event #\(position) is not in the index '\(name)'")
    }
    stretch.found[keyPath: count] += 1
    if !isEqual {
      stretch.findings.add(
        .indexWrong, position, "event #\(position) has another value in the index '\(name)'")
    }
  }

  private mutating func check(
    _ request: RequestMark, of event: Event, at position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) {
    stretch.checked.entries += 1
    let name = "the request key of event #\(position.value)"
    let stored: StoredRequest?
    do throws(ReadingError) {
      stored = try snapshot.request(request.key, of: event.actor.id)
    } catch {
      guard case .rowDamaged = error.code else { throw error }
      stretch.found.requests += 1
      return stretch.findings.add(
        .indexWrong, position.value, "\(name) cannot be read in the index")
    }
    guard let stored else {
      return stretch.findings.add(
        .indexMissing, position.value, "\(name) is not in the index")
    }
    stretch.found.requests += 1
    let (end, overflow) = stored.first.value.addingReportingOverflow(stored.count)
    if stored.first != position || stored.digest != request.digest || stored.count == 0
      || overflow || end > reader.end
    {
      stretch.findings.add(
        .indexWrong, position.value, "\(name) leads to another event or content in the index")
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether both have the same bytes.
  func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let here = baseAddress, let there = other.baseAddress else { return true }
    return memcmp(here, there, count) == 0
  }
}

extension Stretch.Timing {
  /// Holds an event's times against each other and against that of the event before it.
  func check(after lastTime: Timestamp?, _ findings: inout some FindingSink) {
    if let correction {
      if let lastTime, correction.from != lastTime {
        findings.add(
          .timeSense, position,
          "the correction of the clock at #\(position) is from \(correction.from), and the event "
            + "before it was recorded at \(lastTime)")
      }
    } else if let lastTime, time < lastTime {
      findings.add(
        .timeDecreasing, position,
        "event #\(position) was recorded at \(time), before its predecessor at \(lastTime)")
    }
    if let clock, correction == nil {
      // Time is held at that of the latest event while the clock lags by up to five seconds.
      let lag = time.microseconds - clock.microseconds
      if lag <= 0 || lag > 5_000_000 || (lastTime != nil && lastTime != time) {
        findings.add(
          .timeSense, position,
          "event #\(position) was recorded at \(time) while the clock read \(clock)")
      }
    }
    if let occurred, time.microseconds - occurred.microseconds <= 1_000_000 {
      findings.add(
        .timeSense, position,
        "event #\(position) occurred at \(occurred) and was recorded at \(time): not later by more "
          + "than a second")
    }
  }
}
