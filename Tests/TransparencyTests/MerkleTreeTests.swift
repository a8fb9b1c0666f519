// SPDX-License-Identifier: Apache-2.0
// TransparencyTests — vectors of the standards, independent oracles, every size, every byte.
// Oracles: pymerkle and hashlib through python3, OpenSSL's command. No network, no clock.
// Start at: MerkleTreeTests (roots), SignedNoteTests (rules), CheckpointTests (tampering).

import Testing
import Transparency

struct MerkleTreeTests {
  @Test func `the empty tree has the digest of the empty string as root`() {
    let expected = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    #expect(MerkleTree.emptyRoot.base64 == expected)
    #expect(MerkleTree.root(of: []).base64 == expected)
    #expect(Frontier().root().base64 == expected)
  }

  @Test(arguments: Vectors.roots.enumerated().map { ($0.offset + 1, $0.element) })
  func `roots are those of the published vectors`(size: Int, root: String) {
    let leaves = Vectors.entries.prefix(size).map { MerkleTree.leafHash(of: $0) }
    #expect(MerkleTree.root(of: leaves).hex == root)

    var frontier = Frontier()
    for leaf in leaves { frontier.append(leaf) }
    #expect(frontier.root().hex == root)
  }

  @Test func `a leaf hashes alike from a buffer that already holds the prefix`() {
    for count in [0, 1, 54, 55, 56, 63, 64, 65, 127, 128, 300, 1022, 1023, 1024, 1025, 65_535] {
      let entry = Samples.bytes(count, seed: UInt64(count))
      let prefixed = ([0] + entry).withUnsafeBytes { MerkleTree.leafHash(prefixed: $0) }
      #expect(prefixed == MerkleTree.leafHash(of: entry))
      #expect(prefixed == MerkleTree.sha256([0] + entry))
    }
  }

  @Test func `a node is the digest of one, left and right, in that order`() {
    let left = MerkleTree.sha256([1])
    let right = MerkleTree.sha256([2])
    let node = MerkleTree.nodeHash(left, right)
    #expect(node == MerkleTree.sha256([1] + left.bytes + right.bytes))
    #expect(node != MerkleTree.nodeHash(right, left))
  }

  @Test func `a plain digest is SHA-256`() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(MerkleTree.sha256(Array("abc".utf8)).hex == digest)
  }
}

struct MerkleHashTests {
  @Test func `a hash is read from exactly 32 bytes and gives them back`() {
    let bytes = Samples.bytes(32, seed: 7)
    #expect(MerkleHash(bytes)?.bytes == bytes)
    #expect(bytes.withUnsafeBytes { MerkleHash($0) }?.bytes == bytes)
    var room = [UInt8](repeating: 0xEE, count: 34)
    room.withUnsafeMutableBytes {
      MerkleHash(bytes)?.copy(to: UnsafeMutableRawBufferPointer(rebasing: $0[1...]))
    }
    #expect(room == [0xEE] + bytes + [0xEE])
    for count in [0, 31, 33, 64] {
      #expect(MerkleHash(Samples.bytes(count, seed: 1)) == nil)
      #expect(Samples.bytes(count, seed: 1).withUnsafeBytes { MerkleHash($0) } == nil)
    }
  }

  @Test func `the text forms are read back, and no other texts`() throws {
    let hash = try #require(MerkleHash(Samples.bytes(32, seed: 9)))
    #expect(MerkleHash(hex: hash.hex) == hash)
    #expect(MerkleHash(base64: hash.base64) == hash)
    #expect(MerkleHash(base64URL: hash.base64URL) == hash)
    #expect(hash.hex.utf8.count == 64)
    #expect(hash.base64.utf8.count == 44)
    #expect(hash.base64URL.utf8.count == 43)
    #expect(MerkleHash(hex: String(hash.hex.dropLast())) == nil)
    #expect(MerkleHash(hex: hash.hex + "00") == nil)
    #expect(MerkleHash(hex: "A" + hash.hex.dropFirst()) == nil)
    #expect(MerkleHash(base64: String(hash.base64.dropLast())) == nil)
    #expect(MerkleHash(base64URL: hash.base64URL + "=") == nil)
  }

  @Test func `hashes that differ in any one bit are different`() throws {
    let bytes = Samples.bytes(32, seed: 3)
    let hash = try #require(MerkleHash(bytes))
    for bit in 0..<256 {
      var other = bytes
      other[bit / 8] ^= 1 << (bit % 8)
      #expect(MerkleHash(other) != hash)
    }
  }
}
