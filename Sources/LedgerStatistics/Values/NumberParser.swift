// SPDX-License-Identifier: Apache-2.0

/// Reads decimal numbers: `-12`, `+1.5`, `.5`, `1.`, `6.02e23`, `inf`, `-Infinity`.
///
/// No thousands separators, no units, no hexadecimal. Each becomes the nearest double, so whole
/// numbers beyond 2^53 lose their last digits.
enum NumberParser {
  enum Kind {
    case none
    case integer
    case number
  }

  /// Longer digits are text.
  static let lengthLimit = 800

  /// Reads all the bytes as one number.
  @inline(__always)
  static func parse(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive,
    _ value: inout Double
  ) -> Kind {
    var at = 0
    var isNegative = false
    guard count > 0 else { return .none }
    let first = bytes[0]
    if first == 0x2d || first == 0x2b {
      isNegative = first == 0x2d
      at = 1
    }
    var mantissa: UInt64 = 0
    let start = at
    digits(bytes, count, &at, &mantissa)
    var digitCount = at &- start
    if at == count {
      guard digitCount > 0, digitCount <= 19 else {
        return digitCount == 0 ? .none : slow(bytes, count, .integer, &value)
      }
      let whole = Double(mantissa)
      value = isNegative ? 0 - whole : whole
      return .integer
    }
    var exponent = 0
    if bytes[at] == 0x2e {
      at &+= 1
      let fraction = at
      digits(bytes, count, &at, &mantissa)
      exponent = fraction &- at
      digitCount &-= exponent
    }
    if digitCount == 0 {
      return at == start ? infinity(bytes + start, count - start, isNegative, &value) : .none
    }
    if at < count {
      guard let power = Self.exponent(bytes, count, &at), at == count else { return .none }
      exponent &+= power
    }
    if digitCount > 19 { return slow(bytes, count, .number, &value) }
    guard let magnitude = powers.double(mantissa, exponent) else {
      return slow(bytes, count, .number, &value)
    }
    value = isNegative ? 0 - magnitude : magnitude
    return .number
  }

  @inline(__always)
  private static func digits(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int, _ mantissa: inout UInt64
  ) {
    while at &+ 8 <= count {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self))
      // All eight are digits: each byte is 3x, and adding 6 does not carry it over.
      let upper = (word &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0
      guard word & 0xf0f0_f0f0_f0f0_f0f0 == 0x3030_3030_3030_3030,
        upper == 0x3030_3030_3030_3030
      else { break }
      var eight = word &- 0x3030_3030_3030_3030
      eight = eight &* 10 &+ eight >> 8
      let left = (eight & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
      let right = (eight >> 16 & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001
      mantissa = mantissa &* 100_000_000 &+ (left &+ right) >> 32
      at &+= 8
    }
    while at < count {
      let digit = bytes[at] &- 0x30
      guard digit < 10 else { return }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      at &+= 1
    }
  }

  private static func exponent(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int
  ) -> Int? {
    guard bytes[at] | 0x20 == 0x65 else { return nil }
    at += 1
    guard at < count else { return nil }
    let isNegative = bytes[at] == 0x2d
    if isNegative || bytes[at] == 0x2b { at += 1 }
    let start = at
    var value = 0
    while at < count, bytes[at] &- 0x30 < 10 {
      value = min(value * 10 + Int(bytes[at] - 0x30), 100_000)
      at += 1
    }
    guard at > start else { return nil }
    return isNegative ? -value : value
  }

  /// What the fast way cannot round for certain; the syntax is known to be right.
  @inline(never)
  private static func slow(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ kind: Kind, _ value: inout Double
  ) -> Kind {
    guard count <= lengthLimit else { return .none }
    let digits = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    // Swift's reader wants a digit before the point's end: `1.` is `1.0` there too, `.5` is not.
    guard let read = Double(digits) ?? Double("0" + digits) else { return .none }
    value = read
    return kind
  }

  private static func infinity(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ isNegative: Bool, _ value: inout Double
  ) -> Kind {
    guard count == 3 || count == 8, bytes[0] | 0x20 == 0x69 else { return .none }
    let word: StaticString = "infinity"
    for at in 0..<count where bytes[at] | 0x20 != word.utf8Start[at] { return .none }
    value = isNegative ? -.infinity : .infinity
    return .number
  }
}
