// SPDX-License-Identifier: Apache-2.0

/// That a leaf is in a tree: the claim, which only a verified checkpoint can confirm
/// (RFC 6962 §2.1.1).
public struct InclusionProof: Equatable, Sendable {
  /// Place of the leaf, from 0.
  public let index: UInt64

  /// From the leaf's sibling up to the root's child.
  public let hashes: [MerkleHash]

  /// Takes up a proof; nothing is checked.
  public init(index: UInt64, hashes: [MerkleHash]) {
    self.index = index
    self.hashes = hashes
  }

  /// Returns how many hashes the proof for a leaf of a tree has; the index is below the size.
  static func hashCount(index: UInt64, size: UInt64) -> Int {
    // Below the point where the paths of this leaf and of the last one meet, every level has a
    // sibling; above it, only the levels where the path turns left do.
    let inner = UInt64.bitWidth - (index ^ (size - 1)).leadingZeroBitCount
    return inner + (index >> UInt64(inner)).nonzeroBitCount
  }

  /// Returns the root that the proof leads to from the leaf hash (RFC 9162 §2.1.3.2).
  ///
  /// - Throws: `ProofError` with `indexBeyondSize` or `wrongHashCount`.
  package func root(from leaf: MerkleHash, size: UInt64) throws(ProofError) -> MerkleHash {
    guard index < size else { throw .indexBeyondSize(index: index, size: size) }
    let expected = Self.hashCount(index: index, size: size)
    guard hashes.count == expected else {
      throw .wrongHashCount(expected: expected, found: hashes.count)
    }
    var node = index
    var last = size - 1
    var hash = leaf
    for sibling in hashes {
      guard last != 0 else { throw .wrongHashCount(expected: expected, found: hashes.count) }
      if node & 1 == 1 || node == last {
        hash = MerkleTree.nodeHash(sibling, hash)
        if node & 1 == 0 {
          repeat {
            node >>= 1
            last >>= 1
          } while node & 1 == 0 && node != 0
        }
      } else {
        hash = MerkleTree.nodeHash(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    guard last == 0 else { throw .wrongHashCount(expected: expected, found: hashes.count) }
    return hash
  }
}

/// A leaf that a verified checkpoint covers. Only verification makes one.
public struct ProvenInclusion: Equatable, Sendable {
  /// The head of the tree.
  public let checkpoint: VerifiedCheckpoint

  /// Place of the leaf, from 0.
  public let index: UInt64

  /// Hash of the leaf.
  public let leaf: MerkleHash
}

extension VerifiedCheckpoint {
  /// Confirms that the leaf is in this tree, at the place that the proof says. O(log size) hashes.
  ///
  /// - Throws: `ProofError` with `indexBeyondSize`, `wrongHashCount` or `rootMismatch`.
  @discardableResult
  public func verify(
    _ proof: InclusionProof, of leaf: MerkleHash
  ) throws(ProofError) -> ProvenInclusion {
    guard try proof.root(from: leaf, size: size) == root else { throw .rootMismatch }
    return ProvenInclusion(checkpoint: self, index: proof.index, leaf: leaf)
  }
}
