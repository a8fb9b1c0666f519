// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger anchor …`
struct AnchorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchor",
    abstract: "Give the last checkpoint to those who keep it elsewhere, and show their receipts.",
    discussion: """
      The anchors are in the policy: a file elsewhere, a program, time stamps, witnesses. After a \
      command that signed a checkpoint this happens by itself, in a process that nobody waits for; \
      JOBLEDGER_ANCHORS=wait waits for it, and off leaves it to this command.

        jobledger anchor --now
        jobledger anchor list
      """,
    subcommands: [AnchorRun.self, AnchorList.self, AnchorShow.self],
    defaultSubcommand: AnchorRun.self)
}

/// `jobledger anchor`, `jobledger anchor run`
struct AnchorRun: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Give the last checkpoint to every anchor that is due.",
    discussion: """
      Ends with 69 when an anchor did not take it; it is tried again later, after a minute at first.

        jobledger anchor
        jobledger anchor --now
      """)

  @Flag(help: "To every anchor that lacks it, whether due or not.") var now = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    let reader = try session.reader()
    let state = try Anchoring(reader).policy()
    if state.policy.anchors.isEmpty {
      session.console.remark("the policy names no anchors: see jobledger policy set --help")
    }
    guard !state.policy.anchors.isEmpty else { return 0 }
    // Somebody else may be at it: what they do need not be done again.
    let lock = try AnchorLock(reader.directory, waits: true)
    let reports = try Anchoring(reader).run(isForced: now)
    _ = consume lock
    var isGood = true
    for report in reports {
      var object = JSONObject()
      object["anchor"] = .string(report.name.string)
      var words = "\(report.name): "
      switch report.result {
      case .given(let size):
        object["result"] = .string("given")
        object["size"] = .integer(size.value)
        words += "has the checkpoint of size \(size.value) now"
      case .has(let size):
        object["result"] = .string("has")
        object["size"] = .integer(size.value)
        words += "has the checkpoint of size \(size.value)"
      case .waits(let time):
        object["result"] = .string("waits")
        object["until"] = .string(time.description)
        words += "is due at \(TimeText.absolute(time))"
      case .failed(let why):
        isGood = false
        object["result"] = .string("failed")
        object["error"] = .string(why)
        words += "FAILED: \(TerminalText.escape(why))"
      }
      try session.console.print(json: .object(object), text: words + "\n")
    }
    return isGood ? 0 : 69
  }
}

/// `jobledger anchor list`
struct AnchorList: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the anchors: what each has, and why the last attempt failed.",
    discussion: """
        jobledger anchor list
        jobledger anchor list --json
      """)

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let reader = try session.reader()
    let receipts = Receipts(reader.directory)
    var printer = try ListPrinter(
      session.console,
      [
        Column("anchor"), Column("way"), Column("size", .right), Column("time"),
        Column("failures", .right), Column("next"), Column("error"),
      ])
    for anchor in try Anchoring(reader).policy().policy.anchors {
      let state = receipts.state(of: anchor.name)
      var object = state.json.object ?? JSONObject()
      object["anchor"] = .string(anchor.name.string)
      object["way"] = .string(anchor.way.word)
      object["every"] = .integer(UInt64(anchor.everySeconds))
      object["receipts"] = .array(receipts.sizes(of: anchor.name).map { .integer($0.value) })
      try printer.add(
        [
          .text(anchor.name.string), .text(anchor.way.word), .number(state.size?.value),
          .text(state.time.map { TimeText.absolute($0) } ?? ""),
          .number(UInt64(state.failures)), .text(state.next.map { TimeText.absolute($0) } ?? ""),
          .text(state.error ?? ""),
        ], json: .object(object))
    }
    try printer.finish()
  }
}

/// `jobledger anchor show`
struct AnchorShow: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the receipts of an anchor, and the command lines that check them.",
    discussion: """
        jobledger anchor show tsa
        jobledger anchor show witness --size 41
      """)

  @Argument(help: "The anchor.") var anchor: String
  @Option(help: ArgumentHelp("The receipt of this size; else the last one.", valueName: "size"))
  var size: UInt64?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let reader = try session.reader()
    let name = try checkedName(anchor, "an anchor's name")
    let receipts = Receipts(reader.directory)
    let sizes = receipts.sizes(of: name)
    let wanted = size.map { LedgerSize($0) } ?? sizes.last
    guard let wanted, sizes.contains(wanted) else {
      throw Failure(
        .notFound, code: "not-found", what: "show the receipt", on: "of \(name)",
        why: size.map { "it has none of size \($0)" } ?? "it has none",
        next: "see what there is: jobledger anchor list")
    }
    let policy = try Anchoring(reader).policy().policy
    let configured = policy.anchors.first { $0.name == name }
    let checks = configured.map { check($0, wanted, receipts, reader) } ?? []
    let file = receipts.file(name, wanted, .checkpoint)
    var object = JSONObject()
    object["anchor"] = .string(name.string)
    object["size"] = .integer(wanted.value)
    object["file"] = .string(file)
    object["sizes"] = .array(sizes.map { .integer($0.value) })
    object["check"] = .array(checks.map { .string($0) })
    var page = Page(session.console)
    page.add("anchor", name.string)
    page.add("way", configured?.way.word ?? "no longer in the policy")
    page.add("size", "\(wanted.value)")
    page.add("receipts", sizes.map { "\($0.value)" }.joined(separator: ", "))
    page.add("note", file)
    if let answer = try receipts.read(name, wanted, .answer) {
      // A program's last line feed is no part of what it says.
      let said = answer.last == 0x0A ? answer.dropLast() : answer[...]
      page.add("answer", String(decoding: said, as: UTF8.self))
      object["answer"] = .string(String(decoding: answer, as: UTF8.self))
    }
    for check in checks { page.add("check", check) }
    try session.console.print(
      json: .object(object), text: page.text(colors: session.console.style.colors))
  }

  /// Command lines that check a receipt, the last of them without our software where there is one.
  private func check(
    _ anchor: Policy.Anchor, _ size: LedgerSize, _ receipts: Receipts, _ reader: LedgerReader
  ) -> [String] {
    let note = receipts.file(anchor.name, size, .checkpoint)
    let here =
      "jobledger replay verify --ledger \(shell(reader.directory.path)) --against "
    switch anchor.way {
    case .file(let path): return [here + shell(path.string)]
    case .command, .witness: return [here + shell(note)]
    case .timestamp(_, let authority):
      let stamp = receipts.file(anchor.name, size, .stamp)
      return [
        here + shell(note),
        "openssl ts -verify -data \(shell(note)) -in \(shell(stamp)) -CAfile "
          + shell(Anchoring.absolute(authority.string, reader.directory)),
      ]
    }
  }

  /// A word as a shell reads it.
  private func shell(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (byte | 32) >= 0x61 && (byte | 32) <= 0x7A || (0x30...0x39).contains(byte)
        || "._-/@:+,".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}

extension Policy.Anchor.Way {
  /// Its word in the policy's file.
  var word: String {
    switch self {
    case .file: "file"
    case .command: "command"
    case .timestamp: "timestamp"
    case .witness: "witness"
    }
  }
}
