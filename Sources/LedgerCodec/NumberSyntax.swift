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
