// SPDX-License-Identifier: Apache-2.0

/// A growable run of bytes that one owner fills, reads and empties again.
///
/// It keeps its memory when emptied, so that encoding many events allocates only while it grows.
public struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  /// Bytes written so far.
  public private(set) var count: Int
  private var capacity: Int

  /// Makes an empty buffer with room for `capacity` bytes.
  public init(capacity: Int = 1024) {
    self.capacity = max(capacity, 64)
    self.count = 0
    self.base = UnsafeMutablePointer<UInt8>.allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for `extra` more bytes; amortised constant time per byte.
  @inline(__always)
  public mutating func reserve(_ extra: Int) {
    if capacity - count < extra { grow(extra) }
  }

  @inline(never)
  private mutating func grow(_ extra: Int) {
    let larger = max(capacity * 2, count + extra)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  /// Appends one byte.
  @inline(__always)
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  /// Appends the bytes, which must not be this buffer's own.
  @inline(__always)
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Appends the bytes of an array.
  public mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the bytes of a literal.
  @inline(__always)
  public mutating func append(_ literal: StaticString) {
    append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Lets `fill` write at most `limit` bytes at the end and counts those it reports.
  @inline(__always)
  mutating func appendUpTo(_ limit: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(limit)
    let written = fill(base + count)
    assert(written <= limit)
    count += written
  }

  /// Forgets all bytes after the first `length`; the memory stays.
  public mutating func truncate(to length: Int) {
    precondition(length >= 0 && length <= count, "a buffer is truncated to bytes it holds")
    count = length
  }

  /// Forgets all bytes; the memory stays.
  public mutating func removeAll() { count = 0 }

  /// The last byte, or nil when empty.
  @inline(__always)
  var last: UInt8? { count == 0 ? nil : base[count - 1] }

  /// Lends the bytes; the pointer is valid only inside `body`.
  @inline(__always)
  public borrowing func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// A copy of the bytes from `start` on.
  public borrowing func array(from start: Int = 0) -> [UInt8] {
    withBytes { Array($0[min(start, $0.count)...]) }
  }
}

// The memory is reached only through this value, which cannot be copied: whoever holds it is alone.
extension ByteBuffer: @unchecked Sendable {}
