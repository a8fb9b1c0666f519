// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// What somebody who owns the directory and its key can do: only a checkpoint or a key that is kept
/// elsewhere finds it, and those do.
@Suite struct AttackTests {
  /// A ledger with a life in it, and the checkpoints that somebody kept meanwhile.
  private final class Kept {
    let house: House
    let path: String
    var checkpoints: [(size: UInt64, note: [UInt8])] = []

    init() throws {
      house = try House()
      path = house.ledger.directory.path
      try keep()
      try house.live()
      try keep()
      // Beyond a block of the tree.
      let job = try house.job(try house.ask(.olga, Scenario.job(.training)))
      try house.log(
        job,
        (1...700).map {
          (LogLine(stream: .stdout, line: UInt64($0), level: .info, detector: 1), Array("on".utf8))
        })
      try keep()
      try house.ask(
        .olga, .endJob(EndJob(job: job, status: .failed, ending: JobEnding(exit: 1))))
      try keep()
    }

    func keep() throws {
      _ = house.ledger.signCheckpoint()
      let note = try #require(TemporaryFolder.read(path + "/checkpoint"))
      checkpoints.append((try UnverifiedCheckpoint(note).unchecked.size, note))
    }

    func audit(
      against: [UInt8]? = nil, key: String? = nil, depth: Auditor.Depth = .everything
    ) throws -> AuditReport {
      house.ledger.close()
      return try Auditor.audit(
        path,
        options: Auditor.Options(
          against: against, key: key, checksArtifacts: false, depth: depth))
    }

    /// The position of the first event of a kind.
    func position(where isWanted: (Fact) -> Bool) throws -> UInt64 {
      let position = try house.ledger.reader.withSnapshot { snapshot in
        try (0..<snapshot.size.value).first {
          isWanted(try snapshot.event(at: Position($0)).fact)
        }
      }
      return try #require(position)
    }

    func key() throws -> VerifierKey {
      try VerifierKey(house.ledger.reader.identity.vkey)
    }
  }

