// SPDX-License-Identifier: Apache-2.0

/// Finds where a key of a YAML mapping stands for the second time: the parser, which refuses it,
/// tells only the first place.
public enum RepeatedKey {
  /// The line and column, from 1, of the next key of this name in the mapping whose first one stands
  /// at `line` and `column`; nil where it is written in a way that is not recognised.
  public static func place(
    of key: String, afterLine line: Int, column: Int, in text: String
  ) -> (line: Int, column: Int)? {
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1), column > 0 else { return nil }
    // In a block, the keys of a mapping stand in one column; what stands before it ends the mapping.
    for index in line..<max(line, lines.count) {
      let bytes = Array(lines[index])
      let blanks = bytes.prefix { $0 == 32 }.count
      guard blanks < bytes.count, bytes[blanks] != UInt8(ascii: "#") else { continue }
      if blanks < column - 1 { break }
      if blanks == column - 1, begins(bytes[blanks...], with: key) { return (index + 1, column) }
    }
    // In braces, after one of them or a comma.
    for index in (line - 1)..<lines.count {
      let bytes = Array(lines[index])
      var previous: UInt8 = 44
      for offset in bytes.indices where bytes[offset] != 32 {
        defer { previous = bytes[offset] }
        guard index >= line || offset >= column, previous == 44 || previous == 123 else { continue }
        if begins(bytes[offset...], with: key) { return (index + 1, offset + 1) }
      }
    }
    return nil
  }

  /// Whether bytes begin with a key, bare or in quotes, and its colon.
  private static func begins(_ bytes: ArraySlice<UInt8>, with key: String) -> Bool {
    [key, "\"\(key)\"", "'\(key)'"].contains { written in
      bytes.starts(with: written.utf8)
        && bytes.dropFirst(written.utf8.count).drop { $0 == 32 }.first == UInt8(ascii: ":")
    }
  }
}
