// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import Testing

@testable import LedgerConsole

private struct Root: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobledger", version: "1.2.3", subcommands: [Train.self, Member.self])
  struct Train: ParsableCommand {
    @OptionGroup var global: GlobalOptions
    @Argument var model: String
  }
  struct Member: ParsableCommand {
    static let configuration = CommandConfiguration(subcommands: [Grant.self, Revoke.self])
    struct Grant: ParsableCommand {}
    struct Revoke: ParsableCommand {}
  }
}

@Suite struct FailureTests {
  private static let version = VersionID(
    subject: SubjectID(project: Name("churn")!, name: Name("lr")!), number: VersionNumber(3))

  private static let table: [(any Error, Int32, String)] = [
    (Refusal.fourEyes(version, maker: ActorID("alice")!), 77, "four-eyes"),
    (Refusal.reasonBlank, 77, "reason-blank"),
    (Refusal.notAMember(ActorID("uid:1000")!), 77, "not-a-member"),
    (Refusal.versionNotFound(version), 66, "version-not-found"),
    (Refusal.invalid("a name is too long"), 65, "invalid"),
    (Refusal.requestReused(RequestKey("k")!), 65, "request-reused"),
    (Refusal.evidenceChanged(version, at: Position(7)), 75, "evidence-changed"),
    (DirectoryError(.notFound, "open the ledger", "/x", "it is not there"), 66, "not-found"),
    (DirectoryError(.damaged, "open the ledger", "/x", "no data file"), 2, "damaged"),
    (DirectoryError(.behind, "write the checkpoint", "/x", "smaller"), 2, "behind"),
    (DirectoryError(.unsafe, "open the ledger", "/x", "a link"), 77, "unsafe"),
    (DirectoryError(.unsupported, "open the ledger", "/x", "nfs"), 69, "unsupported"),
    (DirectoryError(.otherNamespace, "open the ledger", "/x", "pid"), 69, "other-namespace"),
    (DirectoryError(.busy, "take the door", "/x", "held"), 75, "busy"),
    (DirectoryError(.moved, "take the door", "/x", "moved"), 75, "moved"),
    (DirectoryError(.poisoned, "write", "/x", "unknown"), 74, "poisoned"),
    (DirectoryError(.noSpace, "write", "/x", "full"), 74, "no-space"),
    (DirectoryError(.cannotCreate, "make a ledger", "/x", "taken"), 73, "cannot-create"),
    (DirectoryError(.inputOutput, "write", "/x", "EIO"), 74, "input-output"),
    (AsOfError.notUnderstood("x"), 65, "as-of-malformed"),
    (AsOfError.beyondHead(asked: LedgerSize(9), head: LedgerSize(8)), 65, "beyond-head"),
    (AsOfError.inFuture(Timestamp(microseconds: 0)), 65, "in-future"),
    (AsOfError.otherHistory(path: "c", size: LedgerSize(1)), 65, "checkpoint-of-other-history"),
    (AsOfError.zone(.unknown("X")), 65, "zone-unknown"),
    (TimeZoneError.noDatabase("/x"), 69, "zone-database-missing"),
    (ReferenceError.malformed(""), 65, "reference-malformed"),
    (ReferenceError.ambiguous("a", candidates: ["a1", "a2"], count: 2), 65, "reference-ambiguous"),
    (
      ReferenceError.notFound("a", kinds: [.job], asOf: LedgerSize(0), suggestions: []), 66,
      "not-found"
    ),
    (OutputError.failed(ENOSPC), 74, "output-failed"),
    (CancellationError(), 70, "bug"),
  ]

  @Test func `every error has its exit code and word, and says something`() {
    for (error, status, code) in FailureTests.table {
      let failure = Failure(describing: error)
      #expect(failure.status.rawValue == status, "\(error)")
      #expect(failure.code == code, "\(error)")
      #expect(failure.message.utf8.count > 5 && failure.message.utf8.last != 0x2E, "\(error)")
    }
  }

