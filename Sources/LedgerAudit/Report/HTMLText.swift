// SPDX-License-Identifier: Apache-2.0

/// Markup as it is written: what goes in as words is escaped, and nothing else can go in.
struct HTMLText {
  private(set) var text = ""

  /// Appends markup of ours, a literal of the program.
  mutating func markup(_ markup: StaticString) { text += "\(markup)" }

  /// Appends words of anybody.
  mutating func words(_ words: String) { text += HTMLText.escape(words) }

  /// Appends an element with attributes; `body` writes what is in it.
  mutating func element(
    _ name: StaticString, _ attributes: [(StaticString, String)] = [],
    _ body: (inout HTMLText) -> Void
  ) {
    open(name, attributes)
    text += ">"
    body(&self)
    text += "</\(name)>"
  }

  /// Appends an element that holds words alone.
  mutating func element(
    _ name: StaticString, _ attributes: [(StaticString, String)], _ words: String
  ) {
    element(name, attributes) { $0.words(words) }
  }

  /// Appends an element without attributes that holds words alone.
  mutating func element(_ name: StaticString, _ words: String) { element(name, [], words) }

  /// Appends an element that holds nothing: `<path …/>` of a drawing.
  mutating func element(empty name: StaticString, _ attributes: [(StaticString, String)]) {
    open(name, attributes)
    text += "/>"
  }

  /// Appends an element that has no end, such as `<meta …>`.
  mutating func element(void name: StaticString, _ attributes: [(StaticString, String)]) {
    open(name, attributes)
    text += ">\n"
  }

  /// Ends a line, for people who read the source.
  mutating func newline() { text += "\n" }

  private mutating func open(_ name: StaticString, _ attributes: [(StaticString, String)]) {
    text += "<\(name)"
    for (name, value) in attributes {
      text += " \(name)=\"\(HTMLText.escape(value, newline: "&#10;"))\""
    }
  }

  /// Markup is shown and not obeyed; what would be invisible or turn the line around, by its number.
  static func escape(_ words: String, newline: StaticString = "<br>") -> String {
    var escaped = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n": escaped += "\(newline)"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
          escaped += "\\u{\(String(scalar.value, radix: 16))}"
        default: escaped.unicodeScalars.append(scalar)
        }
      }
    }
    return escaped
  }
}
