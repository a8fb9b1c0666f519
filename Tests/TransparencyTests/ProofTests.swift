// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct InclusionProofTests {
  let log: SignedLog

  init() throws { log = try SignedLog.ofThatSize.get() }

  /// Whether the checkpoint of a size confirms the proof.
  func holds(_ proof: InclusionProof, of leaf: MerkleHash, in size: Int) -> Bool {
    (try? log.checkpoints[size].verify(proof, of: leaf)) != nil
  }

  @Test func `every proof at every size to 256 is that of RFC 6962, and holds`() throws {
    let naive = NaiveTree(log.entries)
    for size in 1...256 {
      for index in 0..<size {
        let proof = log.tree.inclusionProof(of: UInt64(index), in: UInt64(size))
        let expected = naive.path(index, 0..<size)
        guard proof.hashes.map(\.bytes) == expected, proof.index == UInt64(index) else {
          Issue.record("leaf \(index) of \(size): another proof")
          continue
        }
        let proven = try log.checkpoints[size].verify(proof, of: log.leaves[index])
        if proven.index != UInt64(index) || proven.leaf != log.leaves[index]
          || proven.checkpoint != log.checkpoints[size]
        {
          Issue.record("leaf \(index) of \(size): another fact")
        }
      }
    }
  }

  @Test func `roots at every size are the naive ones`() {
    let naive = NaiveTree(log.entries)
    for size in 0...256 {
      #expect(log.tree.root(at: UInt64(size)).bytes == naive.root(size))
    }
  }

  @Test func `every hash of every proof counts, at one bit of it`() throws {
    var random = SplitMix64(seed: 6962)
    for size in 1...256 {
      for index in 0..<size {
        let proof = log.tree.inclusionProof(of: UInt64(index), in: UInt64(size))
        for place in proof.hashes.indices {
          var hashes = proof.hashes
          hashes[place] = hashes[place].flipping(random.below(256))
          let changed = InclusionProof(index: proof.index, hashes: hashes)
          if holds(changed, of: log.leaves[index], in: size) {
            Issue.record("leaf \(index) of \(size), hash \(place): a flip goes unnoticed")
          }
        }
      }
    }
  }

  @Test(arguments: 1...17)
  func `every single bit of a small proof and of its leaf counts`(size: Int) throws {
    for index in 0..<size {
      let proof = log.tree.inclusionProof(of: UInt64(index), in: UInt64(size))
      for bit in 0..<256 {
        #expect(!holds(proof, of: log.leaves[index].flipping(bit), in: size))
        for place in proof.hashes.indices {
          var hashes = proof.hashes
          hashes[place] = hashes[place].flipping(bit)
          let changed = InclusionProof(index: proof.index, hashes: hashes)
          if holds(changed, of: log.leaves[index], in: size) {
            Issue.record("accepted: \(changed)")
          }
        }
      }
    }
  }

  @Test(arguments: 1...40)
  func `a proof holds for its leaf, place and size alone`(size: Int) throws {
    for index in 0..<size {
      let proof = log.tree.inclusionProof(of: UInt64(index), in: UInt64(size))
      for other in 0..<size + 3 where other != index {
        let moved = InclusionProof(index: UInt64(other), hashes: proof.hashes)
        if holds(moved, of: log.leaves[index], in: size) { Issue.record("accepted: \(moved)") }
        if holds(proof, of: log.leaves[other], in: size) { Issue.record("accepted: \(proof)") }
      }
      for other in 0...42 where other != size {
        if holds(proof, of: log.leaves[index], in: other) { Issue.record("accepted: \(proof)") }
      }
    }
  }

  @Test(arguments: 1...33)
  func `a proof with hashes left out, repeated, swapped or added is refused`(size: Int) throws {
    for index in 0..<size {
      let proof = log.tree.inclusionProof(of: UInt64(index), in: UInt64(size))
      for hashes in proof.hashes.rearrangements(with: log.leaves[index]) {
        let changed = InclusionProof(index: proof.index, hashes: hashes)
        if holds(changed, of: log.leaves[index], in: size) { Issue.record("accepted: \(changed)") }
      }
    }
  }

  @Test func `a refusal says why`() throws {
    let proof = log.tree.inclusionProof(of: 3, in: 7)
    let leaf = log.leaves[3]
    func refusal(_ proof: InclusionProof, _ size: Int) -> ProofError? {
      do throws(ProofError) {
        try log.checkpoints[size].verify(proof, of: leaf)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(proof, 7) == nil)
    #expect(
      refusal(InclusionProof(index: 7, hashes: proof.hashes), 7)
        == .indexBeyondSize(index: 7, size: 7))
    #expect(
      refusal(InclusionProof(index: .max, hashes: []), 0)
        == .indexBeyondSize(index: .max, size: 0))
    #expect(
      refusal(InclusionProof(index: 3, hashes: []), 7) == .wrongHashCount(expected: 3, found: 0))
    #expect(refusal(InclusionProof(index: 2, hashes: proof.hashes), 7) == .rootMismatch)
    #expect(refusal(proof, 8) == .rootMismatch)
    #expect(refusal(proof, 4) == .wrongHashCount(expected: 2, found: 3))
  }

  @Test func `a node never stands for a leaf`() throws {
    // The proof of a leaf without its lowest hash would show the node above the leaf at half the
    // place of a tree half as large; here the node itself is offered as a leaf.
    let node = MerkleTree.nodeHash(log.leaves[0], log.leaves[1])
    let half = log.tree.inclusionProof(of: 0, in: 8)
    let short = InclusionProof(index: 0, hashes: Array(half.hashes.dropFirst()))
    #expect(!holds(short, of: node, in: 8))
    #expect(!holds(short, of: node, in: 4))
  }

  @Test func `heads of sizes that no tree reaches trap nothing`() throws {
    for size in [1 << 62, 1 << 63, UInt64.max - 1, .max] {
      let head = try SignedLog.head(size: size, root: log.leaves[0], by: log.signer)
      for index in [0, 1, size / 2, size - 1] {
        for count in [0, 1, 62, 63, 64, 65] {
          let proof = InclusionProof(
            index: index, hashes: Array(repeating: log.leaves[1], count: count))
          #expect(throws: ProofError.self) { try head.verify(proof, of: log.leaves[0]) }
        }
      }
    }
  }
}

