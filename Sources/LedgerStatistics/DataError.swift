// SPDX-License-Identifier: Apache-2.0

/// Why a data set cannot be read. Lines are physical lines of the file, from 1.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is not one byte of text, or nothing but blank lines.
  case empty
  /// The first bytes are those of another kind of file, which is named.
  case notText(String)
  /// A quote that opens on this line never closes.
  case unclosedQuote(line: UInt64)
  /// The field that begins on this line is longer than the limit, in bytes.
  case fieldTooLong(line: UInt64, limit: Int, quoted: Bool)
  /// The header has more columns than the limit.
  case tooManyColumns(limit: Int)
  /// Reading failed with this `errno`.
  case unreadable(errno: Int32)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .empty: "the data are empty: there is no header line"
    case .notText(let kind):
      "the data are \(kind), not CSV text: convert them to CSV in UTF-8 first"
    case .unclosedQuote(let line):
      "the quote that opens on line \(line) never closes: close it, or double it if it is meant"
    case .fieldTooLong(let line, let limit, let quoted):
      "the field that begins on line \(line) is longer than \(limit) bytes"
        + (quoted ? ": its quote may never close" : ": the delimiter may be another one")
    case .tooManyColumns(let limit): "the header names more than \(limit) columns"
    case .unreadable(let code): "reading the data failed (errno \(code))"
    }
  }
}
