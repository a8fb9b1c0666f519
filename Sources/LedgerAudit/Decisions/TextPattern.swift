// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerDomain

/// An extended regular expression (POSIX, as `grep -E` takes it) that bytes are held against.
///
/// It sees bytes: what it says of letters and case is that of the C locale.
///
/// Sendable: nothing of it changes after `init`, and regexec(3) takes a lock of its own.
public final class TextPattern: @unchecked Sendable, Equatable {
  /// The expression.
  public let text: String
  private var compiled = regex_t()

  /// Compiles it.
  public init(_ text: String) throws(TextPatternError) {
    self.text = text
    let status = regcomp(&compiled, text, REG_EXTENDED)
    guard status == 0 else {
      var buffer = [CChar](repeating: 0, count: 256)
      regerror(status, &compiled, &buffer, buffer.count)
      throw TextPatternError(
        pattern: text,
        why: String(
          decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
  }

  deinit { regfree(&compiled) }

  /// Compares the expressions.
  public static func == (left: TextPattern, right: TextPattern) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Whether it occurs in the bytes.
  public func matches(_ bytes: [UInt8]) -> Bool {
    (bytes + [0]).withUnsafeBytes { raw in
      guard let start = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
      var range = regmatch_t()
      range.rm_eo = regoff_t(bytes.count)
      // Asked for no place: that is faster.
      return regexec(&compiled, start, 0, &range, REG_STARTEND) == 0
    }
  }

  /// Whether it occurs in a text.
  public func matches(_ text: Text) -> Bool { matches(Array(text.string.utf8)) }

  /// Where it matches, one after the other; places without a byte are none.
  public func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    (bytes + [0]).withUnsafeBytes { raw in
      var at = 0
      while at <= bytes.count, let range = match(in: raw, from: at, to: bytes.count) {
        if !range.isEmpty { found.append(range) }
        at = range.isEmpty ? max(range.upperBound, at) + 1 : range.upperBound
      }
    }
    return found
  }

  private func match(in raw: UnsafeRawBufferPointer, from: Int, to end: Int) -> Range<Int>? {
    guard let start = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
    var range = regmatch_t()
    range.rm_so = regoff_t(from)
    range.rm_eo = regoff_t(end)
    let flags = REG_STARTEND | (from > 0 ? REG_NOTBOL : 0)
    guard regexec(&compiled, start, 1, &range, flags) == 0 else { return nil }
    return Int(range.rm_so)..<Int(range.rm_eo)
  }
}

/// What is no regular expression.
public struct TextPatternError: Error, Equatable, Sendable {
  /// What was given.
  public var pattern: String
  /// What the C library says.
  public var why: String
}
