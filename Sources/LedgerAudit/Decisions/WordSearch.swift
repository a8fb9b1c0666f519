// SPDX-License-Identifier: Apache-2.0

/// Words to look for in a text: all of them, anywhere, whatever their case.
///
/// A word is a run of letters, digits and marks (Unicode scalars); every other scalar parts words.
/// Case is folded scalar by scalar, and nothing is normalised: NFC and NFD forms are different
/// words, as their bytes are. A word of the search that ends with `*` matches the beginning of one.
public struct WordSearch: Equatable, Sendable {
  private struct Wanted: Equatable, Sendable {
    var scalars: [Unicode.Scalar]
    var isPrefix: Bool
  }

  private let wanted: [Wanted]

  /// Takes the words of a search; nil when there are none.
  public init?(_ text: String) {
    var wanted: [Wanted] = []
    var word: [Unicode.Scalar] = []
    func end(isPrefix: Bool) {
      if !word.isEmpty { wanted.append(Wanted(scalars: word, isPrefix: isPrefix)) }
      word = []
    }
    for scalar in text.unicodeScalars {
      if WordSearch.isOfWord(scalar) {
        word += WordSearch.folded(scalar)
      } else {
        end(isPrefix: scalar == "*")
      }
    }
    end(isPrefix: false)
    if wanted.isEmpty { return nil }
    self.wanted = wanted
  }

  /// Whether a text has every word of the search.
  public func matches(_ text: String) -> Bool {
    var open = wanted
    var word: [Unicode.Scalar] = []
    func end() {
      if !word.isEmpty {
        open.removeAll { $0.isPrefix ? word.starts(with: $0.scalars) : word == $0.scalars }
      }
      word.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      if WordSearch.isOfWord(scalar) {
        word += WordSearch.folded(scalar)
      } else {
        end()
        if open.isEmpty { return true }
      }
    }
    end()
    return open.isEmpty
  }

  private static func folded(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    if scalar.isASCII {
      let value = scalar.value
      return [(0x41...0x5A).contains(value) ? Unicode.Scalar(UInt8(value + 0x20)) : scalar]
    }
    return Array(scalar.properties.lowercaseMapping.unicodeScalars)
  }

  private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar.value {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return true
      default: return false
      }
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
      return true
    default: return false
    }
  }
}
