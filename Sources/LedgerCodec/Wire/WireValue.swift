// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// A value with one stored form: what `write` produces, `read` accepts, and nothing else.
protocol WireValue {
  /// Writes the value of `member`, whose name serves errors only.
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError)
  /// Reads the value of `member`, whose name serves errors only.
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Self
}

extension CanonicalWriter {
  /// The error of a value that its member refuses.
  func refusal(_ member: StaticString, _ expected: String) -> CodecError {
    CodecError(
      offset: buffer.count,
      reason: .invalidValue(member: member.description, expected: expected))
  }
}

extension CanonicalReader {
  /// The error of a value, begun at `start`, that its member refuses.
  func refusal(_ member: StaticString, _ expected: String, at start: Int) -> CodecError {
    error(.invalidValue(member: member.description, expected: expected), at: start)
  }

  /// The bytes of a string that needs no escapes and is ASCII.
  @inline(__always)
  mutating func ascii(
    _ member: StaticString, _ expected: StaticString
  ) throws(CodecError) -> UnsafeRawBufferPointer {
    let start = offset
    let raw = try rawString()
    let bytes = self.bytes(raw.range)
    if raw.escaped || !ByteScan.isASCII(bytes) {
      throw refusal(member, expected.description, at: start)
    }
    return bytes
  }
}

// MARK: Numbers and words

extension UInt64: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.integer(self) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> UInt64 {
    if reader.next == 0x22 { return try digits(&reader, member) }
    return try reader.unsigned()
  }

  /// A number beyond 2^53−1, which is stored as the string of its digits.
  private static func digits(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> UInt64 {
    let start = reader.offset
    let bytes = try reader.ascii(member, "a whole number")
    let isDigits = bytes.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    guard isDigits, bytes.first != 0x30,
      let value = UInt64(String(decoding: bytes, as: UTF8.self)), value > 0x1f_ffff_ffff_ffff
    else { throw reader.refusal(member, "a whole number", at: start) }
    return value
  }
}

extension UInt32: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) {
    writer.integer(UInt64(self))
  }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> UInt32 {
    let start = reader.offset
    guard let value = UInt32(exactly: try reader.unsigned()) else {
      throw reader.error(.numberOutOfRange, at: start)
    }
    return value
  }
}

extension Int32: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) {
    writer.integer(Int64(self))
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Int32 {
    let start = reader.offset
    guard let value = Int32(exactly: try reader.integer()) else {
      throw reader.error(.numberOutOfRange, at: start)
    }
    return value
  }
}

extension Double: WireValue {
  /// Whether it prints as a whole number beyond 2^53−1, which is stored as the string of its digits.
  ///
  /// Other programs would read such a number as an integer and print it differently (RFC 7493
  /// §2.2); from 1e21 on the exponent says that it is none.
  var isStoredAsDigits: Bool { magnitude >= 0x1p53 && magnitude < 1e21 }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard isStoredAsDigits else { return try writer.number(self) }
    writer.buffer.append(0x22)
    try writer.number(self)
    writer.buffer.append(0x22)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Double {
    let start = reader.offset
    if reader.next == 0x22 {
      var digits = CanonicalReader(try reader.ascii(member, "a number"))
      if let value = try? digits.number(), digits.next == nil, value.isStoredAsDigits {
        return value
      }
    } else {
      let value = try reader.number()
      if !value.isStoredAsDigits { return value }
    }
    throw reader.refusal(member, "a number, with its digits in a string beyond 2^53−1", at: start)
  }
}

extension Bool: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.bool(self) }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Bool {
    try reader.bool()
  }
}

extension Text: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Text {
    Text(stringLiteral: try reader.string())
  }
}

/// An enumeration of words; the words stand with the cases in LedgerDomain.
protocol WireWord: WireValue, RawRepresentable<String> {}

extension WireWord {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(rawValue) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Self {
    let start = reader.offset
    let raw = try reader.rawString()
    let bytes = reader.bytes(raw.range)
    let isPlain = !raw.escaped && ByteScan.isASCII(bytes)
    if isPlain, let word = Self(rawValue: String(decoding: bytes, as: UTF8.self)) { return word }
    throw reader.error(
      .unknownWord(member: member.description, word: reader.decoded(raw)), at: start)
  }
}

extension JobKind: WireWord {}
extension SubjectKind: WireWord {}
extension Trigger: WireWord {}
extension LogStream: WireWord {}
extension LogLevel: WireWord {}
extension LineEnd: WireWord {}
extension DecisionException: WireWord {}
extension Engine: WireWord {}
extension AlertAction: WireWord {}
extension Role: WireWord {}
extension Authentication: WireWord {}
extension ErasureBasis: WireWord {}
extension MissedPolicy: WireWord {}
extension EffectRemaining: WireWord {}
extension StatisticsComputed.Validation: WireWord {}
extension Policy.SignedAct: WireWord {}
