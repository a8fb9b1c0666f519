// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Writes a key into a buffer on the stack.
///
/// Every name ends with 0x00, which no name contains and which sorts before all that one does:
/// so bytes sort as the names do, and no key's names are the beginning of another's.
@usableFromInline
struct KeyWriter {
  /// Room for the longest key: a request's, 64 + 129 bytes; a slot's, 1 + 3 × 64 + 8.
  @usableFromInline static let capacity = 256

  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  @usableFromInline
  init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

  /// What was written so far.
  @usableFromInline var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  mutating func byte(_ byte: UInt8) {
    precondition(count < buffer.count, "an identifier is longer than its grammar allows")
    buffer[count] = byte
    count += 1
  }

  mutating func name(_ string: String) {
    for unit in string.utf8 { byte(unit) }
    byte(0)
  }

  mutating func integer(_ value: some FixedWidthInteger) {
    let size = value.bitWidth / 8
    precondition(count + size <= buffer.count, "an identifier is longer than its grammar allows")
    buffer.storeBytes(of: value.bigEndian, toByteOffset: count, as: type(of: value))
    count += size
  }
}

/// Lends the bytes of a key for the length of a call; nothing is allocated on the heap.
@inlinable
func withKey<Result: ~Copyable, Failure: Error>(
  _ write: (inout KeyWriter) -> Void,
  _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  try withUnsafeTemporaryAllocation(byteCount: KeyWriter.capacity, alignment: 8) {
    (buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Result in
    var writer = KeyWriter(buffer)
    write(&writer)
    return try body(writer.bytes)
  }
}

/// Reads the parts of a key. Any bytes may come; every part is checked.
struct KeyReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset == bytes.count }

  mutating func byte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    let size = MemoryLayout<Integer>.size
    guard bytes.count - offset >= size else { return nil }
    offset += size
    return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset - size, as: type))
  }

  mutating func position() -> Position? { integer(UInt64.self).map(Position.init) }
  mutating func name() -> Name? { part().flatMap(Name.init(utf8:)) }
  mutating func actor() -> ActorID? { part().flatMap(ActorID.init(utf8:)) }
  mutating func job() -> JobID? { part().flatMap(JobID.init(utf8:)) }
  mutating func request() -> RequestKey? { part().flatMap(RequestKey.init(utf8:)) }

  mutating func subject() -> SubjectID? {
    guard let project = name(), let name = name() else { return nil }
    return SubjectID(project: project, name: name)
  }

  /// The bytes before the next 0x00, which is taken too.
  private mutating func part() -> UnsafeRawBufferPointer? {
    let start = offset
    while offset < bytes.count {
      offset += 1
      if bytes[offset - 1] == 0 {
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(offset - 1)])
      }
    }
    return nil
  }
}
