// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// Words as they are folded, beside Python's Unicode data.
@Suite struct WordFoldingTests {
  private func words(_ text: String) -> [String] {
    WordFolding.words(of: Text(text)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("Too SLOW, auc 0.9", ["too", "slow", "auc", "0", "9"]), ("", []), (" -.*", []),
    ("Ärger A\u{308}RGER arger", ["arger", "arger", "arger"]),
    ("STRASSE Straße", ["strasse", "strasse"]),
    ("ﬁnal Σίσυφος", ["final", "σισυφοσ"]), ("МОСКВА й и", ["москва", "и", "и"]),
    ("İstanbul ısı", ["istanbul", "ısı"]), ("łódź øre", ["łodz", "øre"]),
    ("新模型 v2版", ["新", "模", "型", "v2", "版"]), ("か\u{3099} が か", ["か\u{3099}", "か\u{3099}", "か"]),
    (
      "한글 \u{1112}\u{1161}\u{11AB}글",
      [
        "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}",
        "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}",
      ]
    ),
    (
      "soft\u{AD}hyphen zero\u{200B}width don\u{2019}t 👍🏽ok",
      ["softhyphen", "zero", "width", "don", "t", "ok"]
    ),
    ("हिन्दी", ["हिन्दी"]), ("שָׁלוֹם", ["שלום"]),
  ])
  func `words are folded as a person who looks for them would`(text: String, expected: [String]) {
    #expect(words(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
  }

  /// Reads scalars in hexadecimal, a text a line; answers its words, and its NFC and NFD forms.
  private static let script = """
    import sys, unicodedata as u
    def ignored(c):
        o = u.combining(c)
        return (u.category(c) == 'Cf' and c != '\\u200b') or o == 1 or 10 <= o <= 36 or o >= 200 or \\
            c == '\\u034f' or 0xfe00 <= ord(c) <= 0xfe0f or 0xe0100 <= ord(c) <= 0xe01ef or \\
            ord(c) in (0x180b, 0x180c, 0x180d, 0x180f)
    def alone(c):
        n = ord(c)
        return any(a <= n <= b for a, b in ((0x3005,0x3007),(0x3021,0x3029),(0x3031,0x3035),
            (0x303b,0x303c),(0x3041,0x3096),(0x309d,0x309f),(0x30a1,0x30ff),(0x31f0,0x31ff),
            (0x3400,0x4dbf),(0x4e00,0x9fff),(0xff66,0xff9d),(0x1aff0,0x1b16f),(0x20000,0x3fffd)))
    def parts(c):
        return c == '\\u200b' or u.category(c)[0] in 'PSZ' or u.category(c) in ('Cc', 'Co')
    def words(s):
        keep = lambda s: ''.join(c for c in u.normalize('NFD', s) if not ignored(c))
        s = u.normalize('NFD', keep(keep(s).casefold()))
        found, word = [], ''
        single = False
        for c in s:
            if parts(c) or (u.combining(c) == 0 and (alone(c) or single)):
                if word: found.append(word)
                word, single = '', False
            if not parts(c):
                word += c
                single = single or alone(c)
        return found + ([word] if word else [])
    code = lambda s: ' '.join('%X' % ord(c) for c in s)
    for line in sys.stdin:
        s = ''.join(chr(int(c, 16)) for c in line.split())
        print('#'.join(['|'.join(code(w) for w in words(s)), code(u.normalize('NFC', s)),
            code(u.normalize('NFD', s))]))
    """

  private static func code(_ text: some Sequence<Unicode.Scalar>) -> String {
    text.map { String($0.value, radix: 16, uppercase: true) }.joined(separator: " ")
  }

  private static func code(_ words: [[UInt8]]) -> String {
    words.map { code(String(decoding: $0, as: UTF8.self).unicodeScalars) }.joined(separator: "|")
  }

  private static func text(_ code: Substring) -> Text {
    var text = String.UnicodeScalarView()
    for part in code.split(separator: " ") {
      if let scalar = UInt32(part, radix: 16).flatMap(Unicode.Scalar.init) { text.append(scalar) }
    }
    return Text(String(text))
  }

  /// Scalars that the oracle's Unicode and the table's both know.
  private static let known: [Unicode.Scalar] = (0x20..<0x110000).compactMap { value in
    guard value != 0x7F, let scalar = Unicode.Scalar(UInt32(value)), let age = scalar.properties.age
    else { return nil }
    return age.major <= 14 ? scalar : nil
  }

  private func compare(_ texts: [[Unicode.Scalar]]) throws {
    let answers = try PythonOracle.lines(Self.script, texts.map { Array(Self.code($0).utf8) })
    for (text, answer) in zip(texts, answers) {
      let parts = String(decoding: answer, as: UTF8.self)
        .split(separator: "#", omittingEmptySubsequences: false)
      let own = String(String.UnicodeScalarView(text))
      try #require(Self.code(WordFolding.words(of: Text(own))) == parts[0], "\(Self.code(text))")
      for form in parts[1...] {
        let words = WordFolding.words(of: Self.text(form))
        try #require(Self.code(words) == parts[0], "\(Self.code(text)), \(form)")
      }
    }
  }

  @Test func `every scalar that Unicode 14 knows is folded as Python folds it`() throws {
    #expect(Self.known.count > 144_000)
    // Each between two letters: what parts words and what is left out show there.
    let texts = stride(from: 0, to: Self.known.count, by: 64).map { start in
      Self.known[start..<min(start + 64, Self.known.count)].flatMap { scalar in
        ["a", scalar, "b", " "] as [Unicode.Scalar]
      }
    }
    try compare(texts)
  }

  @Test(arguments: UInt64(0)..<4)
  func `random texts have the same words in any form, as Python has`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let marks = Self.known.filter { $0.properties.canonicalCombiningClass != .notReordered }
    let letters: [Unicode.Scalar] = [
      "a", "Z", "ß", "ǆ", "é", "か", "が", "型", "한", "क", "ก", "ש", "ب", "0",
    ]
    let others: [Unicode.Scalar] = [" ", "-", "\u{AD}", "\u{200D}", "\u{34F}", "🙂", "\u{FE0F}"]
    let texts = (0..<600).map { _ in
      (0..<random.below(12)).map { _ -> Unicode.Scalar in
        switch random.below(10) {
        case 0..<4: random.pick(letters)
        case 4..<7: random.pick(marks)
        case 7: random.pick(others)
        default: random.pick(Self.known)
        }
      }
    }
    try compare(texts)
  }

  @Test func `a word that is too long for a key is cut between scalars`() {
    #expect(WordIndex.cut(Array("short".utf8)) == Array("short".utf8))
    let long = Array(String(repeating: "ж", count: 40).utf8)
    #expect(WordIndex.cut(long).count == 64)
    #expect(WordIndex.cut(Array(("a" + String(repeating: "ж", count: 40)).utf8)).count == 63)
    #expect(WordIndex.cut(Array(String(repeating: "a", count: 500).utf8)).count == 64)
  }

  @Test func `a key is a word and a position, and other bytes are none`() {
    let key = WordIndex.key(Array("drift".utf8), Position(0x0102_0300))
    let parsed = key.withUnsafeBytes { WordIndex.parse($0) }
    #expect(parsed?.word == Array("drift".utf8))
    #expect(parsed?.position == Position(0x0102_0300))
    for bytes: [UInt8] in [[], [0, 0, 0, 0, 0, 0, 0, 0, 0], Array(key.dropLast()), key + [1]] {
      #expect(bytes.withUnsafeBytes { WordIndex.parse($0)?.position } == nil)
    }
  }
}
