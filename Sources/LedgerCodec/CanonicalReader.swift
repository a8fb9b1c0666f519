// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Reads canonical JSON (RFC 8785) from front to back and refuses everything else.
///
/// What it accepts, ``CanonicalWriter`` writes back byte for byte. The caller asks for members in
/// sorted order; names are compared in place, so only final values are allocated. The bytes must
/// outlive the reader.
public struct CanonicalReader {
  let base: UnsafePointer<UInt8>
  let count: Int
  /// Bytes read so far.
  public internal(set) var offset = 0
  /// Containers that are open.
  public private(set) var depth = 0

  /// Reads the bytes from their start.
  public init(_ bytes: UnsafeRawBufferPointer) {
    // An empty run may have no address; nothing is read from the substitute.
    let start = bytes.baseAddress ?? UnsafeRawPointer(Self.nothing.utf8Start)
    self.base = start.assumingMemoryBound(to: UInt8.self)
    self.count = bytes.count
  }

  private static let nothing: StaticString = " "

  /// The error at the byte reached, or at `offset`.
  public func error(_ reason: CodecError.Reason, at offset: Int? = nil) -> CodecError {
    CodecError(offset: offset ?? self.offset, reason: reason)
  }

  /// The bytes of a range that was read.
  @inline(__always)
  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// The next byte, or nil at the end.
  @inline(__always)
  public var next: UInt8? { offset < count ? base[offset] : nil }

  /// Takes one byte, or says what should have stood there.
  @inline(__always)
  mutating func take(_ byte: UInt8, _ what: StaticString) throws(CodecError) {
    guard offset < count else { throw error(.unexpectedEnd) }
    guard base[offset] == byte else { throw error(.expected(what.description)) }
    offset += 1
  }

  /// Takes a literal where it stands next.
  @inline(__always)
  mutating func takeIf(_ literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard count - offset >= length else { return false }
    let other = literal.utf8Start
    let here = base + offset
    for at in 0..<length where here[at] != other[at] { return false }
    offset += length
    return true
  }

  /// Refuses bytes behind the value.
  public func finish() throws(CodecError) {
    if offset != count { throw error(.trailingBytes) }
  }

  // MARK: Objects of known members

  /// Enters an object.
  @inline(__always)
  public mutating func beginObject() throws(CodecError) {
    try take(0x7b, "an object")
    try descend()
  }

  /// Steps over the member's name and says true, or says false where another member stands.
  ///
  /// Asked for every member of a type in sorted order, with ``endObject()`` after the last, it
  /// accepts exactly the sorted, unique selections of those members.
  @inline(__always)
  public mutating func member(_ name: StaticString) -> Bool {
    var at = offset
    guard at > 0, at < count else { return false }
    // Only an opening brace precedes a first member, and a value never ends in one.
    if base[at] == 0x2c {
      if base[at - 1] == 0x7b { return false }
      at += 1
    } else if base[at - 1] != 0x7b {
      return false
    }
    let length = name.utf8CodeUnitCount
    guard count - at >= length + 3, base[at] == 0x22 else { return false }
    let other = name.utf8Start
    let here = base + at + 1
    for index in 0..<length where here[index] != other[index] { return false }
    guard here[length] == 0x22, here[length + 1] == 0x3a else { return false }
    offset = at + length + 3
    return true
  }

  /// Like ``member(_:)`` for a member that must be there.
  @inline(__always)
  public mutating func required(_ name: StaticString) throws(CodecError) {
    if !member(name) { throw error(.missingMember(name.description)) }
  }

  /// Leaves an object; a member that nobody asked for is an error naming it.
  @inline(__always)
  public mutating func endObject() throws(CodecError) {
    guard offset < count else { throw error(.unexpectedEnd) }
    if base[offset] == 0x7d {
      offset += 1
      depth -= 1
      return
    }
    throw strangeMember()
  }

  @inline(never)
  private mutating func strangeMember() -> CodecError {
    if base[offset] == 0x2c {
      offset += 1
    } else if offset == 0 || base[offset - 1] != 0x7b {
      return error(.expected("a comma or the end of an object"))
    }
    let start = offset
    do throws(CodecError) {
      return error(.unknownMember(try string()), at: start)
    } catch {
      return error
    }
  }

  // MARK: Any objects and arrays

  /// The members of an object with any names, in order.
  public mutating func members(
    _ body: (inout CanonicalReader, Text) throws(CodecError) -> Void
  ) throws(CodecError) {
    try beginObject()
    if next == 0x7d { return try endObject() }
    var before: RawString?
    while true {
      let start = offset
      let raw = try rawString()
      if let before { try check(raw, follows: before, at: start) }
      before = raw
      let name = Text(stringLiteral: decoded(raw))
      try take(0x3a, "a colon")
      try body(&self, name)
      guard let byte = next else { throw error(.unexpectedEnd) }
      if byte == 0x7d { return try endObject() }
      try take(0x2c, "a comma or the end of an object")
    }
  }

