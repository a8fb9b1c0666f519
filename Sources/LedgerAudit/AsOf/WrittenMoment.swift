// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// A moment as a person writes it: RFC 3339, a local time, or a day.
///
/// A local reading that the zone's clocks showed twice is refused, with both ways to write it; one
/// that they jumped over means the last microsecond before the jump, since every event with a
/// local time up to it was recorded before.
public enum WrittenMoment: Equatable, Sendable {
  /// With an offset: `2026-06-30T12:00:00+02:00`, `2026-06-30 12:00Z`.
  case exact(Timestamp)
  /// Without one: `2026-06-30T12:00`, in microseconds on the local clock since 1970.
  case local(Int64)
  /// A whole day: `2026-06-30`.
  case day(CalendarDate)

  /// Reads a written moment; nil for anything else. Digits behind the sixth of a fraction are
  /// dropped, and a leap second is the last microsecond before it.
  public init?(_ text: some StringProtocol) {
    var parser = MomentParser(text)
    guard let day = parser.day() else { return nil }
    if parser.isAtEnd {
      self = .day(day)
      return
    }
    guard let time = parser.timeOfDay() else { return nil }
    let local = Int64(day.daysSinceEpoch) * 86_400_000_000 + time
    if parser.isAtEnd {
      self = .local(local)
      return
    }
    guard let offset = parser.offset(), parser.isAtEnd else { return nil }
    let moment = Timestamp(microseconds: local - Int64(offset) * 1_000_000)
    guard moment.isWritable else { return nil }
    self = .exact(moment)
  }

  /// Whether text begins as every date does, so that it is meant as one.
  public static func isMeant(by text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8.prefix(5))
    return bytes.count == 5 && bytes[4] == UInt8(ascii: "-")
      && bytes[..<4].allSatisfy { (0x30...0x39).contains($0) }
  }

  /// The moment up to which everything is meant: of a day its last microsecond.
  public func end(in zone: TimeZoneRules) throws(AsOfError) -> Timestamp {
    if case .day(let day) = self { return zone.lastMoment(of: day) }
    return try moment(in: zone)
  }

  /// The moment from which everything is meant: of a day its first microsecond.
  public func beginning(in zone: TimeZoneRules) throws(AsOfError) -> Timestamp {
    if case .day(let day) = self { return zone.firstMoment(of: day) }
    return try moment(in: zone)
  }

  private func moment(in zone: TimeZoneRules) throws(AsOfError) -> Timestamp {
    switch self {
    case .exact(let moment): return moment
    case .day(let day): return zone.lastMoment(of: day)
    case .local(let microseconds):
      let seconds =
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
      let fraction = microseconds - seconds * 1_000_000
      switch zone.moments(ofLocal: seconds) {
      case .unique(let moment):
        return Timestamp(microseconds: moment * 1_000_000 + fraction)
      case .skipped(let moment):
        return Timestamp(microseconds: moment * 1_000_000 - 1)
      case .ambiguous(let first, let last):
        throw .ambiguousLocalTime(
          first: Timestamp(microseconds: first * 1_000_000 + fraction),
          last: Timestamp(microseconds: last * 1_000_000 + fraction))
      }
    }
  }
}

/// Reads the parts of a moment, byte by byte.
private struct MomentParser {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  private mutating func take(_ accepted: String) -> UInt8? {
    guard index < bytes.count, accepted.utf8.contains(bytes[index]) else { return nil }
    index += 1
    return bytes[index - 1]
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

  mutating func day() -> CalendarDate? {
    guard bytes.count >= 10 else { return nil }
    index = 10
    return CalendarDate(String(decoding: bytes[..<10], as: UTF8.self))
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

  /// `Z`, `+02:00` or `+0200`, in seconds east of UTC.
  mutating func offset() -> Int? {
    if take("Zz") != nil { return 0 }
    guard let sign = take("+-"), let hours = number(2), hours < 24 else { return nil }
    _ = take(":")
    guard let minutes = number(2), minutes < 60 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}
