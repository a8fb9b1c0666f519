// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// A ledger with a job that logs what must be forgotten.
private final class Archive {
  let workshop: Workshop
  var ledger: Ledger
  let job: JobID
  static let canary = "CANARY-5up3r5ecre7-w0rd5"
  private var line: UInt64 = 0

  init() throws {
    workshop = try Workshop()
    ledger = try workshop.create()
    job = try workshop.startTraining(ledger)
  }

  deinit { ledger.close() }

  /// Appends lines in one commit; where they are.
  @discardableResult
  func log(_ words: [String]) throws -> PositionRange {
    var batch = LogBatch(job: job, actor: workshop.alice)
    for words in words {
      let bytes = Array(words.utf8)
      line += 1
      batch.lines.append(
        .init(
          fact: LogLine(stream: .stdout, line: line, level: .info, detector: 1),
          offset: batch.bytes.count, count: bytes.count))
      batch.bytes += bytes
    }
    guard case .accepted(let range) = ledger.append(batch) else {
      throw StorageError(.closed, "logging")
    }
    return range
  }

  func letGo() { ledger.close() }

  /// Half a year and a day pass.
  func wait() { workshop.time.advance(microseconds: 181 * 86_400_000_000) }

  func reopen() throws {
    ledger.close()
    ledger = try workshop.open()
  }

  func items(_ from: UInt64, _ to: UInt64, job: JobID? = nil) throws -> [ErasureItem] {
    try ledger.reader.read { (snapshot) throws(ReadingError) in
      try TextSurvey(
        snapshot, [PositionRange(from: Position(from), to: Position(to))], job: job
      ).items
    }
  }

  func ask(_ items: [ErasureItem], reason: Text = "request 4711") -> Outcome {
    ledger.append(
      Submission(
        Command(
          actor: workshop.alice,
          intent: .erase(Erase(items: items, basis: .secret, reason: reason)))))
  }

  @discardableResult
  func erase(_ from: UInt64, _ to: UInt64, job: JobID? = nil) throws -> [Event] {
    guard case .accepted(let events) = ask(try items(from, to, job: job)) else {
      throw StorageError(.closed, "erasing")
    }
    return events
  }

  /// How much of the canary is in any byte of any file of the ledger, which is closed for that.
  func traces(of words: String = Archive.canary) throws -> Int {
    ledger.close()
    defer { ledger = (try? workshop.open()) ?? ledger }
    return Archive.traces(of: words, in: workshop.path)
  }

  static func traces(of words: String, in path: String) -> Int {
    let traces = Traces(of: words)
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    if status.st_mode & S_IFMT == S_IFDIR {
      return TemporaryFolder.names(in: path).reduce(0) {
        $0 + Self.traces(of: words, in: "\(path)/\($1)")
      }
    }
    return traces.count(in: Array(path.utf8)) + traces.count(in: TemporaryFolder.read(path) ?? [])
  }

  func copy(to path: String) {
    ledger.close()
    Archive.copy(workshop.path, to: path)
  }

  static func copy(_ from: String, to: String) {
    var status = stat()
    guard lstat(from, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      mkdir(to, 0o700)
      for name in TemporaryFolder.names(in: from) { copy("\(from)/\(name)", to: "\(to)/\(name)") }
    } else {
      TemporaryFolder.write(TemporaryFolder.read(from) ?? [], to: to, mode: status.st_mode & 0o777)
    }
  }
}

extension ScrubOutcome {
  fileprivate var isDone: Bool { if case .done = self { true } else { false } }
}

/// Words that are erased are in no byte of the ledger, and nothing else changed.
@Suite struct ErasureTests {
  /// Lines of a length such that a page of the file holds many of them, a few, one, or not even
  /// one.
  static let lengths = [30, 150, 900, 1_900, 2_600, 4_100, 30_000]

