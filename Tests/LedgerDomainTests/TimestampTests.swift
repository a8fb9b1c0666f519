// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Moments and days of the years 0000–9999.
@Suite struct TimestampTests {
  @Test func `every day is written and read back, and follows the day before`() {
    var year = 0
    var month = 1
    var day = 1
    var number = Timestamp.daysSinceEpoch(year: 0, month: 1, day: 1)
    #expect(number == -719_528)
    var failures = 0
    while year < 10_000 {
      let civil = Timestamp.civil(daysSinceEpoch: number)
      if civil != (year, month, day) { failures += 1 }
      if Timestamp.daysSinceEpoch(year: year, month: month, day: day) != number { failures += 1 }
      // The written form of each is too slow to try for all; every 97th visits all months.
      if number % 97 == 0 {
        let moment = Timestamp(microseconds: Int64(number) * 86_400_000_000 + 1)
        if Timestamp(moment.description) != moment { failures += 1 }
        let date = CalendarDate(daysSinceEpoch: number)
        if CalendarDate(date.description) != date { failures += 1 }
      }
      number += 1
      day += 1
      let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
      let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
      if day > length { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
    #expect(failures == 0)
    #expect(number == 2_932_897)
  }

  @Test func `random moments are written and read back, in order`() {
    var random = SplitMix64(seed: 8)
    let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999
    for _ in 0..<5000 {
      let one = Timestamp(microseconds: .random(in: range, using: &random))
      let two = Timestamp(microseconds: .random(in: range, using: &random))
      #expect(Timestamp(one.description) == one)
      #expect((one < two) == (one.description < two.description))
    }
  }

  @Test(
    arguments: [
      ("0000-01-01T00:00:00.000000Z", -62_167_219_200_000_000),
      ("1969-12-31T23:59:59.999999Z", -1), ("1970-01-01T00:00:00.000000Z", 0),
      ("2000-02-29T12:00:00.000001Z", 951_825_600_000_001),
      ("2026-11-21T08:00:00.123456Z", 1_795_248_000_123_456),
      ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ] as [(String, Int64)])
  func `known moments`(text: String, microseconds: Int64) {
    #expect(Timestamp(text) == Timestamp(microseconds: microseconds))
    #expect(Timestamp(microseconds: microseconds).description == text)
    #expect(Timestamp(microseconds: microseconds).isWritable)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00.123Z",
    "2026-11-21T08:00:00.1234567Z", "2026-11-21T08:00:00.123456", "2026-11-21 08:00:00.123456Z",
    "2026-11-21t08:00:00.123456z", "2026-11-21T08:00:00,123456Z", "2026-11-21T08:00:00.12345 Z",
    "2026-11-21T08:00:00.123456+", "2026-00-21T08:00:00.123456Z", "2026-13-21T08:00:00.123456Z",
    "2026-11-00T08:00:00.123456Z", "2026-11-31T08:00:00.123456Z", "2026-02-29T08:00:00.123456Z",
    "1900-02-29T08:00:00.123456Z", "2026-11-21T24:00:00.000000Z", "2026-11-21T08:60:00.123456Z",
    "2016-12-31T23:59:60.000000Z", "+026-11-21T08:00:00.123456Z", "-026-11-21T08:00:00.123456Z",
    "2026-11-21T08:00:00.123456Z\n", "２026-11-21T08:00:00.1234Z",
  ])
  func `anything else is no moment`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `a moment beyond the four digits of a year is not writable`() {
    #expect(!Timestamp(microseconds: 253_402_300_800_000_000).isWritable)
    #expect(!Timestamp(microseconds: -62_167_219_200_000_001).isWritable)
    #expect(!Timestamp(microseconds: .max).isWritable)
  }

  @Test func `leap years are those of Gregory`() {
    for (year, days) in [(2000, 29), (1900, 28), (2024, 29), (2026, 28), (0, 29), (9996, 29)] {
      #expect(Timestamp.daysInMonth(year: year, month: 2) == days)
    }
    #expect(Timestamp(year: 2024, month: 2, day: 29) != nil)
    #expect(Timestamp(year: 2023, month: 2, day: 29) == nil)
    #expect(Timestamp(year: 10_000, month: 1, day: 1) == nil)
  }

  @Test(arguments: ["2027-06-30", "0000-01-01", "9999-12-31", "1969-12-31", "2024-02-29"])
  func `a day is written and read back`(text: String) {
    #expect(CalendarDate(text)?.description == text)
  }

  @Test(arguments: [
    "", "2027-6-30", "2027-06-31", "2027/06/30", "2027-06-30T", "27-06-30", " 2027-06-3",
    "2027-02-29",
  ])
  func `anything else is no day`(text: String) {
    #expect(CalendarDate(text) == nil)
  }

  @Test func `a day ends with its last microsecond`() {
    #expect(
      CalendarDate("2026-11-21")?.lastMoment == Timestamp("2026-11-21T23:59:59.999999Z"))
    #expect(
      CalendarDate("1969-12-30")?.lastMoment == Timestamp("1969-12-30T23:59:59.999999Z"))
    #expect(CalendarDate("2026-11-21")! < CalendarDate("2026-11-22")!)
  }
}
