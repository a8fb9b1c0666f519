// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Answers about so many events that these are gathered, and not decoded, against the lists of the same events,
/// in random histories, scopes, windows and sizes; two threads gather them where there are enough.
@Suite struct GatheredAnswerTests {
  private struct Asked {
    var scope: TrailScope
    var since: UInt64
    var size: LedgerSize
    var known: ArraySlice<Event>

    /// The events that it is asked about.
    var events: [Event] {
      known.filter { event in
        guard event.position.value >= since else { return false }
        switch (event.fact, scope) {
        case (.jobLogged, _), (.jobProgressed, _): return false
        case (_, .project(let name)): return event.project == name
        case (_, .subject(let id)): return event.subjectID == id
        case (_, .version(let id)): return event.versionID == id
        default: return true
        }
      }
    }
  }

  private func forEachAsked(
    seed: UInt64, _ body: (LedgerReader, Asked) throws -> Void
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 5100 + seed, length: 240))
    let reader = try #require(store.ledger).reader
    let (events, _) = try reader.stored()
    var random = SplitMix64(seed: seed)
    for round in 0..<30 {
      let size = round == 0 ? events.count : 1 + random.below(events.count)
      let since = round < 5 || random.oneIn(2) ? 0 : random.below(size)
      let scopes = AskPropertyTests.scopes(events[..<size])
      try body(
        reader,
        Asked(
          scope: round == 0 ? .ledger : scopes[random.below(scopes.count)], since: UInt64(since),
          size: LedgerSize(UInt64(size)), known: events[..<size]))
    }
  }

  private func answers(
    _ question: Question, _ asked: Asked, _ reader: LedgerReader
  ) throws -> (listed: Answer, gathered: Answer) {
    let listed = try reader.answer(
      question, about: asked.scope, since: asked.since, asOf: asked.size)
    let gathered = try reader.answer(
      question, about: asked.scope, since: asked.since, asOf: asked.size
    ) { inquiry in
      inquiry.rowLimit = 0
      inquiry.stretchLength = 64
      inquiry.documents = Documents(inquiry.documents.snapshot, asOf: asked.size)
    }
    return (listed, gathered)
  }

  @Test(arguments: UInt64(0)..<4)
  func `times are counted by type, and those apart are listed`(seed: UInt64) throws {
    var together = 0
    try forEachAsked(seed: seed) { reader, asked in
      let (listed, gathered) = try answers(.times, asked, reader)
      #expect(gathered.told == listed.told)
      #expect(gathered.isHashed == false && listed.isHashed)
      let apart = Set(
        asked.known.filter { $0.occurred != nil || $0.clock != nil }.map(\.position))
      var expected = listed.rows.filter { apart.contains($0.positions[0]) }.map(\.values)
      var types: [EventType: [Event]] = [:]
      for event in asked.events where !apart.contains(event.position) {
        types[EventType(event.fact), default: []].append(event)
      }
      for (type, events) in types.sorted(by: { $0.value[0].position < $1.value[0].position }) {
        expected.append([
          .word(type.name.description), nil, .time(events[0].time), nil, nil, nil,
          .count(UInt64(events.count)), .time(events[events.count - 1].time),
        ])
        together += 1
      }
      #expect(gathered.rows.map(\.values) == expected, "\(asked.scope) \(asked.since)")
    }
    #expect(together > 50)
  }

  @Test(arguments: UInt64(0)..<4)
  func `actions are counted by actor, roles and type`(seed: UInt64) throws {
    var most: UInt64 = 0
    try forEachAsked(seed: seed) { reader, asked in
      let (listed, gathered) = try answers(.actors, asked, reader)
      #expect(gathered.told == listed.told)
      let count = try #require(listed.columns.firstIndex(of: .count))
      let time = try #require(listed.columns.firstIndex(of: .time))
      var groups: [(key: [AnswerValue?], rows: [Answer.Row])] = []
      for row in listed.rows {
        var key = row.values
        for column in [AnswerColumn.time, .about] {
          key[try #require(listed.columns.firstIndex(of: column))] = nil
        }
        if let index = groups.firstIndex(where: { $0.key == key }) {
          groups[index].rows.append(row)
        } else {
          groups.append((key, [row]))
        }
      }
      let expected = groups.map { key, rows in
        var values = key
        values[time] = rows[0].values[time]
        values[count] = .count(UInt64(rows.count))
        values[count + 1] = rows[rows.count - 1].values[time]
        most = max(most, UInt64(rows.count))
        return values
      }
      #expect(gathered.rows.map(\.values) == expected, "\(asked.scope) \(asked.since)")
    }
    #expect(most > 5)
  }

  @Test(arguments: UInt64(0)..<4)
  func `changes are counted by subject, and those of no subject are listed`(seed: UInt64) throws {
    var subjects = 0
    try forEachAsked(seed: seed) { reader, asked in
      switch asked.scope {
      case .ledger, .project: break
      default: return
      }
      let (listed, gathered) = try answers(.changes, asked, reader)
      let about = Set(asked.events.filter { $0.subject == nil }.map(\.position))
      let without = listed.rows.filter { about.contains($0.positions[0]) }
      #expect(gathered.rows.filter { about.contains($0.positions[0]) } == without)
      var expected: [[Position]: UInt64] = [:]
      let known = asked.events.filter { $0.subject != nil }
      for events in Dictionary(grouping: known, by: \.subjectID).values {
        let ends = [events[0].position, events[events.count - 1].position]
        expected[ends[0] == ends[1] ? [ends[0]] : ends] = UInt64(events.count)
        subjects += 1
      }
      var found: [[Position]: UInt64] = [:]
      for row in gathered.rows where !about.contains(row.positions[0]) {
        guard case .count(let count)? = row.values[6] else { continue }
        found[row.positions] = count
      }
      #expect(found == expected, "\(asked.scope) \(asked.since)")
    }
    #expect(subjects > 5)
  }

  @Test(arguments: UInt64(0)..<4)
  func `the scope is the same without hashing events`(seed: UInt64) throws {
    try forEachAsked(seed: seed) { reader, asked in
      let (listed, gathered) = try answers(.scope, asked, reader)
      #expect(gathered.rows == listed.rows, "\(asked.scope) \(asked.since)")
      #expect(gathered.told == listed.told)
    }
  }

  @Test(arguments: UInt64(0)..<4)
  func `the lines of logs are those in the window`(seed: UInt64) throws {
    var counted = 0
    try forEachAsked(seed: seed) { reader, asked in
      // A line says of which job it is, and that one's first event what it is about.
      var jobs: [JobID: Event] = [:]
      for event in asked.known {
        if case .jobCreated = event.fact, let job = event.job { jobs[job] = event }
      }
      let lines = asked.known.compactMap { event -> Event? in
        guard case .jobLogged = event.fact, event.position.value >= asked.since,
          let job = event.job.flatMap({ jobs[$0] })
        else { return nil }
        let isIn =
          switch asked.scope {
          case .project(let name): job.project == name
          case .subject(let id): job.subjectID == id
          case .version(let id): job.versionID == id
          default: true
          }
        return isIn ? job : nil
      }
      let answer = try answers(.scope, asked, reader).gathered
      let names = answer.column(.name)
      for (row, kind) in answer.column(.kind).enumerated() where kind == "project" {
        let expected = lines.filter { $0.project?.string == names[row] }.count
        #expect(answer.column(.lines)[row] == "\(expected)", "\(asked.scope) \(asked.since)")
        counted += expected > 0 ? 1 : 0
      }
      let counts = zip(answer.column(.kind), answer.column(.lines)).filter { $0.0 == "model" }
      let models = lines.filter { $0.subject?.kind == .model }.count
      #expect(counts.compactMap { Int($0.1) }.reduce(0, +) == models)
    }
    #expect(counted > 10)
  }

  @Test func `what two threads gather is what one gathers, however the events fall to them`() throws
  {
    let store = try Store(HistoryGenerator.history(seed: 5110, length: 400))
    let reader = try #require(store.ledger).reader
    for question in [Question.scope, .actors, .times] {
      func answer(_ stretchLength: Int) throws -> Answer {
        try reader.answer(question) { inquiry in
          inquiry.rowLimit = 0
          inquiry.stretchLength = stretchLength
          inquiry.documents = Documents(inquiry.documents.snapshot, asOf: inquiry.documents.size)
        }
      }
      let alone = try answer(.max)
      #expect(alone.rows.count > 5)
      for _ in 0..<50 {
        let together = try answer(64)
        #expect(together.rows == alone.rows)
        #expect(together.told.sorted() == alone.told.sorted())
      }
    }
  }
}
