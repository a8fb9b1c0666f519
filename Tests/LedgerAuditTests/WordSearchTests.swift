// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import Testing

/// What a search for words finds in texts.
@Suite struct WordSearchTests {
  @Test(arguments: [
    ("drift", "Drift of tenure", true), ("DRIFT tenure", "tenure: drift!", true),
    ("drift", "drifting", false), ("drift*", "drifting", true), ("bias", "unbiased", false),
    ("straße", "STRASSE", true), ("strasse", "Straße", true), ("arger", "ÄRGER", true),
    ("\u{E4}rger", "a\u{308}rger", true), ("Ärger", "arger", true), ("москва", "МОСКВА", true),
    ("模型", "新模型版本", true), ("模型", "型模", false), ("模本", "模型版本", false),
    ("two words", "two other", false), ("words two", "two words", true),
    ("\"two words\"", "two words", true), ("\"two words\"", "two-words", true),
    ("\"two words\"", "two other words", false), ("\"two wor*\"", "two words", true),
    ("\"words two\"", "two words", false), ("„zwei Wörter“", "ZWEI WORTER", true),
    ("0.9", "auc 0.9", true), ("0.9", "9 of 0", false), ("churn-lr", "churn lr 3", true),
    ("churn-lr", "lr of churn", false), ("d* te*", "tenure drift", true),
    ("* drift", "drift", true),
    ("\"a\"\"b\"", "b x a", true),
  ])
  func `a search finds texts with all its words`(words: String, text: String, expected: Bool) throws
  {
    #expect(try WordSearch(words).matches([Text(text)]) == expected)
  }

  @Test func `words may stand in different texts, and a phrase in one`() throws {
    let texts: [Text] = ["not enough data", "valid for Europe"]
    #expect(try WordSearch("europe data").matches(texts))
    #expect(try WordSearch("\"enough data\" \"for europe\"").matches(texts))
    #expect(try !WordSearch("\"data valid\"").matches(texts))
    #expect(try !WordSearch("data").matches([]))
  }

  @Test func `a search without a word, or with an open quotation, is none`() {
    #expect(throws: WordSearchError.noWords(" -.* ")) { try WordSearch(" -.* ") }
    #expect(throws: WordSearchError.noWords("\"\"")) { try WordSearch("\"\"") }
    #expect(throws: WordSearchError.quotationOpen("\"two")) { try WordSearch("\"two") }
  }

  @Test func `an expression finds places, and what is none is told`() throws {
    let pattern = try TextPattern("[a-z]+")
    #expect(pattern.ranges(in: Array("ab 1 c".utf8)) == [0..<2, 5..<6])
    #expect(pattern.matches("1 x"))
    #expect(!pattern.matches("1 2"))
    #expect(try TextPattern("x*").ranges(in: Array("axxb".utf8)) == [1..<3])
    #expect(try TextPattern("^a").ranges(in: Array("aa".utf8)) == [0..<1])
    #expect(throws: TextPatternError.self) { try TextPattern("(") }
  }

  @Test(arguments: [
    ("drift", "Drift of tenure", true), ("DRIFT", "no drift", true), ("arger", "ÄRGER", true),
    ("^Ärger$", "a\u{308}rger", true), ("gro(ß|ss)e STR", "Große Straße", true),
    ("stra.?.e", "STRASSE", true), ("0[.]9", "AUC 0.9", true), ("0.9 is", "0,9 IST", true),
    ("enough +data", "Not ENOUGH  data", true), ("москва|x", "МОСКВА", true),
    ("[A-Z]rift", "drift", true), ("[Z-a]+", "^_", true), ("^data", "no data", false),
    ("a\\Wb", "A b", true), ("a\\Wb", "Awb", false), ("\\\\W", "\\w", true),
    ("drift", "dr.ift", false),
  ])
  func `an expression finds texts in any case, with any accents`(
    expression: String, text: String, expected: Bool
  ) throws {
    #expect(FoldedPattern(try TextPattern(expression)).matches(Text(text)) == expected)
  }
}
