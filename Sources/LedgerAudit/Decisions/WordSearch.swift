// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Words to look for in reasons and conditions: all of them, in whatever order, case and accents.
///
/// What a word is, and what is alike, says ``WordFolding``. What is written without a space, as
/// `0.9`, `churn-lr` or several Han characters, and what stands in quotation marks, is a phrase: its
/// words follow each other in one text, with anything between them that is no word. A word with `*`
/// right behind it is the beginning of one, in a phrase too.
public struct WordSearch: Equatable, Sendable {
  private let phrases: [[WordIndex.Wanted]]

  /// Takes the words of a search.
  public init(_ text: String) throws(WordSearchError) {
    var phrases: [[WordIndex.Wanted]] = []
    var phrase: [WordIndex.Wanted] = []
    var folding = WordFolding()
    var closing: Unicode.Scalar?
    func end() {
      folding.finish { phrase.append(WordIndex.Wanted($0)) }
      if !phrase.isEmpty { phrases.append(phrase) }
      phrase = []
    }
    for scalar in text.unicodeScalars {
      if scalar == closing {
        end()
        closing = nil
      } else if closing == nil, let close = WordSearch.closing(scalar) {
        end()
        closing = close
      } else if closing == nil, scalar.properties.isWhitespace {
        end()
      } else if scalar == "*", folding.isInWord {
        folding.finish { phrase.append(WordIndex.Wanted($0, isPrefix: true)) }
      } else {
        folding.take(scalar) { phrase.append(WordIndex.Wanted($0)) }
      }
    }
    if closing != nil { throw .quotationOpen(text) }
    end()
    if phrases.isEmpty { throw .noWords(text) }
    self.phrases = phrases
  }

  /// What ends a quotation that a sign begins; nil for other signs.
  private static func closing(_ opening: Unicode.Scalar) -> Unicode.Scalar? {
    switch opening {
    case "\"": "\""
    case "\u{201C}": "\u{201D}"
    case "\u{201E}": "\u{201C}"
    case "\u{AB}": "\u{BB}"
    default: nil
    }
  }

  /// All words of it, for the index.
  public var words: [WordIndex.Wanted] { phrases.flatMap { $0 } }

  /// Whether each word and phrase is in one of the texts.
  public func matches(_ texts: [Text]) -> Bool {
    var open = phrases
    for text in texts where !open.isEmpty {
      let words = WordFolding.words(of: text)
      open.removeAll { WordSearch.contains($0, words) }
    }
    return open.isEmpty
  }

  private static func contains(_ phrase: [WordIndex.Wanted], _ words: [[UInt8]]) -> Bool {
    guard phrase.count <= words.count else { return false }
    return (0...words.count - phrase.count).contains { start in
      phrase.indices.allSatisfy { index in
        let word = words[start + index]
        let wanted = phrase[index]
        return wanted.isPrefix ? word.starts(with: wanted.bytes) : word == wanted.bytes
      }
    }
  }
}

/// Why words cannot be looked for.
public enum WordSearchError: Error, Equatable, Sendable {
  /// There is no word among them.
  case noWords(String)
  /// A quotation does not end.
  case quotationOpen(String)
}
