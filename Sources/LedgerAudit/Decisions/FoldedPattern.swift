// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
import LedgerReading

/// A regular expression that finds what it finds, and the same in another case or with other accents.
///
/// What is alike, says ``WordFolding``. Expression and text are both folded, so `[A-Z]` finds small
/// letters as well; what a backslash stands before is left as it is.
public struct FoldedPattern: Equatable, Sendable {
  private let exact: TextPattern
  /// Nil where the folded expression is none, as `[Z-a]`.
  private let folded: TextPattern?

  /// Takes an expression.
  public init(_ exact: TextPattern) {
    self.exact = exact
    let text = WordFolding.folded(exact.text) { last, _ in last == "\\" }
    folded = try? TextPattern(String(decoding: text, as: UTF8.self))
  }

  /// Whether it occurs in a text.
  public func matches(_ text: Text) -> Bool {
    exact.matches(text) || folded?.matches(WordFolding.folded(text.string)) ?? false
  }
}
