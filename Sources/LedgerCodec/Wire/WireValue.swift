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

// MARK: Identifiers

// Their grammars are ASCII without quote and backslash, so an escape never satisfies them.

extension Name: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Name {
    let start = reader.offset
    guard let value = Name(utf8: reader.bytes(try reader.rawString().range)) else {
      throw reader.refusal(member, "a name", at: start)
    }
    return value
  }
}

extension ActorID: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> ActorID {
    let start = reader.offset
    guard let value = ActorID(utf8: reader.bytes(try reader.rawString().range)) else {
      throw reader.refusal(member, "a member's name or uid:N", at: start)
    }
    return value
  }
}

extension JobID: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> JobID {
    let start = reader.offset
    guard let value = JobID(utf8: reader.bytes(try reader.rawString().range)) else {
      throw reader.refusal(member, "a job's identifier", at: start)
    }
    return value
  }
}

extension RequestKey: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> RequestKey {
    let start = reader.offset
    guard let value = RequestKey(utf8: reader.bytes(try reader.rawString().range)) else {
      throw reader.refusal(member, "a request key", at: start)
    }
    return value
  }
}

extension VersionNumber: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    if value == 0 { throw writer.refusal(member, "at least 1") }
    writer.integer(UInt64(value))
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> VersionNumber {
    let start = reader.offset
    let value = try UInt32.read(&reader, member)
    if value == 0 { throw reader.refusal(member, "at least 1", at: start) }
    return VersionNumber(value)
  }
}

extension Position: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.integer(value) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Position {
    Position(try UInt64.read(&reader, member))
  }
}

extension LedgerSize: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.integer(value) }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> LedgerSize {
    LedgerSize(try UInt64.read(&reader, member))
  }
}

extension Revision: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.integer(value) }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Revision {
    Revision(try UInt64.read(&reader, member))
  }
}

// MARK: Times and digests

extension Timestamp: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard isWritable else { throw writer.refusal(member, "in the years 0000 to 9999") }
    writer.buffer.append(0x22)
    writer.buffer.append(self)
    writer.buffer.append(0x22)
  }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Timestamp {
    let start = reader.offset
    let raw = try reader.rawString()
    guard let time = Timestamp(written: reader.bytes(raw.range)) else {
      throw reader.refusal(member, "a time with six fractional digits", at: start)
    }
    return time
  }
}

extension ByteBuffer {
  /// Appends the 27 bytes of a writable time.
  @inline(__always)
  mutating func append(_ time: Timestamp) {
    appendUpTo(27) { target in
      time.write(into: UnsafeMutableRawBufferPointer(start: target, count: 27))
      return 27
    }
  }
}

extension CalendarDate: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    let written = description
    guard CalendarDate(written) == self else {
      throw writer.refusal(member, "in the years 0000 to 9999")
    }
    writer.string(written)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> CalendarDate {
    let start = reader.offset
    guard let date = CalendarDate(try reader.string()) else {
      throw reader.refusal(member, "a date", at: start)
    }
    return date
  }
}

extension Digest: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) {
    writer.buffer.append("\"sha256:")
    writer.buffer.appendUpTo(64) { target in
      Self.hex(words.0, target)
      Self.hex(words.1, target + 16)
      Self.hex(words.2, target + 32)
      Self.hex(words.3, target + 48)
      return 64
    }
    writer.buffer.append(0x22)
  }

  @inline(__always)
  private static func hex(_ word: UInt64, _ target: UnsafeMutablePointer<UInt8>) {
    for at in 0..<16 {
      let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* at)) & 15
      target[at] = Hex.digit(nibble)
    }
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Digest {
    let start = reader.offset
    let raw = try reader.rawString()
    let bytes = reader.bytes(raw.range)
    let prefix: StaticString = "sha256:"
    guard bytes.count == 71, ByteScan.equal(bytes.baseAddress!, prefix.utf8Start, 7),
      let first = unhex(bytes, 7), let second = unhex(bytes, 23), let third = unhex(bytes, 39),
      let fourth = unhex(bytes, 55)
    else { throw reader.refusal(member, "sha256: and 64 hex digits", at: start) }
    return Digest(words: (first, second, third, fourth))
  }

  @inline(__always)
  private static func unhex(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64? {
    var word: UInt64 = 0
    var seen: UInt8 = 0
    for at in offset..<offset &+ 16 {
      let nibble = Hex.nibble(bytes[at])
      seen |= nibble
      word = word << 4 | UInt64(nibble & 15)
    }
    return seen < 16 ? word : nil
  }
}
