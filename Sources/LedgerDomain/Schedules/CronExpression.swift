// SPDX-License-Identifier: Apache-2.0
// LedgerDomain/Schedules — when something is due, in the words of crontab(5), on some local clock.
// Pure: knows the calendar, but neither the time nor any time zone (LedgerReading/TimeZones does).
// Invariant: an expression that was accepted fires again after every moment up to the year 9999,
// and the search for it takes a bounded number of steps.
// Start at: CronExpression.init(_:), next(after:). Tests: LedgerDomainTests (CronTests).

/// Times that repeat: five fields as in crontab(5), or a macro such as `@daily`.
///
/// Each field is a list of values, ranges `a-b`, and steps `*/n`, `a-b/n` or `a/n` (from `a` to the
/// greatest value). Months and days of the week may be named by three letters; 7 is Sunday; `?`
/// stands for `*` in the two fields of days. Vixie's rule: where both fields of days are restricted,
/// a day counts that fits **either**; where one begins with `*`, a day must fit both.
public struct CronExpression: Hashable, Sendable {
  /// The longest expression: more than every value of every field in a list.
  public static let byteLimit = 1024

  /// Bit n stands for the value n.
  let minutes: UInt64
  let hours: UInt64
  let daysOfMonth: UInt64
  let months: UInt64
  let daysOfWeek: UInt64
  /// Whether a day that fits one of its two fields counts.
  let isEitherDay: Bool

  /// Whether minute or hour is told by `*` or a step, so that it means an interval, not a time of
  /// day. The two differ where a clock is changed.
  public let isInterval: Bool

  /// Reads an expression; white space around it does not matter.
  ///
  /// Errors: the first mistake with its field and column; also for one that never fires.
  public init(_ text: String) throws(CronError) {
    guard text.utf8.count <= CronExpression.byteLimit else { throw CronError(reason: .tooLong) }
    let bytes = Array(text.utf8)
    var fields = CronExpression.fields(of: bytes)
    var source = bytes
    if let first = fields.first, source[first.lowerBound] == UInt8(ascii: "@") {
      let word = String(decoding: source[first], as: UTF8.self)
      guard fields.count == 1 else {
        throw CronError(reason: .unknownMacro(String(decoding: bytes, as: UTF8.self)))
      }
      guard let meaning = CronExpression.macros.first(where: { $0.word == word.lowercased() })
      else { throw CronError(reason: .unknownMacro(word)) }
      source = Array(meaning.fields.utf8)
      fields = CronExpression.fields(of: source)
    }
    guard fields.count == CronField.allCases.count else {
      throw CronError(reason: .fieldCount(fields.count))
    }
    func read(_ field: CronField, _ index: Int) throws(CronError) -> UInt64 {
      var parser = CronFieldParser(field, source, fields[index])
      return try parser.values()
    }
    minutes = try read(.minute, 0)
    hours = try read(.hour, 1)
    daysOfMonth = try read(.dayOfMonth, 2)
    months = try read(.month, 3)
    var weekdays = try read(.dayOfWeek, 4)
    if weekdays & 1 << 7 != 0 { weekdays = weekdays & ~(1 << 7) | 1 }
    daysOfWeek = weekdays
    func isOpen(_ index: Int) -> Bool { "*?".utf8.contains(source[fields[index].lowerBound]) }
    isEitherDay = !isOpen(2) && !isOpen(4)
    isInterval = source[fields[0].lowerBound..<fields[1].upperBound].contains {
      $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "/")
    }
    guard isEitherDay || hasDay else { throw CronError(reason: .neverFires) }
  }

  /// Whether some month has one of the days. Each date falls on each day of the week at some time.
  private var hasDay: Bool {
    CronField.month.range.contains { month in
      // 2000 was a leap year.
      let length = Timestamp.daysInMonth(year: 2000, month: month)
      return months & 1 << month != 0 && (1...length).contains { daysOfMonth & 1 << $0 != 0 }
    }
  }

  /// The first time behind `local` that the expression names: seconds since 1970-01-01T00:00:00 on
  /// the local clock, always a full minute; nil after the year 9999.
  ///
  /// Looks at 1,440 minutes and at the days of 40 years at most: 29 February is on a given day of the
  /// week once in 40 years at the latest.
  public func next(after local: Int64) -> Int64? {
    // Beyond, sums could overflow.
    guard local < CronExpression.end - 60 else { return nil }
    let first = max(local, -CronExpression.end).dividedDown(by: 60) + 1
    var day = first.dividedDown(by: 1440)
    if includes(day: day), let minute = minute(from: Int(first - day * 1440)) {
      return (day * 1440 + Int64(minute)) * 60
    }
    guard let minute = minute(from: 0) else { return nil }
    for _ in 0..<366 * 41 {
      day += 1
      if includes(day: day) {
        let found = (day * 1440 + Int64(minute)) * 60
        return found < CronExpression.end ? found : nil
      }
    }
    return nil
  }

  /// Whether the expression names this time of the local clock.
  public func includes(_ local: Int64) -> Bool {
    let minute = local.dividedDown(by: 60)
    let day = minute.dividedDown(by: 1440)
    let time = Int(minute - day * 1440)
    return local == minute * 60 && includes(day: day) && self.minute(from: time) == time
  }

  /// The first second of the year 10000.
  private static let end: Int64 = 253_402_300_800

  private func includes(day: Int64) -> Bool {
    let date = Timestamp.civil(daysSinceEpoch: Int(day))
    guard months & 1 << date.month != 0 else { return false }
    // 1970-01-01 was a Thursday.
    let weekday = Int((day + 4) - (day + 4).dividedDown(by: 7) * 7)
    let fitsMonth = daysOfMonth & 1 << date.day != 0
    let fitsWeek = daysOfWeek & 1 << weekday != 0
    return isEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek
  }

  /// The first minute of a day, counted from midnight, that is not before `start`.
  private func minute(from start: Int) -> Int? {
    for hour in (start / 60)..<24 where hours & 1 << hour != 0 {
      let least = hour == start / 60 ? start % 60 : 0
      let rest = minutes >> UInt64(least)
      if rest != 0 { return hour * 60 + least + rest.trailingZeroBitCount }
    }
    return nil
  }

  /// The words that stand for five fields.
  private static let macros: [(word: String, fields: String)] = [
    ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"), ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
  ]

  static var macroNames: String { macros.map(\.word).joined(separator: ", ") }

  /// Where the words are that spaces and tabs separate.
  private static func fields(of bytes: [UInt8]) -> [Range<Int>] {
    bytes.indices.split { bytes[$0] == 0x20 || bytes[$0] == 0x09 }.map {
      $0.startIndex..<$0.endIndex
    }
  }
}

extension Int64 {
  /// Division that rounds toward negative infinity.
  fileprivate func dividedDown(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