  /// A change of history, and where it begins.
  struct Edit: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Finds the event to change.
    var place: @Sendable (Fact) -> Bool
    /// Changes it.
    var change: @Sendable (inout Event) -> Void
    var words: EventText?
  }

  static let edits: [Edit] = [
    Edit(
      testDescription: "who approved", place: AttackTests.isApproval,
      change: { $0.actor = .alice }),
    Edit(
      testDescription: "why it was approved", place: AttackTests.isApproval,
      change: { _ in }, words: EventText([.reason: .string("better than ever")])),
    Edit(
      testDescription: "a rejection becomes an approval",
      place: { if case .versionRejected = $0 { true } else { false } },
      change: { event in
        guard case .versionRejected(let fact) = event.fact else { return }
        event.fact = .versionApproved(fact)
      }),
    Edit(
      testDescription: "the metrics of an evaluation",
      place: { if case .versionEvaluated = $0 { true } else { false } },
      change: { event in
        guard case .versionEvaluated(var fact) = event.fact else { return }
        fact.metrics = [Metric(name: "accuracy", value: 0.99)]
        event.fact = .versionEvaluated(fact)
      }),
    Edit(
      testDescription: "who holds which role",
      place: {
        if case .memberGranted(let fact) = $0 { fact.member == Actor.olga.id } else { false }
      },
      change: { event in
        guard case .memberGranted(var fact) = event.fact else { return }
        fact.roles = [.admin, .approver, .auditor, .operator, .viewer]
        event.fact = .memberGranted(fact)
      }),
  ]

  private static func isApproval(_ fact: Fact) -> Bool {
    if case .versionApproved = fact { true } else { false }
  }

  @Test(arguments: edits)
  func `an event that was changed consistently does not get past a kept checkpoint`(
    edit: Edit
  ) throws {
    let kept = try Kept()
    let position = try kept.position(where: edit.place)
    let own = try kept.key()
    #expect(try kept.audit().isOK)
    let attacker = Attacker(path: kept.path)
    try attacker.rewrite(words: edit.words.map { [position: $0] } ?? [:]) { event in
      var changed = event
      if event.position.value == position { edit.change(&changed) }
      return changed
    }
    // Without the key, the ledger's own last checkpoint tells, and nothing else can.
    let unsigned = try kept.audit()
    #expect(codes(unsigned) == ["checkpoint-root"])
    #expect(unsigned.knownGood == nil)
    #expect(try codes(kept.audit(depth: .tree)) == ["checkpoint-root"])
    // The control: with the key nothing inside contradicts the change. It is that consistent.
    try attacker.sign()
    let signed = try kept.audit(key: own.description)
    #expect(signed.findings == [])
    // Each checkpoint that was kept after the event tells; none before it can.
    var told = 0
    for (size, note) in kept.checkpoints {
      for depth in [Auditor.Depth.tree, .everything] {
        let report = try kept.audit(against: note, depth: depth)
        if size > position {
          told += 1
          #expect(codes(report) == ["checkpoint-root"], "\(size)")
          // Two signed histories: from the smaller one's size on neither is believed.
          #expect(report.knownGood == nil)
        } else {
          #expect(report.isOK)
          #expect(report.against?.isGood == true)
        }
      }
    }
    #expect(told > 0 && told < kept.checkpoints.count * 2)
  }

  @Test func `an end that was cut off is found by a checkpoint of more events`() throws {
    let kept = try Kept()
    let before = kept.checkpoints[1]
    let last = kept.checkpoints[3]
    let attacker = Attacker(path: kept.path)
    kept.house.ledger.close()
    // The last job and its log never were. Its runs of lines go as well.
    try attacker.rewrite { $0.position.value < before.size ? $0 : nil }
    try attacker.clearLogs(from: before.size)
    #expect(codes(try kept.audit()) == ["checkpoint-beyond-head"])
    try attacker.sign()
    #expect(try kept.audit().isOK)
    #expect(codes(try kept.audit(against: last.note)) == ["checkpoint-beyond-head"])
    #expect(try kept.audit(against: before.note).knownGood == LedgerSize(before.size))
  }

  // MARK: Rollback and fork

  @Test func `yesterday's copy in the place of today's ledger is found by today's checkpoint`()
    throws
  {
    let kept = try Kept()
    let today = try #require(kept.checkpoints.last)
    let folder = TemporaryFolder()
    let house = try House()
    try house.live()
    _ = house.ledger.signCheckpoint()
    let path = house.ledger.directory.path
    let yesterday = folder.file("yesterday")
    try copy(path, to: yesterday)
    try house.ask(.alice, .setPolicy(.default, reason: "another day"))
    _ = house.ledger.signCheckpoint()
    let note = try #require(TemporaryFolder.read(path + "/checkpoint"))
    house.ledger.close()
    // The database alone: the ledger's own checkpoint is of more events.
    let whole = try #require(TemporaryFolder.read(path + "/db/1/data.mdb"))
    let old = try #require(TemporaryFolder.read(yesterday + "/db/1/data.mdb"))
    TemporaryFolder.write(old, to: path + "/db/1/data.mdb")
    let all = Auditor.Options(checksArtifacts: false)
    #expect(codes(try Auditor.audit(path, options: all)) == ["checkpoint-beyond-head"])
    TemporaryFolder.write(whole, to: path + "/db/1/data.mdb")
    #expect(try Auditor.audit(path, options: all).isOK)
    // All of it: nothing inside can tell, which is the control.
    #expect(try Auditor.audit(yesterday, options: all).isOK)
    let report = try Auditor.audit(
      yesterday, options: .init(against: note, checksArtifacts: false))
    #expect(codes(report) == ["checkpoint-beyond-head"])
    // Nor is another ledger's checkpoint taken for this one's.
    let foreign = try Auditor.audit(
      yesterday, options: .init(against: today.note, checksArtifacts: false))
    #expect(codes(foreign).contains("checkpoint-signature"))
  }

  @Test func `of two continuations of one copy each is whole, and each contradicts the other`()
    throws
  {
    let folder = TemporaryFolder()
    let house = try House()
    try house.live()
    _ = house.ledger.signCheckpoint()
    let left = house.ledger.directory.path
    let common = try #require(TemporaryFolder.read(left + "/checkpoint"))
    let right = folder.file("right")
    try copy(left, to: right)
    try house.ask(.alice, project("left"))
    try house.ask(.alice, project("lefter"))
    _ = house.ledger.signCheckpoint()
    house.ledger.close()
    let other = try Ledger.open(right)
    for name in ["right", "righter", "rightest"] {
      let outcome = other.append(Submission(Actor.alice.asks(try project(name))))
      #expect(outcome.events?.count == 1)
    }
    _ = other.signCheckpoint()
    other.close()
    var notes: [[UInt8]] = []
    for path in [left, right] {
      let report = try Auditor.audit(
        path, options: .init(against: common, checksArtifacts: false))
      #expect(report.findings == [])
      notes.append(try #require(TemporaryFolder.read(path + "/checkpoint")))
    }
    // The longer one is held against the shorter one's checkpoint, and the other way round.
    let longer = try Auditor.audit(
      right, options: .init(against: notes[0], checksArtifacts: false))
    #expect(codes(longer) == ["checkpoint-root"])
    #expect(longer.knownGood == nil)
    let shorter = try Auditor.audit(
      left, options: .init(against: notes[1], checksArtifacts: false))
    #expect(codes(shorter) == ["checkpoint-beyond-head"])
    // Both notes are signed by one key, and no proof joins them: that is the evidence.
    let reader = try LedgerReader.open(right)
    defer { reader.close() }
    let key = try VerifierKey(reader.identity.vkey)
    let signed = try notes.map { try UnverifiedCheckpoint($0).verified(by: [key]) }
    let (small, large) = (LedgerSize(signed[0].size), LedgerSize(signed[1].size))
    let proof = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.consistencyProof(from: small, to: large)
    }
    #expect(throws: ProofError.self) { try signed[1].verify(proof, from: signed[0]) }
    let honest = try UnverifiedCheckpoint(common).verified(by: [key])
    let extending = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.consistencyProof(from: LedgerSize(honest.size), to: large)
    }
    #expect(throws: Never.self) { try signed[1].verify(extending, from: honest) }
  }

  // MARK: Another key, another identity

  @Test func `an old range that another key signs is refused by whoever knows the key`() throws {
    let kept = try Kept()
    let old = try #require(kept.checkpoints.last)
    let key = try kept.key()
    kept.house.ledger.close()
    var random = SystemRandomNumberGenerator()
    let forger = NoteSigner(name: key.name, key: .generate(using: &random))
    // The same events, signed anew with another key: the ledger does not know it.
    let claim = try UnverifiedCheckpoint(old.note).unchecked
    let note = Checkpoint(origin: key.name, size: claim.size, root: claim.root).signed(by: forger)
    TemporaryFolder.write(note, to: kept.path + "/checkpoint")
    let resigned = try kept.audit()
    #expect(codes(resigned) == ["checkpoint-signature"])
    #expect(resigned.knownGood == nil)
    // With a ledger.json that names it: the first event does not.
    let json = try #require(TemporaryFolder.read(kept.path + "/ledger.json"))
    let text = String(decoding: json, as: UTF8.self).replacing(
      key.description, with: forger.verifierKey.description)
    TemporaryFolder.write(Array(text.utf8), to: kept.path + "/ledger.json")
    #expect(
      codes(try kept.audit()) == ["identity-wrong"])
    // With a first event that names it, nothing inside tells: the control.
    let attacker = Attacker(path: kept.path)
    try attacker.rewrite { event in
      guard case .ledgerCreated(var fact) = event.fact else { return event }
      fact.vkey = Text(forger.verifierKey.description)
      var changed = event
      changed.fact = .ledgerCreated(fact)
      return changed
    }
    TemporaryFolder.write(forger.key.rawRepresentation, to: kept.path + "/keys/log")
    try attacker.sign()
    #expect(try kept.audit().isOK)
    // Whoever knows the key, or its fingerprint, or kept a checkpoint, is told.
    for trusted in [key.description, key.publicKey.fingerprint] {
      for depth in [Auditor.Depth.tree, .everything] {
        let report = try kept.audit(key: trusted, depth: depth)
        #expect(codes(report) == ["key-unknown"])
        #expect(report.knownGood == nil)
      }
    }
    #expect(
      Set(codes(try kept.audit(against: old.note))) == ["checkpoint-root", "checkpoint-signature"])
    #expect(try kept.audit(key: forger.verifierKey.description).isOK)
  }

  /// Both keys sign size and root where one replaces the other, as a checkpoint does.
  @Test(arguments: [
    (before: true, depth: Auditor.Depth.everything), (true, .tree),
    (false, .everything), (false, .tree),
  ])
  func `what a rotation of the key signed stays known good when only later events were changed`(
    before: Bool, depth: Auditor.Depth
  ) throws {
    let house = try House()
    try house.live()
    let outcome = house.ledger.rotateKey(
      to: .inside, by: .alice, reason: "yearly")
    guard case .accepted(let events) = outcome, case .keyRotated(let fact)? = events.first?.fact
    else { throw House.Unexpected(what: "\(outcome)") }
    let approval = try house.ledger.reader.withSnapshot { snapshot in
      try (0..<fact.size.value).first {
        if case .versionApproved = try snapshot.event(at: Position($0)).fact { true } else { false }
      }
    }
    let early = try #require(approval)
    try house.ask(.alice, project("later"))
    let late = try house.size.value - 1
    _ = house.ledger.signCheckpoint()
    let path = house.ledger.directory.path
    house.ledger.close()
    let options = Auditor.Options(checksArtifacts: false, depth: depth)
    let whole = try Auditor.audit(path, options: options)
    #expect(whole.isOK && whole.knownGood == LedgerSize(late + 1))
    try Attacker(path: path).rewrite { event in
      guard event.position.value == (before ? early : late) else { return event }
      var changed = event
      changed.actor = .olga
      return changed
    }
    let report = try Auditor.audit(path, options: options)
    #expect(!report.isOK)
    #expect(report.checkpoint?.isGood == false)
    #expect(report.knownGood == (before ? nil : fact.size))
  }

  @Test func `another identifier is found in the file, and by a kept checkpoint in the events`()
    throws
  {
    let kept = try Kept()
    let note = try #require(kept.checkpoints.last?.note)
    let identity = kept.house.ledger.reader.identity
    kept.house.ledger.close()
    let other = String(identity.id.reversed())
    let json = try #require(TemporaryFolder.read(kept.path + "/ledger.json"))
    let text = String(decoding: json, as: UTF8.self).replacing(identity.id, with: other)
    TemporaryFolder.write(Array(text.utf8), to: kept.path + "/ledger.json")
    #expect(codes(try kept.audit()) == ["identity-wrong"])
    let attacker = Attacker(path: kept.path)
    try attacker.rewrite { event in
      guard case .ledgerCreated(var fact) = event.fact else { return event }
      fact.id = other
      var changed = event
      changed.fact = .ledgerCreated(fact)
      return changed
    }
    try attacker.sign()
    #expect(try kept.audit().isOK)
    #expect(codes(try kept.audit(against: note)) == ["checkpoint-root"])
  }

  private func project(_ name: String) throws -> Intent {
    .addProject(try #require(Name(name)), text: EventText([.path: .string("/srv")]))
  }

  private func copy(_ source: String, to target: String) throws {
    let words = ["cp", "-a", source, target]
    var process = pid_t()
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawnp(&process, "cp", nil, nil, arguments, environ) == 0)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    try #require(status == 0)
    unlink(target + "/db/1/lock.mdb")
  }
}
