// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not what a tile's path says.
public enum TileError: Error, Equatable, Sendable {
  /// A tile of hashes has another number of bytes.
  case wrongByteCount(expected: Int, found: Int)
  /// An entry is longer than a bundle can hold.
  case entryTooLong(bytes: Int)
  /// There are no entries, or more than 256.
  case wrongEntryCount(Int)
  /// A bundle ends within its entries; the offset is that of the entry that is cut off.
  case truncated(offset: Int)
  /// Bytes follow the last entry.
  case trailingBytes(offset: Int)
}

extension SubtreeReader {
  /// Makes the bytes of a tile of hashes, 32 for each; nil for entries, and for levels above 7, which
  /// no tree of less than 2^63 leaves has.
  ///
  /// The tree has to have all of them.
  public func bytes(of tile: Tile) throws(Failure) -> [UInt8]? {
    guard case .hashes(let level) = tile.content, level < 8 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tile.width * MerkleHash.byteCount)
    for place in 0..<UInt64(tile.width) {
      let hash = try subtreeRoot(height: 8 * Int(level), index: tile.index << 8 + place)
      hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

extension Tile {
  /// Reads the hashes of a tile of this width.
  ///
  /// - Throws: `TileError` with `wrongByteCount`.
  public func hashes(_ bytes: [UInt8]) throws(TileError) -> [MerkleHash] {
    let expected = width * MerkleHash.byteCount
    guard bytes.count == expected else {
      throw .wrongByteCount(expected: expected, found: bytes.count)
    }
    return bytes.withUnsafeBytes { buffer in
      (0..<width).map { MerkleHash(loading: buffer.baseAddress! + $0 * MerkleHash.byteCount) }
    }
  }
}

/// Up to 256 entries in one file: each behind its length, two bytes big-endian.
public enum EntryBundle {
  /// The longest entry, in bytes.
  public static let entryLimit = Int(UInt16.max)

  /// Makes a bundle of 1 to 256 entries.
  ///
  /// - Throws: `TileError` with `wrongEntryCount` or `entryTooLong`.
  public static func encode(_ entries: [[UInt8]]) throws(TileError) -> [UInt8] {
    guard (1...Tile.fullWidth).contains(entries.count) else {
      throw .wrongEntryCount(entries.count)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
    for entry in entries {
      guard let count = UInt16(exactly: entry.count) else {
        throw .entryTooLong(bytes: entry.count)
      }
      bytes.append(UInt8(count >> 8))
      bytes.append(UInt8(truncatingIfNeeded: count))
      bytes += entry
    }
    return bytes
  }

  /// Reads a bundle that has this many entries, and accepts nothing else.
  ///
  /// - Throws: `TileError` with `truncated` or `trailingBytes`, and the byte offset.
  public static func decode(_ bytes: [UInt8], width: Int) throws(TileError) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    var offset = 0
    while entries.count < width {
      guard bytes.count - offset >= 2 else { throw .truncated(offset: offset) }
      let start = offset + 2
      let count = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
      guard bytes.count - start >= count else { throw .truncated(offset: offset) }
      entries.append(Array(bytes[start..<start + count]))
      offset = start + count
    }
    guard offset == bytes.count else { throw .trailingBytes(offset: offset) }
    return entries
  }
}
