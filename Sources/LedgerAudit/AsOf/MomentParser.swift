// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Reads the parts of a written moment, byte by byte.
struct MomentParser {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  private mutating func take(_ accepted: String) -> UInt8? {
    guard index < bytes.count, accepted.utf8.contains(bytes[index]) else { return nil }
    index += 1
    return bytes[index - 1]
  }

  /// Takes a word as it stands, if it is next.
  private mutating func take(word: String) -> Bool {
    guard bytes[index...].starts(with: word.utf8) else { return false }
    index += word.utf8.count
    return true
  }

  private mutating func number(_ digits: Int) -> Int? {
    guard bytes.count - index >= digits else { return nil }
    var value = 0
    for byte in bytes[index..<index + digits] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    index += digits
    return value
  }

  /// `now`, `90 minutes ago`: microseconds before the present, and nothing behind it.
  mutating func span() -> Int64? {
    if take(word: "now"), isAtEnd { return 0 }
    index = 0
    let digits = bytes.prefix { (0x30...0x39).contains($0) }
    guard (1...6).contains(digits.count), let count = number(digits.count), take(" ") != nil
    else { return nil }
    let units: [(String, Int64)] = [
      ("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400), ("week", 604_800),
    ]
    for (unit, seconds) in units where take(word: unit) {
      if count != 1, take("s") == nil { return nil }
      guard take(word: " ago"), isAtEnd else { return nil }
      return Int64(count) * seconds * 1_000_000
    }
    return nil
  }

  /// `2026-06-30`, `today`, `yesterday`.
  mutating func day() -> WrittenMoment.Day? {
    index = 0
    if take(word: "today") { return .today }
    if take(word: "yesterday") { return .yesterday }
    guard bytes.count >= 10 else { return nil }
    index = 10
    return CalendarDate(String(decoding: bytes[..<10], as: UTF8.self)).map { .date($0) }
  }

  /// `T12:00`, `T12:00:00` or with a fraction, in microseconds.
  mutating func timeOfDay() -> Int64? {
    guard take("Tt ") != nil, let hour = number(2), hour < 24, take(":") != nil,
      let minute = number(2), minute < 60
    else { return nil }
    var microseconds = Int64(hour * 3600 + minute * 60) * 1_000_000
    guard take(":") != nil else { return microseconds }
    guard let second = number(2), second <= 60 else { return nil }
    microseconds += Int64(second) * 1_000_000
    if take(".,") != nil {
      var scale: Int64 = 100_000
      var digits = 0
      while let digit = number(1) {
        microseconds += Int64(digit) * scale
        scale /= 10
        digits += 1
      }
      if digits == 0 { return nil }
    }
    if second == 60 {
      return Int64(hour * 3600 + minute * 60 + 60) * 1_000_000 - 1
    }
    return microseconds
  }

  /// `Z`, `+02:00` or `+0200`, in seconds east of UTC; nil, and nothing is taken, for none.
  mutating func offset() -> Int? {
    let start = index
    if take("Zz") != nil { return 0 }
    if let sign = take("+-"), let hours = number(2), hours < 24 {
      _ = take(":")
      if let minutes = number(2), minutes < 60 {
        let seconds = hours * 3600 + minutes * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
      }
    }
    index = start
    return nil
  }

  /// ` Europe/Berlin`, or `[Europe/Berlin]` as in RFC 9557, up to the end; nil, and nothing is
  /// taken, for none.
  mutating func zone() -> String? {
    var name = bytes[index...]
    guard let first = name.popFirst() else { return nil }
    if first == UInt8(ascii: "[") {
      guard name.popLast() == UInt8(ascii: "]") else { return nil }
    } else if first != 0x20 {
      return nil
    }
    let isName = name.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || "/_+-:".utf8.contains(byte)
    }
    // A time of day behind a day begins with a digit, and no zone does.
    guard isName, let letter = name.first, !(0x30...0x39).contains(letter) else { return nil }
    index = bytes.count
    return String(decoding: name, as: UTF8.self)
  }
}
