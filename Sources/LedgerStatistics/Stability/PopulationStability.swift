// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerDomain

/// The population stability index: how far counts have moved between the bins of a baseline.
///
/// PSI = Σ (a − b) · ln(a / b) over the bins, b and a being a bin's share of the baseline and of the
/// new data. Missing values and values outside all bins are two bins more. A bin that is empty on one
/// side counts half a row there, so that the logarithm exists and the index of a small sample does not
/// shout; a bin empty on both sides counts nothing. Nothing else is smoothed, and shares are not
/// made to sum to one again. By custom: below 0.1 stable, from 0.2 on shifted.
public enum PopulationStability {
  /// What an empty bin counts, in rows, where the other side's is not empty.
  public static let emptyBin = 0.5

  /// The index of two lists of counts of the same bins; nil where they differ in length, or one
  /// holds no rows.
  public static func psi(baseline: [UInt64], new: [UInt64]) -> Double? {
    guard baseline.count == new.count else { return nil }
    let before = baseline.reduce(0.0) { $0 + Double($1) }
    let after = new.reduce(0.0) { $0 + Double($1) }
    guard before > 0, after > 0 else { return nil }
    var index = ExactSum()
    for (old, now) in zip(baseline, new) where old > 0 || now > 0 {
      let expected = (old > 0 ? Double(old) : emptyBin) / before
      let actual = (now > 0 ? Double(now) : emptyBin) / after
      index.add((actual - expected) * log(actual / expected))
    }
    return index.value
  }

  /// The index of a column's bins and of what `BinCounter` counted into them.
  public static func psi(baseline: Bins, new: [UInt64]) -> Double? {
    psi(baseline: baseline.counts, new: new)
  }

  /// What the index of two samples of one population comes to on average, by chance alone.
  ///
  /// Of so many rows each, over bins that hold some: (bins − 1) · (1 / rows + 1 / rows), the mean of
  /// the χ² distribution that the index has for large samples (B. Yurdakul, *Statistical Properties of
  /// Population Stability Index*, 2018). Infinite where there are no rows.
  public static func expectedByChance(
    bins: Int, baselineRows: UInt64, newRows: UInt64
  ) -> Double {
    Double(max(0, bins - 1)) * (1 / Double(baselineRows) + 1 / Double(newRows))
  }

  /// The index of every column that both have, in the order of the baseline.
  ///
  /// `predictions` names the column whose index is given apart.
  public static func measure(_ new: BinCounts, predictions: Text? = nil) -> Drift {
    var drift = Drift()
    for column in new.columns {
      let index = column.counts.flatMap { psi(baseline: column.baseline, new: $0) }
      if let predictions, column.name == predictions {
        drift.predictions = index
      } else if let index {
        drift.columns.append(Drift.Column(name: column.name, psi: index))
      } else {
        drift.unmeasured.append(column.name)
      }
    }
    return drift
  }

  /// The indexes of a data set.
  public struct Drift: Equatable, Sendable {
    /// The index of one column.
    public struct Column: Equatable, Sendable {
      /// Its name.
      public var name: Text
      /// Its index, 0 or more.
      public var psi: Double
    }
    /// Columns that were measured.
    public var columns: [Column] = []
    /// The index of the predictions, if they were measured.
    public var predictions: Double?
    /// Columns of the baseline that the new data do not have, or that one side has no rows for.
    public var unmeasured: [Text] = []

    /// Nothing.
    public init() {}
  }
}
