// SPDX-License-Identifier: Apache-2.0

/// Gives the roots of full subtrees: all that proofs, roots and tiles are made of.
///
/// What a reader gives need not be believed: a proof is checked against a verified checkpoint.
public protocol SubtreeReader {
  /// Why a root cannot be had.
  associatedtype Failure: Error

  /// Returns the root over the leaves from index × 2^height, 2^height of them.
  ///
  /// Asked only for subtrees that are full in the size that the caller names. The subtrees that one
  /// proof asks for do not overlap.
  func subtreeRoot(height: Int, index: UInt64) throws(Failure) -> MerkleHash
}

extension SubtreeReader {
  /// Returns the root of the first `size` leaves. One subtree for each bit set in the size.
  public func root(at size: UInt64) throws(Failure) -> MerkleHash {
    precondition(size < Frontier.sizeLimit, "a tree has fewer than 2^63 leaves")
    return size == 0 ? MerkleTree.emptyRoot : try root(of: 0..<size)
  }

  /// Makes the proof that a leaf is in the tree of the first `size` leaves (RFC 6962 §2.1.1).
  ///
  /// Asks for at most 2 log2(size) subtrees; together they hold each leaf but the one in question
  /// at most once.
  public func inclusionProof(
    of index: UInt64, in size: UInt64
  ) throws(Failure) -> InclusionProof {
    precondition(index < size && size < Frontier.sizeLimit, "the leaf is in the tree")
    var hashes: [MerkleHash] = []
    var range = 0..<size
    while range.count > 1 {
      let middle = range.lowerBound + MerkleTree.largestPowerOfTwo(below: range)
      if index < middle {
        hashes.append(try root(of: middle..<range.upperBound))
        range = range.lowerBound..<middle
      } else {
        hashes.append(try root(of: range.lowerBound..<middle))
        range = middle..<range.upperBound
      }
    }
    // Collected from the root down; a proof is read from the leaf up.
    return InclusionProof(index: index, hashes: hashes.reversed())
  }

  /// Makes the proof that the tree of the first `newer` leaves extends that of the first `older`
  /// (RFC 6962 §2.1.2). Empty when the older one is empty, or the same.
  ///
  /// Asks for at most 2 log2(newer) + 1 subtrees, which do not overlap.
  public func consistencyProof(
    from older: UInt64, to newer: UInt64
  ) throws(Failure) -> ConsistencyProof {
    precondition(older <= newer && newer < Frontier.sizeLimit, "a tree extends smaller ones")
    guard older > 0, older < newer else { return ConsistencyProof(hashes: []) }
    var hashes: [MerkleHash] = []
    var range = 0..<newer
    while range.upperBound != older {
      let middle = range.lowerBound + MerkleTree.largestPowerOfTwo(below: range)
      if older <= middle {
        hashes.append(try root(of: middle..<range.upperBound))
        range = range.lowerBound..<middle
      } else {
        hashes.append(try root(of: range.lowerBound..<middle))
        range = middle..<range.upperBound
      }
    }
    // The whole of the older tree is known to the verifier and not repeated.
    if range.lowerBound > 0 { hashes.append(try root(of: range)) }
    return ConsistencyProof(hashes: hashes.reversed())
  }

  /// Returns the root over a range as RFC 6962 splits it: one that begins at a multiple of the least
  /// power of two that is not below its length.
  private func root(of range: Range<UInt64>) throws(Failure) -> MerkleHash {
    var end = range.upperBound
    var remaining = range.upperBound - range.lowerBound
    var hash: MerkleHash?
    // Peaks from the smallest, rightmost one to the largest.
    while remaining > 0 {
      let height = remaining.trailingZeroBitCount
      let width: UInt64 = 1 << UInt64(height)
      let peak = try subtreeRoot(height: height, index: (end - width) >> UInt64(height))
      if let right = hash { hash = MerkleTree.nodeHash(peak, right) } else { hash = peak }
      end -= width
      remaining -= width
    }
    return hash ?? MerkleTree.emptyRoot
  }
}

extension MerkleTree {
  /// Returns the largest power of two that is less than the length of the range, at least 2.
  static func largestPowerOfTwo(below range: Range<UInt64>) -> UInt64 {
    1 << UInt64(63 - (range.upperBound - range.lowerBound - 1).leadingZeroBitCount)
  }
}

/// A whole tree in memory, every level of it: for tests, tools and small logs.
///
/// 64 bytes a leaf.
public struct StoredTree: SubtreeReader, Sendable {
  private var levels: [[MerkleHash]] = [[]]
  private var frontier = Frontier()

  /// The tree of these leaf hashes.
  public init(leaves: some Sequence<MerkleHash> = []) {
    for leaf in leaves { append(leaf) }
  }

  /// Number of leaves.
  public var size: UInt64 { frontier.size }

  /// Appends one leaf.
  public mutating func append(_ leaf: MerkleHash) {
    var completed: [(Int, MerkleHash)] = []
    frontier.append(leaf) { height, _, hash in completed.append((height, hash)) }
    for (height, hash) in completed {
      if height == levels.count { levels.append([]) }
      levels[height].append(hash)
    }
  }

  /// The root over 2^height leaves; stops the program when the tree does not have them.
  public func subtreeRoot(height: Int, index: UInt64) -> MerkleHash {
    precondition(height < levels.count && index < levels[height].count, "the subtree is full")
    return levels[height][Int(index)]
  }
}
