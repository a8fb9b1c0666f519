// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import LedgerAudit

/// Tells a mistyped command before the parser calls it an unexpected argument.
public enum CommandSuggestion {
  /// The first word that should be a subcommand and is none; nil when every word that must be one
  /// is. Options before a subcommand are left to the parser.
  public static func unknownCommand(
    in arguments: some Sequence<String>, of root: any ParsableCommand.Type
  ) -> (path: [String], word: String, suggestions: [String])? {
    var command: any ParsableCommand.Type = root
    var path = [CommandLineParser.name(of: root)]
    for word in arguments {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || command.configuration.defaultSubcommand != nil { return nil }
      if word.utf8.first == UInt8(ascii: "-") { return nil }
      if word == "help" { return nil }
      guard let next = CommandLineParser.subcommand(word, of: command) else {
        let known = subcommands.flatMap {
          [CommandLineParser.name(of: $0)] + $0.configuration.aliases
        }
        return (path, word, EditDistance.suggestions(for: word, among: known))
      }
      path.append(word)
      command = next
    }
    return nil
  }

  /// The failure for such a word.
  public static func failure(
    for unknown: (path: [String], word: String, suggestions: [String])
  ) -> Failure {
    let path = unknown.path.joined(separator: " ")
    return Failure(
      .usage, code: "unknown-command", why: "'\(unknown.word)' is no command of '\(path)'",
      next: unknown.suggestions.isEmpty
        ? "see '\(path) --help'"
        : "did you mean "
          + unknown.suggestions.map { "'\(path) \($0)'" }.joined(separator: " or ") + "?")
  }
}
