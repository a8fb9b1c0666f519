// SPDX-License-Identifier: Apache-2.0

/// Canonical base64 (RFC 4648): every byte string has one text, and no other text is read.
public enum Base64 {
  /// The alphabets and paddings in use.
  public enum Form: Sendable {
    /// §4, with padding: signed notes, checkpoints, proofs.
    case standard
    /// §4, without padding: fingerprints of keys.
    case standardUnpadded
    /// §5, without padding: salts and salted digests.
    case url
  }

  /// Where text stops being canonical base64.
  public struct Failure: Error, Equatable, Sendable {
    /// Byte offset of the first character that is no digit, where padding counts as one only if it
    /// ends the text as it should; the length of the text if it ends too early.
    public let offset: Int
  }

  /// Returns the bytes as ASCII text.
  public static func encode(_ bytes: UnsafeRawBufferPointer, as form: Form) -> [UInt8] {
    let length = encodedCount(bytes.count, as: form)
    return [UInt8](unsafeUninitializedCapacity: length) { out, count in
      write(bytes, to: out, as: form)
      count = length
    }
  }

  /// Returns the bytes as text.
  public static func string(_ bytes: UnsafeRawBufferPointer, as form: Form) -> String {
    let length = encodedCount(bytes.count, as: form)
    return String(unsafeUninitializedCapacity: length) { out in
      write(bytes, to: out, as: form)
      return length
    }
  }

  /// Returns the bytes as text.
  public static func string(_ bytes: [UInt8], as form: Form) -> String {
    bytes.withUnsafeBytes { string($0, as: form) }
  }

  /// Returns the number of characters that this many bytes become.
  public static func encodedCount(_ byteCount: Int, as form: Form) -> Int {
    let tail = byteCount % 3
    let short = tail == 0 ? 0 : (form == .standard ? 4 : tail + 1)
    return byteCount / 3 * 4 + short
  }

  /// Returns the bytes of canonical text.
  ///
  /// - Throws: `Failure` with the offset of the first fault: a character outside the alphabet,
  ///   padding that is missing, superfluous or misplaced, a lone character at the end, or unused
  ///   bits that are not zero.
  public static func decode(
    _ text: some Collection<UInt8>, as form: Form
  ) throws(Failure) -> [UInt8] {
    let characters = Array(text)
    var end = characters.count
    if form == .standard {
      guard end.isMultiple(of: 4) else { throw Failure(offset: firstFault(characters, form)) }
      while end > 0, characters.count - end < 2, characters[end - 1] == padding { end -= 1 }
    }
    guard end % 4 != 1 else { throw Failure(offset: firstFault(characters, form)) }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(end / 4 * 3 + 2)
    var pending: UInt32 = 0
    var bits = 0
    for offset in 0..<end {
      guard let value = value(characters[offset], form) else { throw Failure(offset: offset) }
      pending = pending << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    guard pending & (1 << UInt32(bits) - 1) == 0 else { throw Failure(offset: end - 1) }
    return bytes
  }

  private static let padding = UInt8(ascii: "=")

  /// Returns the offset of the first character outside the alphabet, or else the length.
  private static func firstFault(_ characters: [UInt8], _ form: Form) -> Int {
    characters.firstIndex { value($0, form) == nil } ?? characters.count
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to out: UnsafeMutableBufferPointer<UInt8>, as form: Form
  ) {
    var next = 0
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        out[next] = character(UInt8(truncatingIfNeeded: pending >> UInt32(bits)) & 63, form)
        next += 1
      }
    }
    if bits > 0 {
      out[next] = character(UInt8(truncatingIfNeeded: pending << UInt32(6 - bits)) & 63, form)
      next += 1
    }
    if form == .standard {
      while !next.isMultiple(of: 4) {
        out[next] = padding
        next += 1
      }
    }
  }

  private static func character(_ value: UInt8, _ form: Form) -> UInt8 {
    switch value {
    case ..<26: UInt8(ascii: "A") + value
    case ..<52: UInt8(ascii: "a") + value - 26
    case ..<62: UInt8(ascii: "0") + value - 52
    case 62: form == .url ? UInt8(ascii: "-") : UInt8(ascii: "+")
    default: form == .url ? UInt8(ascii: "_") : UInt8(ascii: "/")
    }
  }

  private static func value(_ character: UInt8, _ form: Form) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+") where form != .url: 62
    case UInt8(ascii: "/") where form != .url: 63
    case UInt8(ascii: "-") where form == .url: 62
    case UInt8(ascii: "_") where form == .url: 63
    default: nil
    }
  }
}
