// SPDX-License-Identifier: Apache-2.0
// LedgerReading/Words — which words a text has, whatever their case and accents, and the index that
// finds decisions by the words of their reasons.
// Never: a locale, Foundation, the standard library's Unicode tables: what is stored must stay.
// Invariant: the index may lose an entry and never adds a decision: readers look at the text itself.
// Start at: WordFolding, then Snapshot.forEachDecision(withAll:asOf:_:). Tests: LedgerReadingTests.

public import LedgerDomain

/// Takes a text apart into words, folded so that `Ärger`, `ARGER` and `arger` are one.
///
/// A word is a run of letters, digits and marks; white space, punctuation and symbols part words, so
/// `0.9` is two. Each scalar is decomposed canonically, marks above and below are left out, and its
/// case is folded fully (Unicode's CaseFolding, status F): `Straße` is `strasse`. NFC and NFD forms
/// are the same words. Letters with a stroke (`ø`, `ł`) stay what they are; nothing is transliterated.
///
/// Han characters and kana are words by themselves, as their scripts put no space between words: who
/// looks for several of them in a row looks for a phrase. Soft hyphens and the like are left out.
public struct WordFolding: Sendable {
  /// The UTF-8 bytes of the word so far.
  private var word: [UInt8] = []
  /// Marks that stay and wait for their canonical order.
  private var marks: [(order: UInt8, scalar: UInt32)] = []
  private var isAlone = false

  /// No word yet.
  public init() {}

  /// Whether what was taken last belongs to a word, which may go on.
  public var isInWord: Bool { !word.isEmpty || !marks.isEmpty }

  /// The words of a text, in order.
  public static func words(of text: Text) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var folding = WordFolding()
    for scalar in text.string.unicodeScalars { folding.take(scalar) { words.append($0) } }
    folding.finish { words.append($0) }
    return words
  }

  /// A text of which nothing but case and accents is taken away: spaces and signs stay as they are.
  ///
  /// What is `exempt` is left as it is, such as the letter that follows a backslash in an expression.
  public static func folded(
    _ text: some StringProtocol,
    except exempt: (Unicode.Scalar?, Unicode.Scalar) -> Bool = { _, _ in false }
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if exempt(last, scalar) {
        bytes.append(contentsOf: scalar.utf8)
        // What was exempt exempts nothing: of two backslashes the second is no escape.
        last = nil
        continue
      }
      last = scalar
      if scalar.isASCII {
        let byte = UInt8(truncatingIfNeeded: scalar.value)
        bytes.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
        continue
      }
      switch FoldingTable.shared.kind(of: scalar.value) {
      case .ignored: break
      case .separator, .mark: bytes.append(contentsOf: scalar.utf8)
      case .letter:
        FoldingTable.shared.forEachFolded(scalar.value) { folded in
          if let scalar = Unicode.Scalar(folded) { bytes.append(contentsOf: scalar.utf8) }
        }
      }
    }
    return bytes
  }

  /// Takes a scalar; calls `end` with the word that ended before it, if one did.
  public mutating func take(_ scalar: Unicode.Scalar, _ end: ([UInt8]) -> Void) {
    if scalar.isASCII {
      var byte = UInt8(truncatingIfNeeded: scalar.value)
      switch byte {
      case 0x41...0x5A: byte += 0x20
      case 0x30...0x39, 0x61...0x7A: break
      default: return finish(end)
      }
      if isAlone { finish(end) }
      placeMarks()
      word.append(byte)
      return
    }
    switch FoldingTable.shared.kind(of: scalar.value) {
    case .separator: finish(end)
    case .ignored: break
    case .mark(let order): insert(scalar.value, order)
    case .letter:
      FoldingTable.shared.forEachFolded(scalar.value) { folded in
        if case .mark(let order) = FoldingTable.shared.kind(of: folded) {
          return insert(folded, order)
        }
        let standsAlone = WordFolding.standsAlone(folded)
        if isAlone || standsAlone { finish(end) }
        placeMarks()
        append(folded)
        isAlone = standsAlone
      }
    }
  }

  /// Ends the word, if there is one.
  public mutating func finish(_ end: ([UInt8]) -> Void) {
    placeMarks()
    isAlone = false
    guard !word.isEmpty else { return }
    end(word)
    word.removeAll(keepingCapacity: true)
  }

  private mutating func insert(_ scalar: UInt32, _ order: UInt8) {
    var index = marks.endIndex
    while index > 0, marks[index - 1].order > order { index -= 1 }
    marks.insert((order, scalar), at: index)
  }

  private mutating func placeMarks() {
    guard !marks.isEmpty else { return }
    for mark in marks { append(mark.scalar) }
    marks.removeAll()
  }

  private mutating func append(_ scalar: UInt32) {
    guard let scalar = Unicode.Scalar(scalar) else { return }
    word.append(contentsOf: scalar.utf8)
  }

  /// Han and kana.
  private static func standsAlone(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x3035, 0x303B...0x303C, 0x3041...0x3096,
      0x309D...0x309F, 0x30A1...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xFF66...0xFF9D, 0x1AFF0...0x1B16F, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
