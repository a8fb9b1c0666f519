// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// What `append` answers, and what is in the log then.
@Suite struct AppendTests {
  let workshop: Workshop
  let ledger: Ledger

  init() throws {
    workshop = try Workshop()
    ledger = try workshop.create()
  }

  private func ask(
    _ intent: Intent, by actor: Actor? = nil, key: String? = nil, content: String = "",
    in other: Ledger? = nil
  ) throws -> Outcome {
    let request = try key.map {
      (key: try #require(RequestKey($0)), content: Array(content.utf8))
    }
    return (other ?? ledger).append(
      Submission(Command(actor: actor ?? workshop.alice, intent: intent), request: request))
  }

  private func size(of ledger: Ledger) throws -> UInt64 {
    try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size.value }
  }

  private func project(_ name: String) throws -> Intent {
    .addProject(try #require(Name(name)), text: EventText([.path: .string("/p")]))
  }

  /// A policy that fits in no leaf.
  private var culprit: Intent {
    var policy = Policy.default
    policy.thresholds = (0..<900).map {
      Policy.MetricThreshold(
        scope: "churn", metric: Text("metric-\($0)-" + String(repeating: "m", count: 60)),
        threshold: Policy.Threshold(min: 0.5))
    }
    return .setPolicy(policy, reason: "too much of a good thing")
  }

  // MARK: Request keys

  @Test func `the same request has the same result, also after reopening, and is once in the log`()
    throws
  {
    let first = try ask(project("churn"), key: "k/1", content: "add churn")
    guard case .accepted(let events) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(events.count == 1)
    #expect(events[0].request?.key == RequestKey("k/1"))
    let before = try size(of: ledger)
    #expect(try ask(project("churn"), key: "k/1", content: "add churn") == .duplicate(events))
    // The key decides, not the command that comes with it.
    #expect(try ask(project("other"), key: "k/1", content: "add churn") == .duplicate(events))
    #expect(try size(of: ledger) == before)
    ledger.close()
    let again = try workshop.open()
    #expect(
      try ask(project("churn"), key: "k/1", content: "add churn", in: again)
        == .duplicate(events))
    #expect(try size(of: again) == before)
    again.close()
    try checkWholeLedger(workshop.path)
  }

  @Test func `a request key with other content is refused and nothing is written`() throws {
    let key = try #require(RequestKey("k/1"))
    _ = try ask(project("churn"), key: "k/1", content: "add churn")
    let before = try size(of: ledger)
    let refused = Outcome.refused(.requestReused(key))
    #expect(try ask(project("lab"), key: "k/1", content: "add lab") == refused)
    #expect(try size(of: ledger) == before)
  }

