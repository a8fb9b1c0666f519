// SPDX-License-Identifier: Apache-2.0

/// The grammar of JSON numbers (RFC 8259 §6), shared by the strict and the general reader.
enum NumberSyntax {
  /// Reads a number and steps over it; an overflow to infinity is refused.
  static func scan(
    _ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int
  ) throws(CodecError) -> Double {
    let token = try token(base, count, offset)
    let bytes = UnsafeBufferPointer(start: base + token.range.lowerBound, count: token.range.count)
    // The token holds only digits, signs, point and exponent, all of which Swift reads alike.
    guard let value = Double(String(decoding: bytes, as: UTF8.self)) else {
      throw CodecError(offset: offset, reason: .invalidNumber)
    }
    guard value.isFinite else { throw CodecError(offset: offset, reason: .numberOutOfRange) }
    offset = token.range.upperBound
    return value
  }

  /// Reads a canonical number of at most 15 digits without exponent, or nothing.
  ///
  /// So few digits are always the shortest of their double, and one division of exact numbers
  /// rounds correctly (Clinger 1990), so nothing needs to be printed again.
  @inline(__always)
  static func plain(
    _ base: UnsafePointer<UInt8>, _ count: Int, _ offset: inout Int
  ) -> Double? {
    var at = offset
    let isNegative = at < count && base[at] == 0x2d
    if isNegative { at += 1 }
    let start = at
    var digits: UInt64 = 0
    var point = -1
    while at < count {
      let byte = base[at]
      if byte == 0x2e, point < 0 {
        point = at
      } else {
        let digit = byte &- 0x30
        if digit > 9 { break }
        if at &- start > 16 { return nil }
        digits = digits &* 10 &+ UInt64(digit)
      }
      at &+= 1
    }
    // The exponent form begins below 1e-6, so a canonical fraction has at most five zeros in front.
    let whole = (point < 0 ? at : point) - start
    guard whole > 0, base[start] != 0x30 || whole == 1, digits > 0, digits < 1_000_000_000_000_000
    else { return nil }
    if at < count, base[at] == 0x65 || base[at] == 0x45 { return nil }
    var value = Double(digits)
    if point >= 0 {
      let places = at - point - 1
      guard places > 0, base[at - 1] != 0x30 else { return nil }
      let power = powers(places)
      value /= power
      guard value >= 1e-6 else { return nil }
    }
    offset = at
    return isNegative ? -value : value
  }

  /// 10 to the `places`, exact up to 10^22.
  @inline(__always)
  private static func powers(_ places: Int) -> Double {
    var power: UInt64 = 1
    for _ in 0..<places { power &*= 10 }
    return Double(power)
  }

  /// Checks the grammar: where the number ends, and whether it is written as a whole number.
  static func token(
    _ base: UnsafePointer<UInt8>, _ count: Int, _ offset: Int
  ) throws(CodecError) -> (range: Range<Int>, isWhole: Bool) {
    var at = offset
    var isWhole = true
    func byte() -> UInt8? { at < count ? base[at] : nil }
    func digits() throws(CodecError) {
      let start = at
      while let next = byte(), next >= 0x30, next <= 0x39 { at += 1 }
      if at == start {
        throw CodecError(offset: at, reason: at < count ? .invalidNumber : .unexpectedEnd)
      }
    }
    if byte() == 0x2d { at += 1 }
    if byte() == 0x30 { at += 1 } else { try digits() }
    if let next = byte(), next >= 0x30, next <= 0x39 {
      throw CodecError(offset: offset, reason: .invalidNumber)
    }
    if byte() == 0x2e {
      isWhole = false
      at += 1
      try digits()
    }
    if byte() == 0x65 || byte() == 0x45 {
      isWhole = false
      at += 1
      if byte() == 0x2b || byte() == 0x2d { at += 1 }
      try digits()
    }
    return (offset..<at, isWhole)
  }
}