struct ConsistencyProofTests {
  let log: SignedLog

  init() throws { log = try SignedLog.ofThatSize.get() }

  func holds(_ proof: ConsistencyProof, from older: Int, to newer: Int) -> Bool {
    (try? log.checkpoints[newer].verify(proof, from: log.checkpoints[older])) != nil
  }

  @Test func `every pair of sizes to 256 has the proof of RFC 6962, and it holds`() throws {
    let naive = NaiveTree(log.entries)
    for newer in 0...256 {
      for older in 0...newer {
        let proof = log.tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
        let expected = older == 0 || older == newer ? [] : naive.proof(older, newer)
        guard proof.hashes.map(\.bytes) == expected else {
          Issue.record("\(older) to \(newer): another proof")
          continue
        }
        let proven = try log.checkpoints[newer].verify(proof, from: log.checkpoints[older])
        if proven.older != log.checkpoints[older] || proven.newer != log.checkpoints[newer] {
          Issue.record("\(older) to \(newer): another fact")
        }
      }
    }
  }

  @Test func `every hash of every proof counts, at one bit of it`() throws {
    var random = SplitMix64(seed: 9162)
    for newer in 1...256 {
      for older in 1...newer {
        let proof = log.tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
        for place in proof.hashes.indices {
          var hashes = proof.hashes
          hashes[place] = hashes[place].flipping(random.below(256))
          if holds(ConsistencyProof(hashes: hashes), from: older, to: newer) {
            Issue.record("\(older) to \(newer), hash \(place): a flip goes unnoticed")
          }
        }
      }
    }
  }

  @Test(arguments: 1...14)
  func `every single bit of a small proof counts`(newer: Int) throws {
    for older in 1...newer {
      let proof = log.tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
      for place in proof.hashes.indices {
        for bit in 0..<256 {
          var hashes = proof.hashes
          hashes[place] = hashes[place].flipping(bit)
          if holds(ConsistencyProof(hashes: hashes), from: older, to: newer) {
            Issue.record("accepted: \(hashes)")
          }
        }
      }
    }
  }

  @Test(arguments: 0...33)
  func `a proof with hashes left out, repeated, swapped or added is refused`(newer: Int) throws {
    for older in 0...newer {
      let proof = log.tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
      for hashes in proof.hashes.rearrangements(with: log.checkpoints[older].root) {
        if holds(ConsistencyProof(hashes: hashes), from: older, to: newer) {
          Issue.record("accepted: \(hashes)")
        }
      }
    }
  }

