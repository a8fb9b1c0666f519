// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// `jobledger erase`
struct EraseCommand: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "erase",
    abstract: "Erase words or stored files for good: needs an admin, a ground and a reason.",
    discussion: """
      Words are what people and programs chose: reasons, log lines, commands, notes. The events \
      themselves stay, and with them every proof; who erased what, when and why is an event, too. \
      Holds and the policy's minimum retention forbid it. Backups, exports, bundles and proofs made \
      before are out of reach.

        jobledger erase '#41' --basis gdpr-17 --reason 'Request 4711 of the person named'
        jobledger erase '#41..#50' train-7k2pqx --basis secret --reason 'A token was printed'
        jobledger erase train-7k2pqx --grep 'token=[a-z0-9]+' --dry-run
        jobledger erase churn-lr --grep 'token=[a-z0-9]+' --basis secret --reason 'Leaked token'
        jobledger erase churn-lr@3:model.pkl --basis consent --reason 'Trained on withdrawn data'
        jobledger erase --finish

      --grep looks at the logs and the other words of a job, or of every job of a model or feature \
      task; the ledger does not keep the pattern.
      """)

  @Argument(
    help: ArgumentHelp(
      "Events (#41, #41..#50), jobs, or files (VERSION:path, sha256:…); with --grep also models "
        + "and feature tasks.", valueName: "ref"))
  var refs: [String] = []
  @Option(help: "On which ground.") var basis: ErasureBasis?
  @Option(help: "Why. It is kept for good, so it should not repeat what goes.") var reason: String?
  @Option(
    help: ArgumentHelp("Only words that match.", valueName: "regular expression")) var grep: String?
  @Flag(help: "Show what would go, with what matches blacked out, and change nothing.")
  var dryRun = false
  @Flag(help: "Finish erasures that were interrupted or kept waiting, and erase nothing more.")
  var finish = false
  @OptionGroup var signing: SigningOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if finish {
      guard refs.isEmpty, basis == nil, reason == nil, grep == nil, !dryRun else {
        throw ValidationError("--finish stands alone")
      }
      return
    }
    guard !refs.isEmpty else { throw ValidationError("name what to erase") }
    guard dryRun || (basis != nil && reason != nil) else {
      throw ValidationError("erasing needs --basis and --reason; --dry-run needs neither")
    }
    if global.csv, !dryRun { throw ValidationError("--csv is for --dry-run") }
  }

  func perform(_ session: Session) throws {
    if finish { return try session.finishErasures(nil) }
    let pattern = try grep.map { try TextPattern($0) }
    if !dryRun { _ = try session.ledger() }
    let directory = try session.reader().directory
    let plan = try session.read { snapshot in
      var planner = ErasurePlanner(snapshot, directory)
      for ref in refs { try planner.add(ref, pattern) }
      return try planner.finish()
    }
    if dryRun { return try plan.show(session) }
    try session.erase(plan, basis ?? .other, Text(reason ?? ""), self)
  }
}

extension Session {
  /// Appends the events, takes the bytes away, and says what came of it.
  fileprivate func erase(
    _ plan: ErasurePlan, _ basis: ErasureBasis, _ reason: Text, _ command: EraseCommand
  ) throws {
    let attempt = Attempt(
      "erase", on: command.refs.joined(separator: ", "),
      [
        ("refs", .array(command.refs.map { .string(Text($0)) })),
        ("basis", .string(basis.rawValue)), ("reason", .string(reason)),
        // The pattern may hold what is to be forgotten.
        ("grep", command.grep == nil ? nil : .bool(true)),
      ])
    var made: [Event] = []
    if command.signing.sign != nil, plan.items.count > 1 {
      // Each event has a signature of its own.
      guard try options.requestKey() == nil else {
        throw Failure(
          .usage, code: "usage", what: attempt.what, on: attempt.on,
          why: "this takes \(plan.items.count) events, each signed on its own, and a request key "
            + "names one result",
          next: "leave out --request, or erase one subject at a time")
      }
      for item in plan.items {
        let request = Erase(items: [item], basis: basis, reason: reason)
        made += try submit(.erase(request), attempt, command.signing).events
      }
    } else {
      let request = Erase(items: plan.items, basis: basis, reason: reason)
      made = try submit(.erase(request), attempt, command.signing).events
    }
    if made.isEmpty { console.remark(plan.nothingWords) }
    try finishErasures(ErasureReport(events: made, plan: plan))
  }

