// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// The second half of the questions against searches through all events, in random histories, scopes,
/// windows and sizes.
@Suite struct LaterAskPropertyTests {
  @Test(arguments: UInt64(0)..<5)
  func `each answer is what a search through all events finds`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 9300 + seed, length: 260))
    let reader = try #require(store.ledger).reader
    let (events, texts) = try reader.stored()
    var random = SplitMix64(seed: seed)
    for round in 0..<40 {
      let size = round == 0 ? events.count : 1 + random.below(events.count)
      let since = round < 5 || random.oneIn(2) ? 0 : random.below(size)
      let scopes = scopes(events[..<size])
      let scope = round == 0 ? .ledger : scopes[random.below(scopes.count)]
      let naive = NaiveLaterAnswers(events[..<size], texts: texts, scope: scope, since: since)
      for (question, columns) in NaiveLaterAnswers.columns {
        let answer = try reader.answer(
          question, about: scope, since: UInt64(since), asOf: LedgerSize(UInt64(size)))
        var found = NaiveLaterAnswers.lines(of: answer, columns)
        var expected = naive.lines(question)
        // Overdue ticks alone make batch runs answerable.
        if question == .batchRuns, found == ["not answerable"] { found = [] }
        if found != expected {
          // One way only, so that a failure shows what differs and nothing else.
          (found, expected) = (found.subtracting(expected), expected.subtracting(found))
        }
        try #require(
          found == expected, "seed \(seed), size \(size), since \(since), \(scope): \(question)")
      }
      // What nobody tampered with is whole, whatever is asked about.
      let whole = try reader.answer(.completeness, about: scope, asOf: LedgerSize(UInt64(size)))
      try #require(whole.exceptions == [], "seed \(seed), size \(size), \(scope)")
      let form = try reader.answer(.form, about: scope, asOf: LedgerSize(UInt64(size)))
      try #require(form.exceptions == [], "seed \(seed), size \(size), \(scope)")
    }
  }

  private func scopes(_ events: ArraySlice<Event>) -> [TrailScope] {
    let all: [TrailScope] =
      [.ledger, .ledger] + events.compactMap { $0.project.map { .project($0) } }
      + events.compactMap { $0.subjectID.map { .subject($0) } }
      + events.compactMap { $0.versionID.map { .version($0) } }
    var distinct: [TrailScope] = []
    for scope in all where scope == .ledger || !distinct.contains(scope) { distinct.append(scope) }
    return distinct
  }
}
