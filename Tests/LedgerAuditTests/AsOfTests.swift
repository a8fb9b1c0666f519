// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import Testing

@Suite struct AsOfTests {
  @Test func `digits are a size, and with # the size after an event`() throws {
    #expect(try AsOf("42") == .size(LedgerSize(42)))
    #expect(try AsOf("0") == .size(LedgerSize(0)))
    #expect(try AsOf("#41") == .after(Position(41)))
  }

  @Test(arguments: [
    "", "#", "#x", "99999999999999999999", "#18446744073709551615", "2026-13-01",
    "2026-06-30T", "2026-06-30T24:00", "2026-02-29", "2026-06-30T12:00+24:00",
    "2026-06-30T12:00:00.", "2026-06-30T12:00Zx", "2026-06-30T12:00:61",
  ])
  func `what has a form but is none of them is not understood`(text: String) {
    #expect(throws: AsOfError.notUnderstood(text)) { try AsOf(text) }
  }

  @Test func `anything else is the path of a checkpoint`() throws {
    #expect(try AsOf("checkpoints/june") == .checkpoint(path: "checkpoints/june"))
    #expect(try AsOf("checkpoint") == .checkpoint(path: "checkpoint"))
  }

  @Test(arguments: [
    ("2026-06-30T12:00:00Z", "2026-06-30T12:00:00.000000Z"),
    ("2026-06-30 12:00z", "2026-06-30T12:00:00.000000Z"),
    ("2026-06-30t12:00:00.5+02:00", "2026-06-30T10:00:00.500000Z"),
    ("2026-06-30T12:00:00.1234567-0330", "2026-06-30T15:30:00.123456Z"),
    ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59.999999Z"),
    ("2026-06-30T12:00:00-00:00", "2026-06-30T12:00:00.000000Z"),
    ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
  ])
  func `times with an offset are what RFC 3339 says`(text: String, expected: String) throws {
    let moment = try #require(WrittenMoment(text))
    #expect(try moment.end(in: .utc).description == expected)
  }

  @Test func `a day is its last microsecond in the zone`() throws {
    let day = try #require(WrittenMoment("2026-06-30"))
    let zone = TimeZoneRules(initialOffset: 7200)
    #expect(try day.end(in: .utc).description == "2026-06-30T23:59:59.999999Z")
    #expect(try day.end(in: zone).description == "2026-06-30T21:59:59.999999Z")
    #expect(try day.beginning(in: zone).description == "2026-06-29T22:00:00.000000Z")
  }

  @Test func `a local time is read by the zone's clock, across both changes of the year`() throws {
    let berlin = TimeZoneRules(
      initialOffset: 3600, rule: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3".utf8))
    func moment(_ text: String) throws -> String {
      try #require(WrittenMoment(text)).end(in: berlin).description
    }
    #expect(try moment("2026-06-30T12:00") == "2026-06-30T10:00:00.000000Z")
    #expect(try moment("2026-12-30T12:00:00.25") == "2026-12-30T11:00:00.250000Z")
    // Every event with a local time up to 02:30 was recorded before the jump at 02:00.
    #expect(try moment("2026-03-29T02:30") == "2026-03-29T00:59:59.999999Z")
    #expect(
      throws: AsOfError.ambiguousLocalTime(
        first: Timestamp("2026-10-25T00:30:00.000000Z")!,
        last: Timestamp("2026-10-25T01:30:00.000000Z")!)
    ) { try moment("2026-10-25T02:30") }
  }
}
