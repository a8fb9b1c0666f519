// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage

@testable import LedgerRunner

/// A ledger with a project of a test's own, and a runner for it.
final class JobSite: Sendable {
  let folder: TemporaryFolder
  let ledger: Ledger
  let caller: CallerIdentity
  let project = Name("demo")!
  let model = SubjectID(project: Name("demo")!, name: Name("lr")!)

  /// Makes the ledger, and the project `demo` with this manifest after its first line.
  init(_ manifest: String = "") throws {
    folder = try TemporaryFolder()
    caller = try CallerIdentity.current()
    ledger = try Ledger.create(
      at: folder.file("ledger"), origin: "example.com/demo", by: caller.actor, tool: "test 1")
    try folder.write("project/jobledger.yaml", "project: demo\n" + manifest)
    try accept(
      .addProject(project, text: EventText([.path: .string(folder.file("project"))])))
  }

  deinit { ledger.close() }

  var projectFolder: String { folder.file("project") }

  func runner(
    _ observer: JobObserver = JobObserver(), grace: Duration = .seconds(10),
    interrupts: Interrupts = Interrupts()
  ) -> JobRunner {
    var options = JobRunner.Options(launcher: launcher, grace: grace, interrupts: interrupts)
    options.stopPollInterval = .milliseconds(20)
    options.ledgerPatience = .milliseconds(200)
    return JobRunner(
      ledger: ledger, caller: caller, tool: "test 1", options: options, observer: observer)
  }

  @discardableResult
  func accept(_ intent: Intent, as actor: Actor? = nil) throws -> [Event] {
    let outcome = ledger.append(
      Submission(Command(actor: actor ?? caller.actor, intent: intent)))
    guard case .accepted(let events) = outcome else { throw Unexpected(outcome: "\(outcome)") }
    return events
  }

  func script(_ text: String, _ settings: RunSettings = RunSettings()) -> ExecRequest {
    ExecRequest(
      arguments: ["/bin/sh", "-c", text], folder: projectFolder, settings: settings)
  }

  /// Every event with its words, in order.
  func events() throws -> [Recorded] {
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      var events: [Recorded] = []
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        events.append(Recorded(event: event, text: try snapshot.text(of: event)))
      }
      return events
    }
  }

  /// The events of one job.
  func events(of job: JobID) throws -> [Recorded] {
    try events().filter { $0.event.job == job }
  }

  /// The messages of a job's log.
  func log(of job: JobID) throws -> [String] {
    try events(of: job).compactMap { recorded in
      guard case .jobLogged = recorded.event.fact else { return nil }
      return recorded.text.string(.message)?.string
    }
  }

  func entity(_ key: EntityKey) throws -> Entity? {
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      try snapshot.entity(key, asOf: snapshot.size)
    }
  }

  func job(_ id: JobID) throws -> Job {
    guard case .job(let job)? = try entity(.job(id)) else { throw Unexpected(outcome: "no \(id)") }
    return job
  }

  func version(_ number: UInt32) throws -> Version {
    let id = VersionID(subject: model, number: VersionNumber(number))
    guard case .version(let version)? = try entity(.version(id)) else {
      throw Unexpected(outcome: "no \(id)")
    }
    return version
  }

  /// Waits until the ledger, read anew each time, says so.
  func wait<R>(_ body: () throws -> R?) rethrows -> R {
    while true {
      if let result = try body() { return result }
      usleep(2000)
    }
  }

  /// Waits until a line of some job is in the ledger; the job.
  func waitForLine(_ line: String) throws -> JobID {
    try wait {
      try events().first { $0.text.string(.message)?.string == line }?.event.job
    }
  }

  /// Waits until a job has ended.
  func waitForEnd(_ job: JobID) throws -> Job {
    try wait {
      let state = try self.job(job)
      return state.status.isFinal ? state : nil
    }
  }

  /// Makes a version whose only artifact has these words, and approves it.
  func approvedVersion(_ words: String = "weights") throws -> VersionID {
    let trained = try runner().exec(
      ExecRequest(
        arguments: ["/bin/sh", "-c", "printf '\(words)' > \"$JOBLEDGER_OUTPUT/model\""],
        folder: projectFolder, kind: .training, project: project,
        subject: SubjectReference(kind: .model, name: model.name), settings: RunSettings()))
    guard let version = trained.version, trained.status == .completed else {
      throw Unexpected(outcome: "\(trained)")
    }
    try decide(version, .approved)
    return version
  }

  func decide(_ version: VersionID, _ verdict: Verdict) throws {
    var policy = Policy.default
    policy.fourEyes = false
    policy.requireEvaluation = false
    try accept(.setPolicy(policy, reason: "a test alone"))
    try accept(
      .decide(
        DecideVersion(
          version: version, verdict: verdict, reason: "because",
          runner: .current(tool: "test 1"))))
  }

  func deployment(_ id: DeploymentID) throws -> Deployment? {
    guard case .deployment(let deployment)? = try entity(.deployment(id)) else { return nil }
    return deployment
  }

  /// The names in the ledger's folder of runners.
  func leftovers() -> [String] {
    guard let listing = opendir(ledger.directory.runnersDirectory) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let item = readdir(listing) {
      let name = String(decoding: FolderWalk.name(item), as: UTF8.self)
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

struct Recorded {
  var event: Event
  var text: DisclosedText
}

struct Unexpected: Error {
  var outcome: String
}

/// A FIFO by which a test and a script wait for each other.
final class Gate: Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
    mkfifo(path, 0o600)
  }

  /// Lets a script go on that waits with `read x < gate`.
  func open() {
    let writer = Glibc.open(path, O_WRONLY)
    _ = write(writer, "x\n", 2)
    close(writer)
  }
}

/// Work on a thread of its own, whose result is waited for.
final class Background<R: Sendable>: Sendable {
  private let result = Monitor<Result<R, any Error>?>(nil)

  init(_ body: @escaping @Sendable () throws -> R) throws {
    try OSThread.start("test") { [result] in
      let outcome = Result { try body() }
      result.update { $0 = outcome }
    }
  }

  func wait() throws -> R { try result.wait { $0 }.get() }
}
