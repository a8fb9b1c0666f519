// SPDX-License-Identifier: Apache-2.0

// Identifiers and words straight from stored bytes: the same grammars as in Identifiers.swift,
// without a string until the bytes are known to be right. Reading a row makes ten of them, which
// is a quarter of its time.

extension String {
  /// Takes bytes that are known to be ASCII.
  ///
  /// Up to 15 of them stand in the string itself, and this is how they get there without a call
  /// into the standard library, which would look at each again.
  @inline(__always)
  fileprivate init(ascii bytes: UnsafeRawBufferPointer) {
    self.init(unsafeUninitializedCapacity: bytes.count) { room in
      UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
      return bytes.count
    }
  }
}

extension Text {
  /// Takes bytes; nil unless they are UTF-8.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    if bytes.count < 16, Text.isASCII(bytes) {
      self.init(stringLiteral: String(ascii: bytes))
      return
    }
    let span = bytes.assumingMemoryBound(to: UInt8.self).span
    // A third of the time of String(validating:as:).
    guard let valid = try? UTF8Span(validating: span) else { return nil }
    self.init(stringLiteral: String(copying: valid))
  }

  private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var all: UInt8 = 0
    for byte in bytes { all |= byte }
    return all < 0x80
  }
}

extension Name {
  /// Takes the bytes of a name; nil unless they satisfy its grammar.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    guard Name.isWritten(bytes) else { return nil }
    self.init(unchecked: String(ascii: bytes))
  }

  fileprivate static func isWritten(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count - 1 < 63, let first = bytes.first, isAlphanumeric(first) else {
      return false
    }
    // Bit n of a mask stands for byte n, and of the second one for byte 64 + n.
    let marksAndDigits: UInt64 = 0x03ff_6000_0000_0000
    let lettersAndLine: UInt64 = 0x07ff_fffe_87ff_fffe
    for byte in bytes {
      let mask = byte < 64 ? marksAndDigits : lettersAndLine
      guard byte < 128, mask >> UInt64(byte & 63) & 1 == 1 else { return false }
    }
    return true
  }
}

extension ActorID {
  /// Takes the bytes of an actor's identifier; nil unless they satisfy its grammar.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    if let name = Name(utf8: bytes) {
      self.init(name)
    } else {
      self.init(String(decoding: bytes, as: UTF8.self))
    }
  }
}

extension JobID {
  /// Takes the bytes of a job's identifier; nil unless they satisfy its grammar.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    let dash: Int
    if bytes.count > 7, bytes[bytes.count - 7] == UInt8(ascii: "-") {
      dash = bytes.count - 7
    } else if bytes.count > 8, bytes[bytes.count - 8] == UInt8(ascii: "-") {
      dash = bytes.count - 8
    } else {
      return nil
    }
    guard dash <= 8 else { return nil }
    var prefix: UInt64 = 0
    for index in 0..<dash { prefix = prefix << 8 | UInt64(bytes[index]) }
    guard JobID.packedPrefixes.contains(prefix) else { return nil }
    // Masks as in Name: Crockford's base32 in lower case leaves out i, l, o and u.
    let digits: UInt64 = 0x03ff_0000_0000_0000
    let letters: UInt64 = 0x07df_6dfe_0000_0000
    for index in (dash + 1)..<bytes.count {
      let byte = bytes[index]
      let mask = byte < 64 ? digits : letters
      guard byte < 128, mask >> UInt64(byte & 63) & 1 == 1 else { return nil }
    }
    self.init(written: String(ascii: bytes))
  }

  /// The prefixes of all kinds, the bytes of each as one number.
  private static let packedPrefixes: [UInt64] = JobKind.all.map { kind in
    kind.prefix.utf8.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension RequestKey {
  /// Takes the bytes of a request's key; nil unless they satisfy its grammar.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    self.init(String(decoding: bytes, as: UTF8.self))
  }
}