  @Test(arguments: lengths)
  func `wherever in a page a line stands, nothing of it is left`(length: Int) throws {
    let archive = try Archive()
    let count = length < 100 ? 100 : length < 1_000 ? 60 : 12
    // Each line has a canary of its own, which shares no eight bytes with another.
    func secret(_ index: Int) -> String {
      var random = SplitMix64(seed: UInt64(length * 1_000 + index))
      return (0..<2).map { _ in String(random.next() | 1 << 63, radix: 16) }.joined()
        .utf8.prefix(28).text
    }
    func words(_ index: Int) -> String {
      secret(index) + String(repeating: ".", count: max(0, length - 28))
    }
    // In commits of several sizes, so that pages are copied, split and filled in every way.
    var next = 0
    var first: UInt64?
    for size in [1, 1, 2, 3, 5, 1, 8, 1, 13, 2, 21, 1, 34, 55] where next < count {
      let end = min(count, next + size)
      let range = try archive.log((next..<end).map(words))
      first = first ?? range.from.value
      next = end
    }
    if next < count { try archive.log((next..<count).map(words)) }
    archive.wait()
    let start = try #require(first)
    let folder = TemporaryFolder()
    archive.copy(to: folder.file("original"))
    for index in 0..<count {
      let path = folder.file("ledger-\(index)")
      Archive.copy(folder.file("original"), to: path)
      let secret = secret(index)
      #expect(Archive.traces(of: secret, in: path) > 0)
      let ledger = try Ledger.open(
        path, options: Ledger.Options(clock: archive.workshop.time.clock))
      let position = Position(start + UInt64(index))
      let items = try ledger.reader.read { (snapshot) throws(ReadingError) in
        try TextSurvey(snapshot, [PositionRange(from: position, to: position)]).items
      }
      let outcome = ledger.append(
        Submission(
          Command(
            actor: archive.workshop.alice,
            intent: .erase(Erase(items: items, basis: .secret, reason: "leaked")))))
      #expect(outcome.events?.count == 1)
      #expect(ledger.scrub().isDone)
      ledger.close()
      #expect(Archive.traces(of: secret, in: path) == 0, "line \(index) of \(count)")
      try checkWholeLedger(path)
      TemporaryFolder.remove(path)
    }
  }

  @Test func `the control: a plain deletion leaves words, also in a page that stays in use`() throws
  {
    let archive = try Archive()
    for index in 0..<30 { try archive.log(["\(Archive.canary) \(index)"]) }
    archive.ledger.close()
    try tamper(archive.workshop.path + "/db/1") { (loan, tables) throws(LMDBError) in
      try loan.clear(tables.texts)
    }
    #expect(Archive.traces(of: Archive.canary, in: archive.workshop.path) > 0)
    archive.ledger = try archive.workshop.open()
  }

  @Test func `all that one process wrote goes, though its page buffers held it`() throws {
    let archive = try Archive()
    var range = try archive.log([Archive.canary])
    for index in 0..<60 {
      range.to = try archive.log((0...index % 7).map { "\(Archive.canary) \(index) \($0)" }).to
    }
    archive.wait()
    try archive.erase(range.from.value, range.to.value)
    #expect(archive.ledger.scrub().isDone)
    // The same process goes on, and would write what its buffers hold.
    for index in 0..<40 { try archive.log(["harmless \(index)"]) }
    #expect(try archive.ledger.owedScrub() == nil)
    #expect(try archive.traces() == 0)
    try checkWholeLedgerClosed(archive)
  }

