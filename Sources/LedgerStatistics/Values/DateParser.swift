// SPDX-License-Identifier: Apache-2.0

/// Reads ISO 8601 dates, with or without a time: `2026-11-21`, `2026-11-21 08:00`,
/// `2026-11-21T08:00:00.123456Z`, `…+01:00`.
///
/// The value is in seconds since 1970-01-01T00:00:00; without a zone the reading is taken as UTC.
enum DateParser {
  @inline(__always)
  static func parse(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Double? {
    guard count >= 10, count <= 40, bytes[4] == 0x2d, bytes[7] == 0x2d else { return nil }
    return parseLong(bytes, count)
  }

  private static func parseLong(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Double? {
    guard let year = number(bytes, 0, 4), let month = number(bytes, 5, 2),
      let day = number(bytes, 8, 2), (1...12).contains(month),
      (1...days(of: month, in: year)).contains(day)
    else { return nil }
    var seconds = Double(days(to: year, month, day)) * 86_400
    if count == 10 { return seconds }
    guard bytes[10] | 0x20 == 0x74 || bytes[10] == 0x20, count >= 16, bytes[13] == 0x3a,
      let hour = number(bytes, 11, 2), let minute = number(bytes, 14, 2), hour < 24, minute < 60
    else { return nil }
    var at = 16
    seconds += Double(hour * 3_600 + minute * 60)
    if at < count, bytes[at] == 0x3a {
      guard count >= at + 3, let second = number(bytes, at + 1, 2), second <= 60 else { return nil }
      seconds += Double(second)
      at += 3
      if at < count, bytes[at] == 0x2e || bytes[at] == 0x2c {
        guard let fraction = fraction(bytes, count, &at) else { return nil }
        seconds += fraction
      }
    }
    guard let offset = zone(bytes, count, at) else { return nil }
    return seconds - Double(offset)
  }

  private static func fraction(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int
  ) -> Double? {
    at += 1
    let start = at
    var value = 0
    var scale = 1
    while at < count, bytes[at] &- 0x30 < 10 {
      if at - start < 9 {
        value = value * 10 + Int(bytes[at] - 0x30)
        scale *= 10
      }
      at += 1
    }
    return at > start ? Double(value) / Double(scale) : nil
  }

  /// Seconds east of UTC.
  private static func zone(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ at: Int) -> Int? {
    if at == count { return 0 }
    if bytes[at] | 0x20 == 0x7a { return at + 1 == count ? 0 : nil }
    guard bytes[at] == 0x2b || bytes[at] == 0x2d, count >= at + 3,
      let hours = number(bytes, at + 1, 2), hours < 24
    else { return nil }
    var minutes = 0
    if count > at + 3 {
      let skipped = bytes[at + 3] == 0x3a ? 1 : 0
      guard count == at + 5 + skipped, let read = number(bytes, at + 3 + skipped, 2), read < 60
      else { return nil }
      minutes = read
    }
    let offset = hours * 3_600 + minutes * 60
    return bytes[at] == 0x2d ? -offset : offset
  }

  private static func number(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ count: Int) -> Int? {
    var value = 0
    for index in at..<(at + count) {
      let digit = bytes[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  private static func days(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March.
  private static func days(to year: Int, _ month: Int, _ day: Int) -> Int {
    let years = month > 2 ? year : year - 1
    let era = (years >= 0 ? years : years - 399) / 400
    let yearOfEra = years - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
