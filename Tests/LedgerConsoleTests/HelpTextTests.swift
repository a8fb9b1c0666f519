// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import LedgerConsole

private struct Look: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "look", abstract: "Look.", discussion: "  look --deep x", version: "1")
  @Argument(help: "At what.") var what: String
  @Flag(help: "Closely.") var deep = false
  @Option(help: "Why.") var reason: String
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions
}

@Suite struct HelpTextTests {
  private func headings(_ text: String) -> [String] {
    text.split(separator: "\n").map { String($0) }.filter { $0.hasSuffix(":") && $0.first != " " }
  }

  @Test func `a command's own options stand first, and those of every command last`() throws {
    let help = HelpText.arranged(Look.helpMessage(columns: 80))
    #expect(headings(help) == ["ARGUMENTS:", "OPTIONS:", "AS OF:", "EVERYWHERE:"])
    #expect(help.hasPrefix("OVERVIEW: Look.\n\n  look --deep x\n\nUSAGE: look [<options>] <what> "))
    #expect(
      help.contains("\nUSAGE: look [<options>] <what> --reason <reason>\n\nARGUMENTS:\n  <what>"))
    #expect(
      help.hasSuffix(
        "  --version               Show the version.\n"
          + "  -h, --help              Show help information.\n"))
    // Nothing is lost and nothing doubled.
    let before = Look.helpMessage(columns: 80).split(separator: "\n").filter {
      !$0.hasPrefix("USAGE")
    }
    let after = help.split(separator: "\n").filter { !$0.hasPrefix("USAGE") }
    #expect(before.sorted() == after.sorted())
    #expect(HelpText.arranged(help) == help)
  }

  @Test func `what is no help stays as it is`() {
    for text in ["", "1.2.3", "#compdef look\nOPTIONS:\n\nEVERYWHERE:\n", "{\n}"] {
      #expect(HelpText.arranged(text) == text)
    }
    let short = "OVERVIEW: It.\n\nUSAGE: look [--deep]\n\nOPTIONS:\n  -h, --help  Help.\n"
    #expect(HelpText.arranged(short) == short)
  }

  @Test(
    arguments: [
      ("Usage: jobledger jobs <options>", "Usage: jobledger jobs [<options>]"),
      ("Usage: jobledger logs [<options>] <job>", "Usage: jobledger logs [<options>] <job>"),
      ("Usage: jobledger <subcommand>", "Usage: jobledger <subcommand>"),
      (
        "Usage: a b [<x>] --reason <reason> [--type <type> ...] [--as-of <when>] [--zone <zone>] [--json]",
        "Usage: a b [<options>] [<x>] --reason <reason>"
      ),
      ("Usage: exec [<options>] -- [<command> ...]", "Usage: exec [<options>] -- [<command> ...]"),
      (
        "no usage: " + String(repeating: "[--x] ", count: 20),
        "no usage: " + String(repeating: "[--x] ", count: 20)
      ),
    ])
  func `a usage that is too long names its options together`(line: String, shown: String) {
    #expect(HelpText.shortened("first\n" + line + "\nlast") == "first\n" + shown + "\nlast")
  }
}
