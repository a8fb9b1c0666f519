// SPDX-License-Identifier: Apache-2.0

/// Comma-separated values (RFC 4180): CRLF at line ends, quotes where they are needed.
public enum CSV {
  /// Appends a cell of words. A spreadsheet must not take it for a formula: where it begins as one
  /// does (`=`, `+`, `-`, `@`, their full-width forms, TAB, CR, LF), a `'` is put before it
  /// (OWASP, CSV injection). What is meant as a number goes through ``append(number:to:)``.
  ///
  /// What would steer a terminal is shown as ``TerminalText`` shows it, but for TAB, CR and LF:
  /// lists are looked at with `cat` too, and the exact bytes are those of `--json`.
  public static func append(text: String, to line: inout [UInt8]) {
    let text = TerminalText.escape(text, keepingTabs: true, keepingLines: true)
    var needsQuotes = false
    for byte in text.utf8 where byte == 0x22 || byte == 0x2C || byte == 0x0A || byte == 0x0D {
      needsQuotes = true
    }
    let isFormula = beginsAsFormula(text)
    guard needsQuotes || isFormula else {
      line.append(contentsOf: text.utf8)
      return
    }
    line.append(0x22)
    if isFormula { line.append(0x27) }
    for byte in text.utf8 {
      if byte == 0x22 { line.append(0x22) }
      line.append(byte)
    }
    line.append(0x22)
  }

  /// Appends a cell that holds a number as we wrote it.
  public static func append(number: String, to line: inout [UInt8]) {
    line.append(contentsOf: number.utf8)
  }

  private static func beginsAsFormula(_ text: String) -> Bool {
    switch text.unicodeScalars.first?.value {
    case 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D, 0x0A, 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20: true
    default: false
    }
  }
}
