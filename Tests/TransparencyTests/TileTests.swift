// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct TileTests {
  @Test(arguments: [
    (Tile.Content.hashes(level: 0), UInt64(0), 256, "tile/0/000"),
    (.hashes(level: 0), 1000, 256, "tile/0/x001/000"),
    (.hashes(level: 3), 1_234_067, 256, "tile/3/x001/x234/067"),
    (.hashes(level: 63), 7, 1, "tile/63/007.p/1"),
    (.hashes(level: 1), 999, 255, "tile/1/999.p/255"),
    (.entries, 0, 256, "tile/entries/000"),
    (.entries, 273, 112, "tile/entries/273.p/112"),
    (.entries, .max, 256, "tile/entries/x018/x446/x744/x073/x709/x551/615"),
    (.entries, .max, 255, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"),
  ])
  func `a path is level, index in threes and width`(
    content: Tile.Content, index: UInt64, width: Int, path: String
  ) throws {
    let tile = try #require(Tile(content, index: index, width: width))
    #expect(tile.path == path)
    #expect(Tile(path: path) == tile)
    #expect(tile.isFull == (width == 256))
  }

  @Test(arguments: UInt64(0)..<100)
  func `random tiles are read back from their paths`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<20 {
      let content =
        random.oneIn(3) ? Tile.Content.entries : .hashes(level: UInt8(random.below(64)))
      let tile = try #require(
        Tile(
          content, index: random.next() >> UInt64(random.below(64)),
          width: random.oneIn(2) ? 256 : random.below(255) + 1))
      #expect(Tile(path: tile.path) == tile)
    }
  }

  @Test(arguments: [
    "", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/00/000",
    "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/1a/000", "tile//000", "tile/0/0",
    "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/000", "tile/0/x000/001",
    "tile/0/001/000", "tile/0/x001/x000", "tile/0/x1/000", "tile/0/x01/000", "tile/0/X001/000",
    "tile/0/xx01/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
    "tile/0/000.p/01", "tile/0/000.p/+1", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/000/1",
    "tile/0/.p/1", "tile/0/x001.p/000", "tile/8/0/000", "tile/data/000", "tile/entries/0",
    "tile/Entries/000", "tile/entries/x018/x446/x744/x073/x709/x551/616",
    "tile/entries/x999/x999/x999/x999/x999/x999/x999/999", "tile/0/٠٠٠", "tile/0/000.p/9999999999",
    "tile/0/000\n", "tile/0/../../etc/passwd", "tile/0/00\u{0}",
  ])
  func `a text that is no path is refused`(path: String) {
    #expect(Tile(path: path) == nil)
  }

  @Test func `a path with any byte changed is another path or none`() throws {
    for path in ["tile/0/x001/234.p/56", "tile/entries/x018/x446/x744/x073/x709/x551/615"] {
      let good = try #require(Tile(path: path))
      let bytes = Array(path.utf8)
      for offset in bytes.indices {
        for byte in UInt8(0)..<128 where byte != bytes[offset] {
          var changed = bytes
          changed[offset] = byte
          let text = String(decoding: changed, as: UTF8.self)
          guard let tile = Tile(path: text) else { continue }
          #expect(tile != good && tile.path == text)
        }
        let shorter = String(decoding: bytes[..<offset], as: UTF8.self)
        if let tile = Tile(path: shorter) { #expect(tile.path == shorter) }
      }
    }
  }

  @Test func `levels and widths that no path has are refused`() {
    #expect(Tile(.hashes(level: 64), index: 0) == nil)
    for width in [-1, 0, 257, .max] { #expect(Tile(.entries, index: 0, width: width) == nil) }
  }

  @Test func `the tiles of 70,000 leaves are those of the standard's example`() {
    let tiles = Array(Tile.hashTiles(of: 70_000))
    func level(_ level: UInt8) -> [Tile] { tiles.filter { $0.content == .hashes(level: level) } }
    #expect(level(0).count == 274)
    #expect(level(0).filter(\.isFull).count == 273)
    #expect(level(0).last?.path == "tile/0/273.p/112")
    #expect(level(1).map(\.path) == ["tile/1/000", "tile/1/001.p/17"])
    #expect(level(2).map(\.path) == ["tile/2/000.p/1"])
    #expect(tiles.count == 277)
    #expect(Array(Tile.entryTiles(of: 70_000)).map(\.width).reduce(0, +) == 70_000)
    #expect(Array(Tile.hashTiles(of: 256)).map(\.path) == ["tile/0/000", "tile/1/000.p/1"])
    #expect(Array(Tile.hashTiles(of: 0)).isEmpty)
    #expect(Array(Tile.entryTiles(of: 0)).isEmpty)
    #expect(Array(Tile.hashTiles(of: 1)).map(\.path) == ["tile/0/000.p/1"])
  }

  @Test func `hashes at every level are naive heads of full subtrees`() throws {
    let entries = (0..<700).map { Array("entry \($0)".utf8) }
    let naive = NaiveTree(entries)
    let tree = StoredTree(leaves: entries.map { MerkleTree.leafHash(of: $0) })
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 700] {
      for tile in Tile.hashTiles(of: UInt64(size)) {
        guard case .hashes(let level) = tile.content else { continue }
        let span = level == 0 ? 1 : 256
        let expected = (0..<tile.width).flatMap { place in
          let start = (Int(tile.index) * 256 + place) * span
          return naive.head(start..<start + span)
        }
        let bytes = try #require(tree.bytes(of: tile))
        #expect(bytes == expected)
        #expect(try tile.hashes(bytes).flatMap(\.bytes) == expected)
        for count in [0, 31, bytes.count - 1, bytes.count + 1] {
          #expect(throws: TileError.wrongByteCount(expected: bytes.count, found: count)) {
            try tile.hashes(Array((bytes + [0]).prefix(count)))
          }
        }
      }
    }
    #expect(tree.bytes(of: try #require(Tile(.entries, index: 0))) == nil)
    #expect(tree.bytes(of: try #require(Tile(.hashes(level: 8), index: 0))) == nil)
  }
}

