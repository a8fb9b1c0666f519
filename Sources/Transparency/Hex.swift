// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal, two digits a byte.
public enum Hex {
  /// Returns the digits of the bytes as text.
  public static func string(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { out in
      var next = 0
      for byte in bytes {
        out[next] = digit(byte >> 4)
        out[next + 1] = digit(byte & 0xF)
        next += 2
      }
      return next
    }
  }

  /// Returns the bytes of the digits; nil for an odd count, upper case or anything else.
  public static func decode(_ digits: [UInt8]) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    var next = 0
    while next < digits.count {
      guard let high = value(digits[next]), let low = value(digits[next + 1]) else { return nil }
      bytes.append(high << 4 | low)
      next += 2
    }
    return bytes
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
