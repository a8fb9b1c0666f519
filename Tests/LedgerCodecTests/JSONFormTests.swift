// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct JSONFormTests {
  @Test func `values shown in documents have the very form that leaves hold`() throws {
    var policies = 0
    var decisions = 0
    var evaluations = 0
    for seed in UInt64(0)..<40 {
      let history = HistoryGenerator.history(seed: seed, length: 120)
      for event in history.events {
        let leaf = try #require(try CanonicalJSON.decode(EventCodec.encode(event)).object)
        let data = try #require(leaf["data"]?.object)
        #expect(event.actor.json == leaf["actor"])
        #expect(event.subject?.json == data["subject"])
        switch event.fact {
        case .policySet(let fact):
          #expect(fact.policy.json == data)
          policies += 1
        case .versionApproved(let fact), .versionRejected(let fact):
          #expect(fact.evidence.json == data["evidence"])
          decisions += 1
        case .versionEvaluated(let fact):
          #expect(Metric.json(fact.metrics) == data["metrics"])
          evaluations += 1
        case .jobCompleted(let ending), .jobFailed(let ending):
          #expect(ending.lines?.json == data["lines"])
        default: break
        }
      }
    }
    #expect(policies > 10 && decisions > 10 && evaluations > 10)
  }
}
