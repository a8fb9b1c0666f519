// SPDX-License-Identifier: Apache-2.0

/// Powers of five and ten for reading decimal numbers; made once for each builder.
///
/// The five hold 128 bits of 5^q, normalised, for q from −27 to 27 (Lemire, *Number parsing at a
/// gigabyte per second*, 2021, §5): enough for every number people write with up to 19 digits.
struct PowersOfFive: ~Copyable {
  static let range = -27...27

  private let high: UnsafeMutablePointer<UInt64>
  private let low: UnsafeMutablePointer<UInt64>
  private let tens: UnsafeMutablePointer<Double>

  init() {
    high = .allocate(capacity: Self.range.count)
    low = .allocate(capacity: Self.range.count)
    tens = .allocate(capacity: 23)
    var ten = 1.0
    for exponent in 0...22 {
      // Exact: 10^22 is the greatest power of ten whose odd part has at most 53 bits.
      (tens + exponent).initialize(to: ten)
      ten *= 10
    }
    for exponent in Self.range {
      let (upper, lower) = Self.power(exponent)
      (high + (exponent + 27)).initialize(to: upper)
      (low + (exponent + 27)).initialize(to: lower)
    }
  }

  deinit {
    high.deallocate()
    low.deallocate()
    tens.deallocate()
  }

  /// 5^q for q ≥ 0 is shifted to fill 128 bits; for q < 0 it is ⌊2^(z+127) / 5^−q⌋ + 1, where z is
  /// the number of bits of 5^−q.
  private static func power(_ exponent: Int) -> (UInt64, UInt64) {
    var five: UInt64 = 1
    for _ in 0..<exponent.magnitude { five *= 5 }
    if exponent >= 0 { return (five << five.leadingZeroBitCount, 0) }
    let bits = UInt64.bitWidth - five.leadingZeroBitCount
    let (upper, rest) = five.dividingFullWidth((1 << (bits - 1), 0))
    let lower = five.dividingFullWidth((rest, 0)).quotient
    // One more never carries: no power of five divides a power of two.
    return (upper, lower &+ 1)
  }

  /// The double nearest to mantissa × 10^exponent, ties to even; nil outside the table.
  @inline(__always)
  func double(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      // Both are exact, so that one rounding gives the nearest (Clinger 1990).
      let whole = Double(mantissa)
      return exponent < 0 ? whole / tens[-exponent] : whole * tens[exponent]
    }
    guard Self.range.contains(exponent), mantissa != 0 else { return nil }
    let shift = mantissa.leadingZeroBitCount
    let normal = mantissa << shift
    var product = normal.multipliedFullWidth(by: high[exponent + 27])
    if product.high & 0x1ff == 0x1ff {
      let second = normal.multipliedFullWidth(by: low[exponent + 27])
      let (sum, carried) = product.low.addingReportingOverflow(second.high)
      product.low = sum
      if carried { product.high += 1 }
    }
    let upper = Int(product.high >> 63)
    let dropped = upper + 64 - 52 - 3
    var bits = product.high >> dropped
    var binary = ((217_706 * exponent) >> 16) + 63 + upper - shift + 1_023
    // Half way between two doubles, and the one below is even: only then may it be exact.
    if product.low <= 1, exponent >= -4, exponent <= 23, bits & 3 == 1,
      bits << dropped == product.high
    {
      bits &= ~1
    }
    bits = (bits + (bits & 1)) >> 1
    if bits >= 2 << 52 {
      bits = 1 << 52
      binary += 1
    }
    return Double(bitPattern: UInt64(binary) << 52 | bits & ~(1 << 52))
  }
}
