// SPDX-License-Identifier: Apache-2.0

/// How much is kept of a column, so that memory does not grow with the rows.
struct Bounds {
  /// So many different values are counted exactly.
  let distinct: Int
  /// Values of a block, and of a run of the quantile sketch.
  let block: Int
  /// Bytes of the different words that are counted exactly.
  var wordBytes: Int { distinct * 64 }

  /// 16,384 values for up to 256 columns; less for more, so that all together stay the same.
  init(columns: Int) {
    var distinct = 16_384
    while distinct > 256, distinct * columns > 16_384 * 256 { distinct /= 2 }
    self.distinct = distinct
    block = distinct / 4
  }
}

/// Gathers the numbers of one column, a block at a time.
///
/// Up to `Bounds.distinct` different values everything is exact, however many rows there are: the
/// values are counted. Beyond, the counted ones stay as they are and those that follow go to moments,
/// a HyperLogLog and a quantile sketch.
struct NumberColumn: ~Copyable {
  private let bounds: Bounds
  private let block: UnsafeMutablePointer<Double>
  private var filled = 0
  private var table: ValueTable
  private var frozen: [Weighted] = []
  private var beyond: Beyond?
  private var least = Double.infinity
  private var greatest = -Double.infinity
  private var positiveInfinities: UInt64 = 0
  private var negativeInfinities: UInt64 = 0

  /// What is kept once there are too many different values.
  fileprivate struct Beyond: ~Copyable {
    var moments: Moments
    var distinct: HyperLogLog
    var sketch: QuantileSketch
  }

  init(_ bounds: Bounds) {
    self.bounds = bounds
    block = .allocate(capacity: bounds.block)
    block.initialize(repeating: 0, count: bounds.block)
    table = ValueTable(bound: bounds.distinct)
  }

  deinit { block.deallocate() }

  /// Adds a value that is not NaN.
  @inline(__always)
  mutating func add(_ value: Double, _ sorter: inout BlockSorter) {
    block[filled] = value
    filled &+= 1
    if filled == bounds.block { flush(&sorter) }
  }

  private mutating func flush(_ sorter: inout BlockSorter) {
    let values = UnsafeMutableBufferPointer(start: block, count: filled)
    if beyond == nil {
      let counted = count(UnsafeBufferPointer(values))
      if counted > 0 {
        // What was not counted goes to the front, and beyond with what follows: the sketch takes
        // whole blocks only.
        filled -= counted
        block.update(from: block + counted, count: filled)
        return
      }
    }
    look(UnsafeBufferPointer(values))
    addBeyond(values, &sorter)
    beyond?.sketch.add(UnsafeBufferPointer(values))
    filled = 0
  }

  /// Counts values exactly while there is room; returns how many were.
  private mutating func count(_ values: UnsafeBufferPointer<Double>) -> Int {
    var counted = 0
    while counted < values.count, table.add(values[counted]) { counted &+= 1 }
    look(UnsafeBufferPointer(rebasing: values[..<counted]))
    if counted < values.count { freeze() }
    return counted
  }

  /// Sorts values and adds them to all but the sketch.
  private mutating func addBeyond(
    _ values: UnsafeMutableBufferPointer<Double>, _ sorter: inout BlockSorter
  ) {
    let isFinite = positiveInfinities == 0 && negativeInfinities == 0
    beyond?.moments.add(UnsafeBufferPointer(values), allFinite: isFinite)
    beyond?.addDistinct(UnsafeBufferPointer(values))
    sorter.sort(values)
  }

  /// Extremes and infinities.
  private mutating func look(_ values: UnsafeBufferPointer<Double>) {
    var low = least
    var high = greatest
    for value in values {
      low = value < low ? value : low
      high = value > high ? value : high
    }
    least = low
    greatest = high
    guard !low.isFinite || !high.isFinite else { return }
    for value in values where !value.isFinite {
      if value > 0 { positiveInfinities += 1 } else { negativeInfinities += 1 }
    }
  }

  /// Turns from counting to estimating.
  private mutating func freeze() {
    frozen = table.sorted()
    var distinct = HyperLogLog()
    for value in frozen { distinct.add(StableHash.of(value.value.bitPattern)) }
    table = ValueTable(bound: 0)
    beyond = Beyond(
      moments: Moments(of: frozen), distinct: distinct,
      sketch: QuantileSketch(runLength: bounds.block))
  }

  /// What is known of the numbers; nil if there was none. Ends the adding.
  mutating func finish(_ sorter: inout BlockSorter) -> NumberFindings? {
    if beyond == nil {
      let values = UnsafeBufferPointer(start: block, count: filled)
      let counted = count(values)
      filled -= counted
      if filled > 0 { block.update(from: block + counted, count: filled) }
    }
    guard beyond != nil else {
      guard table.entries > 0 else { return nil }
      let values = table.sorted()
      return findings(
        values, Moments(of: values), Distinct(exact: UInt64(values.count)), rankBound: 0)
    }
    let left = UnsafeMutableBufferPointer(start: block, count: filled)
    look(UnsafeBufferPointer(left))
    addBeyond(left, &sorter)
    var all = frozen
    for value in left { all.append(Weighted(value: value, weight: 1)) }
    beyond?.sketch.weighted(into: &all)
    all.sort { $0.value < $1.value }
    guard let moments = beyond?.moments, let estimate = beyond?.distinct.estimate(),
      let bound = beyond?.sketch.rankBound
    else { return nil }
    // There are at least as many different values as were counted.
    let distinct = Distinct(estimate: max(estimate, UInt64(bounds.distinct) + 1))
    return findings(all, moments, distinct, rankBound: bound)
  }

  private func findings(
    _ values: [Weighted], _ moments: Moments, _ distinct: Distinct, rankBound: UInt64
  ) -> NumberFindings {
    let distribution = Distribution(sorted: values)
    var mean = moments.mean
    var deviation = moments.standardDeviation
    if positiveInfinities > 0 || negativeInfinities > 0 {
      mean =
        positiveInfinities == 0 ? -.infinity : negativeInfinities == 0 ? .infinity : .nan
      deviation = .nan
    }
    return NumberFindings(
      distribution: distribution, distinct: distinct,
      summary: NumberSummary(
        count: distribution.count, minimum: least + 0, maximum: greatest + 0, mean: mean,
        standardDeviation: distribution.count > 1 ? deviation : nil,
        quantiles: NumberSummary.probabilities.map { probability in
          NumberSummary.Quantile(
            probability: probability,
            value: min(max(distribution.quantile(probability), least), greatest) + 0)
        }, rankError: Double(rankBound) / Double(distribution.count)))
  }
}

extension NumberColumn.Beyond {
  fileprivate mutating func addDistinct(_ values: UnsafeBufferPointer<Double>) {
    for value in values { distinct.add(StableHash.of((value + 0).bitPattern)) }
  }
}

/// What is known of a column's numbers.
struct NumberFindings {
  var distribution: Distribution
  var distinct: Distinct
  var summary: NumberSummary
}
