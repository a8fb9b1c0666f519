// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// The tables of a report: a new folder with one CSV file for each.
enum ReportFolder {
  /// Writes them. A folder that exists is left alone (73).
  static func write(_ report: Report, to path: String) throws {
    guard mkdir(path, 0o700) == 0 else {
      throw Failure(
        .cannotCreate, code: "folder-not-made", what: "write tables to", on: "'\(path)'",
        why: String(cString: strerror(errno)), next: "name a folder that does not exist yet")
    }
    for table in report.tables {
      let file = try ReplacingFile("\(path)/\(table.name).csv")
      let out = Output(descriptor: file.descriptor)
      try out.write(line(table.heading.map { ($0, false) }))
      for row in table.rows { try out.write(line(row)) }
      try out.flush()
      try file.finish()
    }
  }

  private static func line(_ cells: [Report.Table.Cell]) -> [UInt8] {
    var line: [UInt8] = []
    for (index, cell) in cells.enumerated() {
      if index > 0 { line.append(0x2C) }
      if cell.isNumber {
        CSV.append(number: cell.text, to: &line)
      } else {
        CSV.append(text: cell.text, to: &line)
      }
    }
    return line + [0x0D, 0x0A]
  }
}
