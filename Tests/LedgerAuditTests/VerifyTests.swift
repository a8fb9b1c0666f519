// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@Suite struct VerifyTests {
  @Test(arguments: UInt64(0)..<6)
  func `nothing is found in a ledger that nobody touched`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 300 + seed, length: 700))
    let head = try store.head()
    let (size, root) = (head.size, head.frontier.root())
    let report = try store.audit()
    #expect(report.findings == [])
    #expect(report.isOK)
    #expect(report.size == size)
    #expect(report.root == root)
    #expect(report.checked.events == size.value)
    #expect(report.checkpoint?.isGood == true)
    #expect(report.knownGood == size)
  }
}
