// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain
public import Transparency

extension Snapshot {
  /// The height from which subtree roots are kept; below it they are computed from leaves.
  ///
  /// A proof hashes leaves in two subtrees of this height at most: where its event is, or where its
  /// older size ends, and where its size ends. So this is what keeps them to 256.
  public static let keptHeight: UInt8 = 7

  /// The hash of the full subtree at a height and index. One seek from height 7 up, else at most
  /// 64 leaves are read and hashed.
  public func treeNode(height: UInt8, index: UInt64) throws(ReadingError) -> MerkleHash {
    let operation = "reading the tree"
    if height >= Snapshot.keptHeight {
      let stored = try IndexKey.treeNode(height: height, index: index) {
        (key) throws(ReadingError) in
        try lending { () throws(LMDBError) in try loan.get(tables.tree, key) { MerkleHash($0) } }
      }
      guard let stored, let hash = stored else {
        throw ReadingError(.treeDamaged(height: height, index: index), operation)
      }
      return hash
    }
    let first = index << UInt64(height)
    return try hashLeaves(first..<first + 1 << UInt64(height))
  }

  /// The root over a power of two of leaves, read one after the other and hashed two at a time.
  fileprivate func hashLeaves(_ positions: Range<UInt64>) throws(ReadingError) -> MerkleHash {
    try loan.withCursor(tables.leaves) { (cursor) throws(ReadingError) in
      var leaves: [UnsafeRawBufferPointer] = []
      leaves.reserveCapacity(positions.count)
      var entry = try lending { () throws(LMDBError) in
        try cursor.seek(atOrAfter: BigEndianKey(positions.lowerBound))
      }
      for position in positions {
        guard let leaf = entry, BigEndianKey(leaf.key)?.number == position else {
          throw ReadingError(.leafMissing(Position(position)), "reading event #\(position)")
        }
        // The bytes stay where they are while the transaction lasts.
        leaves.append(leaf.value)
        if position + 1 < positions.upperBound {
          entry = try lending { () throws(LMDBError) in try cursor.next() }
        }
      }
      return withUnsafeTemporaryAllocation(of: MerkleHash.self, capacity: leaves.count) { hashes in
        MerkleTree.hashLeaves(leaves, into: hashes)
        return MerkleTree.rootOfFullTree(over: hashes)
      }
    }
  }

  /// The peaks of the tree of the first `size` events, largest first, read from what is stored.
  ///
  /// O(log n) seeks and at most 127 leaves.
  public func frontier(at size: LedgerSize) throws(ReadingError) -> Frontier {
    guard size <= self.size else {
      throw ReadingError(.beyondHead(asked: size, head: self.size), "reading the tree")
    }
    var peaks: [MerkleHash] = []
    var start: UInt64 = 0
    for height in (0..<UInt8(63)).reversed() where size.value >> UInt64(height) & 1 == 1 {
      peaks.append(try treeNode(height: height, index: start >> UInt64(height)))
      start += 1 << UInt64(height)
    }
    do throws(Frontier.Failure) {
      return try Frontier(size: size.value, peaks: peaks)
    } catch {
      throw ReadingError(.headDamaged, "reading the tree")
    }
  }

  /// The root of the first `size` events.
  public func root(at size: LedgerSize) throws(ReadingError) -> MerkleHash {
    size == self.size ? head.frontier.root() : try frontier(at: size).root()
  }

  /// Lends a leaf after its block of 128, the smallest with a stored root, was hashed and compared
  /// with the tree.
  ///
  /// A block is checked once per checker, so a scan in order hashes each leaf once.
  public func verifiedLeaf<R>(
    at position: Position, using checker: inout BlockChecker,
    _ body: (UnsafeRawBufferPointer) throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    try checker.check(blockOf: position, in: self)
    return try leaf(at: position, body)
  }

  /// Decodes an event after its block was compared with the tree.
  public func verifiedEvent(
    at position: Position, using checker: inout BlockChecker
  ) throws(ReadingError) -> Event {
    try verifiedLeaf(at: position, using: &checker) { (bytes) throws(ReadingError) in
      try Snapshot.decode(bytes, at: position)
    }
  }
}

/// Remembers which blocks of leaves were found to match the tree: full subtrees of
/// ``Snapshot/keptHeight``.
public struct BlockChecker: Sendable {
  private var checked: Set<UInt64> = []
  /// The size of the log whose unfinished block, which may have grown since, was found to match.
  private var unfinished: LedgerSize?

  /// A checker that has seen nothing.
  public init() {}

  /// Hashes the block that holds `position`, unless done before, and compares it with the tree.
  mutating func check(blockOf position: Position, in snapshot: Snapshot) throws(ReadingError) {
    // Positions come from indexes and from events too: none is believed.
    guard snapshot.size.includes(position) else {
      throw ReadingError(.leafMissing(position), "checking event #\(position.value)")
    }
    let height = UInt64(Snapshot.keptHeight)
    let block = position.value >> height
    if checked.contains(block) { return }
    let (first, next) = (block << height, (block + 1) << height)
    let isFull = next <= snapshot.size.value
    if !isFull, unfinished == snapshot.size { return }
    let matches: Bool
    if isFull {
      matches =
        try snapshot.treeNode(height: Snapshot.keptHeight, index: block)
        == snapshot.hashLeaves(first..<next)
    } else {
      var frontier = Frontier()
      for index in first..<snapshot.size.value {
        try snapshot.leaf(at: Position(index)) { (bytes) throws(ReadingError) in
          frontier.append(MerkleTree.leafHash(of: bytes))
        }
      }
      // The peaks of an unfinished block are the smallest peaks of the whole tree.
      matches = snapshot.head.frontier.peaks.suffix(frontier.peaks.count) == frontier.peaks[...]
    }
    guard matches else {
      throw ReadingError(.leafAltered(position), "checking event #\(position.value)")
    }
    if isFull { checked.insert(block) } else { unfinished = snapshot.size }
  }
}
