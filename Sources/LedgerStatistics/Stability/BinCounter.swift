// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// How often values of new data fall into the bins of a baseline.
public struct BinCounts: Equatable, Sendable {
  /// One column of the baseline.
  public struct Column: Equatable, Sendable {
    /// Its name in the baseline.
    public var name: Text
    /// Its bins there.
    public var baseline: Bins
    /// The new counts, in the order of `Bins.counts`; nil where the new data have no such column.
    public var counts: [UInt64]?
  }
  /// The columns of the baseline, in its order.
  public var columns: [Column]
  /// Columns that only the new data have.
  public var added: [Text]
  /// Rows of the new data.
  public var rows: UInt64
  /// What is odd about the new data.
  public var oddities: DataOddities

  /// The column of this name in the baseline.
  public func column(named name: Text) -> Column? { columns.first { $0.name == name } }
}

/// Counts a CSV file into the bins of a baseline, from pieces of any size, in bounded memory.
///
/// Columns are matched by name. What is no number falls among the others of bins of numbers.
public struct BinCounter: ~Copyable {
  private var scanner: CSVScanner<BinSink>

  /// Begins a file. `renamed` gives, by name in the new data, the column of the baseline meant.
  public init(
    baseline: DataStatistics, options: CSVOptions = CSVOptions(), renamed: [Text: Text] = [:]
  ) {
    scanner = CSVScanner(
      options, sink: BinSink(baseline.columns, renamed: renamed, hasHeader: options.hasHeader))
  }

  /// Takes the next bytes. After an error the counter is of no more use.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    try scanner.consume(bytes)
  }

  /// Takes the end of the file and gives the counts, once.
  public mutating func finish() throws(DataError) -> BinCounts {
    try scanner.finish()
    guard scanner.sink.hasBegun else { throw .empty }
    var counts = scanner.sink.counts
    counts.oddities.blankLines = scanner.blankLines
    counts.oddities.looseQuotes = scanner.looseQuotes
    return counts
  }

  /// Counts all that a descriptor delivers; `observe` sees every byte once, in order.
  public static func count(
    readingFrom descriptor: Int32, baseline: DataStatistics, options: CSVOptions = CSVOptions(),
    renamed: [Text: Text] = [:], observe: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(DataError) -> BinCounts {
    var counter = BinCounter(baseline: baseline, options: options, renamed: renamed)
    var input = DataInput(descriptor)
    while let bytes = try input.next() {
      observe(bytes)
      try counter.consume(bytes)
    }
    return try counter.finish()
  }

  /// Counts bytes in memory.
  public static func count(
    _ bytes: [UInt8], baseline: DataStatistics, options: CSVOptions = CSVOptions(),
    renamed: [Text: Text] = [:]
  ) throws(DataError) -> BinCounts {
    var counter = BinCounter(baseline: baseline, options: options, renamed: renamed)
    try bytes.withUnsafeBufferPointer { all throws(DataError) in
      try counter.consume(UnsafeRawBufferPointer(all))
    }
    return try counter.finish()
  }
}

/// The bins of one column, ready to be looked up.
struct ColumnBins {
  let bins: Bins
  private let edges: [Double]
  private let hasEdges: Bool
  private let isDates: Bool
  private var numbers: [Double: Int] = [:]
  private var words: [Text: Int] = [:]
  private(set) var counts: [UInt64]
  private var others: Int { counts.count - 2 }
  private var missing: Int { counts.count - 1 }

  init(_ column: ColumnStatistics) {
    bins = column.bins
    isDates = column.type == .date
    counts = [UInt64](repeating: 0, count: column.bins.counts.count)
    guard case .values(let values) = column.bins.cut else {
      if case .edges(let edges, _) = column.bins.cut { self.edges = edges } else { edges = [] }
      hasEdges = true
      return
    }
    edges = []
    hasEdges = false
    let powers = PowersOfFive()
    for (index, value) in values.enumerated() {
      // A listed word that reads as a number was one.
      var number = 0.0
      var string = value.value.string
      let kind = string.withUTF8 { bytes -> NumberParser.Kind in
        guard let base = bytes.baseAddress else { return .none }
        return NumberParser.parse(base, bytes.count, powers, &number)
      }
      if kind == .none { words[value.value] = index } else { numbers[number] = index }
    }
  }

