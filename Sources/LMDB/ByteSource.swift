// SPDX-License-Identifier: Apache-2.0

/// Something that can lend its bytes as one piece: a key or a value.
///
/// A composite key conforms by filling a tuple or an `InlineArray` and lending that.
public protocol ByteSource: ~Copyable, ~Escapable {
  /// Lends the bytes for the duration of the call.
  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
}

/// A 64-bit number as a key of eight bytes, big-endian, so that keys sort as numbers do.
public struct BigEndianKey: Hashable, Sendable, ByteSource {
  /// The number.
  public let number: UInt64

  /// Makes the key of a number.
  @inlinable
  public init(_ number: UInt64) { self.number = number }

  /// Reads a stored key; nil unless it has exactly eight bytes.
  @inlinable
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 8 else { return nil }
    number = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
  }

  /// Lends the eight bytes.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    var ordered = number.bigEndian
    return try withUnsafePointer(to: &ordered) { (pointer) throws(E) -> R in
      try body(UnsafeRawBufferPointer(start: pointer, count: 8))
    }
  }
}

extension UnsafeRawBufferPointer: ByteSource {
  /// Lends itself.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(self)
  }
}

extension RawSpan: ByteSource {
  /// Lends the span's bytes.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try withUnsafeBytes(body)
  }
}

extension Array: ByteSource where Element == UInt8 {
  /// Lends the elements.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try span.bytes.withUnsafeBytes(body)
  }
}

extension ArraySlice: ByteSource where Element == UInt8 {
  /// Lends the elements.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try span.bytes.withUnsafeBytes(body)
  }
}

extension InlineArray: ByteSource where Element == UInt8 {
  /// Lends the elements.
  @inlinable
  public func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try span.bytes.withUnsafeBytes(body)
  }
}
