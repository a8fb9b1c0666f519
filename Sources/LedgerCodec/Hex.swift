// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal.
public enum Hex {
  /// The digits of the bytes, two each.
  public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { target in
      for (index, byte) in bytes.enumerated() {
        target[2 * index] = digit(byte >> 4)
        target[2 * index + 1] = digit(byte & 15)
      }
      return bytes.count * 2
    }
  }

  /// The bytes of lower-case digits; nil for an odd count or any other character.
  public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    for at in stride(from: 0, to: text.count, by: 2) {
      guard let high = value(of: text[at]), let low = value(of: text[at + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  @inline(__always)
  static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble }

  /// The value of a lower-case digit, 16 or more for anything else; without a branch.
  @inline(__always)
  static func nibble(_ digit: UInt8) -> UInt8 {
    let decimal = digit &- 0x30
    let letter = digit &- 0x61
    return decimal < 10 ? decimal : letter < 6 ? letter &+ 10 : 0xff
  }

  @inline(__always)
  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit &- 0x30
    case 0x61...0x66: digit &- 0x57
    default: nil
    }
  }

  static func value(ofAnyCase digit: UInt8) -> UInt8? {
    value(of: digit) ?? ((0x41...0x46).contains(digit) ? digit - 0x37 : nil)
  }
}
