// SPDX-License-Identifier: Apache-2.0

/// Thirty-two bytes: a hash of the tree, or any other SHA-256 digest. Stored inline.
public struct MerkleHash: Hashable, Sendable {
  /// Bytes in a hash.
  public static let byteCount = 32

  // Four words as they lie in memory: the bytes of the hash in order, whatever the byte order.
  @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

  /// Reads the 32 bytes at the address, which need not be aligned.
  @inlinable
  init(loading address: UnsafeRawPointer) {
    words = (
      address.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      address.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      address.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      address.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    )
  }

  /// Copies a hash out of raw memory; nil unless there are exactly 32 bytes.
  @inlinable
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount, let address = bytes.baseAddress else { return nil }
    self.init(loading: address)
  }

  /// Copies a hash out of a collection; nil unless there are exactly 32 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self = Array(bytes).withUnsafeBytes { MerkleHash(loading: $0.baseAddress!) }
  }

  /// Lends the 32 bytes for the length of the call.
  @inlinable
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try Swift.withUnsafeBytes(of: words, body)
  }

  /// Writes the 32 bytes to the start of the buffer, which must have room for them.
  @inlinable
  public func copy(to buffer: UnsafeMutableRawBufferPointer) {
    precondition(buffer.count >= Self.byteCount, "a hash is 32 bytes")
    buffer.storeBytes(of: words.0, toByteOffset: 0, as: UInt64.self)
    buffer.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
    buffer.storeBytes(of: words.2, toByteOffset: 16, as: UInt64.self)
    buffer.storeBytes(of: words.3, toByteOffset: 24, as: UInt64.self)
  }

  /// The 32 bytes, as an array of their own.
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// Says whether two hashes are the same 32 bytes. Not in constant time.
  @inlinable
  public static func == (a: MerkleHash, b: MerkleHash) -> Bool { a.words == b.words }

  /// Feeds the 32 bytes.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension MerkleHash: CustomStringConvertible {
  /// The hash as 64 lower-case hexadecimal digits.
  public var hex: String { withUnsafeBytes { Hex.string($0) } }

  /// The hash as 44 characters of standard base64, the form of checkpoints.
  public var base64: String { withUnsafeBytes { Base64.string($0, as: .standard) } }

  /// The hash as 43 characters of base64url without padding, the form of salted digests.
  public var base64URL: String { withUnsafeBytes { Base64.string($0, as: .url) } }

  /// The hexadecimal form.
  public var description: String { hex }

  /// Reads 64 lower-case hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Hex.decode(Array(hex.utf8)) else { return nil }
    self.init(bytes)
  }

  /// Reads canonical standard base64 of 32 bytes, with its padding; nil for anything else.
  public init?(base64: String) {
    guard let bytes = try? Base64.decode(base64.utf8, as: .standard) else { return nil }
    self.init(bytes)
  }

  /// Reads canonical base64url of 32 bytes, without padding; nil for anything else.
  public init?(base64URL: String) {
    guard let bytes = try? Base64.decode(base64URL.utf8, as: .url) else { return nil }
    self.init(bytes)
  }
}
