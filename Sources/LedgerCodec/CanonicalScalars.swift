// SPDX-License-Identifier: Apache-2.0

/// Strings and numbers as canonical JSON prints them (RFC 8785 §3.2.2).
extension ByteBuffer {
  private static let hexDigits: StaticString = "0123456789abcdef"

  /// Appends a string with its quotes, of bytes that are well-formed UTF-8.
  @inline(__always)
  public mutating func appendString(utf8 bytes: UnsafeRawBufferPointer) {
    append(0x22)
    appendEscaped(utf8: bytes)
    append(0x22)
  }

  /// Appends a string with its quotes.
  public mutating func appendString(_ string: String) {
    var native = string
    native.withUTF8 { appendString(utf8: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a string's content without quotes, with the shortest escapes.
  public mutating func appendEscaped(utf8 bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    let source = start.assumingMemoryBound(to: UInt8.self)
    let end = bytes.count
    reserve(end)
    var clean = 0
    var at = 0
    while at < end {
      if at &+ 8 <= end {
        let marks = ByteScan.special(ByteScan.load(source + at))
        if marks == 0 {
          at &+= 8
          continue
        }
        at &+= marks.trailingZeroBitCount >> 3
      }
      let byte = source[at]
      if byte >= 0x20, byte != 0x22, byte != 0x5c {
        at &+= 1
        continue
      }
      append(UnsafeRawBufferPointer(start: source + clean, count: at &- clean))
      appendEscape(byte)
      at &+= 1
      clean = at
    }
    append(UnsafeRawBufferPointer(start: source + clean, count: end &- clean))
  }

  private mutating func appendEscape(_ byte: UInt8) {
    append(0x5c)
    switch byte {
    case 0x22, 0x5c: append(byte)
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0a: append(UInt8(ascii: "n"))
    case 0x0c: append(UInt8(ascii: "f"))
    case 0x0d: append(UInt8(ascii: "r"))
    default:
      append("u00")
      append(Self.hexDigits.utf8Start[Int(byte >> 4)])
      append(Self.hexDigits.utf8Start[Int(byte & 15)])
    }
  }

  /// Appends a whole number in decimal digits.
  @inline(__always)
  public mutating func appendInteger(_ value: UInt64) {
    appendUpTo(20) { target in Decimal.write(value, to: target) }
  }

  /// Appends a whole number in decimal digits, with a sign where it is negative.
  public mutating func appendInteger(_ value: Int64) {
    if value < 0 { append(0x2d) }
    appendInteger(value.magnitude)
  }

  /// Appends a number as ECMAScript prints it; NaN and infinities are refused.
  public mutating func appendNumber(_ value: Double) throws(CodecError) {
    guard value.isFinite else { throw CodecError(offset: count, reason: .notFinite) }
    if value.magnitude < 0x1p53 {
      let whole = Int64(value)
      if Double(whole) == value { return appendInteger(whole) }
    }
    var digits = ShortestDigits(value.magnitude)
    if value < 0 { append(0x2d) }
    appendDigits(&digits)
  }

  /// Lays digits out as Number::toString of ECMA-262 does, steps 6 to 10.
  private mutating func appendDigits(_ number: inout ShortestDigits) {
    let count = number.count
    let point = number.point
    if count <= point, point <= 21 {
      appendDigits(&number, 0..<count)
      for _ in count..<point { append(0x30) }
    } else if point > 0, point <= 21 {
      appendDigits(&number, 0..<point)
      append(0x2e)
      appendDigits(&number, point..<count)
    } else if point > -6, point <= 0 {
      append("0.")
      for _ in point..<0 { append(0x30) }
      appendDigits(&number, 0..<count)
    } else {
      appendDigits(&number, 0..<1)
      if count > 1 {
        append(0x2e)
        appendDigits(&number, 1..<count)
      }
      append(0x65)
      append(point > 0 ? 0x2b : 0x2d)
      appendInteger(UInt64((point - 1).magnitude))
    }
  }

  private mutating func appendDigits(_ number: inout ShortestDigits, _ range: Range<Int>) {
    for at in range { append(number[at]) }
  }
}

/// The shortest decimal digits that read back as a given double, and where the point stands.
///
/// The value is 0.d1d2d3… × 10^point. Swift's own description picks the shortest digits and, among
/// those, the nearest to the value, as ECMAScript asks; only its layout differs.
private struct ShortestDigits {
  private var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
  private(set) var count = 0
  private(set) var point = 0

  init(_ magnitude: Double) {
    var seenPoint = false
    var exponent = 0
    var negative = false
    var inExponent = false
    var whole = 0
    for byte in magnitude.description.utf8 {
      switch byte {
      case 0x2e: seenPoint = true
      case 0x65: inExponent = true
      case 0x2d: negative = true
      case 0x2b: break
      default:
        if inExponent {
          exponent = exponent * 10 + Int(byte - 0x30)
        } else {
          if !seenPoint { whole += 1 }
          if count == 0, byte == 0x30 {
            // A leading zero is no digit: it only moves the point.
            whole -= 1
          } else if count < 24 {
            self[count] = byte
            count += 1
          }
        }
      }
    }
    while count > 1, self[count - 1] == 0x30 { count -= 1 }
    point = whole + (negative ? -exponent : exponent)
  }

  subscript(at: Int) -> UInt8 {
    mutating get { withUnsafeBytes(of: &digits) { $0[at] } }
    set { withUnsafeMutableBytes(of: &digits) { $0[at] = newValue } }
  }
}
