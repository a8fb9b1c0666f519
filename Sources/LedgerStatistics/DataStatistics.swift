// SPDX-License-Identifier: Apache-2.0
// LedgerStatistics — statistics of data sets, their stability, and what model files say of themselves.
// Bytes in, values out. Knows nothing of ledgers. Never: writes, loads a model, follows a name in an
// archive, resolves an entity. Bytes never trap; memory does not grow with rows or with files.
// PMML is read by expat, MOJO through zlib: 0.05 ms at start, where libxml2 (with its ICU) costs
// 1.0 ms, and FoundationXML 1.5 ms and 60 MB of binary (measured on this house's release form).
// Start at: DataStatistics.compute, PopulationStability, ModelFile.inspect. Tests: LedgerStatisticsTests.

import Glibc
public import LedgerDomain

/// Statistics of a CSV data set: one pass, bounded memory, the same for the same bytes.
public struct DataStatistics: Equatable, Sendable {
  /// Rows below the header; blank lines do not count.
  public var rows: UInt64
  /// One for each column of the header, in its order.
  public var columns: [ColumnStatistics]
  /// The delimiter found or given.
  public var delimiter: CSVOptions.Delimiter
  /// What is odd about the file, but did not prevent reading it.
  public var oddities: DataOddities

  /// Gathers the members.
  public init(
    rows: UInt64, columns: [ColumnStatistics], delimiter: CSVOptions.Delimiter,
    oddities: DataOddities
  ) {
    self.rows = rows
    self.columns = columns
    self.delimiter = delimiter
    self.oddities = oddities
  }

  /// The column of this name, compared by bytes.
  public func column(named name: Text) -> ColumnStatistics? {
    columns.first { $0.name == name }
  }

  /// Computes statistics of all that a descriptor delivers, from where it stands to its end.
  ///
  /// One pass: tens of millions of rows take seconds. Memory depends on the columns alone: at most
  /// 2 MB each, less for each where there are more than 256, under 1 GB for the widest table; eight
  /// columns of five million rows took 16 MB. `observe` sees every byte once, in order: to digest
  /// what was really read.
  public static func compute(
    readingFrom descriptor: Int32, options: CSVOptions = CSVOptions(),
    observe: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(DataError) -> DataStatistics {
    var builder = StatisticsBuilder(options)
    var input = DataInput(descriptor)
    while let bytes = try input.next() {
      observe(bytes)
      try builder.consume(bytes)
    }
    return try builder.finish()
  }

  /// Computes statistics of bytes in memory.
  public static func compute(
    _ bytes: [UInt8], options: CSVOptions = CSVOptions()
  ) throws(DataError) -> DataStatistics {
    var builder = StatisticsBuilder(options)
    try bytes.withUnsafeBufferPointer { all throws(DataError) in
      try builder.consume(UnsafeRawBufferPointer(all))
    }
    return try builder.finish()
  }
}

/// Oddities of a CSV file: counts, and the first lines.
public struct DataOddities: Equatable, Sendable {
  /// Rows with fewer or more fields than the header.
  public var ragged = LineNotes()
  /// Rows with bytes that are no UTF-8, in columns of words; U+FFFD is taken in their place.
  public var invalidUTF8 = LineNotes()
  /// Fields with characters between their closing quote and the delimiter.
  public var looseQuotes = LineNotes()
  /// Lines without anything: skipped.
  public var blankLines: UInt64 = 0
  /// Names that the header gives more than once, each once.
  public var duplicateNames: [Text] = []
  /// How many columns have no name.
  public var emptyNames: UInt64 = 0

  /// None.
  public init() {}
}

/// Computes statistics of a CSV file from pieces of any size.
public struct StatisticsBuilder: ~Copyable {
  private var scanner: CSVScanner<StatisticsSink>

  /// Begins a file.
  public init(_ options: CSVOptions = CSVOptions()) {
    scanner = CSVScanner(options, sink: StatisticsSink(hasHeader: options.hasHeader))
  }

  /// Takes the next bytes. After an error the builder is of no more use.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    try scanner.consume(bytes)
  }

  /// Takes the end of the file and gives the statistics, once. O(bins), not O(rows).
  public mutating func finish() throws(DataError) -> DataStatistics {
    try scanner.finish()
    guard let delimiter = scanner.usedDelimiter, scanner.sink.hasColumns else { throw .empty }
    var oddities = scanner.sink.oddities
    oddities.blankLines = scanner.blankLines
    oddities.looseQuotes = scanner.looseQuotes
    return DataStatistics(
      rows: scanner.sink.rows, columns: scanner.sink.finish(), delimiter: delimiter,
      oddities: oddities)
  }
}

