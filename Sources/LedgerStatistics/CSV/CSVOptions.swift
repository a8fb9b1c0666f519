// SPDX-License-Identifier: Apache-2.0

/// How a CSV file is read: RFC 4180, and what is found in the wild.
///
/// Lines end with LF, CRLF or CR; blank lines are skipped; a byte order mark is dropped. A quote
/// counts where a field begins; a doubled quote stands for one; what follows a closing quote is
/// taken as it is. A row with too few fields is missing its last ones; those beyond the header are
/// left out.
public struct CSVOptions: Equatable, Sendable {
  /// What stands between two fields.
  public enum Delimiter: UInt8, CaseIterable, Sendable {
    /// `,`
    case comma = 0x2c
    /// `;`
    case semicolon = 0x3b
    /// A tab.
    case tab = 0x09
    /// `|`
    case pipe = 0x7c
  }

  /// The delimiter; nil to find it by `DelimiterRule`.
  public var delimiter: Delimiter?
  /// Whether the first line that is not blank names the columns; else they are `column 1` …
  public var hasHeader: Bool
  /// A field longer than this is an error.
  public var fieldLimitBytes: Int

  /// More columns are refused.
  public static let columnLimit = 10_000

  /// The defaults: found delimiter, a header, fields of up to 8 MiB.
  public init(
    delimiter: Delimiter? = nil, hasHeader: Bool = true, fieldLimitBytes: Int = 8 << 20
  ) {
    precondition(fieldLimitBytes > 0, "a field may hold at least one byte")
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.fieldLimitBytes = fieldLimitBytes
  }
}

/// Finds the delimiter of a CSV file by its first records.
///
/// Of `,` `;` tab `|`, counted outside quotes in up to 20 records: the one that occurs in the first
/// record, and equally often in most of the others; then the one that occurs more often; then the
/// order above. A file in which none occurs has one column.
enum DelimiterRule {
  static let sampleBytes = 64 << 10
  private static let sampleRecords = 20

  static func delimiter(of sample: UnsafeBufferPointer<UInt8>) -> CSVOptions.Delimiter {
    let records = counts(in: sample)
    guard let first = records.first else { return .comma }
    var best = CSVOptions.Delimiter.comma
    var bestScore = (0, 0)
    for (index, candidate) in CSVOptions.Delimiter.allCases.enumerated() where first[index] > 0 {
      let agreeing = records.filter { $0[index] == first[index] }.count
      let score = (agreeing, first[index])
      if score > bestScore {
        best = candidate
        bestScore = score
      }
    }
    return best
  }

  /// How often each candidate occurs in each record that is not blank.
  private static func counts(in sample: UnsafeBufferPointer<UInt8>) -> [[Int]] {
    let candidates = CSVOptions.Delimiter.allCases.map(\.rawValue)
    var records: [[Int]] = []
    var record = [0, 0, 0, 0]
    var isBlank = true
    var inQuotes = false
    for byte in sample {
      if byte == 0x22 {
        inQuotes.toggle()
        isBlank = false
      } else if !inQuotes, byte == 0x0a || byte == 0x0d {
        if !isBlank { records.append(record) }
        if records.count == sampleRecords { return records }
        record = [0, 0, 0, 0]
        isBlank = true
      } else {
        isBlank = false
        if !inQuotes, let index = candidates.firstIndex(of: byte) { record[index] += 1 }
      }
    }
    // The last record may be cut off by the end of the sample; alone, it is better than nothing.
    if !isBlank, records.isEmpty || sample.count < sampleBytes { records.append(record) }
    return records
  }
}
