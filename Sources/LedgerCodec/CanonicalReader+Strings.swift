// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// A string that was read and checked, still in its place.
public struct RawString {
  /// The bytes between the quotes.
  public let range: Range<Int>
  /// Whether any escape stands in them.
  public let escaped: Bool
}

extension CanonicalReader {
  /// A string.
  public mutating func string() throws(CodecError) -> String {
    decoded(try rawString())
  }

  /// A string as stored words.
  public mutating func text() throws(CodecError) -> Text { Text(stringLiteral: try string()) }

  /// Checks a string and steps over it, without allocating.
  @inline(__always)
  public mutating func rawString() throws(CodecError) -> RawString {
    try take(0x22, "a string")
    let start = offset
    var escaped = false
    while true {
      let byte = try skipPlain()
      if byte == 0x22 {
        let range = start..<offset
        offset += 1
        return RawString(range: range, escaped: escaped)
      }
      escaped = true
      try skipEscape()
    }
  }

  /// Steps over characters that stand for themselves, up to a quote or backslash.
  @inline(__always)
  private mutating func skipPlain() throws(CodecError) -> UInt8 {
    let base = self.base
    let count = self.count
    var at = offset
    while true {
      if at &+ 8 <= count {
        let marks = ByteScan.specialOrWide(ByteScan.load(base + at))
        if marks == 0 {
          at &+= 8
          continue
        }
        at &+= marks.trailingZeroBitCount >> 3
      }
      guard at < count else { throw error(.unexpectedEnd, at: at) }
      let byte = base[at]
      if byte == 0x22 || byte == 0x5c {
        offset = at
        return byte
      }
      if byte < 0x20 { throw error(.controlCharacter, at: at) }
      if byte < 0x80 {
        at &+= 1
      } else {
        let length = ByteScan.wideLength(base + at, count &- at)
        if length == 0 { throw error(.invalidUnicode, at: at) }
        at &+= length
      }
    }
  }

  /// Steps over an escape in the one form that canonical JSON has for it.
  private mutating func skipEscape() throws(CodecError) {
    guard count - offset >= 2 else { throw error(.unexpectedEnd, at: count) }
    switch base[offset + 1] {
    case 0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74:
      offset += 2
    case 0x75:
      guard count - offset >= 6 else { throw error(.unexpectedEnd, at: count) }
      guard let value = Self.control(base + offset) else { throw error(.invalidEscape) }
      // These have a shorter escape of their own.
      if [0x08, 0x09, 0x0a, 0x0c, 0x0d].contains(value) { throw error(.invalidEscape) }
      offset += 6
    default: throw error(.invalidEscape)
    }
  }

  /// The value of `\u00xx` below 0x20 in lower case.
  private static func control(_ at: UnsafePointer<UInt8>) -> UInt8? {
    guard at[2] == 0x30, at[3] == 0x30, at[4] == 0x30 || at[4] == 0x31 else { return nil }
    let low: UInt8
    switch at[5] {
    case 0x30...0x39: low = at[5] - 0x30
    case 0x61...0x66: low = at[5] - 0x61 + 10
    default: return nil
    }
    return (at[4] - 0x30) << 4 | low
  }

  /// The characters of a string that was read.
  func decoded(_ raw: RawString) -> String {
    let source = bytes(raw.range)
    if !raw.escaped { return String(decoding: source, as: UTF8.self) }
    return String(unsafeUninitializedCapacity: source.count) { target in
      let start = UnsafeMutableRawBufferPointer(target)
      return Self.unescape(source, into: start)
    }
  }

  /// Writes the characters of a checked string's bytes; never more bytes than it reads.
  static func unescape(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    var from = 0
    var to = 0
    while from < source.count {
      var byte = source[from]
      from += 1
      if byte == 0x5c {
        byte = source[from]
        from += 1
        switch byte {
        case 0x62: byte = 0x08
        case 0x66: byte = 0x0c
        case 0x6e: byte = 0x0a
        case 0x72: byte = 0x0d
        case 0x74: byte = 0x09
        case 0x75:
          let low = source[from + 3]
          byte = (source[from + 2] - 0x30) << 4 | (low < 0x3a ? low - 0x30 : low - 0x61 + 10)
          from += 4
        default: break
        }
      }
      target[to] = byte
      to += 1
    }
    return to
  }
}
