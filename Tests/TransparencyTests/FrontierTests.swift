// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct FrontierTests {
  @Test func `the root is that of the recursive definition at every size to 600`() {
    let leaves = Samples.leaves(600)
    var frontier = Frontier()
    for size in 0...600 {
      #expect(frontier.size == UInt64(size))
      #expect(frontier.root() == MerkleTree.root(of: Array(leaves[..<size])))
      if size < 600 { frontier.append(leaves[size]) }
    }
  }

  @Test(arguments: UInt64(0)..<50)
  func `batches of any size give what single leaves give`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let leaves = Samples.leaves(600)
    var frontier = Frontier()
    var start = 0
    while start < leaves.count {
      let end = min(leaves.count, start + Int.random(in: 0...90, using: &random))
      frontier.append(contentsOf: leaves[start..<end])
      #expect(frontier.size == UInt64(end))
      #expect(frontier.root() == MerkleTree.root(of: Array(leaves[..<end])))
      start = end
    }
  }

  @Test func `every full subtree is reported once, with its root`() throws {
    struct Place: Hashable {
      let height: Int
      let index: UInt64
    }
    let leaves = Samples.leaves(600)
    var reported: [Place: MerkleHash] = [:]
    var frontier = Frontier()
    frontier.append(contentsOf: leaves) { height, index, hash in
      let before = reported.updateValue(hash, forKey: Place(height: height, index: index))
      #expect(before == nil)
    }
    var expected = 0
    for height in 0...9 {
      let width = 1 << height
      for index in 0..<(600 / width) {
        let subtree = Array(leaves[index * width..<(index + 1) * width])
        let place = Place(height: height, index: UInt64(index))
        #expect(reported[place] == MerkleTree.root(of: subtree))
        expected += 1
      }
    }
    #expect(reported.count == expected)
  }

  @Test func `a report that fails leaves the frontier as it was`() throws {
    struct Refusal: Error, Equatable {}
    var frontier = Frontier()
    frontier.append(contentsOf: Samples.leaves(7))
    let before = frontier
    let leaf = try #require(Samples.leaves(8).last)
    for failing in 0...3 {
      #expect(throws: Refusal()) {
        try frontier.append(leaf) { height, _, _ throws(Refusal) in
          if height == failing { throw Refusal() }
        }
      }
      #expect(frontier == before)
    }
    frontier.append(leaf)
    #expect(frontier.root() == MerkleTree.root(of: Samples.leaves(8)))
  }

  @Test func `the stored form is taken up again at every size`() throws {
    let leaves = Samples.leaves(300)
    var frontier = Frontier()
    for size in 0..<300 {
      let bytes = frontier.bytes
      #expect(bytes.count == 8 + 32 * size.nonzeroBitCount)
      var again = try Frontier(bytes: bytes)
      #expect(again == frontier)
      frontier.append(leaves[size])
      again.append(leaves[size])
      #expect(again == frontier)
    }
  }

  @Test func `bytes and peaks that are no frontier are refused`() throws {
    var frontier = Frontier()
    frontier.append(contentsOf: Samples.leaves(5))
    let bytes = frontier.bytes
    for count in 0..<bytes.count {
      #expect(throws: Frontier.Failure.self) { try Frontier(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: Frontier.Failure.self) { try Frontier(bytes: bytes + [0]) }
    #expect(throws: Frontier.Failure.wrongPeakCount(expected: 2, found: 3)) {
      try Frontier(bytes: bytes + Samples.bytes(32, seed: 1))
    }
    #expect(throws: Frontier.Failure.wrongPeakCount(expected: 2, found: 1)) {
      try Frontier(size: 3, peaks: Samples.leaves(1))
    }
    #expect(throws: Frontier.Failure.sizeTooLarge) {
      try Frontier(size: 1 << 63, peaks: Samples.leaves(1))
    }
    #expect(throws: Never.self) {
      try Frontier(size: 1 << 63 - 1, peaks: Samples.leaves(63))
    }
  }
}
