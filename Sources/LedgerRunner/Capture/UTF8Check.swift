// SPDX-License-Identifier: Apache-2.0

/// What UTF-8 allows (The Unicode Standard, table 3-7), on raw bytes.
enum UTF8Check {
  /// Whether all bytes form whole, valid sequences. NUL is U+0000 and valid.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
      // Eight ASCII bytes at a time.
      while index + 8 <= count,
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
      }
      guard index < count else { return true }
      if bytes[index] < 0x80 {
        index += 1
        continue
      }
      let length = sequence(bytes, index)
      guard length > 0 else { return false }
      index += length
    }
    return true
  }

  /// The length of the valid sequence at `index`: 0 when it is invalid, negative (the bytes
  /// present) when the buffer ends within a sequence that may become valid.
  static func sequence(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
    let first = bytes[index]
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0:
      length = 3
      low = 0xA0
    case 0xED:
      length = 3
      high = 0x9F
    case 0xE1...0xEF: length = 3
    case 0xF0:
      length = 4
      low = 0x90
    case 0xF1...0xF3: length = 4
    case 0xF4:
      length = 4
      high = 0x8F
    default: return 0
    }
    for offset in 1..<length {
      guard index + offset < bytes.count else { return -offset }
      let byte = bytes[index + offset]
      guard byte >= low, byte <= high else { return 0 }
      low = 0x80
      high = 0xBF
    }
    return length
  }

  /// The greatest length of at most `limit` that cuts no sequence in two.
  ///
  /// Only bytes before `limit` count, so that the answer does not depend on how many more are
  /// known already.
  static func boundary(_ bytes: UnsafeRawBufferPointer, atMost limit: Int) -> Int {
    let known = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit))
    for back in 1...3 where known.count - back >= 0 {
      let byte = known[known.count - back]
      if byte < 0x80 { break }
      if byte >= 0xC0 {
        return sequence(known, known.count - back) < 0 ? known.count - back : known.count
      }
    }
    return known.count
  }
}
