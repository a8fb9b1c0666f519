// SPDX-License-Identifier: Apache-2.0
import LedgerConsole
import LedgerDomain
import Testing

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain words, ümläute, 模型 and 🚀", "plain words, ümläute, 模型 and 🚀"),
    ("\u{1b}[31mred", "\\x1b[31mred"),
    ("a\nb\rc\td\0e\u{7f}", "a\\nb\\rc\\td\\x00e\\x7f"),
    ("\u{9b}31m", "\\u009b31m"),
    ("pay \u{202e}txt.exe", "pay \\u202etxt.exe"),
    ("a\u{2066}b\u{2069}c\u{200e}d\u{200f}e\u{61c}f", "a\\u2066b\\u2069c\\u200ed\\u200fe\\u061cf"),
    ("a\u{2028}b\u{2029}c\u{feff}d", "a\\u2028b\\u2029c\\ufeffd"),
    (
      "é\u{301} and \u{200d} stay, as “quotes” … do", "é\u{301} and \u{200d} stay, as “quotes” … do"
    ),
    ("C:\\temp", "C:\\temp"),
  ])
  func `what would steer the terminal becomes visible, all else stays`(
    text: String, shown: String
  ) {
    #expect(Array(TerminalText.escape(text).utf8) == Array(shown.utf8))
  }

  @Test func `no scalar below U+3000 that steers gets through`() {
    for value in UInt32(0)..<0x3000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let shown = TerminalText.escape("x" + String(scalar) + "y")
      let steers: Bool
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: steers = true
      default: steers = scalar.properties.isBidiControl
      }
      #expect((shown != "x" + String(scalar) + "y") == steers, "U+\(String(value, radix: 16))")
    }
  }

  @Test func `tabs stay where asked`() {
    #expect(TerminalText.escape("a\tb\n", keepingTabs: true) == "a\tb\\n")
  }
}

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("模型", 4), ("ｆｕｌｌ", 8), ("한국어", 6),
    ("\u{1112}\u{1161}\u{11ab}", 2), ("🚀", 2), ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤️", 2), ("☎", 1),
    ("a\u{200d}", 1),
    ("ﾊﾝｶｸ", 4), ("नमस्ते", 4),
  ])
  func `columns are counted as terminals do`(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test func `cut text fits, ends with an ellipsis, and keeps clusters whole`() {
    #expect(DisplayWidth.truncate("abcdef", to: 6) == "abcdef")
    #expect(DisplayWidth.truncate("abcdef", to: 5) == "abcd…")
    #expect(DisplayWidth.truncate("模型模型", to: 6) == "模型…")
    #expect(DisplayWidth.truncate("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", to: 3) == "👩‍👩‍👧‍👦…")
    #expect(DisplayWidth.truncate("abc", to: 0) == "")
    for text in ["abcdefgh", "模型の評価", "e\u{301}e\u{301}e\u{301}e\u{301}", "a🚀b🚀c"] {
      for columns in 1...12 {
        #expect(DisplayWidth.of(DisplayWidth.truncate(text, to: columns)) <= columns)
      }
    }
  }
}

@Suite struct TimeTextTests {
  @Test(arguments: [
    (0, "0 ms"), (850_000, "850 ms"), (9_560_000, "9.5 s"), (59_999_999, "59 s"),
    (60_000_000, "1m"), (123_000_000, "2m 3s"), (3_720_000_000, "1h 2m"),
    (273_600_000_000, "3d 4h"), (UInt64.max, "213503982d 8h"),
  ])
  func `durations have two units at most`(microseconds: UInt64, text: String) {
    #expect(TimeText.duration(microseconds: microseconds) == text)
  }

  @Test(arguments: [
    (0, "now"), (5, "5 s ago"), (61, "1 min ago"), (10_800, "3 h ago"),
    (172_800, "2 d ago"), (3_456_000, "2026-05-21"), (-90, "in 1 min"),
  ])
  func `moments are told relative to now`(seconds: Int64, text: String) throws {
    let now = try #require(Timestamp("2026-06-30T12:00:00.000000Z"))
    let then = Timestamp(microseconds: now.microseconds - seconds * 1_000_000)
    #expect(TimeText.relative(then, to: now) == text)
  }

  @Test func `no moment overflows`() {
    let times = [Int64.min, -1, 0, 1, .max].map { Timestamp(microseconds: $0) }
    for left in times {
      for right in times { #expect(!TimeText.relative(left, to: right).isEmpty) }
    }
  }
}
