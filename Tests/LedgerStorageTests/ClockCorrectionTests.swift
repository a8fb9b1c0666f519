// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@Suite struct ClockCorrectionTests {
  private let day: Int64 = 86_400_000_000

  private func size(_ ledger: Ledger) throws -> UInt64 {
    try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size.value }
  }

  @Test func `a correction that is refused appends nothing, so time does not step back`() throws {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    defer { ledger.close() }
    let before = try size(ledger)
    workshop.time.advance(microseconds: -day)
    let mallory = Actor(
      id: ActorID("mallory")!, authentication: .os, host: "gpu7",
      os: OSUser(login: "mallory", uid: 1666))
    let outcome = ledger.append(
      Submission(Command(actor: mallory, intent: .correctClock(reason: "because"))))
    #expect(outcome == .refused(.notAMember(mallory.id)))
    #expect(try size(ledger) == before)
  }

  @Test func `an admin steps the clock back, and the event says from where`() throws {
    let workshop = try Workshop()
    let ledger = try workshop.create()
    defer { ledger.close() }
    let last = try ledger.reader.read { (snapshot) throws(ReadingError) in
      snapshot.head.lastTime
    }
    workshop.time.advance(microseconds: -day)
    let refused = ledger.append(
      Submission(
        Command(
          actor: workshop.alice, intent: .addProject(Name("churn")!, text: EventText()))))
    guard case .failed(let error) = refused, case .clockBehind = error.code else {
      Issue.record("\(refused)")
      return
    }
    let events = try workshop.accept(ledger, .correctClock(reason: "the battery was empty"))
    #expect(events.map(\.fact) == [.clockCorrected(ClockCorrected(from: last))])
    #expect(events.first.map { $0.time < last } == true)
    _ = try workshop.accept(ledger, .addProject(Name("churn")!, text: EventText()))
  }
}
