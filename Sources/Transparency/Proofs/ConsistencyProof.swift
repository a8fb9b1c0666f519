// SPDX-License-Identifier: Apache-2.0

/// That a tree extends a smaller one: the claim, which only two verified checkpoints can confirm
/// (RFC 6962 §2.1.2).
public struct ConsistencyProof: Equatable, Sendable {
  /// In the order of RFC 6962; none when the older tree is empty or the same.
  public let hashes: [MerkleHash]

  /// Takes up a proof; nothing is checked.
  public init(hashes: [MerkleHash]) { self.hashes = hashes }

  /// Returns how many hashes the proof between two sizes has, 0 < older < newer.
  static func hashCount(older: UInt64, newer: UInt64) -> Int {
    // The path of the older tree's last leaf in the newer one, without what its last full subtree
    // holds; that subtree comes first, unless it is the whole of the older tree.
    let path = InclusionProof.hashCount(index: older - 1, size: newer)
    return path - older.trailingZeroBitCount + (older.nonzeroBitCount == 1 ? 0 : 1)
  }

  /// Returns the roots of the older and the newer tree that the proof leads to
  /// (RFC 9162 §2.1.4.2), for 0 < older < newer.
  ///
  /// - Throws: `ProofError` with `wrongHashCount`.
  package func roots(
    older: UInt64, newer: UInt64, olderRoot: MerkleHash
  ) throws(ProofError) -> (older: MerkleHash, newer: MerkleHash) {
    let expected = Self.hashCount(older: older, newer: newer)
    let failure = ProofError.wrongHashCount(expected: expected, found: hashes.count)
    guard hashes.count == expected else { throw failure }
    var path = hashes[...]
    // A full older tree stands for itself; else the proof begins with its last full subtree.
    let start = older.nonzeroBitCount == 1 ? olderRoot : path.popFirst()
    guard let start else { throw failure }
    var node = older - 1
    var last = newer - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var olderHash = start
    var newerHash = start
    for sibling in path {
      guard last != 0 else { throw failure }
      if node & 1 == 1 || node == last {
        olderHash = MerkleTree.nodeHash(sibling, olderHash)
        newerHash = MerkleTree.nodeHash(sibling, newerHash)
        if node & 1 == 0 {
          repeat {
            node >>= 1
            last >>= 1
          } while node & 1 == 0 && node != 0
        }
      } else {
        newerHash = MerkleTree.nodeHash(newerHash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    guard last == 0 else { throw failure }
    return (olderHash, newerHash)
  }
}

/// Two verified checkpoints of one log, the newer of which extends the older. Only verification
/// makes one.
public struct ProvenExtension: Equatable, Sendable {
  /// The smaller tree, or the same.
  public let older: VerifiedCheckpoint

  /// The larger tree, or the same.
  public let newer: VerifiedCheckpoint
}

extension VerifiedCheckpoint {
  /// Confirms that this tree extends an older one: that nothing in it was changed, dropped or
  /// slipped in. O(log size) hashes.
  ///
  /// - Throws: `ProofError` with `originMismatch`, `sizesReversed`, `wrongHashCount`,
  ///   `olderRootMismatch` or `rootMismatch`.
  @discardableResult
  public func verify(
    _ proof: ConsistencyProof, from older: VerifiedCheckpoint
  ) throws(ProofError) -> ProvenExtension {
    guard older.origin == origin else { throw .originMismatch }
    guard older.size <= size else { throw .sizesReversed(older: older.size, newer: size) }
    if older.size == 0 || older.size == size {
      guard proof.hashes.isEmpty else {
        throw .wrongHashCount(expected: 0, found: proof.hashes.count)
      }
      // There is one tree without leaves, and one root that a size has.
      if older.size == 0, older.root != MerkleTree.emptyRoot { throw .olderRootMismatch }
      if older.size == size, older.root != root { throw .rootMismatch }
    } else {
      let roots = try proof.roots(older: older.size, newer: size, olderRoot: older.root)
      guard roots.older == older.root else { throw .olderRootMismatch }
      guard roots.newer == root else { throw .rootMismatch }
    }
    return ProvenExtension(older: older, newer: self)
  }
}