  @Test func `a proof holds for its two sizes alone`() throws {
    for (older, newer) in [(1, 2), (3, 7), (4, 7), (6, 8), (8, 16), (13, 31)] {
      let proof = log.tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
      for first in 1...34 {
        for second in first + 1...35 where (first, second) != (older, newer) {
          // The proof between two pairs of sizes may be made of the same hashes.
          let own = log.tree.consistencyProof(from: UInt64(first), to: UInt64(second))
          #expect(holds(proof, from: first, to: second) == (own == proof))
        }
      }
    }
  }

  @Test func `no proof joins a log whose past was changed`() throws {
    let forged = try SignedLog(64, word: "Entry")
    for (older, newer) in [(1, 2), (3, 7), (4, 8), (17, 64), (32, 64), (64, 64)] {
      for tree in [log.tree, forged.tree] {
        let proof = tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
        #expect(throws: ProofError.self) {
          try forged.checkpoints[newer].verify(proof, from: log.checkpoints[older])
        }
        #expect(throws: ProofError.self) {
          try log.checkpoints[newer].verify(proof, from: forged.checkpoints[older])
        }
      }
    }
  }

  @Test func `a refusal says why`() throws {
    let other = try Samples.signer("example.org/other", seed: 2)
    func refusal(
      _ hashes: [MerkleHash], _ older: VerifiedCheckpoint, _ newer: VerifiedCheckpoint
    ) -> ProofError? {
      do throws(ProofError) {
        try newer.verify(ConsistencyProof(hashes: hashes), from: older)
        return nil
      } catch {
        return error
      }
    }
    let heads = log.checkpoints
    let good = log.tree.consistencyProof(from: 6, to: 7).hashes
    #expect(refusal(good, heads[6], heads[7]) == nil)
    #expect(refusal(good, heads[7], heads[6]) == .sizesReversed(older: 7, newer: 6))
    let foreign = try SignedLog.head(size: 6, root: heads[6].root, by: other)
    #expect(refusal(good, foreign, heads[7]) == .originMismatch)
    #expect(refusal([], heads[6], heads[7]) == .wrongHashCount(expected: 3, found: 0))
    #expect(refusal(good, heads[7], heads[7]) == .wrongHashCount(expected: 0, found: 3))
    #expect(refusal(good, heads[0], heads[7]) == .wrongHashCount(expected: 0, found: 3))
    let wrong = try SignedLog.head(size: 6, root: heads[5].root, by: log.signer)
    #expect(refusal(good, wrong, heads[7]) == .olderRootMismatch)
    let wrongNewer = try SignedLog.head(size: 7, root: heads[5].root, by: log.signer)
    #expect(refusal(good, heads[6], wrongNewer) == .rootMismatch)
    #expect(refusal([], heads[7], wrongNewer) == .rootMismatch)
    // A head without leaves has one root; a log that signs another has lied.
    let full = try SignedLog.head(size: 0, root: heads[1].root, by: log.signer)
    #expect(refusal([], full, heads[7]) == .olderRootMismatch)
    #expect(refusal([], full, full) == .olderRootMismatch)
  }

  @Test func `heads of sizes that no tree reaches trap nothing`() throws {
    let sizes = [1, 2, 1 << 62, 1 << 63 - 1, 1 << 63, UInt64.max - 1, .max]
    let heads = try sizes.map {
      try SignedLog.head(size: $0, root: log.leaves[0], by: log.signer)
    }
    for older in heads {
      for newer in heads where older.size < newer.size {
        for count in [0, 1, 62, 63, 64, 65] {
          let proof = ConsistencyProof(hashes: Array(repeating: log.leaves[1], count: count))
          #expect(throws: ProofError.self) { try newer.verify(proof, from: older) }
        }
      }
    }
  }
}

extension MerkleHash {
  /// The hash with one bit changed.
  func flipping(_ bit: Int) -> MerkleHash {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << (bit % 8)
    return MerkleHash(bytes) ?? self
  }
}

extension [MerkleHash] {
  /// The list with one hash removed, repeated or put in, or two neighbours swapped, or reversed.
  func rearrangements(with other: MerkleHash) -> [[MerkleHash]] {
    var lists: [[MerkleHash]] = []
    for place in indices {
      var removed = self
      removed.remove(at: place)
      var repeated = self
      repeated.insert(self[place], at: place)
      lists += [removed, repeated]
      if place > 0, self[place] != self[place - 1] {
        var swapped = self
        swapped.swapAt(place, place - 1)
        lists.append(swapped)
      }
    }
    for place in 0...count {
      for hash in [other, MerkleTree.emptyRoot] {
        var longer = self
        longer.insert(hash, at: place)
        lists.append(longer)
      }
    }
    return lists
  }
}