  @Test func `request keys belong to who used them`() throws {
    _ = try workshop.accept(
      ledger, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator, .admin])))
    guard case .accepted = try ask(project("churn"), key: "k", content: "a"),
      case .accepted(let events) = try ask(project("lab"), by: .olga, key: "k", content: "b")
    else {
      Issue.record("a key was shared")
      return
    }
    #expect(try ask(project("lab"), by: .olga, key: "k", content: "b") == .duplicate(events))
  }

  @Test func `refusals and failures bind no key`() throws {
    let blank = Intent.grant(GrantRoles(member: Actor.bob.id, roles: []))
    guard case .refused = try ask(blank, key: "k", content: "a"),
      case .failed = try ask(culprit, key: "k", content: "b")
    else {
      Issue.record("neither refused nor failed")
      return
    }
    #expect(try ask(project("churn"), key: "k", content: "c").events?.count == 1)
  }

  @Test func `a command that is satisfied already adds nothing`() throws {
    let job = try workshop.startTraining(ledger)
    let stop = Intent.requestStop(job, reason: "enough")
    #expect(try ask(stop).events?.count == 1)
    let before = try size(of: ledger)
    #expect(try ask(stop) == .accepted([]))
    #expect(try size(of: ledger) == before)
  }

  @Test func `a result of several events comes back whole`() throws {
    _ = try workshop.accept(ledger, project("churn"))
    let create = Intent.createJob(
      CreateJob(
        project: Name("churn"), subject: SubjectReference(kind: .model, name: Name("lr")!),
        fact: JobCreated(kind: .training), runner: workshop.runner,
        text: EventText([.command: .array([.string("true")])])))
    guard case .accepted(let events) = try ask(create, key: "train", content: "t") else {
      Issue.record("not accepted")
      return
    }
    #expect(events.count > 1)
    #expect(try ask(create, key: "train", content: "t") == .duplicate(events))
  }

  // MARK: Failures

  @Test func `a leaf that is too large fails, and leaves nothing`() throws {
    let before = try size(of: ledger)
    guard case .failed(let error) = try ask(culprit), case .unencodable = error.code else {
      Issue.record("it was stored")
      return
    }
    #expect(try size(of: ledger) == before)
    #expect(try ask(project("churn")).events?.count == 1)
    ledger.close()
    try checkWholeLedger(workshop.path)
  }

  @Test func `of a batch only the culprit fails`() throws {
    let job = try workshop.startTraining(ledger)
    let before = try size(of: ledger)
    var batch = LogBatch(job: job, actor: workshop.alice)
    batch.bytes = Array("hello".utf8)
    batch.lines = [
      .init(
        fact: LogLine(stream: .stdout, line: 1, level: .info, detector: 1), offset: 0, count: 5)
    ]
    var outside = batch
    outside.lines[0].count = 6
    func command(_ intent: Intent) -> Ledger.Work {
      .command(Submission(Command(actor: workshop.alice, intent: intent)))
    }
    let work = [
      command(try project("a")), command(culprit), .log(batch), .log(outside),
      command(try project("b")), .checkpoint,
    ]
    var memory = WriterMemory()
    let results = ledger.perform(work, &memory)
    let words = results.map { result in
      switch result {
      case .command(.accepted(let events)): "accepted \(events.count)"
      case .command(.failed): "failed"
      case .log(.accepted(let range)): "lines \(range.to.value - range.from.value + 1)"
      case .log(.refused): "refused"
      case .checkpoint(.signed(_, let size)): "signed \(size.value)"
      default: "\(result)"
      }
    }
    #expect(
      words == [
        "accepted 1", "failed", "lines 1", "refused", "accepted 1", "signed \(before + 3)",
      ])
    ledger.close()
    try checkWholeLedger(workshop.path)
  }

  @Test(arguments: ["", " \t\n", "\u{200B}\u{FEFF}", String(repeating: "r", count: 20_480)])
  func `a reason that is blank, invisible or a book is refused and nothing is written`(
    reason: String
  ) throws {
    let job = try workshop.startTraining(ledger)
    let before = try size(of: ledger)
    guard case .refused(let refusal) = try ask(.requestStop(job, reason: Text(reason))) else {
      Issue.record("accepted")
      return
    }
    // A blank reason is a rule's refusal, which is recorded; a book is an invalid request.
    let recorded: UInt64 = refusal == .reasonBlank ? 1 : 0
    #expect(try size(of: ledger) == before + recorded)
  }

  @Test func `log lines of a job that does not run are refused`() throws {
    let unknown = try #require(JobID("train-000000"))
    var batch = LogBatch(job: unknown, actor: workshop.alice)
    batch.lines = [
      .init(
        fact: LogLine(stream: .stdout, line: 1, level: .info, detector: 1), offset: 0, count: 0)
    ]
    #expect(ledger.append(batch) == .refused(.jobNotFound(unknown)))
    batch.job = try workshop.startTraining(ledger)
    _ = try workshop.accept(
      ledger, .endJob(EndJob(job: batch.job, status: .failed, ending: JobEnding(exit: 1))))
    #expect(ledger.append(batch) == .refused(.jobNotRunning(batch.job, .failed)))
  }

  @Test func `a closed ledger answers that it is`() throws {
    ledger.close()
    #expect(
      try ask(project("churn")) == .failed(StorageError(.closed, "appending to the ledger")))
    guard case .failed = ledger.signCheckpoint() else {
      Issue.record("signed")
      return
    }
  }

  // MARK: Refusals

  @Test func `equal refusals within a minute are recorded as one, with their number`() throws {
    func refusals() throws -> [UInt32] {
      try ledger.reader.read { (snapshot) throws(ReadingError) in
        var counts: [UInt32] = []
        try snapshot.forEachPosition(of: .commandRefused, asOf: snapshot.size) {
          (position) throws(ReadingError) in
          if case .commandRefused(let fact) = try snapshot.event(at: position).fact {
            counts.append(fact.count)
          }
          return true
        }
        return counts
      }
    }
    func refuse(_ actor: Actor, _ intent: Intent) throws {
      guard case .refused = try ask(intent, by: actor) else {
        Issue.record("not refused")
        return
      }
    }
    let intent = try project("churn")
    for _ in 0..<4 {
      try refuse(.mallory, intent)
      workshop.time.advance(microseconds: 1_000_000)
    }
    #expect(try refusals() == [1])
    // Somebody else's, and another command's, are not equal.
    try refuse(Actor.local("eve", uid: 7), intent)
    try refuse(.mallory, .setPolicy(.default, reason: "mine"))
    #expect(try refusals() == [1, 1, 1])
    workshop.time.advance(microseconds: 60_000_000)
    try refuse(.mallory, intent)
    #expect(try refusals() == [1, 1, 1, 4])
    try refuse(.mallory, intent)
    #expect(try refusals() == [1, 1, 1, 4])
    // Nobody asks again: whoever appends something after the minute tells of the last ones.
    try refuse(.mallory, intent)
    func add(_ name: String) throws {
      #expect(try ask(project(name)).events?.count == 1)
    }
    let last = try size(of: ledger) - 1
    try add("early")
    #expect(try refusals() == [1, 1, 1, 4])
    workshop.time.advance(microseconds: 60_000_000)
    #expect(try ask(.requestStop(#require(JobID("train-000000")), reason: "x")).events == nil)
    #expect(try refusals() == [1, 1, 1, 4])
    try add("late")
    try add("later")
    #expect(try refusals() == [1, 1, 1, 4, 2])
    let told = try ledger.reader.read { (snapshot) throws(ReadingError) in
      try snapshot.event(at: Position(snapshot.size.value - 2))
    }
    #expect(told.actor == .mallory)
    #expect(told.cause == Position(last))
    ledger.close()
    try checkWholeLedger(workshop.path)
  }

  @Test func `what is no rule's refusal is not recorded`() throws {
    let before = try size(of: ledger)
    let unknown = try #require(JobID("train-000000"))
    #expect(try ask(.requestStop(unknown, reason: "x")) == .refused(.jobNotFound(unknown)))
    #expect(try size(of: ledger) == before)
  }
}