  @Test func `people read what, on what, why and what next, with nothing that steers`() {
    let failure = Failure(
      .refused, code: "four-eyes", what: "approve", on: "churn/lr@3",
      why: "it was made by \u{1b}[31malice", next: "ask another approver")
    #expect(
      failure.text(program: "jobledger") == """
        jobledger: cannot approve churn/lr@3: it was made by \\x1b[31malice
          next: ask another approver

        """)
  }

  private func end(_ error: any Error, json: Bool = false) -> (Int32, out: String, err: String) {
    let out = Capture()
    let err = Capture()
    let report = ErrorReport(program: "jobledger", asJSON: json)
    let code = report.end(with: error, of: Root.self, out: out.output, err: err.output)
    return (code, out.text, err.text)
  }

  private func parse(_ arguments: [String], json: Bool = false) -> (Int32, String, String)? {
    do {
      var command = try Root.parseAsRoot(arguments)
      try command.run()
      return nil
    } catch { return end(error, json: json) }
  }

  @Test func `programs read one JSON object`() {
    let (code, out, err) = end(
      ReferenceError.ambiguous("a", candidates: ["a1", "a2"], count: 2), json: true)
    #expect(code == 65)
    #expect(out == "")
    #expect(
      err == #"{"error":{"candidates":["a1","a2"],"code":"reference-ambiguous","exit":65,"#
        + #""message":"cannot find 'a': it can mean a1, a2","next":"write more of it","#
        + #""on":"'a'","what":"find"}}"# + "\n")
  }

  @Test func `wrong usage is 64, with the program's name before it`() throws {
    let wrong = try #require(parse(["train", "--colour"]))
    #expect(wrong.0 == 64)
    #expect(wrong.1 == "")
    #expect(wrong.2.hasPrefix("jobledger: "))
    #expect(wrong.2.contains("Usage: jobledger train"))
    let both = try #require(parse(["train", "--json", "--csv", "x"], json: true))
    #expect(both.0 == 64)
    #expect(both.2.hasPrefix(#"{"error":{"code":"usage","exit":64,"message":"--json and --csv"#))
  }

  @Test func `help and version are results, not errors`() throws {
    let help = try #require(parse(["train", "--help"]))
    #expect(help.0 == 0)
    #expect(help.1.contains("USAGE: jobledger train"))
    #expect(help.2 == "")
    let version = try #require(parse(["--version"]))
    #expect(version.0 == 0)
    #expect(version.1 == "1.2.3\n")
  }

  @Test func `a reader that left ends the command quietly, a full disk does not`() {
    #expect(end(OutputError.closed) == (0, "", ""))
    #expect(end(ExitCode(125)) == (125, "", ""))
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let out = Output(descriptor: full)
    let err = Capture()
    try? out.write("result")
    #expect(ErrorReport(program: "jobledger", asJSON: false).finish(0, out, err.output) == 74)
    #expect(err.text.contains("cannot write the output: No space left on device"))
  }

  @Test func `a mistyped command is told with what is near`() throws {
    func unknown(_ arguments: String...) -> Failure? {
      CommandSuggestion.unknownCommand(in: arguments, of: Root.self).map {
        CommandSuggestion.failure(for: $0)
      }
    }
    #expect(unknown("trian", "x")?.next == "did you mean 'jobledger train'?")
    #expect(unknown("member", "grnat")?.next == "did you mean 'jobledger member grant'?")
    #expect(unknown("xyzzy")?.next == "see 'jobledger --help'")
    #expect(unknown("xyzzy")?.status == .usage)
    #expect(unknown("train", "anything") == nil)
    #expect(unknown("--version") == nil)
    #expect(unknown("help", "train") == nil)
  }

  @Test func `--json is found before the arguments are understood`() {
    #expect(ErrorReport.wantsJSON(["train", "--json"]))
    #expect(!ErrorReport.wantsJSON(["exec", "--", "--json"]))
  }
}

@Suite struct GlobalOptionsTests {
  @Test func `names and keys that cannot be are bad input`() throws {
    let options = try GlobalOptions.parse(["--as", "al ice", "--request", "a b"])
    #expect(throws: Failure.self) { try options.claimedActor() }
    #expect(throws: Failure.self) { try options.requestKey() }
    let good = try GlobalOptions.parse(["--as", "alice", "--request", "tick/1:a.b_c-d"])
    #expect(try good.claimedActor() == ActorID("alice"))
    #expect(try good.requestKey() == RequestKey("tick/1:a.b_c-d"))
  }

  @Test func `the zone is universal time unless one is given`() throws {
    #expect(try AsOfOptions.parse([]).zoneRules() == .utc)
    #expect(try AsOfOptions.parse(["--zone", "+02:00"]).zoneRules().offset(at: 0) == 7200)
  }
}

@Suite struct PagerTests {
  @Test func `the pager is chosen as git chooses it`() {
    func command(
      _ environment: [String: String], terminal: Bool = true, forbidden: Bool = false,
      less: Bool = true
    ) -> String? {
      Pager.command(
        isTerminal: terminal, isForbidden: forbidden, environment: { environment[$0] },
        hasLess: { less })
    }
    #expect(command([:]) == "less")
    #expect(command([:], less: false) == nil)
    #expect(command(["PAGER": "more"]) == "more")
    #expect(command(["PAGER": "more", "JOBLEDGER_PAGER": "less -R"]) == "less -R")
    #expect(command(["JOBLEDGER_PAGER": "", "PAGER": "more"]) == nil)
    #expect(command(["PAGER": "cat"]) == nil)
    #expect(command([:], terminal: false) == nil)
    #expect(command([:], forbidden: true) == nil)
    #expect(command(["TERM": "dumb"]) == nil)
  }

  @Test func `what is written reaches the pager, and it is waited for`() throws {
    var path = Array("/tmp/jobledger-pager-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    defer {
      close(file)
      unlink(path)
    }
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let capture = Capture()
    let pager = try Pager("cat > '\(name)'", capture.output)
    for number in 0..<50_000 { try capture.output.line("line \(number)") }
    pager.finish()
    var status = stat()
    #expect(fstat(file, &status) == 0)
    #expect(status.st_size == 538_890)
    #expect(capture.bytes == [])
  }

  @Test func `a pager that is left early ends the output quietly`() throws {
    _ = Output.standard()
    let capture = Capture()
    let pager = try Pager("head -c 10 > /dev/null", capture.output)
    #expect(throws: OutputError.closed) {
      while true { try capture.output.write(String(repeating: "x", count: 1 << 16)) }
    }
    pager.finish()
  }
}
