// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// Every event of a ledger, with the tree above them as tiles.

extension BundleMaker {
  mutating func writeWhole() throws {
    let size = head.size.value
    let lines = try folder.open("events.jsonl")
    let exported = try Exporter.export(reader, through: head.size) { bytes in
      try lines.write(bytes)
    } progress: { done in
      // Half of the work: the tiles are the other.
      self.progress(done / 2, size)
    }
    try folder.close(lines)
    summary.events = exported.events
    summary.erased = exported.erased
    summary.missing = exported.missing
    summary.firstMissing = exported.firstMissing
    try writeEntries()
    for tile in Tile.hashTiles(of: size) where tile.content != .hashes(level: 0) {
      let bytes = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.bytes(of: tile)
      }
      if let bytes { try folder.write(tile.path, bytes) }
    }
    try noteIndexed()
    try writeLater(beside: nil)
  }

  /// Entry bundles and the hashes of the same leaves, each leaf read once.
  private mutating func writeEntries() throws {
    for tile in Tile.entryTiles(of: head.size.value) {
      let first = tile.index << 8
      let (leaves, isOfTree) = try reader.read { (snapshot) throws(ReadingError) in
        let leaves = try (0..<tile.width).map { place throws(ReadingError) in
          try snapshot.leafBytes(at: Position(first + UInt64(place)))
        }
        guard tile.isFull else { return (leaves, true) }
        let root = MerkleTree.root(of: leaves.map { MerkleTree.leafHash(of: $0) })
        return (leaves, try snapshot.treeNode(height: 8, index: tile.index) == root)
      }
      guard isOfTree else {
        throw ReadingError(.leafAltered(Position(first)), "exporting event #\(first)")
      }
      try folder.write(tile.path, try EntryBundle.encode(leaves))
      guard let hashes = Tile(.hashes(level: 0), index: tile.index, width: tile.width) else {
        preconditionFailure("a tile of hashes is as wide as that of its entries")
      }
      try folder.write(
        hashes.path, leaves.flatMap { MerkleTree.leafHash(of: $0).bytes })
      progress((head.size.value + first) / 2, head.size.value)
    }
  }

  /// Lists of files and signatures, found by the types of events that have them.
  private mutating func noteIndexed() throws {
    let types: [FactCode] = [
      .versionTrained, .versionImported, .predictionCompleted, .runCompleted, .versionApproved,
      .versionRejected, .versionDeployed, .deploymentRetired, .policySet, .textErased,
      .artifactErased,
    ]
    for type in types {
      var from = Position(0)
      while true {
        // A stretch at a time, so that no read transaction is long.
        var found: [Event] = []
        try reader.read { (snapshot) throws(ReadingError) in
          try snapshot.forEachPosition(of: type, asOf: head.size, from: from) {
            (position) throws(ReadingError) in
            found.append(try snapshot.event(at: position))
            return found.count < 1000
          }
        }
        for event in found {
          noteLists(of: event)
          try writeSignature(of: event)
        }
        guard found.count == 1000, let last = found.last else { break }
        from = Position(last.position.value + 1)
      }
    }
  }
}
