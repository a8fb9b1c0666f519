// SPDX-License-Identifier: Apache-2.0

import LedgerFuzzing
import Testing

/// A short run of what tools/fuzz does, without coverage to guide it.
struct FuzzTests {
  @Test(
    arguments: FuzzTarget.all().flatMap { target in (UInt64(0)..<6).map { (target, $0) } })
  func `whatever bytes are read, only what is true is accepted`(
    target: FuzzTarget, seed: UInt64
  ) {
    if seed == 0 {
      for bytes in target.seeds {
        if let wrong = target.check(bytes) { Issue.record("\(wrong): seed \(bytes)") }
      }
    }
    var mutator = Mutator(seeds: target.seeds, seed: seed)
    for _ in 0..<1_000 {
      let bytes = mutator.next()
      if let wrong = target.check(bytes) { Issue.record("\(target.name): \(wrong): \(bytes)") }
    }
  }

  @Test func `a verifier that believes everything is found out`() {
    let target = ProofFuzzing.target(isControl: true)
    var mutator = Mutator(seeds: target.seeds, seed: 1)
    let found = (0..<200).filter { _ in target.check(mutator.next()) != nil }
    #expect(found.count > 20)
  }
}
