// SPDX-License-Identifier: Apache-2.0

/// How many columns of a terminal text takes.
///
/// East Asian wide and full-width characters and emoji take two, combining marks none (UAX #11;
/// a cluster of emoji counts as one of them). Terminals differ at the edges; tables only need to
/// stay in step.
public enum DisplayWidth {
  /// The columns of text that holds no control characters.
  public static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// The text, cut to at most `columns` with `…` at its end where it was longer.
  public static func truncate(_ text: String, to columns: Int) -> String {
    if text.utf8.count <= columns { return text }
    if of(text) <= columns { return text }
    guard columns > 0 else { return "" }
    var width = 0
    var kept = ""
    for character in text {
      width += of(character)
      if width > columns - 1 { break }
      kept.append(character)
    }
    return kept + "…"
  }

  static func of(_ character: Character) -> Int {
    var width = 0
    var isEmoji = false
    guard let base = character.unicodeScalars.first else { return 0 }
    for scalar in character.unicodeScalars {
      // A variation selector 16 makes a picture of what can be one, such as a heart or keycap.
      if scalar.value == 0xFE0F, base.properties.isEmoji { isEmoji = true }
      if scalar.properties.isEmojiPresentation { isEmoji = true }
      width += of(scalar)
    }
    return isEmoji ? 2 : width
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.value {
    // Vowels and finals of Hangul join the syllable before them; U+3164 fills like a letter.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF, 0x200B...0x200F: return 0
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(scalar.value) ? 2 : 1
    }
  }

  /// Wide and full-width blocks of EastAsianWidth.txt; emoji are told by their own property.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
      0x1D300...0x1D376, 0x1F200...0x1F265, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
