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

  @Test func `a file that is named as a moment is meant with a path before it`() throws {
    #expect(try AsOf("./today") == .checkpoint(path: "./today"))
    #expect(try AsOf("todays-checkpoint") == .checkpoint(path: "todays-checkpoint"))
    #expect(try AsOf("nowhere/kept") == .checkpoint(path: "nowhere/kept"))
  }

  /// Eleven in the evening of a summer's day in UTC: it is the next day in Berlin.
  private static let now = Timestamp("2026-06-30T23:00:00.000000Z")!
  private static let berlin = TimeZoneRules(
    initialOffset: 3600, rule: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3".utf8))

  private func end(_ text: String, in zone: TimeZoneRules = .utc) throws -> String {
    try #require(WrittenMoment(text), "\(text)").end(in: zone, now: AsOfTests.now).description
  }
  private func beginning(_ text: String, in zone: TimeZoneRules = .utc) throws -> String {
    try #require(WrittenMoment(text)).beginning(in: zone, now: AsOfTests.now).description
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
    #expect(try end(text) == expected)
  }

  @Test func `a day is its last microsecond in the zone`() throws {
    let zone = TimeZoneRules(initialOffset: 7200)
    #expect(try end("2026-06-30") == "2026-06-30T23:59:59.999999Z")
    #expect(try end("2026-06-30", in: zone) == "2026-06-30T21:59:59.999999Z")
    #expect(try beginning("2026-06-30", in: zone) == "2026-06-29T22:00:00.000000Z")
  }

  @Test(arguments: [
    ("2026-06-30T17:00 Europe/Berlin", "2026-06-30T15:00:00.000000Z"),
    ("2026-12-30 17:00:30 Europe/Berlin", "2026-12-30T16:00:30.000000Z"),
    ("2026-06-30T17:00[Europe/Berlin]", "2026-06-30T15:00:00.000000Z"),
    ("2026-06-30T17:00+02:00[Europe/Berlin]", "2026-06-30T15:00:00.000000Z"),
    ("2026-06-30 Europe/Berlin", "2026-06-30T21:59:59.999999Z"),
    ("2026-06-30[America/New_York]", "2026-07-01T03:59:59.999999Z"),
    ("2026-06-30 17:00 +05:30", "2026-06-30T11:30:00.000000Z"),
    ("2026-06-30T17:00 UTC", "2026-06-30T17:00:00.000000Z"),
  ])
  func `a moment may name its zone, which counts before that of the reader`(
    text: String, expected: String
  ) throws {
    #expect(try end(text, in: TimeZoneRules(initialOffset: -36_000)) == expected)
  }

  @Test(arguments: [
    ("now", "2026-06-30T23:00:00.000000Z", "2026-06-30T23:00:00.000000Z"),
    ("90 minutes ago", "2026-06-30T21:30:00.000000Z", "2026-06-30T21:30:00.000000Z"),
    ("1 second ago", "2026-06-30T22:59:59.000000Z", "2026-06-30T22:59:59.000000Z"),
    ("2 days ago", "2026-06-28T23:00:00.000000Z", "2026-06-28T23:00:00.000000Z"),
    ("3 weeks ago", "2026-06-09T23:00:00.000000Z", "2026-06-09T23:00:00.000000Z"),
    ("today", "2026-06-30T00:00:00.000000Z", "2026-06-30T23:59:59.999999Z"),
    ("yesterday", "2026-06-29T00:00:00.000000Z", "2026-06-29T23:59:59.999999Z"),
    // There it is the first of July already.
    ("today Europe/Berlin", "2026-06-30T22:00:00.000000Z", "2026-07-01T21:59:59.999999Z"),
    ("yesterday Europe/Berlin", "2026-06-29T22:00:00.000000Z", "2026-06-30T21:59:59.999999Z"),
    ("yesterday 17:00", "2026-06-29T17:00:00.000000Z", "2026-06-29T17:00:00.000000Z"),
    (
      "yesterdayT17:00[Europe/Berlin]", "2026-06-30T15:00:00.000000Z", "2026-06-30T15:00:00.000000Z"
    ),
  ])
  func `what is told from the present is told from the clock that is given`(
    text: String, begins: String, ends: String
  ) throws {
    #expect(try beginning(text) == begins)
    #expect(try end(text) == ends)
  }

  @Test func `yesterday is that of the reader's zone`() throws {
    #expect(try end("yesterday", in: AsOfTests.berlin) == "2026-06-30T21:59:59.999999Z")
  }

  @Test(arguments: [
    "2 ago", "two days ago", "2 days", "1 days ago", "2 day ago", "1234567 days ago", "now Z",
    "now 12:00", "yesterday 25:00", "yesterday Europe/Berlin 17:00", "yesterday 17:00Z",
    "2026-06-30T17:00 ", "2026-06-30T17:00[Europe/Berlin", "2026-06-30T17:00 Europe Berlin",
    "2026-06-30T17:00[]", "2 months ago",
  ])
  func `what only looks like a moment is none`(text: String) {
    #expect(WrittenMoment(text) == nil)
  }

  @Test func `a zone that is not, or does not have the offset, is refused`() throws {
    #expect(throws: AsOfError.zone(.unknown("Mars/Olympus"))) {
      try end("2026-06-30T17:00 Mars/Olympus")
    }
    let moment = try #require(Timestamp("2026-06-30T16:00:00.000000Z"))
    #expect(throws: AsOfError.offsetNotOfZone("Europe/Berlin", moment)) {
      try end("2026-06-30T17:00+01:00[Europe/Berlin]")
    }
  }

  @Test func `a local time is read by the zone's clock, across both changes of the year`() throws {
    let berlin = AsOfTests.berlin
    #expect(try end("2026-06-30T12:00", in: berlin) == "2026-06-30T10:00:00.000000Z")
    #expect(try end("2026-12-30T12:00:00.25", in: berlin) == "2026-12-30T11:00:00.250000Z")
    // The clocks went from 02:00 to 03:00.
    #expect(try end("2026-03-29T01:59:59", in: berlin) == "2026-03-29T00:59:59.000000Z")
    #expect(try end("2026-03-29T03:00", in: berlin) == "2026-03-29T01:00:00.000000Z")
    let skipped = AsOfError.skippedLocalTime(
      before: Timestamp("2026-03-29T01:30:00.000000Z")!,
      after: Timestamp("2026-03-29T00:30:00.000000Z")!)
    #expect(throws: skipped) { try end("2026-03-29T02:30", in: berlin) }
    #expect(throws: skipped) { try end("2026-03-29T02:30 Europe/Berlin") }
    let twice = AsOfError.ambiguousLocalTime(
      first: Timestamp("2026-10-25T00:30:00.000000Z")!,
      last: Timestamp("2026-10-25T01:30:00.000000Z")!)
    #expect(throws: twice) { try end("2026-10-25T02:30", in: berlin) }
    #expect(throws: twice) { try end("2026-10-25T02:30[Europe/Berlin]") }
    // With its offset it says which.
    #expect(
      try end("2026-10-25T02:30+01:00[Europe/Berlin]") == "2026-10-25T01:30:00.000000Z")
  }
}
