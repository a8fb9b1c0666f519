// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// Whether the record itself can be relied on: integrity, completeness, reproducibility, signatures,
/// forms; what was erased, and who may do what.
@Suite struct EvidenceOfRecordTests {
  @Test func `integrity says from where to where, by which key, and what it leaves to others`()
    throws
  {
    let house = try House()
    try house.live()
    _ = house.ledger.signCheckpoint()
    let size = try house.size
    let answer = try house.answer(.integrity)
    #expect(answer.column(.check) == ["events", "checkpoint", "key", "offline", "not-checked"])
    #expect(answer.column(.to).allSatisfy { $0 == "\(size.value)" })
    let root = try house.ledger.reader.withSnapshot { try $0.root(at: size).base64 }
    #expect(answer.column(.root)[..<2] == [root, root])
    let keys = answer.column(.key)
    #expect(keys[1].hasPrefix("SHA256:") && keys[1] == keys[2])
    #expect(answer.exceptions == [])
    #expect(answer.rows.allSatisfy { !$0.positions.isEmpty })
    // As of an earlier size all of it is among what was signed.
    let earlier = try house.answer(.integrity, asOf: LedgerSize(10))
    #expect(earlier.exceptions == [] && earlier.column(.to)[0] == "10")
    #expect(earlier.column(.to)[1] == "\(size.value)")
    let kept = try LedgerReader.checkpoint(of: house.ledger.reader)
    try house.ask(.bob, .note(AddNote(on: "#0", note: "later")))
    for (checkpoint, told) in [
      (kept, "checkpoint-behind - #\(size.value)"), (nil, "checkpoint-missing - #\(size.value)"),
    ] {
      let later = try house.documents(verifying: true) { documents in
        var inquiry = Inquiry(
          about: .ledger, at: try #require(try documents.asOf().time), in: documents,
          checkpoint: checkpoint)
        return try inquiry.answer(.integrity)
      }
      #expect(later.told == [told])
    }
    #expect(try house.answer(.integrity, asOf: LedgerSize(0)).notAnswerable != nil)
  }

  @Test func `an event that was changed is found out, and so is a ledger that nobody signed`()
    throws
  {
    let store = try Store(HistoryGenerator.history(seed: 79, length: 700))
    #expect(try #require(store.ledger).reader.answer(.integrity).exceptions == [])
    try store.tamper { (loan, tables) throws(LMDBError) in
      let key = BigEndianKey(20)
      guard var leaf = try loan.bytes(tables.leaves, key),
        let at = leaf.firstRange(of: Array("\"auth\":\"".utf8))
      else { return }
      leaf[at.upperBound] = leaf[at.upperBound] == 0x6F ? 0x70 : 0x6F
      try loan.put(tables.leaves, key, leaf, mode: .overwrite)
    }
    let reader = try store.reader()
    defer { reader.close() }
    let told = try reader.answer(.integrity).told
    #expect(told.contains("tree-altered - #255"))
    #expect(told.contains { $0.hasPrefix("checkpoint-wrong") })
  }

