// SPDX-License-Identifier: Apache-2.0

/// A sample of sorted runs from which any rank is known to within a proven bound.
///
/// A run of level h holds k values that stand for 2^h each. Two runs of one level are merged, and
/// every second value becomes a run of the next (Munro and Paterson 1980; Manku et al. 1998). Such a
/// step moves a rank by at most 2^h, down where the first of each pair is dropped and up where the
/// second is; a level does the two in turn, so m steps move it by at most ⌈m/2⌉·2^h. The sum over
/// the levels is `rankBound`: about n·log2(n/k)/4k, 0.09 % of 10^8 values with k = 4,096. It holds
/// for every order of the rows; nothing is left to chance, so equal bytes give equal figures.
struct QuantileSketch: ~Copyable {
  private struct Level {
    var run: UnsafeMutablePointer<Double>?
    var steps: UInt64 = 0
  }

  private let size: Int
  private var levels: [Level] = []
  private var merged: UnsafeMutablePointer<Double>

  init(runLength: Int) {
    size = runLength
    merged = .allocate(capacity: runLength)
    merged.initialize(repeating: 0, count: runLength)
  }

  deinit {
    for level in levels { level.run?.deallocate() }
    merged.deallocate()
  }

  /// The greatest error of a rank, in values.
  var rankBound: UInt64 {
    var bound: UInt64 = 0
    for (height, level) in levels.enumerated() {
      bound += ((level.steps + 1) / 2) << UInt64(height)
    }
    return bound
  }

  /// Takes a sorted run of exactly `runLength` values.
  mutating func add(_ values: UnsafeBufferPointer<Double>) {
    precondition(values.count == size, "a run has one length")
    var carried = UnsafeMutablePointer<Double>.allocate(capacity: size)
    carried.initialize(from: values.baseAddress!, count: size)
    var height = 0
    while true {
      if height == levels.count { levels.append(Level()) }
      guard let waiting = levels[height].run else {
        levels[height].run = carried
        return
      }
      let keepsSecond = levels[height].steps % 2 == 0
      levels[height].steps += 1
      levels[height].run = nil
      halve(waiting, carried, keepsSecond: keepsSecond)
      carried.deallocate()
      // The merged values move up; the run that waited becomes the next place to merge into.
      carried = merged
      merged = waiting
      height += 1
    }
  }

  /// Merges two runs and keeps every second value.
  private func halve(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, keepsSecond: Bool
  ) {
    var i = 0
    var j = 0
    for at in 0..<size {
      // Two steps of a merge without branches on the values: one is kept.
      let first = Self.next(a, b, &i, &j, size)
      let second = Self.next(a, b, &i, &j, size)
      merged[at] = keepsSecond ? second : first
    }
  }

  @inline(__always)
  private static func next(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ i: inout Int,
    _ j: inout Int, _ size: Int
  ) -> Double {
    let left = a[min(i, size &- 1)]
    let right = b[min(j, size &- 1)]
    let takesLeft = j == size || (i < size && left <= right)
    i &+= takesLeft ? 1 : 0
    j &+= takesLeft ? 0 : 1
    return takesLeft ? left : right
  }

  /// All values with what they stand for, in no order.
  func weighted(into all: inout [Weighted]) {
    for (height, level) in levels.enumerated() {
      guard let run = level.run else { continue }
      for at in 0..<size { all.append(Weighted(value: run[at], weight: 1 << UInt64(height))) }
    }
  }
}
