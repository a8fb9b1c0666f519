// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Transparency

/// A log, and a fork of it that the same key has signed: what a prover who owns the key can offer.
struct ForkedLog: Sendable {
  static let size = 300
  /// The branches have this many leaves in common.
  static let common = 100

  let entries: [[[UInt8]]]
  let leaves: [[MerkleHash]]
  let trees: [StoredTree]
  /// A signed note at every size.
  let notes: [[[UInt8]]]
  let heads: [[VerifiedCheckpoint]]
  let signer: NoteSigner

  static let shared = ForkedLog()

  private init() {
    var random = SplitMix64(seed: 1)
    let signer = NoteSigner(name: Self.name("example.org/log"), key: .generate(using: &random))
    entries = ["entry", "other"].map { word in
      (0..<Self.size).map { Array("\($0 < Self.common ? "entry" : word) \($0)".utf8) }
    }
    leaves = entries.map { $0.map { MerkleTree.leafHash(of: $0) } }
    trees = leaves.map { StoredTree(leaves: $0) }
    notes = trees.map { tree in
      (0...UInt64(Self.size)).map { size in
        Checkpoint(origin: signer.name, size: size, root: tree.root(at: size)).signed(by: signer)
      }
    }
    heads = notes.map { $0.map { Self.verified($0, by: signer) } }
    self.signer = signer
  }

  static func name(_ text: String) -> KeyName {
    guard let name = try? KeyName(text) else { preconditionFailure("a name of ours is one") }
    return name
  }

  private static func verified(_ note: [UInt8], by signer: NoteSigner) -> VerifiedCheckpoint {
    guard let head = try? UnverifiedCheckpoint(note).verified(by: [signer.verifierKey]) else {
      preconditionFailure("a note of ours verifies")
    }
    return head
  }
}

/// Proofs that a prover bends: what is accepted has to be true.
///
/// An input is a script: which proof of which log, and what is done to it before it is shown.
public enum ProofFuzzing {
  /// The target; a control believes what the verifier refuses, and must be found out.
  public static func target(isControl: Bool = false) -> FuzzTarget {
    let log = ForkedLog.shared
    var seeds: [[UInt8]] = []
    for (first, second) in [(1, 0), (7, 3), (8, 7), (100, 64), (256, 255), (300, 1), (300, 150)] {
      for kind in 0..<4 {
        let start: [UInt8] = [UInt8(kind)] + two(first) + two(second)
        seeds.append(start)
        for operation in 0..<9 { seeds.append(start + [UInt8(operation), 0, 1]) }
      }
    }
    return FuzzTarget(name: isControl ? "proofs-control" : "proofs", seeds: seeds) { bytes in
      var script = Script(bytes)
      let kind = script.byte()
      return kind & 1 == 0
        ? inclusion(&script, branch: Int(kind >> 1 & 1), log, isControl)
        : consistency(&script, branch: Int(kind >> 1 & 1), log, isControl)
    }
  }

  private static func inclusion(
    _ script: inout Script, branch: Int, _ log: ForkedLog, _ isControl: Bool
  ) -> String? {
    var size = 1 + script.number(below: ForkedLog.size)
    var index = UInt64(script.number(below: size))
    var branch = branch
    var leaf = log.leaves[branch][Int(index)]
    var hashes = log.trees[branch].inclusionProof(of: index, in: UInt64(size)).hashes
    while !script.isAtEnd {
      switch script.byte() % 9 {
      case 5: index = script.isEven() ? UInt64(script.number(below: 512)) : UInt64.max
      case 6: size = script.number(below: ForkedLog.size + 1)
      case 7: leaf = script.hash(of: log)
      case 8: branch ^= 1
      case let operation: script.bend(&hashes, by: operation, log)
      }
    }
    let proof = InclusionProof(index: index, hashes: hashes)
    let isAccepted = (try? log.heads[branch][size].verify(proof, of: leaf)) != nil
    let isTrue =
      index < UInt64(size) && leaf == log.leaves[branch][Int(index)]
      && proof == log.trees[branch].inclusionProof(of: index, in: UInt64(size))
    return verdict(isControl || isAccepted, isTrue, "leaf \(index) of \(size), branch \(branch)")
  }

  private static func consistency(
    _ script: inout Script, branch: Int, _ log: ForkedLog, _ isControl: Bool
  ) -> String? {
    var newer = script.number(below: ForkedLog.size + 1)
    var older = script.number(below: newer + 1)
    var branches = (branch, branch)
    var hashes = log.trees[branch].consistencyProof(from: UInt64(older), to: UInt64(newer)).hashes
    while !script.isAtEnd {
      switch script.byte() % 9 {
      case 5: older = script.number(below: ForkedLog.size + 1)
      case 6: newer = script.number(below: ForkedLog.size + 1)
      case 7: branches.0 ^= 1
      case 8: branches.1 ^= 1
      case let operation: script.bend(&hashes, by: operation, log)
      }
    }
    let proof = ConsistencyProof(hashes: hashes)
    let heads = (log.heads[branches.0][older], log.heads[branches.1][newer])
    let isAccepted = (try? heads.1.verify(proof, from: heads.0)) != nil
    let tree = log.trees[branches.1]
    let isTrue =
      older <= newer && tree.root(at: UInt64(older)) == heads.0.root
      && proof == tree.consistencyProof(from: UInt64(older), to: UInt64(newer))
    return verdict(isControl || isAccepted, isTrue, "\(older) to \(newer), branches \(branches)")
  }

  /// What is true is accepted, and nothing else is.
  private static func verdict(_ isAccepted: Bool, _ isTrue: Bool, _ what: String) -> String? {
    switch (isAccepted, isTrue) {
    case (true, false): "an untrue proof was accepted: \(what)"
    case (false, true): "a true proof was refused: \(what)"
    default: nil
    }
  }

  private static func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
}

/// The bytes of an input, one after the other; zeros behind its end.
private struct Script {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { next >= bytes.count }

  mutating func byte() -> UInt8 {
    guard next < bytes.count else { return 0 }
    next += 1
    return bytes[next - 1]
  }

  mutating func isEven() -> Bool { byte() & 1 == 0 }

  mutating func number(below bound: Int) -> Int { (Int(byte()) << 8 | Int(byte())) % bound }

  /// A hash of the log, of any height, or one that is none.
  mutating func hash(of log: ForkedLog) -> MerkleHash {
    let tree = log.trees[Int(byte() & 1)]
    let height = Int(byte() % 10)
    guard height < 9 else { return MerkleTree.sha256([byte()]) }
    return tree.subtreeRoot(
      height: height, index: UInt64(number(below: ForkedLog.size >> height)))
  }

  /// Does to the hashes what a prover might.
  mutating func bend(_ hashes: inout [MerkleHash], by operation: UInt8, _ log: ForkedLog) {
    let place = number(below: hashes.count + 1)
    switch operation {
    case 0 where place < hashes.count:
      var bytes = hashes[place].bytes
      bytes[Int(byte()) % 32] ^= 1 << (byte() % 8)
      hashes[place] = MerkleHash(bytes) ?? hashes[place]
    case 1 where place < hashes.count: hashes.remove(at: place)
    case 2 where hashes.count < 80: hashes.insert(hash(of: log), at: place)
    case 3 where place < hashes.count: hashes[place] = hash(of: log)
    case 4 where place < hashes.count: hashes.swapAt(place, number(below: hashes.count))
    default: break
    }
  }
}
