// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Estimates how many different hashes were seen, in 16 KiB.
///
/// 2^14 registers: a relative standard error of 1.04/√16384 = 0.81 % (Flajolet et al. 2007), read
/// with the estimator of Ertl 2017 (*New cardinality estimation algorithms*, algorithm 6), which has
/// no bias for small numbers. Adding is commutative, so the order of rows does not matter.
struct HyperLogLog: ~Copyable {
  static let relativeError = 0.008125
  private static let bits = 14
  private static let count = 1 << bits
  private static let ranks = 64 - bits

  private let registers: UnsafeMutablePointer<UInt8>

  init() {
    registers = .allocate(capacity: Self.count)
    registers.initialize(repeating: 0, count: Self.count)
  }

  deinit { registers.deallocate() }

  /// Adds a hash whose bits are all equally random.
  @inline(__always)
  mutating func add(_ hash: UInt64) {
    let index = Int(truncatingIfNeeded: hash >> (64 - UInt64(Self.bits)))
    // The bit behind the 50 in use ends every run of zeros.
    let rest = hash << UInt64(Self.bits) | 1 << (UInt64(Self.bits) - 1)
    let rank = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount &+ 1)
    if registers[index] < rank { registers[index] = rank }
  }

  func estimate() -> UInt64 {
    var histogram = [Double](repeating: 0, count: Self.ranks + 2)
    for index in 0..<Self.count { histogram[Int(registers[index])] += 1 }
    let all = Double(Self.count)
    var sum = all * Self.tau(1 - histogram[Self.ranks + 1] / all)
    for rank in stride(from: Self.ranks, through: 1, by: -1) {
      sum = 0.5 * (sum + histogram[rank])
    }
    sum += all * Self.sigma(histogram[0] / all)
    let estimate = all * all / (2 * log(2) * sum)
    return estimate.isFinite ? UInt64(min(estimate.rounded(), 1e18)) : 0
  }

  private static func sigma(_ start: Double) -> Double {
    if start == 1 { return .infinity }
    var power = start
    var factor = 1.0
    var sum = start
    while true {
      power *= power
      let next = sum + power * factor
      if next == sum { return sum }
      sum = next
      factor += factor
    }
  }

  private static func tau(_ start: Double) -> Double {
    if start == 0 || start == 1 { return 0 }
    var root = start
    var factor = 1.0
    var sum = 1 - start
    while true {
      root = root.squareRoot()
      factor *= 0.5
      let next = sum - (1 - root) * (1 - root) * factor
      if next == sum { return sum / 3 }
      sum = next
    }
  }
}
