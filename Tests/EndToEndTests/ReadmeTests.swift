// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// The session at the top of the README, pasted into a shell.
@Suite struct ReadmeTests {
  @Test func `the session of the README prints what the README shows`() throws {
    let steps = PastedSession.steps(
      of: String(decoding: try Fixture.bytes("../README.md"), as: UTF8.self))
    try #require(steps.count > 10, "the README begins with a session")
    let outputs = try PastedSession.run(steps.map(\.command))
    try #require(outputs.count == steps.count)
    var expected = Varying()
    var printed = Varying()
    for (step, output) in zip(steps, outputs) {
      #expect(
        printed.replaced(in: output.text) == expected.replaced(in: step.output),
        "$ \(step.command)\n\(output.text)")
      let isError = step.output.hasPrefix("jobledger: ")
      #expect((output.exit != 0) == isError, "$ \(step.command)\nended with \(output.exit)")
    }
  }

  @Test func `what varies is told apart, and nothing else is passed over`() {
    func same(_ a: String, _ b: String) -> Bool {
      var first = Varying()
      var second = Varying()
      return first.replaced(in: a) == second.replaced(in: b)
    }
    #expect(same("train-7k2pqx made eval-000000", "train-abcdef made eval-111111"))
    #expect(!same("train-7k2pqx, train-7k2pqx", "train-abcdef, train-ghjkmn"))
    #expect(
      same("event #41 at 2026-11-21T08:00:00.123456Z", "event #7 at 2027-01-01T00:00:00.000000Z"))
    #expect(same("completed in 738 ms:  1 file", "completed in 1.2 s: 1 file"))
    #expect(!same("recall 0.917", "recall 0.918"))
    #expect(!same("approved", "rejected"))
  }
}

/// Commands and what they printed, as somebody copied them from a terminal.
private enum PastedSession {
  /// The commands of the blocks fenced as `console`: lines that begin with `$`, each with the lines
  /// below it.
  static func steps(of page: String) -> [(command: String, output: String)] {
    var steps: [(command: String, output: String)] = []
    var isInside = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```console"
      } else if isInside, line.hasPrefix("$ ") {
        steps.append((String(line.dropFirst(2)), ""))
      } else if isInside, !steps.isEmpty {
        steps[steps.count - 1].output += line + "\n"
      }
    }
    return steps
  }

  /// Runs the commands in one shell, in a folder that looks like a checkout and is its home too.
  static func run(_ commands: [String]) throws -> [(text: String, exit: Int32)] {
    let folder = TemporaryFolder()
    try #require(symlink(Fixture.path(""), folder.file("Fixtures")) == 0)
    // Each command's output ends with a line of a character of its own and the exit code.
    let script = commands.map { "\($0)\nprintf '\\036%d\\036' $?\n" }.joined()
    TemporaryFolder.write(Array(script.utf8), to: folder.file("session.sh"))
    let status = system(
      """
      cd '\(folder.path)' && exec env -i HOME='\(folder.path)' LC_ALL=C.UTF-8 \
      PATH='\(binaries):/usr/local/bin:/usr/bin:/bin' \
      timeout 300 bash session.sh >output 2>&1 </dev/null
      """)
    let text = String(
      decoding: TemporaryFolder.read(folder.file("output")) ?? [], as: UTF8.self)
    try #require(status == 0, "the shell ended with \(status)\n\(text)")
    let pieces = text.split(separator: "\u{1E}", omittingEmptySubsequences: false)
    return stride(from: 0, to: pieces.count - 1, by: 2).map {
      (String(pieces[$0]), Int32(pieces[$0 + 1]) ?? -1)
    }
  }

  /// Where the binaries of this build are: the folder of the test bundle that is loaded here.
  private static var binaries: String {
    for line in (TemporaryFolder.read("/proc/self/maps") ?? []).split(separator: 0x0A) {
      let text = String(decoding: line, as: UTF8.self)
      guard text.hasSuffix(".xctest"), let start = text.firstIndex(of: "/"),
        let end = text.lastIndex(of: "/")
      else { continue }
      return String(text[start..<end])
    }
    return "."
  }
}

/// Takes out of a text what differs from run to run and from machine to machine.
private struct Varying {
  /// Job identifiers in the order in which they were met: the same one stays the same.
  private var jobs: [String] = []

  mutating func replaced(in text: String) -> String {
    var text = text
    // The README's reader is alice, on some host.
    if let login = getpwuid(getuid()).map({ String(cString: $0.pointee.pw_name) }),
      let word = try? Regex("\\b\(login)\\b")
    {
      text.replace(word, with: "alice")
    }
    for match in text.matches(of: /\b(?:train|eval|approve|deploy|retire)-[0-9a-z]{6,7}\b/) {
      let job = String(match.output)
      if !jobs.contains(job) { jobs.append(job) }
    }
    for (index, job) in jobs.enumerated() {
      text = text.replacing(job, with: "\(job.prefix { $0 != "-" })-<\(index + 1)>")
    }
    text.replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z/, with: "<time>")
    text.replace(/\bid [0-9a-f]{32}\b/, with: "id <id>")
    text.replace(/sha256:[0-9a-f]{64}/, with: "<digest>")
    text.replace(/[A-Za-z0-9+\/]{43}=/, with: "<root>")
    text.replace(/[0-9]+(?:\.[0-9])? (?:ms|s)\b/, with: "<span>")
    // How far a log has come when it is written down differs, and positions and counts with it.
    text.replace(/#[0-9]+/, with: "#<position>")
    text.replace(/(?m)^ *[0-9]+(?= +<time>)/, with: "<position>")
    text.replace(/\bsize [0-9]+/, with: "size <size>")
    text.replace(/[0-9]+ (?=events|texts|tree nodes|index entries|view rows)/, with: "<count> ")
    text.replace(/uid [0-9]+ at [^ )]+/, with: "uid <uid> at <host>")
    text.replace(/\/[^ \n]*\/tumours/, with: "/home/alice/tumours")
    // Columns are as wide as their widest cell.
    text.replace(#/ +\n/#, with: "\n")
    text.replace(#/ {2,}/#, with: " ")
    return text
  }
}