  /// Refuses a name that does not come after the one before it.
  private func check(
    _ name: RawString, follows before: RawString, at start: Int
  ) throws(CodecError) {
    let isSorted: Bool
    if name.escaped || before.escaped {
      // Escapes sort as the characters that they stand for.
      isSorted = Text(stringLiteral: decoded(before)).precedes(Text(stringLiteral: decoded(name)))
    } else {
      isSorted = UTF16Order.precedes(bytes(before.range), bytes(name.range))
    }
    if isSorted { return }
    let isSame = bytes(before.range).elementsEqual(bytes(name.range))
    let shown = decoded(name)
    throw error(isSame ? .duplicateMember(shown) : .unsortedMember(shown), at: start)
  }

  /// The elements of an array, in order.
  public mutating func elements(
    _ body: (inout CanonicalReader) throws(CodecError) -> Void
  ) throws(CodecError) {
    try take(0x5b, "an array")
    try descend()
    if next != 0x5d {
      while true {
        try body(&self)
        guard let byte = next else { throw error(.unexpectedEnd) }
        if byte == 0x5d { break }
        try take(0x2c, "a comma or the end of an array")
      }
    }
    offset += 1
    depth -= 1
  }

  @inline(__always)
  private mutating func descend() throws(CodecError) {
    depth += 1
    if depth > CanonicalWriter.depthLimit { throw error(.tooDeep, at: offset - 1) }
  }

  // MARK: Scalars

  /// Any value.
  public mutating func value() throws(CodecError) -> JSONValue {
    guard let byte = next else { throw error(.unexpectedEnd) }
    switch byte {
    case 0x7b: return .object(try object())
    case 0x5b:
      var elements: [JSONValue] = []
      try self.elements { reader throws(CodecError) in elements.append(try reader.value()) }
      return .array(elements)
    case 0x22: return .string(try text())
    case 0x74, 0x66: return .bool(try bool())
    case 0x6e:
      guard takeIf("null") else { throw error(.expected("a value")) }
      return .null
    case 0x2d, 0x30...0x39: return .number(try number())
    default: throw error(.expected("a value"))
    }
  }

  /// Any object.
  public mutating func object() throws(CodecError) -> JSONObject {
    var members: [JSONObject.Member] = []
    try self.members { reader, name throws(CodecError) in
      members.append(JSONObject.Member(name: name, value: try reader.value()))
    }
    return JSONObject(sorted: members)
  }

  /// `true` or `false`.
  public mutating func bool() throws(CodecError) -> Bool {
    if takeIf("true") { return true }
    if takeIf("false") { return false }
    throw error(offset < count ? .expected("true or false") : .unexpectedEnd)
  }

  /// A whole number from 0 to 2^53−1.
  @inline(__always)
  public mutating func unsigned() throws(CodecError) -> UInt64 {
    guard offset < count else { throw error(.unexpectedEnd) }
    let start = offset
    var value: UInt64 = 0
    var at = offset
    while at < count {
      let digit = base[at] &- 0x30
      if digit > 9 { break }
      // Seventeen digits cannot overflow and are already too many.
      if at &- start == 17 { throw error(.numberOutOfRange, at: start) }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    guard at > start else { throw error(.expected("a whole number")) }
    guard base[start] != 0x30 || at == start + 1 else { throw error(.invalidNumber) }
    guard value <= 0x1f_ffff_ffff_ffff else { throw error(.numberOutOfRange) }
    if at < count {
      let byte = base[at]
      if byte == 0x2e || byte == 0x65 || byte == 0x45 {
        throw error(.expected("a whole number"), at: start)
      }
    }
    offset = at
    return value
  }

  /// A whole number from −(2^53−1) to 2^53−1.
  public mutating func integer() throws(CodecError) -> Int64 {
    guard next == 0x2d else { return Int64(try unsigned()) }
    let start = offset
    offset += 1
    let magnitude = try unsigned()
    guard magnitude != 0 else { throw error(.invalidNumber, at: start) }
    return -Int64(magnitude)
  }

  /// A number as ECMAScript prints it.
  public mutating func number() throws(CodecError) -> Double {
    if let value = NumberSyntax.plain(base, count, &offset) { return value }
    let start = offset
    let value = try NumberSyntax.scan(base, count, &offset)
    // Printing it again is the whole of the rule for what is canonical.
    var printed = ByteBuffer(capacity: 32)
    try printed.appendNumber(value)
    let same = printed.withBytes { again in
      again.elementsEqual(bytes(start..<offset))
    }
    guard same else { throw error(.invalidNumber, at: start) }
    return value
  }
}
