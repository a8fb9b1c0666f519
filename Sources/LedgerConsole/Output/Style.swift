// SPDX-License-Identifier: Apache-2.0
import Glibc

/// When output is coloured.
public enum ColorChoice: String, CaseIterable, Sendable {
  /// On a terminal that can, and never with NO_COLOR.
  case auto
  /// Always.
  case always
  /// Never.
  case never

  /// Whether to colour a stream (no-color.org: any value but the empty one forbids it).
  public func isOn(isTerminal: Bool, environment: (String) -> String?) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if let forbidden = environment("NO_COLOR"), !forbidden.isEmpty { return false }
      return isTerminal && environment("TERM") != "dumb"
    }
  }
}

/// How a word stands out, for terminals that show colour.
public enum Style: String, Sendable {
  /// As everything else.
  case plain = ""
  /// Headings.
  case bold = "1"
  /// What matters less.
  case dim = "2"
  /// Went well, is in force.
  case good = "32"
  /// Look at it.
  case warning = "33"
  /// Went wrong.
  case bad = "31"
  /// Under way.
  case active = "36"

  /// The text between the codes that begin and end the style.
  public func apply(to text: String, isOn: Bool) -> String {
    isOn && self != .plain && !text.isEmpty ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
  }

  /// The style of a status or level: `failed` is bad, `completed` good, and so on.
  public static func of(word: String) -> Style {
    switch word {
    case "completed", "approved", "active", "deployed": .good
    case "running", "created", "building": .active
    case "failed", "lost", "rejected", "error": .bad
    case "stopped", "warning": .warning
    case "retired", "debug": .dim
    default: .plain
    }
  }
}
