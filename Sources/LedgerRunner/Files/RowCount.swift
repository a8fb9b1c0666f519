// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// How many rows of data files hold, by the ends of their names.
///
/// `.csv` and `.tsv`: records of RFC 4180 less one for the header; a line feed or carriage return
/// within quotes ends none, and blank lines are none. `.jsonl` and `.ndjson`: lines that are not
/// blank. Other files have no rows.
enum RowCount {
  /// The rows of all files together; nil where none of them is of a kind that has rows.
  ///
  /// Cost: reads those files, verified.
  static func rows(of list: FileList, in blobs: BlobStore) throws(FilesError) -> UInt64? {
    var total: UInt64?
    for entry in list.entries {
      guard let form = Form(entry.path) else { continue }
      var counter = RecordCounter(form)
      try blobs.use(entry.digest) { piece throws(FilesError) in counter.take(piece) }
      total = (total ?? 0) + counter.rows
    }
    return total
  }

  /// How records stand in a file.
  enum Form {
    case table
    case lines

    init?(_ path: String) {
      let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
      guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
      switch String(decoding: name[name.index(after: dot)...].map { $0 | 0x20 }, as: UTF8.self) {
      case "csv", "tsv": self = .table
      case "jsonl", "ndjson": self = .lines
      default: return nil
      }
    }
  }
}

/// Counts the records of one file, piece by piece.
struct RecordCounter {
  private let form: RowCount.Form
  private var records: UInt64 = 0
  private var isQuoted = false
  private var isBlank = true

  init(_ form: RowCount.Form) { self.form = form }

  /// The rows so far; a last record needs no end.
  var rows: UInt64 {
    let all = records + (isBlank ? 0 : 1)
    return form == .table ? all - min(all, 1) : all
  }

  mutating func take(_ piece: UnsafeRawBufferPointer) {
    for byte in piece {
      switch byte {
      case 0x0A, 0x0D:
        if isQuoted { continue }
        if !isBlank { records += 1 }
        isBlank = true
      case 0x22:
        // A doubled quote within quotes leaves and enters them again.
        if form == .table { isQuoted.toggle() }
        isBlank = false
      case 0x20, 0x09: continue
      default: isBlank = false
      }
    }
  }
}