  /// Counts a cell; false where it is no well-formed UTF-8.
  mutating func add(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive
  ) -> Bool {
    var value = 0.0
    let cell = Cell.classify(bytes, count, powers, &value)
    guard hasEdges else { return addSingle(cell, value, bytes, count) }
    switch cell {
    case .missing: counts[missing] += 1
    case .integer where !isDates, .number where !isDates: counts[bin(of: value)] += 1
    case .date(let seconds) where isDates: counts[bin(of: seconds)] += 1
    default: counts[others] += 1
    }
    return true
  }

  mutating func addMissing() { counts[missing] += 1 }

  private func bin(of value: Double) -> Int {
    var low = 0
    var high = edges.count
    while low < high {
      let middle = (low + high) / 2
      if value <= edges[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func addSingle(
    _ cell: Cell, _ value: Double, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    switch cell {
    case .missing: counts[missing] += 1
    case .integer, .number: counts[numbers[value] ?? others] += 1
    case .boolean(let flag): counts[words[flag ? "true" : "false"] ?? others] += 1
    case .date, .text:
      let text = UnsafeBufferPointer(start: bytes, count: count)
      counts[words[UTF8Text.text(text)] ?? others] += 1
      return text.allSatisfy { $0 < 0x80 } || UTF8Text.isValid(text)
    }
    return true
  }
}

/// Hands cells to the bins of their columns.
struct BinSink: CSVSink, ~Copyable {
  private var header: HeaderNames
  private var bins: [ColumnBins]
  private let names: [Text]
  private let renamed: [Text: Text]
  /// By place in the new data: the column of the baseline, or −1.
  private var places: [Int] = []
  private var added: [Text] = []
  private var isFound: [Bool]
  private var rows: UInt64 = 0
  private var oddities = DataOddities()
  private var isValid = true
  private let powers = PowersOfFive()

  init(_ columns: [ColumnStatistics], renamed: [Text: Text], hasHeader: Bool) {
    header = HeaderNames(isGiven: hasHeader)
    bins = columns.map { ColumnBins($0) }
    names = columns.map(\.name)
    isFound = columns.map { _ in false }
    self.renamed = renamed
  }

  var hasBegun: Bool { !places.isEmpty }

  var counts: BinCounts {
    BinCounts(
      columns: names.indices.map { index in
        BinCounts.Column(
          name: names[index], baseline: bins[index].bins,
          counts: isFound[index] ? bins[index].counts : nil)
      }, added: added, rows: rows, oddities: oddities)
  }

  mutating func cell(
    _ column: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) throws(DataError) {
    if places.isEmpty { return try header.add(bytes, count) }
    guard column < places.count, places[column] >= 0 else { return }
    if !bins[places[column]].add(bytes, count, powers) { isValid = false }
  }

  mutating func endRow(cells: Int, line: UInt64) throws(DataError) {
    guard !places.isEmpty else { return try begin(line) }
    rows += 1
    if cells != places.count {
      oddities.ragged.note(line)
      var column = cells
      while column < places.count {
        if places[column] >= 0 { bins[places[column]].addMissing() }
        column += 1
      }
    }
    if !isValid {
      oddities.invalidUTF8.note(line)
      isValid = true
    }
  }

  private mutating func begin(_ line: UInt64) throws(DataError) {
    let known = Dictionary(zip(names, names.indices)) { first, _ in first }
    for name in header.names {
      if let place = known[renamed[name] ?? name], !isFound[place] {
        places.append(place)
        isFound[place] = true
      } else {
        places.append(-1)
        added.append(name)
      }
    }
    if header.isGiven {
      oddities.duplicateNames = header.duplicates
      oddities.emptyNames = header.emptyCount
      return
    }
    for (index, cell) in header.cells.enumerated() {
      try cell.withUnsafeBufferPointer { bytes throws(DataError) in
        guard let base = bytes.baseAddress else {
          if places[index] >= 0 { bins[places[index]].addMissing() }
          return
        }
        try self.cell(index, base, bytes.count)
      }
    }
    try endRow(cells: header.cells.count, line: line)
  }
}
