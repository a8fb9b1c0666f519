// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What the values of a column are. Missing ones do not count.
public enum ColumnType: String, CaseIterable, Sendable {
  /// There is no value.
  case empty
  /// All are whole numbers.
  case integer
  /// All are numbers.
  case number
  /// All are `true` or `false`.
  case boolean
  /// All are dates, with or without a time of day (ISO 8601).
  case date
  /// Anything else, mixtures too.
  case text
}

/// Statistics of one column.
public struct ColumnStatistics: Equatable, Sendable {
  /// How many values of each kind there are.
  public struct Kinds: Equatable, Sendable {
    /// Whole numbers, written without point and exponent.
    public var integer: UInt64 = 0
    /// Other numbers, infinities too.
    public var number: UInt64 = 0
    /// `true` and `false`.
    public var boolean: UInt64 = 0
    /// Dates and times.
    public var date: UInt64 = 0
    /// Everything else.
    public var text: UInt64 = 0

    /// None.
    public init() {}

    /// All values.
    public var count: UInt64 { integer + number + boolean + date + text }
  }

  /// Its name. The second of two equal names `a` is `a.1`; an empty name of column i (from 0) is
  /// `Unnamed: i`, both as pandas does.
  public var name: Text
  /// What its values are.
  public var type: ColumnType
  /// How many values of each kind.
  public var kinds: Kinds
  /// Rows in which it is missing: see `Cell` for what counts as missing.
  public var missing: UInt64
  /// How many different values.
  public var distinct: Distinct
  /// The numbers among its values, if any; for a column of dates, seconds since 1970-01-01 UTC.
  public var numbers: NumberSummary?
  /// Its values counted in bins: the baseline of drift.
  public var bins: Bins

  /// Gathers the members.
  public init(
    name: Text, type: ColumnType, kinds: Kinds, missing: UInt64, distinct: Distinct,
    numbers: NumberSummary?, bins: Bins
  ) {
    self.name = name
    self.type = type
    self.kinds = kinds
    self.missing = missing
    self.distinct = distinct
    self.numbers = numbers
    self.bins = bins
  }

  /// Values that are not missing.
  public var count: UInt64 { kinds.count }

  /// From how many values on a column may be taken for identifiers.
  public static let leastIdentifiers: UInt64 = 20

  /// Whether every value stands once, as those of row numbers, keys and names do: whole numbers or
  /// words, as far as distinct values can be counted. How such values spread says nothing.
  public var isIdentifier: Bool {
    guard type == .integer || type == .text, count >= Self.leastIdentifiers else { return false }
    // An estimate is within three of its standard errors, nearly always.
    return Double(distinct.count) >= Double(count) * (1 - 3 * distinct.relativeError)
  }
}

/// How many different values were seen.
public struct Distinct: Equatable, Sendable {
  /// How many.
  public var count: UInt64
  /// Zero where it was counted; else the relative standard error of the estimate, 0.0081.
  public var relativeError: Double

  init(exact count: UInt64) {
    self.count = count
    relativeError = 0
  }

  init(estimate count: UInt64) {
    self.count = count
    relativeError = HyperLogLog.relativeError
  }

  /// Gathers the members.
  public init(count: UInt64, relativeError: Double) {
    self.count = count
    self.relativeError = relativeError
  }
}

/// Figures of numbers. Infinities count as NumPy counts them; missing values do not.
public struct NumberSummary: Equatable, Sendable {
  /// A value with its share of values at or below it.
  public struct Quantile: Equatable, Sendable {
    /// The share, 0 to 1.
    public var probability: Double
    /// Interpolated linearly between two values (NumPy's default, type 7 of Hyndman and Fan).
    public var value: Double
    /// Pairs the two.
    public init(probability: Double, value: Double) {
      self.probability = probability
      self.value = value
    }
  }

  /// The shares of which quantiles are kept.
  public static let probabilities = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

  /// How many numbers.
  public var count: UInt64
  /// The least.
  public var minimum: Double
  /// The greatest.
  public var maximum: Double
  /// The arithmetic mean.
  public var mean: Double
  /// Of the sample: divisor n − 1, as pandas has it (NumPy: `ddof=1`). Nil below two numbers.
  public var standardDeviation: Double?
  /// One for each of `probabilities`.
  public var quantiles: [Quantile]
  /// Zero where quantiles and bins are exact. Else the rank of each, as a share of all numbers, is
  /// off by no more than this, for certain.
  public var rankError: Double

  /// Gathers the members.
  public init(
    count: UInt64, minimum: Double, maximum: Double, mean: Double, standardDeviation: Double?,
    quantiles: [Quantile], rankError: Double
  ) {
    self.count = count
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.quantiles = quantiles
    self.rankError = rankError
  }
}

/// A column's values counted in bins, into which later data are counted too.
///
/// Numbers are cut at deciles, not at equal widths: each bin then holds about a tenth of the
/// baseline, so that none is empty, a long tail does not press everything into one bin, and the
/// index of stability sees a shift wherever the values are. The outer bins are open. Numbers with at
/// most ten different values, words and booleans are counted value by value.
public struct Bins: Equatable, Sendable {
  /// A value with its count.
  public struct Value: Equatable, Sendable {
    /// A word as it is, or a number as canonical JSON prints it.
    public var value: Text
    /// How often it occurs; too low by at most `countError`.
    public var count: UInt64
    /// Pairs the two.
    public init(_ value: Text, _ count: UInt64) {
      self.value = value
      self.count = count
    }
  }

  /// How values are told apart.
  public enum Cut: Equatable, Sendable {
    /// Numbers (for dates: seconds since 1970) at ascending edges: (−∞, e0], (e0, e1] … (en, ∞),
    /// with a count for each bin, one more than edges.
    case edges([Double], counts: [UInt64])
    /// The most frequent values, up to 20, most frequent first, equal ones by bytes.
    ///
    /// A word seen only once is not listed: a column of identifiers would say nothing, and keep
    /// what belongs to persons. Nor is a word of more than 128 bytes.
    case values([Value])
  }

  /// So many parts are made of numbers.
  public static let parts = 10
  /// Numbers with at most so many different values are counted value by value.
  public static let singleNumbers = 10
  /// So many values are listed.
  public static let listed = 20

  /// The bins.
  public var cut: Cut
  /// Values that are in none of them: of numbers, what is no number; else the rest.
  public var others: UInt64
  /// Missing values: a bin of their own, since data that stop coming are drift too.
  public var missing: UInt64
  /// Zero where values were counted exactly; else each count may be too low by so much.
  public var countError: UInt64

  /// Gathers the members.
  public init(cut: Cut, others: UInt64, missing: UInt64, countError: UInt64 = 0) {
    self.cut = cut
    self.others = others
    self.missing = missing
    self.countError = countError
  }

  /// All counts: the bins in order, then the others, then the missing.
  public var counts: [UInt64] {
    switch cut {
    case .edges(_, let counts): counts + [others, missing]
    case .values(let values): values.map(\.count) + [others, missing]
    }
  }
}
