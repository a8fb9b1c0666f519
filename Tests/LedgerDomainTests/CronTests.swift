// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct CronTests {
  static func seconds(_ text: String) -> Int64 {
    Timestamp("\(text):00.000000Z")!.microseconds / 1_000_000
  }

  static func text(_ seconds: Int64?) -> String? {
    seconds.map { String("\(Timestamp(microseconds: $0 * 1_000_000))".prefix(16)) }
  }

  static func next(_ expression: String, _ from: String, _ count: Int = 1) throws -> [String] {
    let cron = try CronExpression(expression)
    var at = seconds(from)
    return (0..<count).compactMap { _ in
      guard let next = cron.next(after: at) else { return nil }
      at = next
      return text(next)
    }
  }

  @Test(arguments: [
    ("* * * * *", "2026-11-21T08:00", ["2026-11-21T08:01"]),
    ("*/15 * * * *", "2026-11-21T08:50", ["2026-11-21T09:00", "2026-11-21T09:15"]),
    ("5/20 * * * *", "2026-11-21T08:50", ["2026-11-21T09:05", "2026-11-21T09:25"]),
    ("30 6 * * MON-FRI", "2026-11-20T06:30", ["2026-11-23T06:30", "2026-11-24T06:30"]),
    ("0 0 * * 7", "2026-11-21T08:00", ["2026-11-22T00:00"]),
    ("0 0 * * FRI-SUN", "2026-11-21T08:00", ["2026-11-22T00:00", "2026-11-27T00:00"]),
    ("0 0 ? * sun", "2026-11-21T08:00", ["2026-11-22T00:00"]),
    ("0 0 29 2 *", "2026-11-21T08:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
    ("0 0 29 FEB *", "2096-03-01T00:00", ["2104-02-29T00:00"]),
    ("0 0 */100 2 MON", "2026-11-21T08:00", ["2027-02-01T00:00", "2038-02-01T00:00"]),
    ("0 12 31 * *", "2026-11-21T08:00", ["2026-12-31T12:00", "2027-01-31T12:00"]),
    ("@hourly", "2026-11-21T08:00", ["2026-11-21T09:00"]),
    ("@daily", "2026-11-21T08:00", ["2026-11-22T00:00"]),
    ("@midnight", "2026-11-21T08:00", ["2026-11-22T00:00"]),
    ("@weekly", "2026-11-21T08:00", ["2026-11-22T00:00"]),
    ("@Monthly", "2026-11-21T08:00", ["2026-12-01T00:00"]),
    ("@yearly", "2026-11-21T08:00", ["2027-01-01T00:00"]),
    (" @annually\t", "2026-11-21T08:00", ["2027-01-01T00:00"]),
    ("59 23 31 12 *", "9999-12-31T23:58", ["9999-12-31T23:59"]),
  ])
  func `the next times are those of the calendar`(
    expression: String, from: String, expected: [String]
  ) throws {
    #expect(try CronTests.next(expression, from, expected.count) == expected)
  }

  @Test func `restricted days of month and week count either way, open ones together`() throws {
    // Friday the 13th needs both; either of them is what two restricted fields mean.
    #expect(
      try CronTests.next("0 0 13 * FRI", "2026-11-10T00:00", 3)
        == ["2026-11-13T00:00", "2026-11-20T00:00", "2026-11-27T00:00"])
    #expect(
      try CronTests.next("0 0 */13 * FRI", "2026-11-10T00:00", 3)
        == ["2026-11-27T00:00", "2027-01-01T00:00", "2027-05-14T00:00"])
  }

  @Test func `nothing is due after the year 9999 and before long ago all is well`() throws {
    let cron = try CronExpression("* * * * *")
    #expect(cron.next(after: CronTests.seconds("9999-12-31T23:59")) == nil)
    #expect(cron.next(after: .max) == nil)
    #expect(cron.next(after: .min) != nil)
    #expect(CronTests.text(cron.next(after: CronTests.seconds("0000-01-01T00:00"))) != nil)
  }

  @Test(
    arguments: [
      ("", nil, nil, CronError.Reason.fieldCount(0)), ("* * * *", nil, nil, .fieldCount(4)),
      ("0 0 * * * *", nil, nil, .fieldCount(6)), ("@reboot", nil, nil, .unknownMacro("@reboot")),
      ("@every 5m", nil, nil, .unknownMacro("@every 5m")), ("@", nil, nil, .unknownMacro("@")),
      ("60 * * * *", .minute, 1, .outOfRange("60")), ("* 24 * * *", .hour, 3, .outOfRange("24")),
      ("* * 0 * *", .dayOfMonth, 5, .outOfRange("0")), ("* * * 13 *", .month, 7, .outOfRange("13")),
      ("* * * * 8", .dayOfWeek, 9, .outOfRange("8")),
      ("* * * MON *", .month, 7, .outOfRange("MON")), ("0 0 1 JAN- *", .month, 11, .valueMissing),
      ("*/0 * * * *", .minute, 3, .stepOfZero), ("*/ * * * *", .minute, 3, .valueMissing),
      ("5, * * * *", .minute, 3, .valueMissing), (",5 * * * *", .minute, 1, .valueMissing),
      ("9-5 * * * *", .minute, 1, .reversedRange("9-5")),
      ("1--2 * * * *", .minute, 3, .unexpected("-")),
      ("-1 * * * *", .minute, 1, .unexpected("-")), ("? * * * *", .minute, 1, .unexpected("?")),
      ("* * L * *", .dayOfMonth, 5, .outOfRange("L")),
      ("* * 1W * *", .dayOfMonth, 6, .unexpected("W")),
      ("* * * * 5#2", .dayOfWeek, 10, .unexpected("#")),
      ("1\n2 * * * *", .minute, 2, .unexpected("\n")),
      ("** * * * *", .minute, 2, .unexpected("*")), ("5é * * * *", .minute, 2, .unexpected("é")),
      ("1/2/3 * * * *", .minute, 4, .unexpected("/")),
      ("99999999999999999999 * * * *", .minute, 1, .outOfRange("99999999999999999999")),
      ("0 0 31 2 *", nil, nil, .neverFires), ("0 0 30-31 FEB *", nil, nil, .neverFires),
      ("0 0 31 2,4,6,9,11 *", nil, nil, .neverFires), ("0 0 31 4 ?", nil, nil, .neverFires),
      (String(repeating: "0,", count: 600) + "0 * * * *", nil, nil, .tooLong),
    ] as [(String, CronField?, Int?, CronError.Reason)])
  func `a mistake is told with its field and column`(
    expression: String, field: CronField?, column: Int?, reason: CronError.Reason
  ) {
    let expected = CronError(field: field, column: column, reason: reason)
    #expect(throws: expected) { try CronExpression(expression) }
    #expect(!expected.description.isEmpty)
  }

  @Test func `31 February is accepted where a day of the week counts as well`() throws {
    #expect(try CronTests.next("0 0 31 2 MON", "2026-11-21T00:00") == ["2027-02-01T00:00"])
  }

  @Test func `an interval is told by an asterisk or a step in minute or hour`() throws {
    for interval in ["* * * * *", "*/5 3 * * *", "0 */2 * * *", "0 0/6 * * *", "@hourly"] {
      #expect(try CronExpression(interval).isInterval)
    }
    for time in ["30 2 * * *", "0,30 1-3 * * *", "0 0 */2 * 1", "@daily"] {
      #expect(try !CronExpression(time).isInterval)
    }
  }

  @Test(arguments: UInt64(0)..<4)
  func `arbitrary bytes never trap`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let alphabet = Array("0123456789*/,-? @#LWJANMOFRIé\t\u{0}%")
    for _ in 0..<5_000 {
      let text = String((0..<random.below(24)).map { _ in random.pick(alphabet) })
      guard let cron = try? CronExpression(text) else { continue }
      #expect(cron.next(after: 0) != nil, "\(text)")
    }
  }

  @Test func `ten thousand random expressions fire when croniter says`() throws {
    var generator = CronGenerator(seed: 1)
    var random = SplitMix64(seed: 2)
    let questions = (0..<10_000).map { _ in
      // From 1970 to 2090, at any second.
      (generator.expression(), Int64(random.below(3_786_912_000)))
    }
    let answers = try PythonOracle.lines(
      """
      import sys
      from datetime import datetime, timezone
      from croniter import croniter
      for line in sys.stdin:
          start, expression = line.rstrip("\\n").split("|")
          times = croniter(expression, datetime.fromtimestamp(int(start), timezone.utc),
                           implement_cron_bug=True, max_years_between_matches=100)
          print(*(int(times.get_next(float)) for _ in range(4)))
      """, questions.map { Array("\($0.1)|\($0.0)".utf8) })
    for ((expression, start), answer) in zip(questions, answers) {
      let cron = try CronExpression(expression)
      var at = start
      let ours = (0..<4).compactMap { _ -> String? in
        guard let next = cron.next(after: at) else { return nil }
        #expect(cron.includes(next))
        at = next
        return "\(next)"
      }
      #expect(
        ours.joined(separator: " ") == String(decoding: answer, as: UTF8.self),
        "\(expression) after \(start)")
    }
  }
}