struct TiledTreeTests {
  struct Missing: Error, Equatable {}

  /// The files of a log at a size, and at no other.
  static func files(_ tree: StoredTree, size: UInt64) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for tile in Tile.hashTiles(of: size) { files[tile.path] = tree.bytes(of: tile) }
    return files
  }

  @Test(arguments: [1, 2, 7, 255, 256, 257, 300, 511, 512, 600, 70_000] as [UInt64])
  func `proofs from tiles are those from the tree`(size: UInt64) throws {
    let leaves = Samples.leaves(Int(size))
    let tree = StoredTree(leaves: leaves)
    let files = Self.files(tree, size: size)
    let tiled = TiledTree(size: size) { (tile) throws(Missing) in
      guard let bytes = files[tile.path] else { throw Missing() }
      return bytes
    }
    #expect(try tiled.root(at: size) == tree.root(at: size))
    var random = SplitMix64(seed: size)
    for _ in 0..<40 {
      let index = UInt64(random.below(Int(size)))
      let proof = try tiled.inclusionProof(of: index, in: size)
      #expect(proof == tree.inclusionProof(of: index, in: size))
      let older = UInt64(random.below(Int(size) + 1))
      let growth = try tiled.consistencyProof(from: older, to: size)
      #expect(growth == tree.consistencyProof(from: older, to: size))
    }
  }

  @Test func `a tile that is missing, of another size or beyond the tree is an error`() throws {
    let tree = StoredTree(leaves: Samples.leaves(300))
    let missing = TiledTree(size: 300) { (_) throws(Missing) in throw Missing() }
    #expect(throws: TiledTree<Missing>.Failure.fetch(Missing())) {
      try missing.inclusionProof(of: 0, in: 300)
    }
    let tile = try #require(Tile(.hashes(level: 0), index: 0))
    let short = TiledTree(size: 300) { (_) throws(Missing) in [1, 2, 3] }
    #expect(
      throws: TiledTree<Missing>.Failure.malformed(
        tile, .wrongByteCount(expected: 8192, found: 3))
    ) { try short.subtreeRoot(height: 0, index: 0) }
    let files = Self.files(tree, size: 300)
    let tiled = TiledTree(size: 300) { (tile) throws(Missing) in
      guard let bytes = files[tile.path] else { throw Missing() }
      return bytes
    }
    for (height, index) in [
      (0, 300), (0, .max), (5, 9), (8, 1), (9, 0), (16, 0), (63, 0), (63, 1), (64, 0), (600, 0),
      (.max, 0), (-1, 0), (7, .max),
    ] as [(Int, UInt64)] {
      #expect(throws: TiledTree<Missing>.Failure.outside(height: height, index: index)) {
        try tiled.subtreeRoot(height: height, index: index)
      }
    }
    #expect(try tiled.subtreeRoot(height: 2, index: 74) == tree.subtreeRoot(height: 2, index: 74))
  }
}

struct EntryBundleTests {
  @Test func `a bundle is lengths and entries`() throws {
    let entries: [[UInt8]] = [[0x41], [], Array(repeating: 0x42, count: 258)]
    let bytes = try EntryBundle.encode(entries)
    #expect(bytes == [0, 1, 0x41, 0, 0, 1, 2] + Array(repeating: 0x42, count: 258))
    #expect(try EntryBundle.decode(bytes, width: 3) == entries)
    #expect(throws: TileError.trailingBytes(offset: 5)) {
      try EntryBundle.decode(bytes, width: 2)
    }
    #expect(throws: TileError.truncated(offset: bytes.count)) {
      try EntryBundle.decode(bytes, width: 4)
    }
  }

  @Test func `a bundle cut off anywhere is refused`() throws {
    let bytes = try EntryBundle.encode([[1, 2, 3], [], [4, 5]])
    for end in bytes.indices {
      #expect(throws: TileError.self) { try EntryBundle.decode(Array(bytes[..<end]), width: 3) }
    }
  }

  @Test func `what no bundle can hold is refused`() throws {
    #expect(throws: TileError.wrongEntryCount(0)) { try EntryBundle.encode([]) }
    #expect(throws: TileError.wrongEntryCount(257)) {
      try EntryBundle.encode(Array(repeating: [], count: 257))
    }
    let longest = Array(repeating: UInt8(7), count: EntryBundle.entryLimit)
    #expect(EntryBundle.entryLimit == 65_535)
    #expect(try EntryBundle.decode(EntryBundle.encode([longest]), width: 1) == [longest])
    #expect(throws: TileError.entryTooLong(bytes: 65_536)) {
      try EntryBundle.encode([longest + [7]])
    }
  }

  @Test(arguments: UInt64(0)..<50)
  func `random bundles are read back, and their hashes are the tile's`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let entries = (0..<random.below(256) + 1).map { _ in
      Samples.bytes(random.below(40), seed: random.next())
    }
    let bytes = try EntryBundle.encode(entries)
    #expect(try EntryBundle.decode(bytes, width: entries.count) == entries)
    let tree = StoredTree(leaves: entries.map { MerkleTree.leafHash(of: $0) })
    let tile = try #require(Tile(.hashes(level: 0), index: 0, width: entries.count))
    #expect(tree.bytes(of: tile) == entries.flatMap { MerkleTree.leafHash(of: $0).bytes })
  }
}
