// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Reads, decodes and hashes every leaf below a size, a stretch at a time; nothing stops it but a
/// page that cannot be read.
struct LeafScan {
  /// A leaf as it was found.
  struct Leaf: Sendable {
    var position: UInt64
    var hash: MerkleHash
    var content: Content
  }

  enum Content: Sendable {
    case line(LoggedLine)
    case event(Event)
    case undecodable(CodecError)
  }

  /// A stretch of the log.
  struct Batch: Sendable {
    /// Where it begins.
    var start: UInt64
    /// Where the next one begins.
    var end: UInt64
    /// The leaves in it, in order.
    var leaves: [Leaf] = []
    /// Positions in it that have no leaf.
    var gaps: [Range<UInt64>] = []
  }

  private static let leaves = 2048

  private let source: LedgerSource
  private let end: UInt64
  private var next: UInt64 = 0
  private var decoder = LogLineDecoder()

  init(_ source: LedgerSource, end: UInt64) {
    self.source = source
    self.end = end
  }

  /// The next stretch; nil after the last one.
  mutating func batch() throws(ReadingError) -> Batch? {
    guard next < end else { return nil }
    var batch = Batch(start: next, end: next)
    batch.leaves.reserveCapacity(LeafScan.leaves)
    var decoder = decoder
    try source.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.leaves) { (cursor) throws(ReadingError) in
        var entry = try moving { () throws(LMDBError) in
          try cursor.seek(atOrAfter: BigEndianKey(batch.end))
        }
        while batch.end < end, batch.leaves.count < LeafScan.leaves {
          // A key of another length ends the log as a missing one does; so does one of the past,
          // which only a damaged tree of pages can bring up.
          guard let leaf = entry, let found = BigEndianKey(leaf.key)?.number, found >= batch.end
          else {
            batch.gaps.append(batch.end..<end)
            batch.end = end
            return
          }
          guard found < end else {
            batch.gaps.append(batch.end..<end)
            batch.end = end
            return
          }
          if found > batch.end { batch.gaps.append(batch.end..<found) }
          batch.leaves.append(
            Leaf(
              position: found, hash: MerkleTree.leafHash(of: leaf.value),
              content: LeafScan.decode(leaf.value, with: &decoder)))
          batch.end = found + 1
          entry = try moving { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
    self.decoder = decoder
    next = batch.end
    return batch
  }

  private static func decode(
    _ leaf: UnsafeRawBufferPointer, with decoder: inout LogLineDecoder
  ) -> Content {
    do throws(CodecError) {
      switch try decoder.read(leaf) {
      case .line(let line): return .line(line)
      case .event(let event): return .event(event)
      }
    } catch {
      return .undecodable(error)
    }
  }
}