  @Test func `completeness counts events against views, and rebuilds those`() throws {
    let house = try House()
    try house.live()
    let answer = try house.answer(.completeness)
    #expect(answer.exceptions == [])
    func agreement(_ view: String) -> [String] {
      answer.lines(.event, .events, .view, .entities, .agrees)
        .map { $0.split(separator: " | ").dropLast().joined(separator: " | ") }
        .filter { $0.contains("| \(view) |") }
    }
    // Two trainings, two evaluations, three acts, and one that failed.
    #expect(agreement("jobs") == ["job.created | 9 | jobs | 9 | true"])
    #expect(agreement("jobs failed") == ["job.failed | 1 | jobs failed | 1 | true"])
    #expect(
      agreement("versions made") == [
        "version.trained, version.imported | 2 | versions made | 2 | true"
      ])
    #expect(agreement("deployments retired").count == 1)
    let size = try house.size.value
    #expect(agreement("every view, rebuilt").count == 1)
    let total = answer.column(.view).enumerated().filter {
      $0.element == "index" || $0.element == "events"
    }
    .reduce(UInt64(0)) { $0 + (UInt64(answer.column(.events)[$1.offset]) ?? 0) }
    #expect(total == size)
    let of = try house.answer(.completeness, about: .subject(Scenario.model))
    #expect(of.exceptions == [] && of.column(.view).contains("revisions without a gap"))
    #expect(
      try house.answer(.completeness, about: .version(Scenario.version(1))).rows == of.rows)
    #expect(
      try house.answer(.completeness, about: .project(Name(unchecked: "other"))).notAnswerable
        != nil)
  }

  @Test func `a view that says otherwise than the events is told`() throws {
    let store = try Store(HistoryGenerator.history(seed: 80, length: 300))
    let reader = try #require(store.ledger).reader
    #expect(try reader.answer(.completeness).exceptions == [])
    let ended = try reader.withSnapshot { snapshot in
      try (0..<snapshot.size.value).reversed().lazy.map { try snapshot.event(at: Position($0)) }
        .first { if case .jobCompleted = $0.fact { true } else { false } }
    }
    let event = try #require(ended)
    let job = try #require(event.job)
    try store.tamper { (loan, tables) throws(LMDBError) in
      let key = withRowKey(.job(job), at: event.position) { Array($0) }
      try loan.delete(tables.rows, key)
    }
    let again = try store.reader()
    defer { again.close() }
    let told = try again.answer(.completeness).exceptions
    #expect(told.contains { $0.about?.contains(job.string) == true })
    // Before that event nothing is wrong.
    #expect(
      try again.answer(.completeness, asOf: LedgerSize(event.position.value)).exceptions == [])
  }

  @Test func `what makes the same report again is told, and what was erased since`() throws {
    var scenario = try Scenario()
    try scenario.policy { $0.retentionMinimumDays = 0 }
    let version = try scenario.trained()
    let size = UInt64(scenario.events.count)
    let made = try #require(scenario.views.entity(.version(version)))
    guard case .version(let state) = made else { return }
    try scenario.given([erasure(of: state)])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let now = try reader.answer(.reproducibility) { $0.tool = "jobledger-replay 9" }
    #expect(now.exceptions == [])
    #expect(now.column(.what) == ["report", "written-by"])
    #expect(now.column(.tool) == ["jobledger-replay 9", "jobledger/test"])
    #expect(now.column(.reducer)[0] == "\(Reducer.version)")
    #expect(now.column(.to)[0] == "\(size + 1)")
    #expect(try reader.answer(.reproducibility) { $0.tool = "jobledger-replay 9" } == now)
    let then = try reader.answer(.reproducibility, asOf: LedgerSize(size))
    #expect(then.told == ["erased-since - #\(size)"])
    #expect(then.column(.root) != now.column(.root))
    // What was erased had not happened yet.
    #expect(
      try reader.answer(
        .reproducibility, asOf: LedgerSize(state.created.position.value)
      ).exceptions == [])
  }

  private func erasure(of version: Version) -> Draft {
    let range = PositionRange(from: version.created.position, to: version.created.position)
    return Draft(
      actor: .alice, project: .churn, subject: version.reference, number: version.id.number,
      fact: .textErased(TextErased(ranges: [range], basis: .gdpr17)),
      text: EventText([.reason: .string("asked to")]))
  }

  @Test func `erasures, holds and retention are told, and what no rule allows`() throws {
    var scenario = try Scenario()
    let version = try scenario.trained()
    guard case .version(let state)? = scenario.views.entity(.version(version)) else { return }
    #expect(scenario.events.count > 5)
    try scenario.given(
      Actor.alice.asks(.hold(.version(version), places: true, reason: "litigation")))
    let held = UInt64(scenario.events.count - 1)
    try scenario.given([erasure(of: state)])
    try scenario.given(
      Actor.alice.asks(.hold(.version(version), places: false, reason: "settled")))
    try scenario.policy { $0.retentionMinimumDays = 0 }
    let policy = UInt64(scenario.events.count - 1)
    try scenario.given([erasure(of: state)])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let answer = try reader.answer(.erasures)
    #expect(
      answer.lines(.what, .basis, .actor, .reason, .inForce, .days) == [
        "retention | - | alice | - | false | 180 | #0",
        "retention | - | alice | house rules | true | 0 | #\(policy)",
        "hold-placed | - | alice | litigation | false | - | #\(held)",
        "words-erased | gdpr-17 | alice | asked to | - | - | #\(held + 1)",
        "hold-released | - | alice | settled | - | - | #\(held + 2)",
        "words-erased | gdpr-17 | alice | asked to | - | - | #\(policy + 1)",
      ])
    let created = state.created.position.value
    #expect(
      answer.told == [
        "erased-in-retention churn-lr@1 #\(created) #\(held + 1)",
        "erased-under-hold churn-lr@1 #\(held) #\(held + 1)",
      ])
    #expect(answer.column(.ranges)[3] == "[[\(created),\(created)]]")
    let during = try reader.answer(.erasures, asOf: LedgerSize(held + 1))
    #expect(during.column(.inForce) == ["true", "true"] && during.exceptions == [])
    #expect(
      try reader.answer(.erasures, about: .version(version)).told == answer.told)
    #expect(try reader.answer(.erasures, since: policy).exceptions == [])
    for question in Question.allCases {
      let before = try reader.answer(question, asOf: LedgerSize(0))
      #expect(before.rows.isEmpty && before.exceptions.isEmpty)
      #expect((1...400).contains(before.notAnswerable?.utf8.count ?? 0), "\(question)")
    }
  }

  @Test func `access names who changed what from what to what, and controls that were waived`()
    throws
  {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    let start = try house.size.value
    var policy = Policy.default
    policy.driftPSI = 0.3
    try house.ask(.alice, .setPolicy(policy, reason: "less noise"))
    let answer = try house.answer(.access, since: start)
    #expect(
      answer.lines(.what, .about, .field, .before, .after, .actor, .reason) == [
        "policy.set | policy | drift.psi | 0.2 | 0.3 | alice | less noise | #\(start)"
      ])
    #expect(try house.answer(.access).exceptions == [])
    policy.fourEyes = false
    try house.ask(.alice, .setPolicy(policy, reason: "small team"))
    try house.ask(
      .alice, .grant(GrantRoles(member: Actor.alice.id, project: .churn, roles: [.operator])))
    try house.ask(.alice, .revoke(Actor.bob.id, reason: "left"))
    let later = try house.answer(.access, since: start)
    #expect(
      later.told == [
        "control-waived policy #\(start + 1)", "self-granted alice #\(start + 2)",
      ])
    let revoked = later.lines(.what, .about, .field, .before, .after, .reason).last
    #expect(
      revoked == "member.revoked | bob | roles | approver (at least os) | - | left | #\(start + 3)")
    #expect(try house.answer(.access, since: start, asOf: LedgerSize(start + 1)).exceptions == [])
    #expect(
      try house.answer(.access, since: start, asOf: LedgerSize(start)).notAnswerable?
        .contains("report.exported") == true)
    // What binds everywhere binds in the project.
    #expect(try house.answer(.access, about: .project(.churn), since: start).rows == later.rows)
  }

  @Test
  func `each signature is told with what it covers, and one that does not hold is an exception`()
    throws
  {
    var scenario = try Scenario()
    let key = TestKey(seed: 7)
    try scenario.given(
      Actor.alice.asks(
        .grant(
          GrantRoles(
            member: Actor.bob.id, roles: [.approver],
            keyFingerprints: [Text(key.fingerprint)]))))
    let version = try scenario.evaluated()
    let now = scenario.recorder.clock.now
    func decided(_ artifacts: UInt64) -> Decided {
      Decided(
        artifactsDigest: .test(artifacts),
        evidence: Evidence(
          evaluations: [], dataDigests: [], metrics: [], seen: LedgerSize(1), shown: true),
        exceptions: [])
    }
    func signed(_ fact: Decided, as other: Decided? = nil) throws -> Decided {
      guard
        let statement = SignedStatement.make(
          origin: "example.org/store", project: .churn, subject: Scenario.modelReference,
          number: version.number, fact: .versionRejected(other ?? fact), text: nil, signedAt: now)
      else { throw House.Unexpected(what: "no statement") }
      let note = key.sign(try CanonicalJSON.encode(.object(statement)))
      var fact = fact
      fact.signature = Signature(
        armored: Text(try SSHSignature(armored: note).armored), signedAt: now)
      return fact
    }
    func rejection(_ fact: Decided, by actor: Actor) -> Draft {
      Draft(
        actor: actor, project: .churn, subject: Scenario.modelReference, number: version.number,
        fact: .versionRejected(fact))
    }
    let bob = Actor.signer("bob", uid: 1001)
    try scenario.given([rejection(try signed(decided(1)), by: bob)])
    let good = UInt64(scenario.events.count - 1)
    try scenario.given([rejection(try signed(decided(2), as: decided(1)), by: bob)])
    try scenario.given([rejection(decided(1), by: .bob)])
    try scenario.policy { $0.signed = [.rejected] }
    try scenario.given([rejection(decided(1), by: .bob)])
    let last = UInt64(scenario.events.count - 1)
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let first = try reader.answer(.signatures, asOf: LedgerSize(good + 1))
    #expect(
      first.lines(.what, .about, .actor, .meaning, .signedAt, .artifactsDigest, .key, .verified)
        == [
          "version.rejected | churn-lr@1 | bob | rejection | \(now) | \(Digest.test(1)) | "
            + "\(key.fingerprint) | true | #\(good)"
        ])
    let covers = try reader.withSnapshot { snapshot in
      var documents = Documents(snapshot, asOf: snapshot.size)
      return try #require(try documents.statement(at: Position(good)))
    }
    #expect(first.column(.covers) == [Digest(MerkleTree.sha256(covers)).description])
    #expect(first.exceptions == [])
    let answer = try reader.answer(.signatures)
    #expect(answer.column(.verified) == ["true", "false", "false"])
    #expect(
      answer.told == [
        "signature-wrong churn-lr@1 #\(good + 1)", "signature-missing churn-lr@1 #\(last)",
      ])
    #expect(
      try reader.answer(.signatures, asOf: LedgerSize(good)).notAnswerable != nil)
  }

  @Test func `the copies for people and for programs agree event by event, or the event is told`()
    throws
  {
    let store = try Store(HistoryGenerator.history(seed: 81, length: 200))
    let reader = try #require(store.ledger).reader
    let answer = try reader.answer(.form)
    #expect(answer.exceptions == [])
    #expect(answer.column(.form).prefix(3) == ["events", "full-form", "words"])
    let counts = try reader.withSnapshot { snapshot in
      var (events, words) = (0, 0)
      for position in 0..<snapshot.size.value {
        let event = try snapshot.event(at: Position(position))
        switch event.fact {
        case .jobLogged, .jobProgressed: continue
        default: events += 1
        }
        if case .values = try snapshot.text(of: event) { words += 1 }
      }
      return (events, words)
    }
    #expect(answer.column(.rows)[0] == "\(counts.0)" && answer.column(.rows)[2] == "\(counts.1)")
    #expect(try reader.answer(.form) == answer)
    let noted = try reader.withSnapshot { snapshot in
      try (0..<snapshot.size.value).reversed().lazy.map { try snapshot.event(at: Position($0)) }
        .first { event in
          if case .versionApproved = event.fact { event.text != nil } else { false }
        }
    }
    let event = try #require(noted)
    try store.tamper { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.texts, BigEndianKey(event.position.value))
    }
    let again = try store.reader()
    defer { again.close() }
    #expect(
      try again.answer(.form).told == [
        "words-missing #\(event.position.value) #\(event.position.value)"
      ])
    #expect(try again.answer(.form, asOf: LedgerSize(event.position.value)).exceptions == [])
  }
}
