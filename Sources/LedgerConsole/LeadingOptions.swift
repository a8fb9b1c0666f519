// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser

/// Lets options that every command understands stand before the command, as git does it.
public enum LeadingOptions {
  private static let flags: Set<String> = ["--json", "--csv", "--no-pager"]
  private static let valued: Set<String> = ["--ledger", "--as", "--request", "--color"]

  /// The arguments with those options moved behind the words of the command; unchanged where no
  /// command follows them.
  public static func moved(
    _ arguments: [String], in root: any ParsableCommand.Type
  ) -> [String] {
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      let name = argument.split(separator: "=", maxSplits: 1).first.map { String($0) } ?? ""
      if flags.contains(argument) || (valued.contains(name) && name != argument) {
        index += 1
      } else if valued.contains(argument), index + 1 < arguments.count {
        index += 2
      } else {
        break
      }
    }
    guard index > 0, index < arguments.count, arguments[index].utf8.first != 0x2D else {
      return arguments
    }
    let words = CommandLineParser.named(by: Array(arguments[index...]), of: root).words
    // A command that is none of ours is told the same way.
    let end = index + max(words, 1)
    return Array(arguments[index..<end] + arguments[..<index] + arguments[end...])
  }
}
