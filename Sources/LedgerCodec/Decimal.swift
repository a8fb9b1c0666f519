// SPDX-License-Identifier: Apache-2.0

/// Decimal digits, two at a time.
enum Decimal {
  private static let pairs: StaticString = """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464\
    74849505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394\
    9596979899
    """

  /// The digits that a number has.
  @inline(__always)
  static func count(_ value: UInt64) -> Int {
    if value < 10 { return 1 }
    var digits = 2
    var bound: UInt64 = 100
    while value >= bound {
      digits &+= 1
      if digits == 20 { break }
      bound = bound &* 10
    }
    return digits
  }

  /// Writes the digits of a number, without leading zeros, and says how many they are.
  @inline(__always)
  static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    let digits = count(value)
    write(value, digits: digits, to: target)
    return digits
  }

  /// Writes the last `digits` digits of a number, with leading zeros.
  @inline(__always)
  static func write(_ value: UInt64, digits: Int, to target: UnsafeMutablePointer<UInt8>) {
    let pairs = Self.pairs.utf8Start
    var rest = value
    var at = digits
    while at >= 2 {
      let next = rest / 100
      let pair = Int(truncatingIfNeeded: rest &- next &* 100) &* 2
      at &-= 2
      target[at] = pairs[pair]
      target[at &+ 1] = pairs[pair &+ 1]
      rest = next
    }
    if at == 1 { target[0] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10) }
  }
}