  @Test func `another process that wrote the words brings none of them back`() async throws {
    let archive = try Archive()
    archive.letGo()
    let path = archive.workshop.path
    let (go, done) = (archive.workshop.folder + "/go", archive.workshop.folder + "/logged")
    // The thread alone uses it until it is joined.
    nonisolated(unsafe) let shared = archive
    let parent = ParentThread {
      waitFor(done)
      // The writer is let go whatever becomes of the erasure.
      defer { TemporaryFolder.write([1], to: go) }
      try eraseAll(shared)
    }
    await #expect(processExitsWith: .success) {
      [path = path as String, go = go as String, done = done as String] in
      try writeAndGoOn(path, go: go, done: done)
    }
    try parent.join()
    #expect(try archive.traces() == 0)
    try checkWholeLedgerClosed(archive)
  }

  @Test func `reasons, notes, commands and long words go as log lines do`() throws {
    let archive = try Archive()
    let (ledger, workshop) = (archive.ledger, archive.workshop)
    var positions: [UInt64] = []
    for length in [1, 100, 2_000, 4_080, 9_000, 16_000] {
      let words = Archive.canary + String(repeating: "x", count: length)
      let events = try workshop.accept(
        ledger, .note(AddNote(on: "ledger", note: Text(words.utf8.prefix(16_000).text))))
      positions += events.map(\.position.value)
    }
    let stopped = try workshop.accept(
      ledger, .requestStop(archive.job, reason: Text("because of \(Archive.canary)")))
    positions += stopped.map(\.position.value)
    archive.wait()
    let events = try archive.erase(positions[0], positions[positions.count - 1])
    // One for the job's subject, one for what has none.
    #expect(events.count == 2)
    #expect(archive.ledger.scrub().isDone)
    #expect(try archive.traces() == 0)
    try checkWholeLedgerClosed(archive)
  }

  @Test func `the tree is as it was, proofs of what was erased verify, and every view says erased`()
    throws
  {
    let archive = try Archive()
    try archive.log(["before"])
    let range = try archive.log([Archive.canary])
    try archive.log(["after"])
    let before = try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      (snapshot.size, try snapshot.root(at: snapshot.size))
    }
    archive.wait()
    let erased = try #require(try archive.erase(range.from.value, range.to.value).first)
    #expect(erased.job == archive.job)
    #expect(archive.ledger.scrub().isDone)
    try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      #expect(try snapshot.root(at: before.0) == before.1)
      let event = try snapshot.event(at: range.from)
      #expect(event.text != nil)
      #expect(try snapshot.text(of: event) == .erased)
      // As of before the erasure, too.
      for size in [before.0, snapshot.size] {
        var documents = Documents(snapshot, asOf: size)
        let document = try documents.event(showing: range.from)
        #expect(document?.words == .erased)
        #expect(document?.erasure?.basis == .secret)
        #expect(document?.erasure?.position == erased.position)
        #expect(document?.erasure?.actor == archive.workshop.alice)
      }
    }
    let path = archive.workshop.path
    archive.ledger.close()
    let reader = try LedgerReader.open(path)
    let proof = try EventProof.make(of: range.from, in: reader)
    #expect(proof.disclosure == nil)
    reader.close()
    archive.ledger = try archive.workshop.open()
    try checkWholeLedgerClosed(archive)
  }

  @Test func `what goes missing without an erasure is a finding`() throws {
    let archive = try Archive()
    let range = try archive.log([Archive.canary, "other"])
    archive.wait()
    try archive.erase(range.from.value, range.from.value)
    #expect(archive.ledger.scrub().isDone)
    archive.ledger.close()
    try tamper(archive.workshop.path + "/db/1") { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.texts, BigEndianKey(range.to.value))
    }
    let report = try Auditor.audit(
      archive.workshop.path, options: Auditor.Options(checksArtifacts: false))
    #expect(report.findings.map(\.code) == [.textMissing])
    #expect(report.findings.first?.position == range.to)
    archive.ledger = try archive.workshop.open()
  }

  // MARK: Readers, and what is owed

  @Test func `older readers keep their state, and the rest is owed until they end`() throws {
    let archive = try Archive()
    let range = try archive.log((0..<50).map { "\(Archive.canary) \($0)" })
    archive.wait()
    let ledger = archive.ledger
    try ledger.reader.environment.read { (old) throws in
      let outcome = onAnotherThread {
        let items = try? archive.items(range.from.value, range.to.value)
        _ = archive.ask(items ?? [])
        return ledger.scrub(patience: .milliseconds(50))
      }
      #expect(outcome == .waiting([getpid()]))
      let tables = ledger.reader.tables
      for position in range.from.value...range.to.value {
        #expect(try old.loan.contains(tables.texts, BigEndianKey(position)))
      }
    }
    let owed = try #require(try ledger.owedScrub())
    #expect(owed.first == owed.last)
    ledger.close()
    #expect(Archive.traces(of: Archive.canary, in: archive.workshop.path) > 0)
    let report = try Auditor.audit(
      archive.workshop.path, options: Auditor.Options(checksArtifacts: false))
    #expect(report.findings.map(\.code) == [.erasureUnfinished])
    #expect(report.findings.first?.position == owed.last)
    #expect(
      try Doctor.examine(archive.workshop.path).contains { $0.code == .erasureUnfinished })
    // Somebody else finishes it.
    archive.ledger = try archive.workshop.open()
    #expect(archive.ledger.scrub().isDone)
    #expect(archive.ledger.scrub() == .nothing)
    #expect(try archive.traces() == 0)
    try checkWholeLedgerClosed(archive)
  }

  @Test func `a backup taken while words are owed has none of them, and owes nothing`() throws {
    let archive = try Archive()
    let range = try archive.log((0..<50).map { "\(Archive.canary) \($0)" })
    archive.wait()
    try archive.erase(range.from.value, range.to.value)
    archive.ledger.close()
    // The control: what LMDB copies page by page has them, until it is gone through.
    let folder = TemporaryFolder()
    mkdir(folder.file("plain"), 0o700)
    let reader = try LedgerReader.open(archive.workshop.path)
    try reader.environment.copy(to: folder.file("plain"), compacting: false)
    reader.close()
    #expect(Archive.traces(of: Archive.canary, in: folder.file("plain")) > 0)
    try CopiedLedger.scrub(folder.file("plain"))
    #expect(Archive.traces(of: Archive.canary, in: folder.file("plain")) == 0)
    #expect(try !CopiedLedger(folder.file("plain")).owesScrub)
    mkdir(folder.file("kept"), 0o700)
    let file = folder.file("kept") + "/backup.tar"
    _ = try Backup.make(
      of: archive.workshop.path, to: file,
      options: Backup.Options(tool: "jobledger/test", clock: archive.workshop.time.clock)
    ) { (copy) throws(BackupError) in
      let report = try? Auditor.audit(copy, options: Auditor.Options(checksArtifacts: false))
      #expect(report?.findings == [])
    }
    #expect(Archive.traces(of: Archive.canary, in: folder.file("kept")) == 0)
    let restoration = try Restoration(
      from: file, to: folder.file("restored"),
      options: Restoration.Options(clock: archive.workshop.time.clock))
    _ = try restoration.record(Restoration.Record(actor: archive.workshop.alice))
    try restoration.publish()
    let report = try Auditor.audit(
      folder.file("restored"), options: Auditor.Options(checksArtifacts: false))
    #expect(report.findings == [])
    #expect(Archive.traces(of: Archive.canary, in: folder.file("restored")) == 0)
    // The ledger itself is as it was, and its erasure is finished by whoever comes next.
    archive.ledger = try archive.workshop.open()
    #expect(try archive.ledger.owedScrub() != nil)
    #expect(archive.ledger.scrub().isDone)
    #expect(try archive.traces() == 0)
  }

  @Test func `a second erasure while one is owed leaves both to be finished, and both are`() throws
  {
    let archive = try Archive()
    let range = try archive.log((0..<20).map { "\(Archive.canary) \($0)" })
    archive.wait()
    let first = try archive.erase(range.from.value, range.from.value + 3)
    let second = try archive.erase(range.from.value + 4, range.to.value)
    let owed = try #require(try archive.ledger.owedScrub())
    #expect(owed.first == first[0].position && owed.last == second[0].position)
    #expect(archive.ledger.scrub().isDone)
    #expect(try archive.traces() == 0)
  }

  @Test func `a rebuilt generation owes nothing, and the old one is gone with all it held`() throws
  {
    let archive = try Archive()
    let range = try archive.log((0..<20).map { "\(Archive.canary) \($0)" })
    archive.wait()
    try archive.erase(range.from.value, range.to.value)
    archive.ledger.close()
    _ = try Doctor.repair(archive.workshop.path, options: Doctor.Treatment(rebuilds: true))
    #expect(Archive.traces(of: Archive.canary, in: archive.workshop.path) == 0)
    try checkWholeLedger(archive.workshop.path)
    archive.ledger = try archive.workshop.open()
    #expect(try archive.ledger.owedScrub() == nil)
  }

  @Test func `a generation that a repair left behind goes with the words in it`() throws {
    let archive = try Archive()
    let range = try archive.log([Archive.canary])
    archive.wait()
    archive.ledger.close()
    let old = archive.workshop.path + "/db/7"
    Archive.copy(archive.workshop.path + "/db/1", to: old)
    archive.ledger = try archive.workshop.open()
    try archive.erase(range.from.value, range.to.value)
    #expect(archive.ledger.scrub().isDone)
    #expect(TemporaryFolder.names(in: archive.workshop.path + "/db") == ["1"])
    #expect(try archive.traces() == 0)
  }

  // MARK: What is named

  @Test func `lines of two jobs in turn are erased by the job, and ranges name no other words`()
    throws
  {
    let archive = try Archive()
    let other = try #require(
      try archive.workshop.accept(
        archive.ledger,
        .createJob(
          CreateJob(
            project: Name("churn"), subject: SubjectReference(kind: .model, name: Name("lr")!),
            fact: JobCreated(kind: .training), runner: archive.workshop.runner,
            text: EventText([.command: .array([.string("other")])])))
      ).last?.job)
    var kept: [UInt64] = []
    var first: UInt64 = 0
    for index in 0..<10 {
      let range = try archive.log(["\(Archive.canary) \(index)"])
      if index == 0 { first = range.from.value }
      var batch = LogBatch(job: other, actor: archive.workshop.alice)
      batch.bytes = Array("kept".utf8)
      batch.lines = [
        .init(
          fact: LogLine(
            stream: .stdout, line: UInt64(index + 1), level: .info, detector: 1),
          offset: 0, count: 4)
      ]
      guard case .accepted(let at) = archive.ledger.append(batch) else { return }
      kept.append(at.from.value)
    }
    archive.wait()
    let last = try #require(kept.last)
    let items = try archive.items(first, last, job: archive.job)
    #expect(items.count == 1)
    #expect(items[0].what == .texts([PositionRange(from: Position(first), to: Position(last - 1))]))
    #expect(items[0].count == 10 && items[0].job == archive.job)
    #expect(items[0].number == VersionNumber(1), "a log line names its job, which has a version")
    // Without the job, all of it is one subject's, and is named as such.
    let all = try archive.items(first, last)
    #expect(all.count == 1 && all[0].job == nil && all[0].count == 20)
    try archive.erase(first, last, job: archive.job)
    #expect(archive.ledger.scrub().isDone)
    try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      for position in kept { #expect(try snapshot.disclosure(at: Position(position)) != nil) }
    }
    #expect(try archive.traces() == 0)
    try checkWholeLedgerClosed(archive)
  }

  @Test func `more than a thousand ranges become several events`() throws {
    let archive = try Archive()
    let range = try archive.log(
      (0..<2_500).map { "\($0 % 2 == 0 ? Archive.canary : "kept") \($0)" })
    archive.wait()
    let chosen = Set(
      (range.from.value...range.to.value).filter { ($0 - range.from.value) % 2 == 0 })
    let items = try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      try TextSurvey(snapshot, [range], job: archive.job, chosen: chosen).items
    }
    #expect(items.map(\.count) == [1_000, 250])
    guard case .accepted(let events) = archive.ask(items) else { return }
    #expect(events.count == 2)
    #expect(archive.ledger.scrub().isDone)
    #expect(try archive.traces() == 0)
    try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      for position in range.from.value...range.to.value {
        let isThere = try snapshot.disclosure(at: Position(position)) != nil
        #expect(isThere != chosen.contains(position))
      }
    }
    try checkWholeLedgerClosed(archive)
  }

  @Test func `what is erased already is counted and named by no event`() throws {
    let archive = try Archive()
    let range = try archive.log(["a", "b", "c", "d"])
    archive.wait()
    let from = range.from.value
    try archive.erase(from + 1, from + 1)
    let survey = try archive.ledger.reader.read { (snapshot) throws(ReadingError) in
      let survey = try TextSurvey(snapshot, [range])
      return (survey.items, survey.goneAlready)
    }
    #expect(survey.1 == 1)
    #expect(
      survey.0.first?.what
        == .texts([
          PositionRange(from: Position(from), to: Position(from)),
          PositionRange(from: Position(from + 2), to: Position(from + 3)),
        ]))
    // Whoever saw the state before appends nothing for what went meanwhile.
    let seen = try archive.items(from + 2, from + 2)
    try archive.erase(from + 2, from + 2)
    #expect(archive.ask(seen) == .accepted([]))
  }

  @Test func `holds and retention refuse in the transaction, and nothing goes`() throws {
    let archive = try Archive()
    let range = try archive.log([Archive.canary])
    guard
      case .refused(.retained) = archive.ask(try archive.items(range.from.value, range.to.value))
    else {
      Issue.record("it is a moment old")
      return
    }
    archive.wait()
    _ = try archive.workshop.accept(
      archive.ledger, .hold(.job(archive.job), places: true, reason: "open"))
    guard case .refused(.held) = archive.ask(try archive.items(range.from.value, range.to.value))
    else {
      Issue.record("it is held")
      return
    }
    #expect(try archive.ledger.owedScrub() == nil)
    #expect(try archive.traces() > 0)
    try checkWholeLedgerClosed(archive)
  }

  private func checkWholeLedgerClosed(_ archive: Archive) throws {
    archive.ledger.close()
    try checkWholeLedger(archive.workshop.path)
    archive.ledger = try archive.workshop.open()
  }
}

