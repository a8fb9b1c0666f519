// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

/// The parts that anchors are made of.
struct AnchorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func helper(_ script: String, limit: Int = 1 << 20, seconds: Int = 60) -> HelperProgram {
    HelperProgram(
      arguments: ["sh", "-c", script], folder: folder.path,
      environment: ["PATH": "/usr/bin:/bin"], limit: limit, patience: .seconds(seconds))
  }

  @Test func `a helper reads, answers, and is told apart by how it ends`() throws {
    let answer = try helper("cat; echo why >&2; exit 3").run(Array("in".utf8))
    #expect(answer.stdout == Array("in".utf8))
    #expect(answer.stderr == Array("why\n".utf8))
    #expect(answer.exit == 3)
    #expect(try helper("kill -9 $$").run([]).exit == nil)
    // One that never reads harms nobody.
    #expect(
      try helper("exit 0").run([UInt8](repeating: 1, count: HelperProgram.inputLimit)).exit == 0)
    var missing = helper("")
    missing.arguments = ["no-such-program"]
    #expect(throws: HelperProgram.Failure.missing("no-such-program")) { try missing.run([]) }
  }

  @Test func `a helper that goes on or talks for ever is ended, its children with it`() throws {
    let marks = folder.file("pids")
    let script = "sleep 1000 & echo $! > pids; echo $$ >> pids; exec sleep 1000"
    var pids: [pid_t] = []
    // On a busy machine a second may end before the program has begun.
    for seconds in [1, 4, 16, 60] where pids.count < 2 {
      #expect(throws: HelperProgram.Failure.tooLong(.seconds(seconds))) {
        try helper(script, seconds: seconds).run([])
      }
      pids = String(decoding: bytes(of: marks) ?? [], as: UTF8.self)
        .split(separator: "\n").compactMap { pid_t($0) }
    }
    #expect(pids.count == 2)
    for pid in pids {
      // A child of a dead parent is reaped by somebody else, soon.
      while kill(pid, 0) == 0, isRunning(pid) { usleep(1_000) }
    }
    #expect(throws: HelperProgram.Failure.tooMuch(1000)) {
      try helper("while :; do echo more; done", limit: 1000).run([])
    }
    // Output that was closed is no end.
    #expect(throws: HelperProgram.Failure.tooLong(.seconds(1))) {
      try helper("exec >&- 2>&-; exec sleep 1000", seconds: 1).run([])
    }
  }

  private func isRunning(_ pid: pid_t) -> Bool {
    guard let bytes = bytes(of: "/proc/\(pid)/stat") else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  private func bytes(of path: String) -> [UInt8]? { try? DurableFile.read(path, limit: 1 << 20) }

  @Test func `addresses are taken apart`() {
    func parts(_ url: String) -> String? {
      HTTPPost.split(url).map { "\($0.host) \($0.port) \($0.path)" }
    }
    #expect(parts("http://w.example") == "w.example 80 /")
    #expect(parts("http://w.example:8080/a/b?c") == "w.example 8080 /a/b?c")
    #expect(parts("http://[::1]:81/") == "::1 81 /")
    for url in [
      "https://w", "http://", "http://:80/", "http://w:x/", "http://w:0/", "http://[::1]x/",
    ] {
      #expect(parts(url) == nil, "\(url)")
    }
  }

  @Test func `answers are taken apart, and what is none is refused`() throws {
    let answer = try HTTPPost.parse(
      Array("HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nX:\r\n\r\n12\n".utf8))
    #expect(answer.status == 409)
    #expect(answer.headers["content-type"] == "text/x.tlog.size")
    #expect(answer.body == Array("12\n".utf8))
    #expect(
      try HTTPPost.parse(Array("HTTP/1.0 200\r\nContent-Length: 1\r\n\r\nabc".utf8)).body == [0x61])
    for text in [
      "", "HTTP/1.1 200 OK\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
      "SSH-2.0-x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ] {
      #expect(throws: HTTPPost.Failure.garbled) { try HTTPPost.parse(Array(text.utf8)) }
    }
  }

  @Test func `an anchor that fails is left alone for a minute, then longer, an hour at most`() {
    #expect(
      (1...9).map { Anchoring.pause(after: $0) } == [
        60, 120, 240, 480, 960, 1920, 3600, 3600, 3600,
      ])
    #expect(Anchoring.pause(after: .max) == 3600)
  }

  @Test(arguments: [true, false])
  func `anchors are run only by the user who set the policy`(isMine: Bool) throws {
    let uid = isMine ? geteuid() : geteuid() + 1
    let alice = Actor(
      id: ActorID("alice")!, authentication: .os, host: "gpu7", os: OSUser(login: "alice", uid: uid)
    )
    let ledger = try Ledger.create(
      at: folder.file("L"), origin: "example.org/test", by: alice, tool: "jobledger/test",
      options: Ledger.Options(mapSizeBytes: 1 << 30))
    defer { ledger.close() }
    var policy = Policy.default
    policy.anchors = [Policy.Anchor(name: Name("note")!, way: .file(Text(folder.file("note"))))]
    guard
      case .accepted = ledger.append(
        Submission(Command(actor: alice, intent: .setPolicy(policy, reason: "keep it"))))
    else {
      Issue.record("not set")
      return
    }
    let anchoring = Anchoring(ledger.reader)
    #expect(try (anchoring.refusal(try anchoring.policy()) == nil) == isMine)
    let reports = try anchoring.run(isForced: true)
    #expect(reports.count == 1)
    let isDone = if case .given? = reports.first?.result { true } else { false }
    #expect(isDone == isMine)
    #expect((bytes(of: folder.file("note")) != nil) == isMine)
  }
}
