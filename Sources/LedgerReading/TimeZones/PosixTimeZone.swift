// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// The rule behind the last known change of a time zone, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// The form of the variable `TZ` (POSIX.1-2017 §8.3), with hours up to ±167 (RFC 9636 §3.3.1).
public struct PosixTimeZone: Equatable, Sendable {
  /// A day of each year.
  enum Day: Equatable, Sendable {
    /// 1…365; 29 February is never counted.
    case julian(Int)
    /// 0…365; 29 February is counted.
    case ordinal(Int)
    /// Weekday (0 is Sunday) of week 1…5 (5 is the last) of a month.
    case weekday(month: Int, week: Int, weekday: Int)

    /// Days since the epoch in a year.
    func day(in year: Int) -> Int {
      let newYear = Timestamp.daysSinceEpoch(year: year, month: 1, day: 1)
      switch self {
      case .julian(let day):
        let isLeap = Timestamp.daysInMonth(year: year, month: 2) == 29
        return newYear + day - 1 + (isLeap && day >= 60 ? 1 : 0)
      case .ordinal(let day): return newYear + day
      case .weekday(let month, let week, let weekday):
        let first = Timestamp.daysSinceEpoch(year: year, month: month, day: 1)
        // 1970-01-01 was a Thursday.
        let firstWeekday = ((first + 4) % 7 + 7) % 7
        var day = first + (weekday - firstWeekday + 7) % 7 + 7 * (week - 1)
        if day >= first + Timestamp.daysInMonth(year: year, month: month) { day -= 7 }
        return day
      }
    }
  }

  /// A moment of each year, on the clock in use before it.
  struct Change: Equatable, Sendable {
    var day: Day
    /// Seconds after midnight; may be negative or beyond a day.
    var time: Int
  }

  /// Summer time: its offset, and when it begins and ends.
  struct Summer: Equatable, Sendable {
    var offset: Int
    var begins: Change
    var ends: Change
  }

  /// Seconds east of UTC outside summer time.
  let standardOffset: Int
  let summer: Summer?

  /// Reads a rule; nil for anything that is none.
  public init?(_ text: some Sequence<UInt8>) {
    var parser = PosixTimeZoneParser(text)
    guard parser.skipName(), let west = parser.time(limit: 24) else { return nil }
    standardOffset = -west
    guard !parser.isAtEnd else {
      summer = nil
      return
    }
    guard parser.skipName() else { return nil }
    var offset = standardOffset + 3600
    if let next = parser.next, next != UInt8(ascii: ",") {
      guard let west = parser.time(limit: 24) else { return nil }
      offset = -west
    }
    guard let begins = parser.change(), let ends = parser.change(), parser.isAtEnd else {
      return nil
    }
    summer = Summer(offset: offset, begins: begins, ends: ends)
  }

  /// Seconds east of UTC at a moment.
  func offset(at moment: Int64) -> Int {
    guard summer != nil else { return standardOffset }
    var offset = standardOffset
    // The last change up to the moment decides; one of the year before always exists.
    let year = PosixTimeZone.year(of: moment)
    for change in changes(from: year - 1, through: year + 1) where change.at <= moment {
      offset = change.offset
    }
    return offset
  }

  /// The first change of offset behind a moment.
  func transition(after moment: Int64) -> TimeZoneRules.Transition? {
    guard summer != nil else { return nil }
    let year = PosixTimeZone.year(of: moment)
    return changes(from: year - 1, through: year + 2).first { change in
      // Summer time all year is written as two changes at one moment.
      change.at > moment && offset(at: change.at - 1) != offset(at: change.at)
    }
  }

  private func changes(from first: Int, through last: Int) -> [TimeZoneRules.Transition] {
    guard let summer else { return [] }
    var changes: [TimeZoneRules.Transition] = []
    for year in first...last {
      let begins = PosixTimeZone.moment(summer.begins, in: year, offset: standardOffset)
      let ends = PosixTimeZone.moment(summer.ends, in: year, offset: summer.offset)
      changes.append(TimeZoneRules.Transition(at: begins, offset: summer.offset))
      changes.append(TimeZoneRules.Transition(at: ends, offset: standardOffset))
    }
    // Where an end and a beginning meet, the beginning counts: summer time all year.
    return changes.sorted { left, right in
      (left.at, left.offset == summer.offset ? 1 : 0)
        < (right.at, right.offset == summer.offset ? 1 : 0)
    }
  }

  private static func moment(_ change: Change, in year: Int, offset: Int) -> Int64 {
    Int64(change.day.day(in: year)) * 86_400 + Int64(change.time - offset)
  }

  private static func year(of moment: Int64) -> Int {
    let days = moment >= 0 ? moment / 86_400 : (moment - 86_399) / 86_400
    return Timestamp.civil(daysSinceEpoch: Int(days)).year
  }
}

/// Reads the parts of a rule, byte by byte.
struct PosixTimeZoneParser {
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  var isAtEnd: Bool { index == bytes.count }
  var next: UInt8? { isAtEnd ? nil : bytes[index] }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    index += 1
    return true
  }

  /// A name of three letters or more, or `<+13>`.
  mutating func skipName() -> Bool {
    let start = index
    if take(UInt8(ascii: "<")) {
      while let byte = next, byte != UInt8(ascii: ">") { index += 1 }
      return take(UInt8(ascii: ">"))
    }
    while let byte = next, (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) {
      index += 1
    }
    return index - start >= 3
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int? {
    let start = index
    var value = 0
    while let byte = next, (0x30...0x39).contains(byte), index - start < 4 {
      value = value * 10 + Int(byte - 0x30)
      index += 1
    }
    return index > start && range.contains(value) ? value : nil
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time(limit: Int) -> Int? {
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    guard let hours = number(0...limit) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] where take(UInt8(ascii: ":")) {
      guard let value = number(0...59) else { return nil }
      seconds += value * unit
    }
    return isNegative ? -seconds : seconds
  }

  /// `,` and a day, with `/` and a time where it is not 02:00.
  mutating func change() -> PosixTimeZone.Change? {
    guard take(UInt8(ascii: ",")) else { return nil }
    let day: PosixTimeZone.Day
    if take(UInt8(ascii: "J")) {
      guard let number = number(1...365) else { return nil }
      day = .julian(number)
    } else if take(UInt8(ascii: "M")) {
      guard let month = number(1...12), take(UInt8(ascii: ".")), let week = number(1...5),
        take(UInt8(ascii: ".")), let weekday = number(0...6)
      else { return nil }
      day = .weekday(month: month, week: week, weekday: weekday)
    } else {
      guard let number = number(0...365) else { return nil }
      day = .ordinal(number)
    }
    var time = 2 * 3600
    if take(UInt8(ascii: "/")) {
      guard let given = self.time(limit: 167) else { return nil }
      time = given
    }
    return PosixTimeZone.Change(day: day, time: time)
  }
}
