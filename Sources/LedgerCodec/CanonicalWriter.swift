// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Writes one canonical JSON value (RFC 8785) into a buffer, member after member.
///
/// The caller writes members in the order of their UTF-16 code units; debug builds stop where it
/// does not. Nothing is allocated per member.
public struct CanonicalWriter: ~Copyable {
  /// Containers may be nested this deep.
  public static let depthLimit = 64

  /// What has been written.
  public var buffer: ByteBuffer
  /// Containers that are open.
  public private(set) var depth = 0
  #if DEBUG
    private var names: [[UInt8]?] = []
  #endif

  /// Writes behind what `buffer` holds.
  public init(_ buffer: consuming ByteBuffer = ByteBuffer()) { self.buffer = buffer }

  /// Gives the buffer back.
  public consuming func finish() -> ByteBuffer {
    assert(depth == 0, "a container was left open")
    return buffer
  }

  /// Gives the buffer back, whatever was left open.
  consuming func release() -> ByteBuffer { buffer }

  /// Opens an object.
  @inline(__always)
  public mutating func beginObject() throws(CodecError) { try open(0x7b) }

  /// Closes the object opened last.
  @inline(__always)
  public mutating func endObject() { close(0x7d) }

  /// Opens an array.
  @inline(__always)
  public mutating func beginArray() throws(CodecError) { try open(0x5b) }

  /// Closes the array opened last.
  @inline(__always)
  public mutating func endArray() { close(0x5d) }

  /// Begins a member whose name is printable ASCII without quote and backslash.
  @inline(__always)
  public mutating func member(_ name: StaticString) {
    #if DEBUG
      note(Array(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)))
    #endif
    separate(after: 0x7b)
    buffer.append(0x22)
    buffer.append(name)
    buffer.append("\":")
  }

  /// Begins a member with any name.
  public mutating func member(_ name: Text) {
    #if DEBUG
      note(Array(name.string.utf8))
    #endif
    separate(after: 0x7b)
    buffer.appendString(name.string)
    buffer.append(0x3a)
  }

  /// Begins an element of an array.
  @inline(__always)
  public mutating func element() { separate(after: 0x5b) }

  /// Writes a string.
  @inline(__always)
  public mutating func string(_ value: String) { buffer.appendString(value) }

  /// Writes a literal that is printable ASCII without quote and backslash.
  @inline(__always)
  public mutating func word(_ value: StaticString) {
    buffer.append(0x22)
    buffer.append(value)
    buffer.append(0x22)
  }

  /// Writes a whole number; beyond 2^53−1 it becomes the string of its digits.
  @inline(__always)
  public mutating func integer(_ value: UInt64) {
    if value <= 0x1f_ffff_ffff_ffff { return buffer.appendInteger(value) }
    buffer.append(0x22)
    buffer.appendInteger(value)
    buffer.append(0x22)
  }

  /// Writes a whole number; beyond ±(2^53−1) it becomes the string of its digits.
  public mutating func integer(_ value: Int64) {
    if value.magnitude <= 0x1f_ffff_ffff_ffff { return buffer.appendInteger(value) }
    buffer.append(0x22)
    buffer.appendInteger(value)
    buffer.append(0x22)
  }

  /// Writes a number as ECMAScript prints it; NaN and infinities are refused.
  public mutating func number(_ value: Double) throws(CodecError) {
    try buffer.appendNumber(value)
  }

  /// Writes `true` or `false`.
  public mutating func bool(_ value: Bool) { buffer.append(value ? "true" : "false") }

  /// Writes `null`.
  public mutating func null() { buffer.append("null") }

  /// Writes a whole value; refuses what is nested too deep and numbers that are not finite.
  public mutating func value(_ value: JSONValue) throws(CodecError) {
    switch value {
    case .null: null()
    case .bool(let flag): bool(flag)
    case .number(let double): try number(double)
    case .string(let text): string(text.string)
    case .array(let elements):
      try beginArray()
      for next in elements {
        element()
        try self.value(next)
      }
      endArray()
    case .object(let object): try self.object(object)
    }
  }

  /// Writes an object.
  public mutating func object(_ object: JSONObject) throws(CodecError) {
    try beginObject()
    for next in object.members {
      member(next.name)
      try value(next.value)
    }
    endObject()
  }

  @inline(__always)
  private mutating func separate(after opening: UInt8) {
    // Inside a container only its own opening bracket can stand before the first member: a value
    // ends with a quote, a digit, a letter or a closing bracket.
    if buffer.last != opening { buffer.append(0x2c) }
  }

  @inline(__always)
  private mutating func open(_ bracket: UInt8) throws(CodecError) {
    depth += 1
    if depth > Self.depthLimit { throw CodecError(offset: buffer.count, reason: .tooDeep) }
    #if DEBUG
      names.append(nil)
    #endif
    buffer.append(bracket)
  }

  @inline(__always)
  private mutating func close(_ bracket: UInt8) {
    #if DEBUG
      names.removeLast()
    #endif
    depth -= 1
    buffer.append(bracket)
  }

  #if DEBUG
    private mutating func note(_ name: [UInt8]) {
      if let before = names[names.count - 1] {
        before.withUnsafeBytes { left in
          name.withUnsafeBytes { right in
            precondition(
              UTF16Order.precedes(left, right), "members are written in sorted order")
          }
        }
      }
      names[names.count - 1] = name
    }
  #endif
}
