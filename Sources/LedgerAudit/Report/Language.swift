// SPDX-License-Identifier: Apache-2.0

/// The languages that reports are written in, by their ISO 639-1 codes.
public enum Language: String, CaseIterable, Sendable {
  /// English.
  case english = "en"
  /// German.
  case german = "de"
  /// French.
  case french = "fr"
  /// Spanish.
  case spanish = "es"
}

/// The same words in every language, side by side, so that none can be forgotten.
struct Translated: Equatable, Sendable {
  private let english: String
  private let german: String
  private let french: String
  private let spanish: String

  init(_ english: String, _ german: String, _ french: String, _ spanish: String) {
    self.english = english
    self.german = german
    self.french = french
    self.spanish = spanish
  }

  /// What is the same everywhere, such as a name.
  init(_ same: String) { self.init(same, same, same, same) }

  /// The words in a language.
  func callAsFunction(_ language: Language) -> String {
    switch language {
    case .english: english
    case .german: german
    case .french: Translated.unbroken(french)
    case .spanish: spanish
    }
  }

  /// French puts a space before `?`, `!`, `;` and `:`, at which no line may end.
  private static func unbroken(_ words: String) -> String {
    var unbroken = ""
    var scalars = words.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      let isBefore =
        scalar == " " && scalars.first.map { "?!;:".unicodeScalars.contains($0) } == true
      unbroken.unicodeScalars.append(isBefore ? "\u{A0}" : scalar)
    }
    return unbroken
  }
}
