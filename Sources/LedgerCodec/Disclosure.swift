// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// The 16 random bytes that keep the digest of short words from being guessed.
public struct Salt: Hashable, Sendable {
  /// Bytes 0–7 and 8–15, each big-endian.
  public var words: (UInt64, UInt64)

  /// Takes random bits.
  public init(words: (UInt64, UInt64)) { self.words = words }

  /// Takes 16 bytes; nil for any other count.
  @inline(__always)
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 16 else { return nil }
    self.words = (
      UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    )
  }

  /// Draws the bits from a source of random numbers.
  public init(using random: inout some RandomNumberGenerator) {
    self.words = (random.next(), random.next())
  }

  /// Compares all 16 bytes.
  public static func == (left: Salt, right: Salt) -> Bool { left.words == right.words }

  /// Feeds all 16 bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }

  /// The characters of its written form.
  static let characters = 22

  /// Writes the 22 base64url characters.
  @inline(__always)
  func write(to target: UnsafeMutablePointer<UInt8>) {
    withUnsafeBytes(of: (words.0.bigEndian, words.1.bigEndian)) {
      Base64.url.encode($0, into: target)
    }
  }

  /// Reads 22 base64url characters; nil where they are not canonical.
  @inline(__always)
  init?(base64url text: UnsafeRawBufferPointer) {
    guard text.count == Self.characters else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    let decoded = withUnsafeMutableBytes(of: &words) { Base64.url.decode(text, into: $0) }
    guard decoded else { return nil }
    self.init(words: (words.0.bigEndian, words.1.bigEndian))
  }
}

/// The words of one event with their salt, stored as the canonical JSON `["<salt>",{…}]`.
///
/// SHA-256 over those very bytes is the leaf's `text` (RFC 9901 §4.2, hashed as raw bytes).
public struct Disclosure: Equatable, Sendable {
  /// What keeps the digest from being guessed.
  public var salt: Salt
  /// The words.
  public var values: EventText

  /// Pairs the two.
  public init(salt: Salt, values: EventText) {
    self.salt = salt
    self.values = values
  }

  /// The stored bytes; refuses nesting beyond 64 and numbers that are not finite.
  public func encode() throws(CodecError) -> [UInt8] {
    var buffer = ByteBuffer()
    try encode(into: &buffer)
    return buffer.array()
  }

  /// The stored bytes of words under a salt of 16 bytes, which the caller has drawn.
  public static func encode(
    salt: [UInt8], _ values: EventText
  ) throws(CodecError) -> [UInt8] {
    guard let salt = salt.withUnsafeBytes({ Salt(bytes: $0) }) else {
      throw CodecError(
        offset: 0,
        reason: .invalidValue(member: Wire.salt.description, expected: "16 bytes"))
    }
    return try Disclosure(salt: salt, values: values).encode()
  }

  /// Appends the stored bytes; on an error the buffer is as it was before.
  public func encode(into buffer: inout ByteBuffer) throws(CodecError) {
    let start = buffer.count
    var writer = CanonicalWriter(buffer)
    do throws(CodecError) {
      try writer.beginArray()
      writer.element()
      writer.buffer.append(salt)
      writer.element()
      try writer.beginObject()
      for member in TextMember.stored {
        guard let value = values[member] else { continue }
        writer.member(member.name)
        try writer.value(value)
      }
      writer.endObject()
      writer.endArray()
      buffer = writer.release()
    } catch {
      buffer = writer.release()
      buffer.truncate(to: start)
      throw CodecError(offset: error.offset - start, reason: error.reason)
    }
  }

  /// Reads stored bytes; refuses all that `encode` would not have written, naming the byte.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> Disclosure {
    var reader = CanonicalReader(bytes)
    var salt: Salt?
    var values = EventText()
    var index = 0
    try reader.elements { reader throws(CodecError) in
      switch index {
      case 0: salt = try reader.salt()
      case 1: values = try reader.words()
      default: throw reader.error(.expected("the end of the disclosure"))
      }
      index += 1
    }
    guard index == 2, let salt else {
      throw reader.error(.expected("a salt and the words"), at: reader.offset - 1)
    }
    try reader.finish()
    return Disclosure(salt: salt, values: values)
  }

  /// Reads stored bytes; refuses all that `encode` would not have written, naming the byte.
  public static func decode(_ bytes: [UInt8]) throws(CodecError) -> Disclosure {
    try bytes.withUnsafeBufferPointer { raw throws(CodecError) in
      try decode(UnsafeRawBufferPointer(raw))
    }
  }
}

extension ByteBuffer {
  /// Appends a salt as a string.
  @inline(__always)
  mutating func append(_ salt: Salt) {
    append(0x22)
    appendUpTo(Salt.characters) { target in
      salt.write(to: target)
      return Salt.characters
    }
    append(0x22)
  }
}

extension CanonicalReader {
  /// A salt.
  mutating func salt() throws(CodecError) -> Salt {
    let start = offset
    guard let salt = Salt(base64url: bytes(try rawString().range)) else {
      throw refusal(Wire.salt, "22 base64url characters", at: start)
    }
    return salt
  }

  /// The words of an event.
  fileprivate mutating func words() throws(CodecError) -> EventText {
    var values = EventText()
    try beginObject()
    for stored in TextMember.stored where member(stored.name) {
      values[stored] = try value()
    }
    try endObject()
    return values
  }
}

extension TextMember {
  /// All members in the order of their stored names.
  static let stored: [TextMember] = allCases.sorted {
    EventWriter.follows($1.name, $0.name)
  }

  /// The name as it is stored.
  public var name: StaticString {
    switch self {
    case .reason: Wire.reason
    case .message: Wire.message
    case .command: Wire.command
    case .parameters: Wire.parameters
    case .inputs: Wire.inputs
    case .paths: Wire.paths
    case .purpose: Wire.purpose
    case .path: Wire.path
    case .description: Wire.description
    case .keys: Wire.keys
    case .displayName: Wire.displayName
    case .rationale: Wire.rationale
    case .unit: Wire.unit
    case .externalId: Wire.externalId
    case .origin: Wire.origin
    case .procedure: Wire.procedure
    case .conditions: Wire.conditions
    case .printedName: Wire.printedName
    case .meaning: Wire.meaning
    case .error: Wire.error
    case .note: Wire.note
    case .name: Wire.name
    case .task: Wire.task
    }
  }
}
