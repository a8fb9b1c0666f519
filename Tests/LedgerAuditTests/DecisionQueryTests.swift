// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct DecisionQueryTests {
  @Test(arguments: [
    ("drift", "Drift of tenure", true), ("DRIFT tenure", "tenure: drift!", true),
    ("drift", "drifting", false), ("drift*", "drifting", true), ("bias", "unbiased", false),
    ("straße", "STRASSE", false), ("STRAßE", "straße", true), ("ärger", "ÄRGER", true),
    // NFC and NFD are different words.
    ("\u{E4}rger", "a\u{308}rger", false), ("0.9", "auc 0.9", true), ("москва", "МОСКВА", true),
    ("模型", "模型", true), ("two words", "two other", false), ("", "x", false),
  ])
  func `a search finds texts with all its words`(words: String, text: String, expected: Bool) {
    #expect((WordSearch(words)?.matches(text) ?? false) == expected)
  }

  @Test func `a search without a word is none`() {
    #expect(WordSearch(" -.* ") == nil)
    #expect(WordSearch("e\u{301}")?.matches("e\u{301}!") == true)
  }

  private func found(_ house: House, _ query: DecisionQuery) throws -> [String] {
    try house.documents(verifying: true) { documents in
      var found: [String] = []
      try query.forEach(in: &documents) {
        found.append("\($0.verdict.rawValue) \($0.version): \($0.reason?.string ?? "")")
      }
      return found
    }
  }

  @Test func `decisions are found by verdict, subject, version and the words of reasons`() throws {
    let house = try House()
    try house.live()
    let all = ["rejected churn-lr@1: too slow", "approved churn-lr@2: metrics hold"]
    #expect(try found(house, DecisionQuery()) == all)
    #expect(try found(house, DecisionQuery(words: WordSearch("SLOW"))) == [all[0]])
    #expect(try found(house, DecisionQuery(verdict: .approved)) == [all[1]])
    #expect(try found(house, DecisionQuery(version: Scenario.version(1))) == [all[0]])
    #expect(try found(house, DecisionQuery(subject: Scenario.feature)) == [])
    #expect(try found(house, DecisionQuery(words: WordSearch("slow hold"))) == [])
  }
}
