// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct DecisionQueryTests {
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
    #expect(try found(house, DecisionQuery(words: try WordSearch("SLOW"))) == [all[0]])
    #expect(try found(house, DecisionQuery(verdict: .approved)) == [all[1]])
    #expect(try found(house, DecisionQuery(version: Scenario.version(1))) == [all[0]])
    #expect(try found(house, DecisionQuery(subject: Scenario.feature)) == [])
    #expect(try found(house, DecisionQuery(words: try WordSearch("slow hold"))) == [])
  }
}
