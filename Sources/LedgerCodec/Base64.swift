// SPDX-License-Identifier: Apache-2.0

/// Base64 (RFC 4648 §4, padded) and base64url (§5, unpadded), canonical in both directions.
///
/// Decoding refuses padding where none belongs, characters outside the alphabet and set bits beyond
/// the last byte, so that each run of bytes has exactly one accepted text.
public enum Base64: Sendable {
  /// `+` and `/`, padded with `=`.
  case standard
  /// `-` and `_`, unpadded.
  case url

  private static let standardAlphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  private static let urlAlphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  /// The characters that `count` bytes need.
  public func encodedCount(_ count: Int) -> Int {
    switch self {
    case .standard: (count + 2) / 3 * 4
    case .url: (count * 4 + 2) / 3
    }
  }

  /// Writes the characters of the bytes; `target` has room for ``encodedCount(_:)``.
  public func encode(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>) {
    let alphabet = (self == .url ? Self.urlAlphabet : Self.standardAlphabet).utf8Start
    let count = bytes.count
    guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var from = 0
    var to = 0
    while from &+ 3 <= count {
      let group =
        Int(source[from]) << 16 | Int(source[from &+ 1]) << 8 | Int(source[from &+ 2])
      target[to] = alphabet[group >> 18]
      target[to &+ 1] = alphabet[group >> 12 & 63]
      target[to &+ 2] = alphabet[group >> 6 & 63]
      target[to &+ 3] = alphabet[group & 63]
      from &+= 3
      to &+= 4
    }
    guard from < count else { return }
    let two = count - from == 2
    let group = Int(source[from]) << 16 | (two ? Int(source[from + 1]) << 8 : 0)
    target[to] = alphabet[group >> 18]
    target[to + 1] = alphabet[group >> 12 & 63]
    to += 2
    if two {
      target[to] = alphabet[group >> 6 & 63]
      to += 1
    }
    if self == .standard {
      target[to] = 0x3d
      if !two { target[to + 1] = 0x3d }
    }
  }

  /// The characters of the bytes.
  public func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    let length = encodedCount(bytes.count)
    return String(unsafeUninitializedCapacity: length) { target in
      if let start = target.baseAddress { encode(bytes, into: start) }
      return length
    }
  }

  /// The characters of the bytes.
  public func encode(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { encode($0) } }

  /// The bytes that canonical text stands for; nil for any other text.
  public func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let length = decodedCount(text) else { return nil }
    var decoded = false
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
      decoded = decode(text, into: UnsafeMutableRawBufferPointer(target))
      initialized = decoded ? length : 0
    }
    return decoded ? bytes : nil
  }

  /// The bytes that canonical text stands for; nil for any other text.
  public func decode(_ text: String) -> [UInt8]? {
    var native = text
    return native.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
  }

  /// How many bytes text of this length and padding stands for; nil where no text has it.
  private func decodedCount(_ text: UnsafeRawBufferPointer) -> Int? {
    let characters = significant(text)
    if self == .standard, text.count % 4 != 0 { return nil }
    return characters % 4 == 1 ? nil : characters / 4 * 3 + max(characters % 4 - 1, 0)
  }

  private func significant(_ text: UnsafeRawBufferPointer) -> Int {
    guard self == .standard, text.count >= 4 else { return text.count }
    if text[text.count - 1] != 0x3d { return text.count }
    return text[text.count - 2] == 0x3d ? text.count - 2 : text.count - 1
  }

  /// Decodes into a target of exactly the right size; false where the text is not canonical.
  func decode(_ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard decodedCount(text) == target.count else { return false }
    let characters = significant(text)
    let table = Self.values(self)
    var from = 0
    var to = 0
    // Bytes outside the alphabet have the high bits set.
    var seen: UInt32 = 0
    while from &+ 4 <= characters {
      let a = UInt32(table[Int(text[from])])
      let b = UInt32(table[Int(text[from &+ 1])])
      let c = UInt32(table[Int(text[from &+ 2])])
      let d = UInt32(table[Int(text[from &+ 3])])
      seen |= a | b | c | d
      let group = a << 18 | b << 12 | c << 6 | d
      target[to] = UInt8(truncatingIfNeeded: group >> 16)
      target[to &+ 1] = UInt8(truncatingIfNeeded: group >> 8)
      target[to &+ 2] = UInt8(truncatingIfNeeded: group)
      from &+= 4
      to &+= 3
    }
    if from < characters {
      let a = UInt32(table[Int(text[from])])
      let b = UInt32(table[Int(text[from &+ 1])])
      let c = characters - from == 3 ? UInt32(table[Int(text[from &+ 2])]) : 0
      seen |= a | b | c
      let group = a << 18 | b << 12 | c << 6
      target[to] = UInt8(truncatingIfNeeded: group >> 16)
      if characters - from == 3 {
        target[to &+ 1] = UInt8(truncatingIfNeeded: group >> 8)
        if group & 0xff != 0 { return false }
      } else if group & 0xffff != 0 {
        return false
      }
    }
    return seen < 64
  }

  /// The value of each byte, 255 for those outside the alphabet; 256 bytes that live for ever.
  private static func table(_ alphabet: Base64) -> UnsafePointer<UInt8> {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for byte in 0..<256 { table[byte] = alphabet.value(UInt8(byte)) }
    return UnsafePointer(table)
  }

  // Written once, before first use, by the initialisation of the constant; only read afterwards.
  private nonisolated(unsafe) static let standardTable = table(.standard)
  private nonisolated(unsafe) static let urlTable = table(.url)

  @inline(__always)
  private static func values(_ alphabet: Base64) -> UnsafePointer<UInt8> {
    alphabet == .url ? urlTable : standardTable
  }

  private func value(_ character: UInt8) -> UInt8 {
    switch character {
    case 0x41...0x5a: character &- 0x41
    case 0x61...0x7a: character &- 0x47
    case 0x30...0x39: character &+ 4
    case 0x2d where self == .url: 62
    case 0x5f where self == .url: 63
    case 0x2b where self == .standard: 62
    case 0x2f where self == .standard: 63
    default: 255
    }
  }
}
