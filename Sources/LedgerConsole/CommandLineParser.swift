// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser

/// Parses a command line by the command that it names, without looking at all the others.
public enum CommandLineParser {
  /// The command with its arguments. Throws what `root` says of a line that is none, or that asks
  /// for help.
  ///
  /// Reflecting upon every option of every command above the one that was named is most of what
  /// starting costs, so that one is asked first, as if it were the root. Whatever it does not
  /// take as it stands is parsed from the root, whose words people are to read.
  public static func parse(
    _ arguments: [String], of root: any ParsableCommand.Type
  ) throws -> any ParsableCommand {
    let (command, count) = named(by: arguments, of: root)
    if count > 0, command.configuration.subcommands.isEmpty,
      let parsed = try? command.parseAsRoot(Array(arguments[count...])),
      ObjectIdentifier(type(of: parsed)) == ObjectIdentifier(command)
    {
      return parsed
    }
    return try root.parseAsRoot(arguments)
  }

  /// The last command that the first words of a line name, and how many words that are.
  public static func named(
    by arguments: [String], of root: any ParsableCommand.Type
  ) -> (command: any ParsableCommand.Type, words: Int) {
    var command = root
    var count = 0
    while count < arguments.count, let next = subcommand(arguments[count], of: command) {
      command = next
      count += 1
    }
    return (command, count)
  }

  /// The subcommand of that name or alias.
  static func subcommand(
    _ word: String, of command: any ParsableCommand.Type
  ) -> (any ParsableCommand.Type)? {
    command.configuration.subcommands.first { name(of: $0) == word }
      ?? command.configuration.subcommands.first { $0.configuration.aliases.contains(word) }
  }

  static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? command._commandName
  }
}
