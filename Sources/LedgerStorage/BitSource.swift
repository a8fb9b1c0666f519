// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Bits for identifiers: what the kernel gave, and when that is used up a SplitMix64 sequence that
/// starts from it. Identifiers need not be secret, only unused.
final class BitSource: Sendable {
  private struct State {
    var drawn: [UInt64]
    var seed: UInt64
  }
  private let state: Mutex<State>

  init(_ bits: [UInt64]) {
    state = Mutex(State(drawn: bits, seed: bits.reduce(0, ^)))
  }

  func next() -> UInt64 {
    state.withLock { state in
      if let bits = state.drawn.popLast() { return bits }
      state.seed &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state.seed
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
