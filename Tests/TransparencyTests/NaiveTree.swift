// SPDX-License-Identifier: Apache-2.0

import Transparency

/// RFC 6962 §2.1 word for word, over entries; shares nothing with the module but SHA-256.
final class NaiveTree {
  let entries: [[UInt8]]
  private var known: [Range<Int>: [UInt8]] = [:]

  init(_ entries: [[UInt8]]) { self.entries = entries }

  static func hash(_ bytes: [UInt8]) -> [UInt8] { MerkleTree.sha256(bytes).bytes }

  /// The largest power of two smaller than n.
  static func k(_ n: Int) -> Int {
    var k = 1
    while 2 * k < n { k *= 2 }
    return k
  }

  /// MTH(D[range]).
  func head(_ range: Range<Int>) -> [UInt8] {
    if let head = known[range] { return head }
    let head: [UInt8]
    switch range.count {
    case 0: head = Self.hash([])
    case 1: head = Self.hash([0x00] + entries[range.lowerBound])
    default:
      let middle = range.lowerBound + Self.k(range.count)
      head = Self.hash(
        [0x01] + self.head(range.lowerBound..<middle) + self.head(middle..<range.upperBound))
    }
    known[range] = head
    return head
  }

  /// PATH(m, D[range]); m counts from the start of the range.
  func path(_ m: Int, _ range: Range<Int>) -> [[UInt8]] {
    if range.count == 1 { return [] }
    let k = Self.k(range.count)
    let middle = range.lowerBound + k
    return m < k
      ? path(m, range.lowerBound..<middle) + [head(middle..<range.upperBound)]
      : path(m - k, middle..<range.upperBound) + [head(range.lowerBound..<middle)]
  }

  /// PROOF(m, D[0:n]), 0 < m < n.
  func proof(_ m: Int, _ n: Int) -> [[UInt8]] { subproof(m, 0..<n, true) }

  /// SUBPROOF(m, D[range], b).
  private func subproof(_ m: Int, _ range: Range<Int>, _ b: Bool) -> [[UInt8]] {
    if m == range.count { return b ? [] : [head(range)] }
    let k = Self.k(range.count)
    let middle = range.lowerBound + k
    return m <= k
      ? subproof(m, range.lowerBound..<middle, b) + [head(middle..<range.upperBound)]
      : subproof(m - k, middle..<range.upperBound, false) + [head(range.lowerBound..<middle)]
  }

  func root(_ size: Int) -> [UInt8] { head(0..<size) }
}

/// A log of entries with a signed and verified checkpoint at every size.
struct SignedLog: Sendable {
  /// One of 256 leaves, for all tests.
  static let ofThatSize = Result { try SignedLog(256) }

  let entries: [[UInt8]]
  let leaves: [MerkleHash]
  let tree: StoredTree
  let signer: NoteSigner
  let checkpoints: [VerifiedCheckpoint]

  init(_ count: Int, word: String = "entry", seed: UInt64 = 1) throws {
    entries = (0..<count).map { Array("\(word) \($0)".utf8) }
    leaves = entries.map { MerkleTree.leafHash(of: $0) }
    tree = StoredTree(leaves: leaves)
    signer = try Samples.signer("example.org/log", seed: seed)
    let naive = NaiveTree(entries)
    var checkpoints: [VerifiedCheckpoint] = []
    for size in 0...count {
      // The root that is signed is the naive one: the module's own stands nowhere here.
      let root = try Samples.hash(naive.root(size))
      checkpoints.append(try Self.head(size: UInt64(size), root: root, by: signer))
    }
    self.checkpoints = checkpoints
  }

  static func head(
    size: UInt64, root: MerkleHash, by signer: NoteSigner
  ) throws -> VerifiedCheckpoint {
    let note = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
    return try UnverifiedCheckpoint(note).verified(by: [signer.verifierKey])
  }
}
