// SPDX-License-Identifier: Apache-2.0
// EndToEndTests — plain-text transcripts, run against the built binaries and compared.
// Format: Fixtures/transcripts/README.md. Never: a network, a ledger that is not its own.
// Start at: Transcript.run(in:). Tests: TranscriptTests.

import LedgerTestSupport

/// A session at a terminal with what it must print.
struct Transcript {
  /// One command and what is expected of it.
  struct Step {
    /// The line of the command in the file.
    var line: Int
    /// What the shell reads.
    var command: String
    /// What must be printed, line by line, without what only separates steps.
    var output: [String] = []
    /// The exit code.
    var exit: Int32 = 0
  }

  /// Why a transcript cannot be used, or what went otherwise.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let name: String
  private(set) var steps: [Step] = []

  /// Reads `Fixtures/transcripts/NAME.txt`.
  init(_ name: String) throws {
    self.name = name
    let lines = try Fixture.bytes("transcripts/\(name).txt")
      .split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.hasPrefix("## ") || line == "##" {
        continue
      } else if line.hasPrefix("$ ") {
        steps.append(Step(line: index + 1, command: String(line.dropFirst(2))))
      } else if let last = steps.indices.last {
        if line.hasPrefix("> "), steps[last].output.isEmpty {
          steps[last].command += "\n" + line.dropFirst(2)
        } else if line == ">", steps[last].output.isEmpty {
          steps[last].command += "\n"
        } else if line.hasPrefix("# exit "), let code = Int32(line.dropFirst(7)) {
          steps[last].exit = code
        } else {
          steps[last].output.append(line)
        }
      } else if !line.isEmpty {
        throw Failure(description: "\(name):\(index + 1): text before the first command")
      }
    }
    for index in steps.indices {
      while steps[index].output.last == "" { steps[index].output.removeLast() }
    }
  }

  /// Runs every step in a folder, the next only where all before did as expected.
  func run(in folder: String) throws {
    let shell = try Shell(folder: folder)
    var words = Bindings()
    words["dir"] = folder
    words["me"] = try shell.run("id -un").output.first ?? ""
    words["fixtures"] = Fixture.path("projects")
    for step in steps {
      let command = try words.filled(step.command, at: "\(name):\(step.line)")
      var (output, exit) = try shell.run(command)
      while output.last == "" { output.removeLast() }
      let difference = words.match(step.output, output)
      if exit == step.exit, difference == nil { continue }
      let code = exit == step.exit ? "" : "\n# exit \(exit), expected \(step.exit)"
      throw Failure(
        description: """
          \(name):\(step.line): $ \(command)
          \(output.joined(separator: "\n"))\(code)
          \(difference.map { "expected: \($0)" } ?? "")
          """)
    }
  }
}
