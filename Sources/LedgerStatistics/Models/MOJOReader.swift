// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Reads `model.ini` of an H2O MOJO: sections `[info]`, `[columns]`, `[domains]`.
enum MOJOReader {
  static let columnLimit = 100_000

  /// Whether the archive is a MOJO.
  static func holdsModel(_ archive: ZipArchive) -> Bool {
    archive.entries.contains { $0.name.elementsEqual("model.ini".utf8) }
  }

  static func read(_ archive: ZipArchive) throws(ModelError) -> MOJOModel {
    guard let content = try archive.content("model.ini") else {
      throw .malformed(.mojo, offset: 0, reason: "it holds no model.ini")
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .malformed(.mojo, offset: 0, reason: "model.ini is no UTF-8")
    }
    var model = MOJOModel()
    model.files = archive.entries.count
    for entry in archive.entries {
      model.packedBytes = model.packedBytes.addingSaturated(entry.packed)
      model.unpackedBytes = model.unpackedBytes.addingSaturated(entry.size)
      if entry.leadsOut, model.leadingOut.count < 10 {
        model.leadingOut.append(Text(String(decoding: entry.name, as: UTF8.self)))
      }
    }
    var section = Substring()
    for raw in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      let line = trimmed(Substring(raw))
      if line.isEmpty || line.utf8.first == 0x23 { continue }
      if line.utf8.first == 0x5b, line.utf8.last == 0x5d {
        section = line.dropFirst().dropLast()
        continue
      }
      switch section {
      case "info":
        guard let equals = line.utf8.firstIndex(of: 0x3d) else { continue }
        guard model.info.count < 1_000 else { continue }
        model.info.append(
          MOJOModel.Entry(
            key: Text(trimmed(line[..<equals])),
            value: Text(trimmed(line[line.utf8.index(after: equals)...]))))
      case "columns":
        guard model.columns.count < columnLimit else {
          throw .tooLarge(.mojo, what: "columns", limit: UInt64(columnLimit))
        }
        model.columns.append(Text(line))
      case "domains":
        // `5: 2 d000.txt`: the column's place, how many values, and where they are.
        let words = line.utf8.split(separator: 0x20)
        if words.count >= 2, let place = Int(Substring(words[0].dropLast())),
          words[0].last == 0x3a, let count = Int(Substring(words[1])),
          model.domains.count < columnLimit
        {
          model.domains[place] = count
        }
      default: continue
      }
    }
    guard !model.info.isEmpty else {
      throw .malformed(.mojo, offset: 0, reason: "model.ini has no [info]")
    }
    return model
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var bytes = text.utf8[...]
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return Substring(bytes)
  }
}

extension UInt64 {
  /// The sum, or the greatest number.
  fileprivate func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
