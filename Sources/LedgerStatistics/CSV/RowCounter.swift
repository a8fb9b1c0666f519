// SPDX-License-Identifier: Apache-2.0

/// Counts the rows of a data file from pieces of any size, by its bytes alone.
///
/// A table's rows are those that `DataStatistics` counts: records below the header, blank lines left
/// out. A file of JSON lines has as many rows as lines that are not blank. Memory is bounded by the
/// longest field allowed.
public struct RowCounter: ~Copyable {
  /// How rows stand in a file.
  public enum Form: Equatable, Sendable {
    /// CSV below a header; nil to find the delimiter by the first bytes.
    case table(CSVOptions.Delimiter?)
    /// One row a line.
    case lines

    /// The form that the end of a file's name tells, in any case: `.csv`, `.tsv`, `.jsonl` and
    /// `.ndjson`; nil for names of files that have no rows.
    public init?(path: String) {
      let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
      guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
      switch String(decoding: name[name.index(after: dot)...].map { $0 | 0x20 }, as: UTF8.self) {
      case "csv": self = .table(nil)
      case "tsv": self = .table(.tab)
      case "jsonl", "ndjson": self = .lines
      default: return nil
      }
    }
  }

  private let form: Form
  private var table: CSVScanner<RecordSink>
  private var lines = LineCounter()

  /// Begins a file.
  public init(_ form: Form) {
    self.form = form
    var options = CSVOptions()
    if case .table(let delimiter) = form { options.delimiter = delimiter }
    table = CSVScanner(options, sink: RecordSink())
  }

  /// Takes the next bytes. After an error the counter is of no more use.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    switch form {
    case .table: try table.consume(bytes)
    case .lines: lines.consume(bytes)
    }
  }

  /// Takes the end of the file and gives its rows, once; a last row needs no line end.
  public mutating func finish() throws(DataError) -> UInt64 {
    guard case .table = form else { return lines.count }
    try table.finish()
    let records = table.sink.records
    return records - min(records, 1)
  }
}

/// Counts records, whatever is in them.
private struct RecordSink: CSVSink {
  private(set) var records: UInt64 = 0

  @inline(__always)
  mutating func cell(
    _ column: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) throws(DataError) {}

  @inline(__always)
  mutating func endRow(cells: Int, line: UInt64) throws(DataError) { records &+= 1 }
}

/// Counts lines that hold more than spaces and tabs.
private struct LineCounter {
  private var ended: UInt64 = 0
  private var isBlank = true

  var count: UInt64 { ended + (isBlank ? 0 : 1) }

  mutating func consume(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      switch byte {
      case 0x0A, 0x0D:
        if !isBlank { ended += 1 }
        isBlank = true
      case 0x20, 0x09: continue
      default: isBlank = false
      }
    }
  }
}
