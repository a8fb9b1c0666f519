// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Transparency

/// Computes the tree again from leaf hashes: the roots of full blocks of 256, and of the whole.
///
/// A missing leaf leaves its block and the whole without a root, and the other blocks with theirs.
struct TreeBuilder {
  /// Blocks of 256 leaves as the leaves of a smaller tree; nil from the first gap on.
  private var upper: Frontier? = Frontier()
  private var block: Frontier? = Frontier()
  /// Where the next leaf stands.
  private(set) var next: UInt64 = 0
  private var sizes: Set<UInt64> = [0]
  /// The roots of the first N leaves, for the sizes asked for.
  private(set) var roots: [UInt64: MerkleHash] = [0: MerkleTree.emptyRoot]

  /// Asks for the roots at these sizes.
  mutating func expect(sizes: [UInt64]) { self.sizes.formUnion(sizes) }

  /// Takes the hash of the next leaf; returns the root of the block that it completes.
  mutating func add(_ hash: MerkleHash) -> MerkleHash? {
    block?.append(hash)
    next += 1
    var completed: MerkleHash?
    if next & 255 == 0 {
      completed = block?.peaks.first
      if let completed { upper?.append(completed) } else { upper = nil }
      block = Frontier()
    }
    if sizes.contains(next), let root { roots[next] = root }
    return completed
  }

  /// Takes the root of the next block of 256 leaves, all at once; no root was asked for within it.
  mutating func add(block root: MerkleHash) {
    precondition(next & 255 == 0, "a block begins at a multiple of 256")
    upper?.append(root)
    next += 256
    if sizes.contains(next), let whole = self.root { roots[next] = whole }
  }

  /// Passes over missing leaves.
  mutating func skip(to position: UInt64) {
    upper = nil
    block = position & 255 == 0 ? Frontier() : nil
    next = position
  }

  /// The last leaves are missing: there is no root of the whole, and no more to come.
  mutating func cut() { upper = nil }

  /// The peaks of the whole tree; nil after a gap.
  var frontier: Frontier? {
    guard let upper, let block else { return nil }
    return try? Frontier(size: next, peaks: upper.peaks + block.peaks)
  }

  /// The root of the whole tree; nil after a gap.
  var root: MerkleHash? { frontier?.root() }
}

/// Texts that are not there although their events have digests: ranges, so that an erased log
/// takes no more room than an erased line.
struct MissingTexts: Sendable {
  struct Run: Sendable {
    var from: UInt64
    var to: UInt64
    var job: JobID?
  }

  private(set) var runs: [Run] = []

  mutating func missing(_ position: UInt64, job: JobID?) {
    append(Run(from: position, to: position, job: job))
  }

  /// Takes the run that follows, as one with the last where it goes on.
  mutating func append(_ run: Run) {
    if let last = runs.last, last.job == run.job, last.to + 1 == run.from {
      runs[runs.count - 1].to = run.to
    } else {
      runs.append(run)
    }
  }

  mutating func removeAll() { runs.removeAll() }
}