  /// Takes away what erased words and files left behind, and prints the report, if there is one.
  fileprivate func finishErasures(_ report: ErasureReport?) throws {
    let ledger = try ledger()
    let patience = try patience() ?? .seconds(10)
    var report = report ?? ErasureReport()
    report.outcome = ledger.scrub(patience: patience)
    do {
      report.files = try BlobErasure(ledger.reader).finish()
    } catch {
      try report.print(console)
      throw Failure(anything: error).attempting("finish", on: "the erasure of stored files")
    }
    try report.print(console)
    switch report.outcome {
    case .nothing, .done: break
    case .failed(let error):
      throw Failure(anything: error).attempting("finish", on: "the erasure")
    case .waiting(let readers):
      let names = readers.map { "process \($0)" }
      throw Failure(
        .tryAgain, code: "readers", what: "finish", on: "the erasure",
        why: (names.isEmpty ? "somebody" : names.joined(separator: ", "))
          + " still reads an older state of the ledger, whose pages hold what was erased",
        next: "when that has ended: jobledger erase --finish")
    }
  }
}

/// What an erasure came to.
private struct ErasureReport {
  var events: [Event] = []
  var plan: ErasurePlan?
  var outcome = ScrubOutcome.nothing
  var files = 0

  private var isDone: Bool {
    switch outcome {
    case .nothing, .done: true
    case .waiting, .failed: false
    }
  }

  func print(_ console: Console) throws {
    if console.isJSON { try console.print(json) } else { try printText(console) }
    if !events.isEmpty {
      console.remark(
        "out of reach: backups, exports, bundles and proofs made before, and what a disk keeps of "
          + "bytes that were overwritten")
    }
  }

  private func printText(_ console: Console) throws {
    for event in events { try console.print(Self.words(event)) }
    if case .done = outcome {
      try console.print("nothing of it is left in the database's file")
    } else if plan == nil, case .nothing = outcome, files == 0 {
      try console.print("there is nothing to finish")
    }
    if files > 0 { try console.print("\(Words.count(UInt64(files), "stored file")) removed") }
  }

  private static func words(_ event: Event) -> String {
    let place = "event #\(event.position.value)"
    switch event.fact {
    case .textErased(let fact):
      let ranges = fact.ranges.prefix(5).map(\.words).joined(separator: ", ")
      let more = fact.ranges.count > 5 ? " and \(fact.ranges.count - 5) ranges more" : ""
      let job = event.job.map { " of \($0)" } ?? ""
      return "the words of \(ranges)\(more)\(job) are erased (\(fact.basis.rawValue)): \(place)"
    case .artifactErased(let fact):
      let files = fact.digests.map(\.description).joined(separator: ", ")
      return "\(files) is erased (\(fact.basis.rawValue)): \(place)"
    default: return place
    }
  }

  private var json: JSONValue {
    var object = JSONObject()
    object["events"] = .array(events.map { .integer($0.position.value) })
    if let plan {
      object["goneAlready"] = .integer(plan.goneAlready)
      object["texts"] = .integer(events.isEmpty ? 0 : plan.texts)
    }
    object["files"] = .integer(UInt64(files))
    object["finished"] = .bool(isDone)
    return .object(object)
  }
}

extension PositionRange {
  /// `#41`, or `#41..#50`.
  var words: String { from == to ? "#\(from.value)" : "#\(from.value)..#\(to.value)" }
}
