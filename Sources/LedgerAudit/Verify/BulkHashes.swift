// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerReading
import Transparency

/// A stretch of the log as leaf hashes, for a verification that looks at nothing else.
struct BulkHashes: Sendable {
  /// How many leaves a stretch has, but for the last one: whole blocks.
  static let stretch: UInt64 = 4096

  /// Where it begins.
  let start: UInt64
  /// Where the next one begins.
  let end: UInt64
  /// The hashes from `start` on, up to the first leaf that is missing.
  private(set) var hashes: [MerkleHash] = []
  /// The roots of the full blocks of 256 among them.
  private(set) var blocks: [MerkleHash] = []

  /// Reads and hashes the leaves of a stretch; keys in the wrong order end it as missing ones do.
  init(_ source: LedgerSource, from start: UInt64, to end: UInt64) throws(ReadingError) {
    self.start = start
    self.end = end
    var hashes: [MerkleHash] = []
    hashes.reserveCapacity(Int(end - start))
    try source.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.leaves) { (cursor) throws(ReadingError) in
        var entry = try moving { () throws(LMDBError) in
          try cursor.seek(atOrAfter: BigEndianKey(start))
        }
        for position in start..<end {
          guard let leaf = entry, BigEndianKey(leaf.key)?.number == position else { return }
          hashes.append(MerkleTree.leafHash(of: leaf.value))
          entry = try moving { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
    self.hashes = hashes
    for block in 0..<hashes.count >> 8 {
      blocks.append(MerkleTree.root(of: Array(hashes[block << 8..<(block + 1) << 8])))
    }
  }

  /// The first leaf that is missing; nil when none is.
  var missing: UInt64? {
    let next = start + UInt64(hashes.count)
    return next < end ? next : nil
  }
}

extension Auditor {
  /// Hashes every leaf on both cores, and compares blocks with the tree; decodes nothing.
  func checkLeaves() throws {
    guard size != Auditor.unknown else { return }
    let (source, end) = (source, size)
    let count = Int((end + BulkHashes.stretch - 1) / BulkHashes.stretch)
    try Pipeline.inOrder(count) { index in
      let start = UInt64(index) * BulkHashes.stretch
      return try BulkHashes(source, from: start, to: min(end, start + BulkHashes.stretch))
    } consume: { (stretch: BulkHashes) in
      try source.read { (snapshot) throws(ReadingError) in try take(stretch, in: snapshot) }
      progress("hashing events", stretch.end, end)
    }
  }

  private func take(_ stretch: BulkHashes, in snapshot: Snapshot) throws(ReadingError) {
    report.checked.events += UInt64(stretch.hashes.count)
    for (number, root) in stretch.blocks.enumerated() {
      let first = number << 8
      if tree.isAskedFor(within: stretch.start + UInt64(first)) {
        for hash in stretch.hashes[first..<first + 256] { _ = tree.add(hash) }
      } else {
        tree.add(block: root)
      }
      try compare(root, withBlock: (stretch.start + UInt64(first)) >> 8, in: snapshot)
    }
    for hash in stretch.hashes[(stretch.blocks.count << 8)...] { _ = tree.add(hash) }
    guard let missing = stretch.missing else { return }
    log.add(
      .leafMissing, missing,
      "event #\(missing) is missing; those after it up to #\(stretch.end - 1) were not looked at")
    tree.skip(to: stretch.end)
  }
}
