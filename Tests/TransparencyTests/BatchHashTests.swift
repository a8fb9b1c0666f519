// SPDX-License-Identifier: Apache-2.0
import Crypto
import Testing

@testable import Transparency

/// Hashes by the processor's own instructions, two at a time, against swift-crypto.
@Suite struct BatchHashTests {
  /// Every length around the ends of blocks, and some far from them.
  private static let lengths =
    Array(0...200) + [247, 248, 255, 256, 311, 312, 447, 448, 1000, 4095, 4096, 65_535]

  @Test(arguments: [nil, 0, 1, 255] as [UInt8?])
  func `a digest of any length is that of another implementation`(prefix: UInt8?) {
    let bytes = Samples.bytes(65_536, seed: 11)
    bytes.withUnsafeBytes { all in
      for length in BatchHashTests.lengths {
        // At an odd address, as in a page of a database.
        let message = UnsafeRawBufferPointer(rebasing: all[1..<1 + length])
        var hasher = SHA256()
        if let prefix { hasher.update(data: [prefix]) }
        hasher.update(bufferPointer: message)
        let expected = MerkleHash(Array(hasher.finalize()))
        #expect(Hashing.digest(of: message, behind: prefix) == expected, "\(length)")
        #expect(Hashing.portable(message, prefix) == expected, "\(length)")
      }
    }
  }

  @Test(arguments: [nil, 0] as [UInt8?])
  func `two messages of any lengths do not get into each other's way`(prefix: UInt8?) {
    let bytes = Samples.bytes(8192, seed: 12)
    bytes.withUnsafeBytes { all in
      for first in stride(from: 0, through: 330, by: 3) {
        for second in [0, 1, 54, 55, 56, 63, 64, 119, 120, 127, 200, 320] {
          let left = UnsafeRawBufferPointer(rebasing: all[3..<3 + first])
          let right = UnsafeRawBufferPointer(rebasing: all[4001..<4001 + second])
          let both = Hashing.digests(of: left, right, behind: prefix)
          #expect(both.0 == Hashing.portable(left, prefix), "\(first), \(second)")
          #expect(both.1 == Hashing.portable(right, prefix), "\(first), \(second)")
        }
      }
    }
  }

  @Test(arguments: [0, 1, 2, 7, 256])
  func `many are hashed as each alone`(count: Int) {
    let entries = (0..<count).map { Samples.bytes($0 % 90, seed: UInt64($0)) }
    let buffers = entries.map { entry in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.count, alignment: 1)
      copy.copyBytes(from: entry)
      return UnsafeRawBufferPointer(copy)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let hashes = [MerkleHash](unsafeUninitializedCapacity: count) { room, initialized in
      MerkleTree.hashLeaves(buffers, into: room)
      initialized = count
    }
    #expect(hashes == entries.map { MerkleTree.leafHash(of: $0) })
    let digests = [MerkleHash](unsafeUninitializedCapacity: count) { room, initialized in
      MerkleTree.digest(buffers, into: room)
      initialized = count
    }
    #expect(digests == entries.map { MerkleTree.sha256($0) })
  }

  @Test(arguments: 0...8) func `the root of a full tree is that by definition`(height: Int) {
    let leaves = (0..<1 << height).map { MerkleTree.leafHash(of: [UInt8($0 & 255)]) }
    var room = leaves
    let root = room.withUnsafeMutableBufferPointer { MerkleTree.rootOfFullTree(over: $0) }
    #expect(root == MerkleTree.root(of: leaves))
  }
}
