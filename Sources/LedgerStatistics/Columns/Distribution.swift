// SPDX-License-Identifier: Apache-2.0

/// Sorted values with weights: ranks, quantiles and bins are read from it.
struct Distribution {
  /// Ascending by value.
  let values: [Weighted]
  /// Up to and including each value.
  private let cumulated: [UInt64]
  let count: UInt64

  init(sorted values: [Weighted]) {
    self.values = values
    var total: UInt64 = 0
    cumulated = values.map { value in
      total += value.weight
      return total
    }
    count = total
  }

  /// The value of a 0-based rank below `count`.
  func value(ofRank rank: UInt64) -> Double {
    var low = 0
    var high = cumulated.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulated[middle] > rank { high = middle } else { low = middle + 1 }
    }
    return values[low].value
  }

  /// Interpolated linearly between two ranks, as NumPy's default does (Hyndman and Fan, type 7).
  func quantile(_ probability: Double) -> Double {
    let place = Double(count - 1) * probability
    let below = min(UInt64(place), count - 1)
    let left = value(ofRank: below)
    let right = value(ofRank: min(below + 1, count - 1))
    if left == right { return left }
    let part = place - Double(below)
    return part < 0.5 ? left + (right - left) * part : right - (right - left) * (1 - part)
  }

  /// Edges that cut the values into about `bins` parts of the same weight; every part has values.
  ///
  /// Edges are values that occur, and belong to the part below them, so that ties stay together;
  /// where most values are the greatest, it is a part of its own.
  func edges(bins: Int) -> [Double] {
    guard let greatest = values.last(where: { $0.value < values[values.count - 1].value })?.value
    else { return [] }
    var edges: [Double] = []
    for bin in 1..<UInt64(bins) {
      let rank = (count / UInt64(bins) * bin + count % UInt64(bins) * bin / UInt64(bins)).max(1) - 1
      let edge = min(value(ofRank: rank), greatest)
      if edge.isFinite, edges.last.map({ $0 < edge }) ?? true {
        edges.append(edge)
      }
    }
    return edges
  }

  /// How much weight lies in (−∞, e0], (e0, e1] … (en, ∞).
  func counts(between edges: [Double]) -> [UInt64] {
    var counts = [UInt64](repeating: 0, count: edges.count + 1)
    var bin = 0
    for value in values {
      while bin < edges.count, value.value > edges[bin] { bin += 1 }
      counts[bin] += value.weight
    }
    return counts
  }
}

extension UInt64 {
  fileprivate func max(_ other: UInt64) -> UInt64 { Swift.max(self, other) }
}
