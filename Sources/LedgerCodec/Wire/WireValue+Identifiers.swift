// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// MARK: Identifiers

// Their grammars are ASCII without quote and backslash, so an escape never satisfies them.

/// An identifier of a grammar of its own, read from its bytes.
protocol WireIdentifier: WireValue {
  /// What is expected, in the words of a refusal.
  static var grammar: StaticString { get }
  /// The characters.
  var string: String { get }
  /// Accepts exactly what the grammar does.
  init?(utf8 bytes: UnsafeRawBufferPointer)
}

extension WireIdentifier {
  @inline(__always)
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.string(string) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Self {
    let start = reader.offset
    guard let value = Self(utf8: reader.bytes(try reader.rawString().range)) else {
      throw reader.refusal(member, grammar.description, at: start)
    }
    return value
  }
}

extension Name: WireIdentifier {
  static var grammar: StaticString { "a name" }
}

extension ActorID: WireIdentifier {
  static var grammar: StaticString { "a member's name or uid:N" }
}

extension JobID: WireIdentifier {
  static var grammar: StaticString { "a job's identifier" }
}

extension RequestKey: WireIdentifier {
  static var grammar: StaticString { "a request key" }
}

// MARK: Numbers

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

/// A number with a meaning, stored as the number.
protocol WireNumber: WireValue {
  var value: UInt64 { get }
  init(_ value: UInt64)
}

extension WireNumber {
  @inline(__always)
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) { writer.integer(value) }

  @inline(__always)
  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Self {
    Self(try UInt64.read(&reader, member))
  }
}

extension Position: WireNumber {}
extension LedgerSize: WireNumber {}
extension Revision: WireNumber {}

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
