// SPDX-License-Identifier: Apache-2.0

/// The order of UTF-16 code units, in which members of objects stand (RFC 8785 §3.2.3).
public enum UTF16Order {
  /// Whether `a` stands before `b`, both being UTF-8.
  ///
  /// It is the order of bytes, but for surrogates (leads F0 and up) standing before U+E000 to
  /// U+FFFF (leads EE and EF).
  @inlinable
  public static func precedes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    let shared = min(a.count, b.count)
    for at in 0..<shared where a[at] != b[at] {
      let x = a[at]
      let y = b[at]
      if x >= 0xee, y >= 0xee, (x >= 0xf0) != (y >= 0xf0) { return x >= 0xf0 }
      return x < y
    }
    return a.count < b.count
  }
}
