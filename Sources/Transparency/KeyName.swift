// SPDX-License-Identifier: Apache-2.0

/// The name of a key, and the origin of a log: non-empty UTF-8 without white space, `+` or controls.
///
/// Identity is the bytes. `c2sp.org/signed-note`, `c2sp.org/tlog-checkpoint`.
public struct KeyName: Hashable, Sendable, CustomStringConvertible {
  /// The UTF-8 bytes.
  public let bytes: [UInt8]

  /// The longest name that is accepted, in bytes.
  public static let byteLimit = 1024

  /// Checks a name.
  ///
  /// - Throws: `NoteError` with `tooLong`, `notUTF8`, `controlCharacter` or `invalidName`.
  public init(_ name: String) throws(NoteError) {
    try self.init(bytes: Array(name.utf8))
  }

  /// Checks a name.
  ///
  /// - Throws: `NoteError` with `tooLong`, `notUTF8`, `controlCharacter` or `invalidName`.
  public init(bytes: some Collection<UInt8>) throws(NoteError) {
    let bytes = Array(bytes)
    guard bytes.count <= Self.byteLimit else { throw NoteError(.tooLong(limit: Self.byteLimit)) }
    try NoteText.check(bytes[...])
    guard !bytes.isEmpty else { throw NoteError(.invalidName) }
    var offset = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      if scalar == "+" || scalar == "\n" || scalar.properties.isWhitespace {
        throw NoteError(.invalidName, at: offset)
      }
      offset += UTF8.width(scalar)
    }
    self.bytes = bytes
  }

  /// The name as text.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// The rules for the characters and numbers of a note, shared by all that becomes part of one.
enum NoteText {
  static let lineFeed = UInt8(ascii: "\n")

  /// Requires UTF-8 without control characters below 0x20 except the line feed.
  ///
  /// Offsets of errors count from the start of the slice.
  static func check(_ bytes: ArraySlice<UInt8>) throws(NoteError) {
    if let control = bytes.firstIndex(where: { $0 < 0x20 && $0 != lineFeed }) {
      throw NoteError(.controlCharacter, at: control - bytes.startIndex)
    }
    do {
      _ = try bytes.withUnsafeBufferPointer { buffer throws(UTF8.ValidationError) in
        _ = try UTF8Span(validating: buffer.span)
      }
    } catch {
      throw NoteError(.notUTF8, at: error.byteOffsets.lowerBound)
    }
  }

  /// Reads a decimal number without sign or leading zeros; nil for anything else, and from 2^64 on.
  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard let first = digits.first else { return nil }
    if first == UInt8(ascii: "0"), digits.count > 1 { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tens, tooMany) = number.multipliedReportingOverflow(by: 10)
      let (sum, tooMuch) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !tooMany, !tooMuch else { return nil }
      number = sum
    }
    return number
  }
}
