// SPDX-License-Identifier: Apache-2.0

/// Looks at eight bytes at once for those that a JSON string treats specially.
///
/// Each mask has the high bit of a byte set where that byte matches. A borrow can set bits only
/// above a true match, so the lowest bit set is always exact (Hacker's Delight §6-1).
enum ByteScan {
  static let ones: UInt64 = 0x0101_0101_0101_0101
  static let highs: UInt64 = 0x8080_8080_8080_8080

  /// Marks controls, quotes and backslashes.
  @inline(__always)
  static func special(_ word: UInt64) -> UInt64 {
    let control = (word &- 0x2020_2020_2020_2020) & ~word
    let quote = word ^ 0x2222_2222_2222_2222
    let slash = word ^ 0x5c5c_5c5c_5c5c_5c5c
    return (control | ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)) & highs
  }

  /// Marks controls, quotes, backslashes and bytes beyond ASCII.
  @inline(__always)
  static func specialOrWide(_ word: UInt64) -> UInt64 { special(word) | (word & highs) }

  /// Eight bytes, the first in the lowest place.
  @inline(__always)
  static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
  }

  /// Whether all bytes are ASCII.
  @inline(__always)
  static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var seen: UInt8 = 0
    for at in 0..<bytes.count { seen |= bytes[at] }
    return seen < 0x80
  }

  /// Whether two runs of `count` bytes are the same.
  @inline(__always)
  static func equal(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    if count < 8 {
      for at in 0..<count
      where a.load(fromByteOffset: at, as: UInt8.self)
        != b.load(fromByteOffset: at, as: UInt8.self)
      {
        return false
      }
      return true
    }
    var at = 0
    while at &+ 8 <= count {
      if a.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        != b.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      {
        return false
      }
      at &+= 8
    }
    // The last eight bytes overlap those before.
    return a.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      == b.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
  }

  /// The length of the UTF-8 sequence beyond ASCII at `pointer`, or 0 where there is none.
  @inline(__always)
  static func wideLength(_ pointer: UnsafePointer<UInt8>, _ available: Int) -> Int {
    let lead = pointer[0]
    guard lead >= 0xc2, lead <= 0xf4, available >= 2 else { return 0 }
    let second = pointer[1]
    if lead < 0xe0 { return second & 0xc0 == 0x80 ? 2 : 0 }
    guard available >= 3, pointer[2] & 0xc0 == 0x80 else { return 0 }
    if lead < 0xf0 {
      // No overlong forms and no surrogates (Unicode §3.9, table 3-7).
      let low: UInt8 = lead == 0xe0 ? 0xa0 : 0x80
      let high: UInt8 = lead == 0xed ? 0x9f : 0xbf
      return second >= low && second <= high ? 3 : 0
    }
    guard available >= 4, pointer[3] & 0xc0 == 0x80 else { return 0 }
    let low: UInt8 = lead == 0xf0 ? 0x90 : 0x80
    let high: UInt8 = lead == 0xf4 ? 0x8f : 0xbf
    return second >= low && second <= high ? 4 : 0
  }

  /// Whether the bytes are well-formed UTF-8; ASCII goes eight bytes at a time.
  static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    let base = start.assumingMemoryBound(to: UInt8.self)
    let count = bytes.count
    var at = 0
    while at < count {
      if at &+ 8 <= count {
        let wide = load(base + at) & highs
        if wide == 0 {
          at &+= 8
          continue
        }
        at &+= wide.trailingZeroBitCount >> 3
      } else if base[at] < 0x80 {
        at &+= 1
        continue
      }
      let length = wideLength(base + at, count &- at)
      if length == 0 { return false }
      at &+= length
    }
    return true
  }
}
