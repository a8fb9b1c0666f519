// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerReading

/// What is due when a clock is changed, and what Python says where it is not.
@Suite struct ZonedCronTests {
  static let berlin = TimeZoneTests.berlin
  static let lordHowe = TimeZoneRules(
    initialOffset: 37_800, rule: PosixTimeZone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0".utf8))
  /// Samoa left out 30 December 2011.
  static let apia = TimeZoneRules(
    initialOffset: -36_000,
    transitions: [
      TimeZoneRules.Transition(at: TimeZoneTests.seconds("2011-12-30T10:00:00"), offset: 50_400)
    ])

  /// Moments in UTC without seconds.
  static func next(
    _ expression: String, in rules: TimeZoneRules, after text: String, _ count: Int
  ) throws -> [String] {
    let cron = ZonedCron(try CronExpression(expression), in: rules)
    var at = Timestamp("\(text):00.000000Z")!
    return (0..<count).compactMap { _ in
      guard let next = cron.next(after: at) else { return nil }
      at = next
      return String("\(next)".prefix(16))
    }
  }

  @Test func `a time of day that the clock jumps over is due at the jump, once`() throws {
    // 29 March 2026: 02:00 CET (01:00 UTC) becomes 03:00 CEST.
    #expect(
      try ZonedCronTests.next("30 2 * * *", in: ZonedCronTests.berlin, after: "2026-03-27T12:00", 3)
        == ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"])
    #expect(
      try ZonedCronTests.next(
        "0,20,40 2,3 29 3 *", in: ZonedCronTests.berlin, after: "2026-03-28T12:00", 4)
        == ["2026-03-29T01:00", "2026-03-29T01:20", "2026-03-29T01:40", "2027-03-29T00:00"])
    #expect(
      try ZonedCronTests.next("0 0 30 12 *", in: ZonedCronTests.apia, after: "2011-12-01T00:00", 2)
        == ["2011-12-30T10:00", "2012-12-29T10:00"])
    #expect(
      try ZonedCronTests.next("0 9 30 12 *", in: ZonedCronTests.apia, after: "2011-12-01T00:00", 2)
        == ["2011-12-30T10:00", "2012-12-29T19:00"])
  }

  @Test func `a time of day that the clock shows twice is due the first time`() throws {
    // 25 October 2026: 03:00 CEST (01:00 UTC) becomes 02:00 CET.
    #expect(
      try ZonedCronTests.next("30 2 * * *", in: ZonedCronTests.berlin, after: "2026-10-24T12:00", 2)
        == ["2026-10-25T00:30", "2026-10-26T01:30"])
    // Also when asked in between, where the clock shows 02:10 for the second time.
    #expect(
      try ZonedCronTests.next("30 2 * * *", in: ZonedCronTests.berlin, after: "2026-10-25T01:10", 1)
        == ["2026-10-26T01:30"])
    #expect(
      try ZonedCronTests.next("0 3 * * *", in: ZonedCronTests.berlin, after: "2026-10-25T00:30", 1)
        == ["2026-10-25T02:00"])
    // Half an hour is set back at 02:00 on 5 April 2026: 01:30 to 02:00 are shown twice.
    #expect(
      try ZonedCronTests.next(
        "45 1 * * *", in: ZonedCronTests.lordHowe, after: "2026-04-04T12:00", 2)
        == ["2026-04-04T14:45", "2026-04-05T15:15"])
  }

  @Test func `an interval follows the clock as it is shown`() throws {
    #expect(
      try ZonedCronTests.next(
        "*/30 * * * *", in: ZonedCronTests.berlin, after: "2026-03-29T00:10", 3)
        == ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"])
    // 02:00 is not shown, 04:00 is next.
    #expect(
      try ZonedCronTests.next(
        "0 */2 * * *", in: ZonedCronTests.berlin, after: "2026-03-28T23:30", 2)
        == ["2026-03-29T02:00", "2026-03-29T04:00"])
    #expect(
      try ZonedCronTests.next(
        "*/30 2 * * *", in: ZonedCronTests.berlin, after: "2026-10-24T12:00", 5)
        == [
          "2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30",
          "2026-10-26T01:00",
        ])
    #expect(
      try ZonedCronTests.next("@hourly", in: ZonedCronTests.lordHowe, after: "2026-04-04T14:10", 3)
        == ["2026-04-04T15:30", "2026-04-04T16:30", "2026-04-04T17:30"])
    #expect(
      try ZonedCronTests.next(
        "*/30 * 30 12 *", in: ZonedCronTests.apia, after: "2011-12-01T00:00", 1)
        == ["2012-12-29T10:00"])
  }

  @Test func `what was missed is counted, at most as far as asked`() throws {
    let cron = ZonedCron(try CronExpression("@hourly"), in: .utc)
    let start = Timestamp("2026-11-21T08:00:00.000000Z")!
    let end = Timestamp("2026-11-21T11:00:00.000000Z")!
    let due = try #require(cron.due(after: start, through: end))
    #expect(due.previous == Timestamp("2026-11-21T10:00:00.000000Z")!)
    #expect(due.last == end)
    #expect(due.count == 3)
    #expect(cron.due(after: start, through: start) == nil)
    #expect(cron.due(after: start, through: end, limit: 2)?.count == 2)
  }

  @Test(arguments: UInt64(0)..<8)
  func `ticks are in order, and every reading has its moment`(seed: UInt64) throws {
    var generator = CronGenerator(seed: seed)
    var random = SplitMix64(seed: seed &+ 100)
    for _ in 0..<200 {
      let rules = random.pick([ZonedCronTests.berlin, ZonedCronTests.lordHowe, ZonedCronTests.apia])
      let zoned = ZonedCron(try CronExpression(generator.expression()), in: rules)
      var at = Timestamp(microseconds: Int64(random.below(2_000_000_000)) * 1_000_000 + 7)
      for _ in 0..<4 {
        guard let next = zoned.next(after: at) else { break }
        #expect(next > at)
        // What lies between a moment and the tick behind it has the same tick.
        let gap = Int(next.microseconds - at.microseconds)
        let between = Timestamp(microseconds: at.microseconds + Int64(random.below(gap)))
        #expect(zoned.next(after: between) == next)
        if zoned.cron.isInterval {
          let seconds = next.microseconds / 1_000_000
          #expect(zoned.cron.includes(seconds + Int64(rules.offset(at: seconds))))
        }
        at = next
      }
    }
  }

  @Test func `away from changes of the clock, croniter and zoneinfo agree`() throws {
    var generator = CronGenerator(seed: 3)
    var random = SplitMix64(seed: 4)
    let database = TimeZoneDatabase()
    // Offsets of three continents, both hemispheres, and quarters of an hour.
    let zones = ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kathmandu"]
    guard (try? database.rules(of: zones[0])) != nil else { return }
    let questions = (0..<4_000).map { _ in
      (generator.expression(), Int64(random.below(2_000_000_000)) + 600_000_000, random.pick(zones))
    }
    let answers = try PythonOracle.lines(
      """
      import sys
      from datetime import datetime, timedelta, timezone
      from zoneinfo import ZoneInfo
      from croniter import croniter
      def is_plain(local, zone):
          around = [local + timedelta(days=day) for day in (-2, 0, 2)]
          return len({at.replace(tzinfo=zone).utcoffset() for at in around}) == 1
      for line in sys.stdin:
          start, name, expression = line.rstrip("\\n").split("|")
          zone = ZoneInfo(name)
          local = datetime.fromtimestamp(int(start), zone).replace(tzinfo=None)
          due = croniter(expression, local, implement_cron_bug=True,
                         max_years_between_matches=100).get_next(datetime)
          if is_plain(local, zone) and is_plain(due, zone) and due.year < 2037:
              print(int(due.replace(tzinfo=zone).timestamp()))
          else:
              print("-")
      """, questions.map { Array("\($0.1)|\($0.2)|\($0.0)".utf8) })
    var compared = 0
    for ((expression, start, zone), answer) in zip(questions, answers) where answer != [0x2D] {
      let cron = ZonedCron(try CronExpression(expression), in: try database.rules(of: zone))
      let next = cron.next(after: Timestamp(microseconds: start * 1_000_000))
      #expect(
        next.map { "\($0.microseconds / 1_000_000)" } == String(decoding: answer, as: UTF8.self),
        "\(expression) in \(zone) after \(start)")
      compared += 1
    }
    #expect(compared > 2_000)
  }
}
