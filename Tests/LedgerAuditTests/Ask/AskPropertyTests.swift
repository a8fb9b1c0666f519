// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// The first half of the questions against plain filters over all events, in random histories, scopes, windows
/// and sizes: no index, no view.
@Suite struct AskPropertyTests {
  @Test(arguments: UInt64(0)..<4)
  func `every answer is what a search through all events finds`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 7700 + seed, length: 220), rotations: true)
    let reader = try #require(store.ledger).reader
    let (events, texts) = try reader.stored()
    var random = SplitMix64(seed: seed)
    for round in 0..<60 {
      let size = round == 0 ? events.count : 1 + random.below(events.count)
      let since = round < 5 || random.oneIn(3) ? 0 : random.below(size)
      let known = events[..<size]
      let scopes = AskPropertyTests.scopes(known)
      let scope = round == 0 ? .ledger : scopes[random.below(scopes.count)]
      let naive = NaiveAnswers(
        all: known, every: events, texts: texts, scope: scope, since: since)
      for (question, expected) in naive.answers {
        let answer = try reader.answer(
          question, about: scope, since: UInt64(since), asOf: LedgerSize(UInt64(size)))
        let found =
          answer.notAnswerable == nil
          ? NaiveAnswers.lines(of: answer) : ["not answerable"]
        try #require(
          found == expected, "seed \(seed), size \(size), since \(since), \(scope): \(question)")
      }
    }
  }

  static func scopes(_ events: ArraySlice<Event>) -> [TrailScope] {
    var scopes: [TrailScope] = [.ledger, .ledger]
    for event in events {
      if let project = event.project, !scopes.contains(.project(project)) {
        scopes.append(.project(project))
      }
      if let subject = event.subjectID, !scopes.contains(.subject(subject)) {
        scopes.append(.subject(subject))
      }
      if let version = event.versionID, !scopes.contains(.version(version)) {
        scopes.append(.version(version))
      }
    }
    return scopes
  }
}
