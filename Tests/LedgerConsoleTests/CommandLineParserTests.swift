// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import LedgerConsole

private struct Root: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tool", version: "1.2.3", subcommands: [Show.self, Run.self, Member.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", aliases: ["view"])
    @OptionGroup var global: GlobalOptions
    @Argument var reference: String
    @Flag(name: .customShort("f")) var follow = false
    func validate() throws {
      if reference == "nothing" { throw ValidationError("there is nothing to show") }
    }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run")
    @Option var name: String?
    @Argument(parsing: .captureForPassthrough) var command: [String] = []
  }

  struct Member: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "member", subcommands: [Grant.self, List.self], defaultSubcommand: List.self)

    struct Grant: ParsableCommand {
      static let configuration = CommandConfiguration(commandName: "grant")
      @Argument var name: String
      @Option var role: [String] = []
    }

    struct List: ParsableCommand {
      static let configuration = CommandConfiguration(commandName: "list")
    }
  }
}

@Suite struct CommandLineParserTests {
  /// What becomes of a command line: the command with its values, or all that people are told.
  private func outcome(_ parse: () throws -> any ParsableCommand) -> String {
    do {
      var command = try parse()
      // Help is a command too, and prints when it runs.
      if String(reflecting: type(of: command)).hasPrefix("ArgumentParser.") { try command.run() }
      return String(reflecting: command)
    } catch { return "\(Root.exitCode(for: error).rawValue) \(Root.fullMessage(for: error))" }
  }

  @Test(
    arguments: [
      "", "show", "show x", "view x", "show x -f --json", "show --ledger L x", "show -- -x",
      "show x y",
      "show --oops x", "show x --color maybe", "show nothing", "show --help", "show -h x",
      "show --version",
      "show --experimental-dump-help", "show --help-hidden",
      "show x --generate-completion-script bash",
      "run", "run make -j 2 --help", "run --name n -- make --version", "run --oops", "run -- --",
      "member",
      "member list", "member grant", "member grant a --role b --role c", "member grant --help",
      "member list extra", "help", "help show", "help member grant", "show help", "--help",
      "--version",
      "nonsense", "--json show x", "---completion show -- positional@0 0 0 x",
    ])
  func `a line means what it means to the root, and people are told the same`(line: String) {
    let arguments = line.split(separator: " ").map { String($0) }
    #expect(
      outcome { try CommandLineParser.parse(arguments, of: Root.self) }
        == outcome { try Root.parseAsRoot(arguments) })
  }

  @Test func `the words of a command are told from its arguments`() {
    func named(_ line: String) -> (String, Int) {
      let found = CommandLineParser.named(
        by: line.split(separator: " ").map { String($0) }, of: Root.self)
      return (CommandLineParser.name(of: found.command), found.words)
    }
    #expect(named("") == ("tool", 0))
    #expect(named("show member") == ("show", 1))
    #expect(named("view x") == ("show", 1))
    #expect(named("member grant grant") == ("grant", 2))
    #expect(named("--json show") == ("tool", 0))
  }
}
