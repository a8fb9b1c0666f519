// SPDX-License-Identifier: Apache-2.0
// Transparency — the log's cryptography: RFC 6962 hashing and proofs, signed notes, checkpoints,
// cosignatures, tiles, keys.
// Imports: Crypto and CHashing. Never: files, clock, randomness of its own, tasks, Foundation.
// Invariant: bytes from outside never trap; a type says whether its content was verified.
// Start at: Frontier, SubtreeReader, UnverifiedCheckpoint.verified. Tests: TransparencyTests.

internal import CHashing
internal import Crypto

/// The hashes of RFC 6962 §2.1 with SHA-256, which RFC 9162 keeps.
///
/// A leaf is hashed behind a byte 0x00 and a node behind 0x01, so that neither can stand for the
/// other.
public enum MerkleTree {
  /// Root of the tree without leaves: the digest of the empty string.
  public static let emptyRoot = sha256(UnsafeRawBufferPointer(start: nil, count: 0))

  /// Returns the plain SHA-256 digest of the bytes.
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
    Hashing.digest(of: bytes, behind: nil)
  }

  /// Returns the plain SHA-256 digest of the bytes.
  public static func sha256(_ bytes: [UInt8]) -> MerkleHash {
    bytes.withUnsafeBytes { sha256($0) }
  }

  /// Returns SHA-256 of 0x00 and the entry, the hash of a leaf that holds the entry.
  public static func leafHash(of entry: UnsafeRawBufferPointer) -> MerkleHash {
    Hashing.digest(of: entry, behind: leafPrefix)
  }

  /// Returns SHA-256 of 0x00 and the entry, the hash of a leaf that holds the entry.
  public static func leafHash(of entry: [UInt8]) -> MerkleHash {
    entry.withUnsafeBytes { leafHash(of: $0) }
  }

  /// Returns the leaf hash of an entry that the caller has placed behind a byte 0x00.
  ///
  /// Saves the copy where the caller owns the byte before the entry.
  public static func leafHash(prefixed buffer: UnsafeRawBufferPointer) -> MerkleHash {
    precondition(buffer.first == leafPrefix, "a prefixed leaf begins with the byte 0x00")
    return sha256(buffer)
  }

  /// Returns SHA-256 of 0x01, the left and the right hash: the node above the two.
  public static func nodeHash(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
    withUnsafeTemporaryAllocation(of: MerkleHash.self, capacity: 2) { pair in
      pair.initializeElement(at: 0, to: left)
      pair.initializeElement(at: 1, to: right)
      return Hashing.digest(of: UnsafeRawBufferPointer(pair), behind: nodePrefix)
    }
  }

  /// Returns the root over leaf hashes by the recursive definition of RFC 6962 §2.1.
  ///
  /// Linear in time and logarithmic in stack; the tree that grows is `Frontier`.
  public static func root(of leaves: [MerkleHash]) -> MerkleHash {
    leaves.isEmpty ? emptyRoot : root(of: leaves[...])
  }

  private static func root(of leaves: ArraySlice<MerkleHash>) -> MerkleHash {
    if leaves.count == 1 { return leaves[leaves.startIndex] }
    let middle = leaves.startIndex + largestPowerOfTwo(below: leaves.count)
    return nodeHash(root(of: leaves[..<middle]), root(of: leaves[middle...]))
  }

  /// Returns the largest power of two that is less than the count, which is at least 2.
  static func largestPowerOfTwo(below count: Int) -> Int {
    1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }

  static let leafPrefix: UInt8 = 0x00
  static let nodePrefix: UInt8 = 0x01
}

extension MerkleHash {
  init(_ digest: SHA256.Digest) {
    self = digest.withUnsafeBytes { MerkleHash(loading: $0.baseAddress!) }
  }
}

/// A SHA-256 digest of bytes that come in pieces.
public struct RunningDigest: Sendable {
  private var hasher = SHA256()

  /// The digest of nothing yet.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hasher.update(bufferPointer: bytes)
  }

  /// The digest of all bytes so far.
  public func finish() -> MerkleHash { MerkleHash(hasher.finalize()) }
}
