// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerAudit

/// Which erasures need no signature although the policy asks for one.
@Suite struct RepeatedErasuresTests {
  private static let erased = Fact.textErased(
    TextErased(
      ranges: [PositionRange(from: Position(1), to: Position(1))], basis: .secret))
  private static let restored = Fact.ledgerRestored(
    LedgerRestored(size: LedgerSize(5), root: .test(1)))
  private static let upgraded = Fact.ledgerUpgraded(LedgerUpgraded(tool: "t", reducers: 1))
  private static let noted = Fact.noteAdded(NoteAdded(on: "churn"))

  /// What it says of each of these events, which follow each other from #5 on.
  private func judge(_ facts: [(Fact, cause: UInt64?)], skipping skipped: Int? = nil) -> [Bool] {
    var erasures = RepeatedErasures()
    return facts.enumerated().compactMap { index, each in
      let isRepeated =
        index == skipped
        ? nil as Bool?
        : erasures.take(
          Event(
            position: Position(5 + UInt64(index)), time: Timestamp(microseconds: 1), actor: .alice,
            cause: each.cause.map { Position($0) }, fact: each.0))
      return isRepeated
    }
  }

  @Test func `what a restoration erases again follows it at once and names it`() {
    #expect(
      judge([
        (Self.restored, nil), (Self.upgraded, 5), (Self.erased, 5), (Self.erased, 5),
      ]) == [false, false, true, true])
  }

  @Test func `an erasure of its own, or later, or beside something else, is none of those`() {
    #expect(judge([(Self.restored, nil), (Self.erased, nil)]) == [false, false])
    #expect(judge([(Self.erased, nil), (Self.erased, 5)]) == [false, false])
    #expect(judge([(Self.restored, nil), (Self.erased, 4)]) == [false, false])
    #expect(
      judge([(Self.restored, nil), (Self.noted, nil), (Self.erased, 5)]) == [false, false, false])
    #expect(
      judge([(Self.restored, nil), (Self.noted, 5), (Self.erased, 5)]) == [false, false, false])
    // A log line between them is not shown to it.
    #expect(
      judge([(Self.restored, nil), (Self.noted, nil), (Self.erased, 5)], skipping: 1)
        == [false, false])
  }
}
