// SPDX-License-Identifier: Apache-2.0

/// Sums with their rounding errors kept: twice the digits of a double (Knuth's two-sum).
struct ExactSum {
  private(set) var high = 0.0
  private(set) var low = 0.0

  /// The sum; infinite where it does not fit a double.
  var value: Double { high.isFinite ? high + low : high }

  @inline(__always)
  mutating func add(_ term: Double) {
    let sum = high + term
    let back = sum - high
    low += (high - (sum - back)) + (term - back)
    high = sum
  }

  /// Adds a product whose rounding error is kept too.
  @inline(__always)
  mutating func add(_ term: Double, times weight: Double) {
    let product = term * weight
    add(product)
    if product.isFinite { low += (-product).addingProduct(term, weight) }
  }
}

/// Count, sum, and squares of the differences from a value near them, of finite values.
///
/// Both sums have twice the digits of a double, and the differences are taken from the mean of the
/// values that came first: neither an offset such as 1e9 + 0.001, nor sums that cancel, nor 10^9
/// rows cost digits, and the order of rows hardly matters.
struct Moments {
  private(set) var count: UInt64 = 0
  private var shift = 0.0
  private var sums = (SIMD4<Double>.zero, SIMD4<Double>.zero)
  private var squares = (SIMD4<Double>.zero, SIMD4<Double>.zero)
  private var rest = ExactSum()
  private var restSquares = ExactSum()

  /// The moments of weighted finite values.
  init(of values: [Weighted]) {
    var sum = ExactSum()
    for value in values where value.value.isFinite {
      count += value.weight
      sum.add(value.value, times: Double(value.weight))
    }
    guard count > 0 else { return }
    let mean = sum.value / Double(count)
    shift = mean.isFinite ? mean : 0
    for value in values where value.value.isFinite {
      let difference = value.value - shift
      restSquares.add(difference * difference, times: Double(value.weight))
    }
    rest = sum
  }

  /// Adds values; those that are infinite are left out where `allFinite` is false.
  mutating func add(_ values: UnsafeBufferPointer<Double>, allFinite: Bool) {
    guard allFinite else {
      for value in values where value.isFinite { addOne(value) }
      return
    }
    let center = SIMD4<Double>(repeating: shift)
    var at = 0
    let base = UnsafeRawPointer(values.baseAddress!)
    while at &+ 4 <= values.count {
      let four = (base + at &* 8).loadUnaligned(as: SIMD4<Double>.self)
      let difference = four - center
      Self.add(four, to: &sums)
      Self.add(difference * difference, to: &squares)
      at &+= 4
    }
    count += UInt64(at)
    while at < values.count {
      addOne(values[at])
      at += 1
    }
  }

  private mutating func addOne(_ value: Double) {
    let difference = value - shift
    rest.add(value)
    restSquares.add(difference * difference)
    count += 1
  }

  @inline(__always)
  private static func add(
    _ term: SIMD4<Double>, to total: inout (SIMD4<Double>, SIMD4<Double>)
  ) {
    let sum = total.0 + term
    let back = sum - total.0
    total.1 += (total.0 - (sum - back)) + (term - back)
    total.0 = sum
  }

  /// The arithmetic mean; NaN without values.
  var mean: Double { total(rest, sums).value / Double(count) }

  /// The sample standard deviation (divisor n − 1); NaN below two values.
  var standardDeviation: Double {
    guard count > 1 else { return .nan }
    // The difference of mean and shift, before the mean is rounded to a double.
    var offset = total(rest, sums)
    offset.add(-shift, times: Double(count))
    let distance = offset.value / Double(count)
    var sum = total(restSquares, squares)
    sum.add(-(distance * distance), times: Double(count))
    return (max(sum.value, 0) / Double(count - 1)).squareRoot()
  }

  private func total(_ rest: ExactSum, _ lanes: (SIMD4<Double>, SIMD4<Double>)) -> ExactSum {
    var total = rest
    for lane in 0..<4 { total.add(lanes.0[lane]) }
    // Behind a sum that is infinite there is no remainder.
    for lane in 0..<4 where lanes.0[lane].isFinite { total.add(lanes.1[lane]) }
    return total
  }
}
