// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import Transparency

/// The stored tree as proofs are made of it.
///
/// What a proof asks for does not overlap: stored roots, at most 127 leaves around the event, or
/// where the older size ends, and at most 127 at the end of the size, none of them where that is the
/// whole log.
extension Snapshot: SubtreeReader {
  /// The root over the events from index × 2^height, 2^height of them: one seek from height 7 up;
  /// below, the head's own peak, or else the leaves.
  public func subtreeRoot(height: Int, index: UInt64) throws(ReadingError) -> MerkleHash {
    // A peak stands for each bit set in the size; it is the last full subtree of its height.
    let size = head.size.value
    if height < Snapshot.keptHeight, size >> UInt64(height) == index + 1, index & 1 == 0 {
      let below = size & (1 << UInt64(height) - 1)
      return head.frontier.peaks[head.frontier.peaks.count - 1 - below.nonzeroBitCount]
    }
    return try treeNode(height: UInt8(clamping: height), index: index)
  }

  /// Makes the proof that an event is among the first `size`.
  ///
  /// Not checked: see `VerifiedCheckpoint.verify`.
  public func inclusionProof(
    of position: Position, in size: LedgerSize
  ) throws(ReadingError) -> InclusionProof {
    guard size <= self.size else { throw beyondHead(size) }
    guard position.value < size.value else {
      throw ReadingError(
        .beyondHead(asked: LedgerSize(position.value &+ 1), head: size), "proving an event")
    }
    return try inclusionProof(of: position.value, in: size.value)
  }

  /// Makes the proof that the first `older` events are the beginning of the first `newer`.
  ///
  /// Not checked: see `VerifiedCheckpoint.verify`.
  public func consistencyProof(
    from older: LedgerSize, to newer: LedgerSize
  ) throws(ReadingError) -> ConsistencyProof {
    guard newer <= self.size else { throw beyondHead(newer) }
    guard older <= newer else {
      throw ReadingError(.beyondHead(asked: older, head: newer), "proving an extension")
    }
    return try consistencyProof(from: older.value, to: newer.value)
  }

  private func beyondHead(_ size: LedgerSize) -> ReadingError {
    ReadingError(.beyondHead(asked: size, head: self.size), "making a proof")
  }
}