private func eraseAll(_ archive: Archive) throws {
  archive.ledger = try archive.workshop.open()
  archive.wait()
  let size = try archive.ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size }
  try archive.erase(0, size.value - 1, job: archive.job)
  #expect(archive.ledger.scrub().isDone)
}

/// A process of its own: logs the canary in many commits, waits, and logs other words.
private func writeAndGoOn(_ path: String, go: String, done: String) throws {
  let time = FixedTime(Timestamp(year: 2026, month: 11, day: 21, hour: 8)!)
  let ledger = try Ledger.open(path, options: Ledger.Options(clock: time.clock))
  let actor = Actor(
    id: ActorID("alice")!, authentication: .os, host: "gpu7",
    os: OSUser(login: "alice", uid: 1000))
  var running: JobID?
  try ledger.reader.read { (snapshot) throws(ReadingError) in
    try snapshot.forEachEntity(of: .job, asOf: snapshot.size) { entity in
      if case .job(let job) = entity { running = job.id }
      return true
    }
  }
  let job = try #require(running)
  func log(_ words: String, _ line: Int) {
    var batch = LogBatch(job: job, actor: actor)
    batch.bytes = Array(words.utf8)
    batch.lines = [
      .init(
        fact: LogLine(stream: .stdout, line: UInt64(line), level: .info, detector: 1),
        offset: 0, count: batch.bytes.count)
    ]
    guard case .accepted = ledger.append(batch) else { exit(70) }
  }
  for line in 1...80 { log("\(Archive.canary) \(line)", line) }
  TemporaryFolder.write([1], to: done)
  waitFor(go)
  time.advance(microseconds: 182 * 86_400_000_000)
  for line in 81...140 { log("harmless \(line)", line) }
  ledger.close()
}

/// Until a file is there, with a limit only against hanging.
private func waitFor(_ path: String) {
  for _ in 0..<60_000 where access(path, F_OK) != 0 { usleep(10_000) }
}

private func onAnotherThread<R: Sendable>(_ body: @escaping () -> R) -> R {
  let box = Box(body)
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { pointer in
      Unmanaged<Runner>.fromOpaque(pointer!).takeRetainedValue().run()
      return nil
    }, Unmanaged.passRetained(box as Runner).toOpaque())
  pthread_join(thread, nil)
  return box.value!
}

private class Runner { func run() {} }

private final class Box<R>: Runner {
  let body: () -> R
  var value: R?
  init(_ body: @escaping () -> R) { self.body = body }
  override func run() { value = body() }
}

extension Substring.UTF8View {
  fileprivate var text: String { String(Substring(self)) }
}