/// Hands cells to the builders of their columns.
struct StatisticsSink: CSVSink, ~Copyable {
  private(set) var rows: UInt64 = 0
  private(set) var oddities = DataOddities()
  private var header: HeaderNames
  private var columns: UnsafeMutableBufferPointer<ColumnBuilder>
  private var powers = PowersOfFive()
  private var sorter: BlockSorter
  private var isValid = true

  init(hasHeader: Bool) {
    header = HeaderNames(isGiven: hasHeader)
    columns = .init(start: nil, count: 0)
    sorter = BlockSorter(capacity: 0)
  }

  deinit {
    columns.deinitialize()
    columns.deallocate()
  }

  var hasColumns: Bool { columns.count > 0 }

  @inline(__always)
  mutating func cell(
    _ column: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) throws(DataError) {
    if column < columns.count {
      if !columns[column].add(bytes, count, powers, &sorter) { isValid = false }
    } else if columns.count == 0 {
      try header.add(bytes, count)
    }
  }

  mutating func endRow(cells: Int, line: UInt64) throws(DataError) {
    guard columns.count > 0 else { return try begin(line) }
    rows &+= 1
    if cells != columns.count {
      oddities.ragged.note(line)
      var column = cells
      while column < columns.count {
        columns[column].addMissing()
        column += 1
      }
    }
    if !isValid {
      oddities.invalidUTF8.note(line)
      isValid = true
    }
  }

  /// Makes the columns once the first row is known.
  private mutating func begin(_ line: UInt64) throws(DataError) {
    let count = header.cells.count
    let bounds = Bounds(columns: count)
    sorter = BlockSorter(capacity: bounds.block)
    columns = .allocate(capacity: count)
    for index in 0..<count { columns.initializeElement(at: index, to: ColumnBuilder(bounds)) }
    if header.isGiven {
      oddities.duplicateNames = header.duplicates
      oddities.emptyNames = header.emptyCount
      if !header.isValid { oddities.invalidUTF8.note(line) }
      return
    }
    for (index, cell) in header.cells.enumerated() {
      try cell.withUnsafeBufferPointer { bytes throws(DataError) in
        guard let base = bytes.baseAddress else { return columns[index].addMissing() }
        try self.cell(index, base, bytes.count)
      }
    }
    try endRow(cells: count, line: line)
  }

  mutating func finish() -> [ColumnStatistics] {
    let names = header.names
    return columns.indices.map { columns[$0].finish(named: names[$0], &sorter) }
  }
}

/// The first row, and the names it gives.
struct HeaderNames {
  let isGiven: Bool
  private(set) var cells: [[UInt8]] = []

  init(isGiven: Bool) { self.isGiven = isGiven }

  mutating func add(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws(DataError) {
    if cells.count == CSVOptions.columnLimit { throw .tooManyColumns(limit: cells.count) }
    cells.append(Array(UnsafeBufferPointer(start: bytes, count: count)))
  }

  private var texts: [Text] {
    cells.map { $0.withUnsafeBufferPointer { UTF8Text.text($0) } }
  }

  var isValid: Bool { cells.allSatisfy { $0.withUnsafeBufferPointer { UTF8Text.isValid($0) } } }
  var emptyCount: UInt64 { UInt64(cells.count { $0.isEmpty }) }

  var duplicates: [Text] {
    var seen: Set<Text> = []
    var twice: [Text] = []
    for text in texts where !text.string.isEmpty && !seen.insert(text).inserted {
      if !twice.contains(text) { twice.append(text) }
    }
    return twice
  }

  /// Unique names, in order.
  var names: [Text] {
    if !isGiven { return cells.indices.map { Text("column \($0 + 1)") } }
    var taken = Set(texts)
    var seen: Set<Text> = []
    var next: [Text: Int] = [:]
    return texts.enumerated().map { index, text in
      let base = text.string.isEmpty ? Text("Unnamed: \(index)") : text
      if seen.insert(base).inserted { return base }
      var number = next[base, default: 1]
      while !taken.insert(Text("\(base.string).\(number)")).inserted { number += 1 }
      next[base] = number + 1
      let unique = Text("\(base.string).\(number)")
      seen.insert(unique)
      return unique
    }
  }
}

/// Reads a descriptor to its end, piece by piece.
struct DataInput: ~Copyable {
  static let pieceBytes = 256 << 10

  private let descriptor: Int32
  private let piece: UnsafeMutableRawPointer

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    piece = .allocate(byteCount: Self.pieceBytes, alignment: 64)
  }

  deinit { piece.deallocate() }

  /// The next bytes, valid until the next call; nil at the end.
  mutating func next() throws(DataError) -> UnsafeRawBufferPointer? {
    while true {
      let count = read(descriptor, piece, Self.pieceBytes)
      if count > 0 { return UnsafeRawBufferPointer(start: piece, count: count) }
      if count == 0 { return nil }
      if errno != EINTR { throw .unreadable(errno: errno) }
    }
  }
}
