// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

/// One line on standard output, by one write(2).
func say(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { exit(74) }
    bytes = bytes.dropFirst(count)
  }
}

/// A stable word for a failure.
func word(of error: StorageError) -> String {
  switch error.code {
  case .directory(let cause): cause.code.rawValue
  case .reading(let cause):
    if case .directory(let cause) = cause.code { cause.code.rawValue } else { "reading" }
  case .database(let cause): "database\(cause.code.rawValue)"
  case .commitUnknown(let cause): "commit\(cause.code.rawValue)"
  case .unencodable: "unencodable"
  case .unfoldable: "unfoldable"
  case .clockBehind, .clockAhead: "clock"
  case .newerViews: "newer-views"
  case .keyUnusable: "key"
  case .noRandomness: "randomness"
  case .closed: "closed"
  }
}

/// What the harness asks for.
enum Driver {
  static let usage = """
    usage: ledger-driver create PATH [--no-sync]
           ledger-driver append PATH --writer W [--count N] [--lines L] [--no-sync]
                                     [--deadline SECONDS] [--first N] [--pause FILE]
                                     [--flood | --commands-only]
           ledger-driver check            (reads a path a line, answers a JSON object a line)
           ledger-driver repair PATH | examine PATH | clear-mark PATH
           ledger-driver erase PATH --word W | delete PATH --word W
           ledger-driver read PATH        (holds a snapshot until standard input ends)
           ledger-driver backup PATH FILE [--replace] | restore FILE PATH
    """

  private static let switches = ["--no-sync", "--flood", "--commands-only", "--replace"]

  static let actor = Actor(
    id: ActorID("driver")!, authentication: .os, host: "test",
    os: OSUser(login: "driver", uid: 1000))

  static func run(_ arguments: [String]) throws -> Int32 {
    signal(SIGXFSZ, SIG_IGN)
    var flags: [String: String] = [:]
    var words: [String] = []
    var rest = arguments[...]
    while let next = rest.popFirst() {
      if switches.contains(next) {
        flags[next] = "yes"
      } else if next.hasPrefix("--") {
        flags[next] = rest.popFirst() ?? ""
      } else {
        words.append(next)
      }
    }
    switch (words.first, words.dropFirst().first) {
    case ("create", let path?): try create(path, flags)
    case ("append", let path?): return try Writer(path, flags).run()
    case ("check", nil): Checker.answer()
    case ("repair", let path?): return try repair(path)
    case ("examine", let path?):
      for finding in try Doctor.examine(path, options: Doctor.Examination(readsDisk: true)) {
        say("FINDING \(finding.severity.rawValue) \(finding.code.rawValue) \(finding)")
      }
    case ("clear-mark", let path?): try clearMark(path)
    case ("erase", let path?): return try Eraser.run(path, flags)
    case ("delete", let path?): return try Eraser.delete(path, flags)
    case ("read", let path?): return try Eraser.read(path)
    case ("backup", let path?) where words.count == 3:
      return Backups.make(path, words[2], replaces: flags["--replace"] != nil)
    case ("verify-child", let path?):
      return VerifyChild.run(
        path, options: Auditor.Options(checksArtifacts: false), answeringOn: STDOUT_FILENO)
    case ("restore", let file?) where words.count == 3: return Backups.restore(file, words[2])
    default:
      say(usage)
      return 64
    }
    return 0
  }

  static func options(_ flags: [String: String]) -> Ledger.Options {
    var options = Ledger.Options()
    options.unsafeNoSync = flags["--no-sync"] != nil
    if let seconds = flags["--deadline"].flatMap({ Int64($0) }) {
      options.deadline = .seconds(seconds)
    }
    return options
  }

  /// A ledger with a project and a job that runs, whose log can be written.
  static func create(_ path: String, _ flags: [String: String]) throws {
    let ledger = try Ledger.create(
      at: path, origin: "example.org/faults", by: actor, tool: "ledger-driver",
      options: options(flags))
    let project = Name("base")!
    let intents: [Intent] = [
      .addProject(project, text: EventText([.path: .string("/srv/base")])),
      .createJob(
        CreateJob(
          project: project, subject: SubjectReference(kind: .model, name: Name("model")!),
          fact: JobCreated(kind: .training),
          runner: RunnerIdentity(
            machine: "m", pid: 1, startTicks: 2, pidNamespace: 3, boot: "b", tool: "ledger-driver"),
          text: EventText([.command: .array([.string("true")])]))),
    ]
    for intent in intents {
      let outcome = ledger.append(Submission(Command(actor: actor, intent: intent)))
      guard case .accepted = outcome else {
        say("ERROR create \(outcome)")
        exit(70)
      }
    }
    ledger.close()
  }

  static func repair(_ path: String) throws -> Int32 {
    let repair = try Doctor.repair(path)
    switch repair.outcome {
    case .untouched: say("UNTOUCHED")
    case .rebuilt(let rebuilt):
      say("REBUILT \(rebuilt.generation) \(rebuilt.size.value) \(rebuilt.disk)")
    case .refused(let findings, let knownGood):
      say("DAMAGED \(knownGood.value) \(findings.map(\.code.rawValue).joined(separator: ","))")
      return 2
    }
    return 0
  }

  /// Lets writers in as if nothing had happened: the control of what the mark is good for.
  static func clearMark(_ path: String) throws {
    let door = try Door(LedgerDirectory.open(path))
    let pass = try door.enter(within: .seconds(5), evenIfPoisoned: true)
    try door.clearPoison(pass)
    pass.leave()
  }
}
