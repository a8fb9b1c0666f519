// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Written `2026-11-21T08:00:00.123456Z`, always with six fractional digits, years 0000–9999.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Microseconds since the epoch.
  public var microseconds: Int64

  /// Wraps microseconds since the epoch.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Whether the year has the four digits that the written form needs.
  public var isWritable: Bool {
    (-62_167_219_200_000_000...253_402_300_799_999_999).contains(microseconds)
  }

  /// Makes the moment of a date and time of day in UTC; nil when a field is out of range.
  public init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    microsecond: Int = 0
  ) {
    guard (0...9999).contains(year), (1...12).contains(month),
      (1...Timestamp.daysInMonth(year: year, month: month)).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
      (0...999_999).contains(microsecond)
    else { return nil }
    let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
    let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    self.microseconds = seconds * 1_000_000 + Int64(microsecond)
  }

  /// Parses exactly the written form; nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard let parsed = Array(text.utf8).withUnsafeBytes({ Timestamp(written: $0) }) else {
      return nil
    }
    self = parsed
  }

  /// Parses the 27 bytes of the written form; nil for anything else.
  public init?(written bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 27, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54,
      bytes[13] == 0x3A, bytes[16] == 0x3A, bytes[19] == 0x2E, bytes[26] == 0x5A
    else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for index in range {
        let digit = bytes[index] &- 0x30
        guard digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let microsecond = number(20..<26),
      let parsed = Timestamp(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second,
        microsecond: microsecond)
    else { return nil }
    self = parsed
  }

  /// Writes the 27 bytes of the written form; the buffer has room for them.
  public func write(into buffer: UnsafeMutableRawBufferPointer) {
    let seconds = Int(microseconds.quotient(by: 1_000_000))
    let fraction = Int(microseconds - Int64(seconds) * 1_000_000)
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let time = seconds - days * 86_400
    let (year, month, day) = Timestamp.civil(daysSinceEpoch: days)
    func put(_ value: Int, _ offset: Int, _ count: Int) {
      var rest = value
      for index in stride(from: offset + count - 1, through: offset, by: -1) {
        buffer[index] = UInt8(0x30 + rest % 10)
        rest /= 10
      }
    }
    put(year, 0, 4)
    buffer[4] = 0x2D
    put(month, 5, 2)
    buffer[7] = 0x2D
    put(day, 8, 2)
    buffer[10] = 0x54
    put(time / 3600, 11, 2)
    buffer[13] = 0x3A
    put(time / 60 % 60, 14, 2)
    buffer[16] = 0x3A
    put(time % 60, 17, 2)
    buffer[19] = 0x2E
    put(fraction, 20, 6)
    buffer[26] = 0x5A
  }

  /// The written form.
  public var description: String {
    String(unsafeUninitializedCapacity: 27) { buffer in
      write(into: UnsafeMutableRawBufferPointer(buffer))
      return 27
    }
  }

  /// Orders by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Days since 1970-01-01 of a proleptic Gregorian date (Hinnant, "chrono-compatible low-level
  /// date algorithms").
  public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The proleptic Gregorian date of a day counted from 1970-01-01.
  public static func civil(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// The number of days in a month of the Gregorian calendar.
  public static func daysInMonth(year: Int, month: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    default: 31
    }
  }
}

extension Int64 {
  /// Division that rounds toward negative infinity.
  fileprivate func quotient(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
