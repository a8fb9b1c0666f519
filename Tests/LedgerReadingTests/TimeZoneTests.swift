// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerReading

/// Compiled zones made here, and what Python's `zoneinfo` says of the same bytes.
@Suite struct TimeZoneTests {
  /// A TZif of version 2 or later with these changes, and the rule behind them.
  static func file(
    initial: Int, _ transitions: [TimeZoneRules.Transition], rule: String, version: Character = "3"
  ) -> [UInt8] {
    var offsets = [initial]
    for transition in transitions where !offsets.contains(transition.offset) {
      offsets.append(transition.offset)
    }
    func number(_ value: Int64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> Int64(8 * (count - 1 - $0))) }
    }
    func header(_ transitions: Int, _ types: Int) -> [UInt8] {
      let counts = [0, 0, 0, transitions, types, 4]
      return Array("TZif\(version)".utf8) + [UInt8](repeating: 0, count: 15)
        + counts.flatMap { number(Int64($0), 4) }
    }
    var bytes = header(0, 1) + number(0, 4) + [0, 0] + Array("XXX\0".utf8)
    bytes += header(transitions.count, offsets.count)
    bytes += transitions.flatMap { number($0.at, 8) }
    bytes += transitions.map { UInt8(offsets.firstIndex(of: $0.offset)!) }
    bytes += offsets.flatMap { number(Int64($0), 4) + [0, 0] }
    return bytes + Array("XXX\0\n\(rule)\n".utf8)
  }

  static let berlin = TimeZoneRules(
    initialOffset: 3600, rule: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3".utf8))

  static func seconds(_ text: String) -> Int64 {
    Timestamp("\(text).000000Z")!.microseconds / 1_000_000
  }

  @Test(arguments: UInt64(0)..<24)
  func `offsets and local readings are those of Python's zoneinfo`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rules = [
      "", "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
      "IST-1GMT0,M10.5.0,M3.5.0/1", "EST5EDT,M3.2.0,M11.1.0",
      "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
      "<-04>4<-03>,M9.1.6/24,M4.1.6/24", "EET-2EEST,M3.4.4/50,M10.4.4/50", "<+13>-13",
    ]
    let rule = random.pick(rules)
    var transitions: [TimeZoneRules.Transition] = []
    var at = Int64(-2_500_000_000)
    for _ in 0..<random.below(40) {
      at += 300_000 + Int64(random.below(80_000_000))
      transitions.append(
        TimeZoneRules.Transition(at: at, offset: 900 * (random.below(96) - 48)))
    }
    // Where a rule follows, the last change must be one into it.
    let initial = 900 * (random.below(96) - 48)
    if !rule.isEmpty {
      at += 400_000
      let posix = try #require(PosixTimeZone(rule.utf8))
      transitions.append(TimeZoneRules.Transition(at: at, offset: posix.offset(at: at)))
    }
    let bytes = TimeZoneTests.file(initial: initial, transitions, rule: rule)
    let ours = try #require(TimeZoneFile.rules(bytes))

    var moments: [Int64] = transitions.flatMap { [$0.at - 1, $0.at, $0.at + 1] }
    for _ in 0..<300 { moments.append(Int64(random.below(9_000_000_000)) - 2_600_000_000) }
    var next = ours.transition(after: 1_900_000_000)
    for _ in 0..<40 {
      guard let change = next else { break }
      moments += [change.at - 1, change.at]
      next = ours.transition(after: change.at)
    }
    var locals: [Int64] = []
    for moment in moments {
      locals.append(moment + Int64(ours.offset(at: moment)))
      locals.append(locals.last! + Int64(random.below(7200)) - 3600)
    }
    let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let questions = moments.map { "m \($0)" } + locals.map { "l \($0)" }
    let answers = try PythonOracle.lines(
      """
      import io, sys
      from datetime import datetime, timedelta, timezone
      from zoneinfo import ZoneInfo
      zone = ZoneInfo.from_file(io.BytesIO(bytes.fromhex("\(hex)")))
      epoch = datetime(1970, 1, 1)
      def offset(moment):
          when = (epoch + timedelta(seconds=moment)).replace(tzinfo=timezone.utc)
          return int(when.astimezone(zone).utcoffset().total_seconds())
      for line in sys.stdin:
          kind, number = line.split()
          number = int(number)
          if kind == "m":
              print(offset(number))
              continue
          found = set()
          local = (epoch + timedelta(seconds=number)).replace(tzinfo=zone)
          for fold in (0, 1):
              moment = number - int(local.replace(fold=fold).utcoffset().total_seconds())
              if moment + offset(moment) == number:
                  found.add(moment)
          print(*sorted(found))
      """, questions.map { Array($0.utf8) })
    for (moment, answer) in zip(moments, answers) {
      #expect("\(ours.offset(at: moment))" == String(decoding: answer, as: UTF8.self), "\(moment)")
    }
    for (local, answer) in zip(locals, answers.dropFirst(moments.count)) {
      let found =
        switch ours.moments(ofLocal: local) {
        case .unique(let moment): "\(moment)"
        case .ambiguous(let first, let last): "\(first) \(last)"
        case .skipped: ""
        }
      #expect(found == String(decoding: answer, as: UTF8.self), "local \(local), \(rule)")
    }
  }

  @Test func `days of the year count 29 February, or not, as the rule says`() throws {
    func changes(_ rule: String, _ year: String) throws -> [Int64] {
      let posix = try #require(PosixTimeZone(rule.utf8))
      let rules = TimeZoneRules(initialOffset: 0, rule: posix)
      let first = try #require(
        rules.transition(after: TimeZoneTests.seconds("\(year)-01-01T00:00:00")))
      return [first.at, try #require(rules.transition(after: first.at)).at]
    }
    func moments(_ texts: String...) -> [Int64] { texts.map(TimeZoneTests.seconds) }
    // As glibc has it; Python's zoneinfo is a day late.
    #expect(
      try changes("AAA3BBB,59/1,305", "2030")
        == moments("2030-03-01T04:00:00", "2030-11-02T04:00:00"))
    #expect(
      try changes("AAA3BBB,59/1,305", "2032")
        == moments("2032-02-29T04:00:00", "2032-11-01T04:00:00"))
    #expect(
      try changes("AAA3BBB,J60,J300/4:30:15", "2032")
        == moments("2032-03-01T05:00:00", "2032-10-27T06:30:15"))
    #expect(
      try changes("AAA3BBB,J60,J300/4:30:15", "2030")
        == moments("2030-03-01T05:00:00", "2030-10-27T06:30:15"))
  }

  @Test func `a reading that the clock shows twice has two moments`() {
    let local = TimeZoneTests.seconds("2026-10-25T02:30:00")
    #expect(
      TimeZoneTests.berlin.moments(ofLocal: local)
        == .ambiguous(first: local - 7200, last: local - 3600))
  }

  @Test func `a reading that the clock jumps over names the moment of the jump`() {
    #expect(
      TimeZoneTests.berlin.moments(ofLocal: TimeZoneTests.seconds("2026-03-29T02:30:00"))
        == .skipped(at: TimeZoneTests.seconds("2026-03-29T01:00:00")))
  }

  @Test func `a day ends where the local clock leaves it for good`() throws {
    func last(_ day: String, _ rules: TimeZoneRules) -> String {
      rules.lastMoment(of: CalendarDate(day)!).description
    }
    #expect(last("2026-06-30", .utc) == "2026-06-30T23:59:59.999999Z")
    #expect(last("2026-06-30", TimeZoneTests.berlin) == "2026-06-30T21:59:59.999999Z")
    #expect(last("2026-03-29", TimeZoneTests.berlin) == "2026-03-29T21:59:59.999999Z")
    // Summer time ends at midnight: the last hour comes twice, and the second belongs to the day.
    let beirut = TimeZoneRules(
      initialOffset: 7200, rule: PosixTimeZone("EET-2EEST,M3.5.0/0,M10.5.0/0".utf8))
    #expect(last("2026-10-24", beirut) == "2026-10-24T21:59:59.999999Z")
    // It begins at midnight: the day ends where the next would have begun.
    #expect(last("2026-03-28", beirut) == "2026-03-28T21:59:59.999999Z")
    #expect(
      beirut.firstMoment(of: CalendarDate("2026-03-29")!).description
        == "2026-03-28T22:00:00.000000Z")
    // Apia left out 30 December 2011.
    let change = TimeZoneTests.seconds("2011-12-30T10:00:00")
    let apia = TimeZoneRules(
      initialOffset: -10 * 3600,
      transitions: [TimeZoneRules.Transition(at: change, offset: 14 * 3600)])
    #expect(last("2011-12-29", apia) == "2011-12-30T09:59:59.999999Z")
    #expect(last("2011-12-30", apia) == "2011-12-30T09:59:59.999999Z")
  }

  @Test func `no bytes trap`() {
    let whole = TimeZoneTests.file(
      initial: 3600, [TimeZoneRules.Transition(at: 1000, offset: 7200)],
      rule: "CET-1CEST,M3.5.0,M10.5.0/3")
    #expect(TimeZoneFile.rules(whole) != nil)
    for count in 0..<whole.count { #expect(TimeZoneFile.rules(Array(whole[..<count])) == nil) }
    var random = SplitMix64(seed: 7)
    for index in whole.indices {
      for _ in 0..<8 {
        var changed = whole
        changed[index] = UInt8(random.below(256))
        if let rules = TimeZoneFile.rules(changed) {
          _ = rules.moments(ofLocal: 1_700_000_000)
          _ = rules.lastMoment(of: CalendarDate("9999-12-31")!)
        }
      }
    }
  }

  @Test(arguments: [
    "", "CE", "CET", "CET-25", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1x",
    "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "<CET-1", "CET-1CEST,J0,J1",
    "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST", "CET-1CEST,M3.5.0,M10.5.0,",
  ])
  func `a rule with a fault is none`(text: String) {
    #expect(PosixTimeZone(text.utf8) == nil)
  }

  @Test(arguments: [
    "../etc/passwd", "Europe/../../etc/passwd", "/etc/passwd", "Europe//Berlin", "", ".",
    "Europe/.hidden", "a/b/c/d/e", "Europe/Berlin\0", "Europe Berlin",
  ])
  func `a name cannot leave the database's folder`(name: String) {
    #expect(throws: TimeZoneError.malformedName(name)) {
      try TimeZoneDatabase(path: "/usr/share/zoneinfo").rules(of: name)
    }
  }

  @Test func `universal time and offsets need no database`() throws {
    let none = TimeZoneDatabase(path: "/nonexistent")
    #expect(try none.rules(of: "UTC") == .utc)
    #expect(try none.rules(of: "+02:00").offset(at: 0) == 7200)
    #expect(try none.rules(of: "-0330").offset(at: 0) == -12_600)
    #expect(throws: TimeZoneError.noDatabase("/nonexistent")) {
      try none.rules(of: "Europe/Berlin")
    }
  }

  @Test(.enabled(if: access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0))
  func `the machine's own database is understood`() throws {
    let database = TimeZoneDatabase(path: "/usr/share/zoneinfo")
    let berlin = try database.rules(of: "Europe/Berlin")
    #expect(berlin.offset(at: TimeZoneTests.seconds("1985-06-01T00:00:00")) == 7200)
    #expect(berlin.offset(at: TimeZoneTests.seconds("2040-12-01T00:00:00")) == 3600)
    for name in ["Europe/Atlantis", "europe/berlin", "localtime", "posixrules"] {
      #expect(throws: TimeZoneError.unknown(name)) { try database.rules(of: name) }
    }
  }
}
