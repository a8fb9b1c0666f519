// SPDX-License-Identifier: Apache-2.0

/// Text made safe to show: what would steer the terminal, or the reader's eye, becomes visible.
///
/// Control characters (C0, DEL, C1) are shown as `\x1b` and `\u009b`, the usual ones as `\n`, `\r`,
/// `\t`; marks that reorder, hide or break text (bidirectional controls, line separators, byte
/// order mark) as `\u202e`. Backslashes stay as they are: the exact bytes are those of `--json`.
public enum TerminalText {
  /// The text with all of that visible. Unchanged, and one pass, where there is none.
  ///
  /// `keepingLines` leaves CR and LF as they are, for a format that quotes them.
  public static func escape(
    _ text: String, keepingTabs: Bool = false, keepingLines: Bool = false
  ) -> String {
    var text = text
    if text.withUTF8({ isPlain($0, keepingTabs) }) { return text }
    var shown = ""
    shown.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09 where keepingTabs: shown.unicodeScalars.append(scalar)
      case 0x0A where keepingLines, 0x0D where keepingLines: shown.unicodeScalars.append(scalar)
      case 0x09: shown += "\\t"
      case 0x0A: shown += "\\n"
      case 0x0D: shown += "\\r"
      case 0...0x1F, 0x7F: shown += "\\x" + hex(scalar.value, 2)
      case 0x80...0x9F: shown += "\\u" + hex(scalar.value, 4)
      default:
        if isMisleading(scalar.value) {
          shown += "\\u" + hex(scalar.value, 4)
        } else {
          shown.unicodeScalars.append(scalar)
        }
      }
    }
    return shown
  }

  /// Marks of no shape that change how their neighbours are read.
  private static func isMisleading(_ value: UInt32) -> Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFF9...0xFFFB: true
    default: false
    }
  }

  private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, _ keepingTabs: Bool) -> Bool {
    for (index, byte) in bytes.enumerated() {
      if byte >= 0x20, byte < 0x7F { continue }
      switch byte {
      case 0x09: if !keepingTabs { return false }
      case 0x00...0x1F, 0x7F: return false
      case 0xC2: if bytes[index + 1] < 0xA0 { return false }
      case 0xD8: if bytes[index + 1] == 0x9C { return false }
      // U+2000…207F, U+FEC0…FFFF: rare enough to look at closely.
      case 0xE2: if bytes[index + 1] == 0x80 || bytes[index + 1] == 0x81 { return false }
      case 0xEF: if bytes[index + 1] >= 0xBB { return false }
      default: break
      }
    }
    return true
  }

  private static func hex(_ value: UInt32, _ digits: Int) -> String {
    let hex = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - hex.utf8.count)) + hex
  }
}
