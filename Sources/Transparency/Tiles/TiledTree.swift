// SPDX-License-Identifier: Apache-2.0

/// A tree that is read from its tiles, wherever they are.
///
/// Tiles are not believed and need not be: what is made of them is checked against a checkpoint.
/// Each subtree asked for fetches one tile; keeping those that come again is up to `fetch`.
public struct TiledTree<FetchFailure: Error>: SubtreeReader {
  /// Why a subtree cannot be had.
  public enum Failure: Error {
    /// The tile could not be fetched.
    case fetch(FetchFailure)
    /// What was fetched is no such tile.
    case malformed(Tile, TileError)
    /// No tile of a tree of this size holds the subtree.
    case outside(height: Int, index: UInt64)
  }

  /// Number of leaves.
  public let size: UInt64

  private let fetch: (Tile) throws(FetchFailure) -> [UInt8]

  /// Reads a tree of this size, whose partial tiles are as wide as the size makes them.
  public init(size: UInt64, fetch: @escaping (Tile) throws(FetchFailure) -> [UInt8]) {
    self.size = size
    self.fetch = fetch
  }

  /// The root over the leaves from index × 2^height, 2^height of them: at most 128 hashes of a tile.
  public func subtreeRoot(height: Int, index: UInt64) throws(Failure) -> MerkleHash {
    let within = UInt64(height & 7)
    let first = index << within
    let level = UInt8(clamping: height >> 3)
    guard height >= 0, first >> within == index,
      let tile = Tile.holding(hash: first, level: level, size: size)
    else { throw .outside(height: height, index: index) }
    let start = Int(first & 255)
    let end = start + 1 << Int(within)
    guard end <= tile.width else { throw .outside(height: height, index: index) }
    let bytes: [UInt8]
    do throws(FetchFailure) { bytes = try fetch(tile) } catch { throw .fetch(error) }
    let hashes: [MerkleHash]
    do throws(TileError) { hashes = try tile.hashes(bytes) } catch {
      throw .malformed(tile, error)
    }
    return MerkleTree.root(of: Array(hashes[start..<end]))
  }
}

extension TiledTree.Failure: Equatable where FetchFailure: Equatable {}
