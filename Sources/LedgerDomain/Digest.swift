// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 value, held inline. Written `sha256:` and 64 lower-case hex digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// Bytes 0–7, 8–15, 16–23 and 24–31, each big-endian.
  public var words: (UInt64, UInt64, UInt64, UInt64)

  /// Takes 32 bytes; nil for any other count.
  public init?(bytes: some Sequence<UInt8>) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var count = 0
    for byte in bytes {
      switch count >> 3 {
      case 0: words.0 = words.0 << 8 | UInt64(byte)
      case 1: words.1 = words.1 << 8 | UInt64(byte)
      case 2: words.2 = words.2 << 8 | UInt64(byte)
      case 3: words.3 = words.3 << 8 | UInt64(byte)
      default: return nil
      }
      count += 1
    }
    guard count == 32 else { return nil }
    self.words = words
  }

  /// Takes the four big-endian words.
  public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Parses the written form; nil unless it is exactly that.
  public init?(_ text: some StringProtocol) {
    let utf8 = text.utf8
    guard utf8.count == 71, utf8.starts(with: "sha256:".utf8) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for character in utf8.dropFirst(7) {
      let nibble: UInt8
      switch character {
      case 0x30...0x39: nibble = character - 0x30
      case 0x61...0x66: nibble = character - 0x61 + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | nibble)
        high = nil
      } else {
        high = nibble
      }
    }
    self.init(bytes: bytes)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return bytes
  }

  /// The 64 lower-case hex digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    let bytes = self.bytes
    return String(unsafeUninitializedCapacity: 64) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[2 * index] = digits[Int(byte >> 4)]
        buffer[2 * index + 1] = digits[Int(byte & 15)]
      }
      return 64
    }
  }

  /// `sha256:` and the hex digits.
  public var description: String { "sha256:" + hex }

  /// Compares all 32 bytes.
  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  /// Feeds all 32 bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
