// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing
import Transparency

@Suite struct LedgerTests {
  @Test func `a new ledger begins with its creation and its maker's roles`() throws {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    defer { ledger.close() }
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      #expect(snapshot.size == LedgerSize(2))
      let first = try snapshot.event(at: Position(0))
      let second = try snapshot.event(at: Position(1))
      if case .ledgerCreated(let fact) = first.fact {
        #expect(fact.id == ledger.identity.id)
      } else {
        Issue.record("position 0 is \(first.fact)")
      }
      if case .memberGranted(let fact) = second.fact {
        #expect(fact.roles == [.admin, .approver, .auditor, .operator])
      } else {
        Issue.record("position 1 is \(second.fact)")
      }
    }
  }

  @Test func `what was appended is there after reopening, under a signed checkpoint`() throws {
    let workshop = try Workshop()
    var ledger = try workshop.create()
    let job = try workshop.startTraining(ledger)
    workshop.time.advance(microseconds: 1_500_000)
    let text = Array("hello".utf8) + Array("ERROR no".utf8)
    let outcome = ledger.append(
      LogBatch(
        job: job, actor: workshop.alice,
        lines: [
          .init(
            fact: LogLine(stream: .stdout, line: 1, level: .info, detector: 1), offset: 0, count: 5),
          .init(
            fact: LogLine(stream: .stderr, line: 2, level: .error, detector: 1), offset: 5, count: 8
          ),
        ], bytes: text))
    #expect(outcome == .accepted(PositionRange(from: Position(6), to: Position(7))))
    ledger.close()
    ledger = try workshop.open()
    defer { ledger.close() }
    #expect(ledger.reader.checkpoint?.size == 8)
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      #expect(snapshot.size == LedgerSize(8))
      let summary = try snapshot.logSummary(of: job, asOf: snapshot.size)
      #expect(summary?.counts.lines == LineCounts(info: 1, error: 1))
      let early = try snapshot.logSummary(of: job, asOf: LedgerSize(7))
      #expect(early?.counts.lines == LineCounts(info: 1))
      var checker = BlockChecker()
      for position in 0..<snapshot.size.value {
        let event = try snapshot.verifiedEvent(at: Position(position), using: &checker)
        _ = try snapshot.text(of: event)
      }
      #expect(throws: ReadingError.self) {
        try snapshot.verifiedEvent(at: Position(1 << 40), using: &checker)
      }
      let version = try snapshot.entity(
        .version(
          VersionID(
            subject: SubjectID(project: Name("churn")!, name: Name("lr")!),
            number: VersionNumber(1))), asOf: snapshot.size)
      if case .version(let version)? = version {
        #expect(version.status == .building)
      } else {
        Issue.record("no version")
      }
    }
  }
}
