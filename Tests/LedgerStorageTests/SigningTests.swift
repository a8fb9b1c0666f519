// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// A ledger with an evaluated version, and Bob, who is known here by his key alone.
private final class SigningHouse {
  let workshop: Workshop
  let ledger: Ledger
  let key = TestKey(seed: 1)
  let version = VersionID(
    subject: SubjectID(project: Name("churn")!, name: Name("lr")!), number: VersionNumber(1))
  /// Bob at Alice's machine: a claim, until a signature proves it.
  let bob: Actor

  init(grant: Bool = true) throws {
    workshop = try Workshop()
    ledger = try workshop.create()
    bob = Actor(
      id: ActorID("bob")!, authentication: .claimed, host: "gpu7",
      os: OSUser(login: "alice", uid: 1000))
    let job = try workshop.startTraining(ledger)
    try accept(
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(exit: 0),
          result: .made(VersionMade(artifacts: .test(1)), text: EventText()))))
    try evaluate()
    if grant { try self.grant(bob.id, key) }
  }

  deinit { ledger.close() }

  func accept(_ intent: Intent) throws { _ = try workshop.accept(ledger, intent) }

  func grant(
    _ member: ActorID, _ key: TestKey, _ roles: [Role] = [.approver], in project: Name? = nil
  ) throws {
    try accept(
      .grant(
        GrantRoles(
          member: member, project: project, roles: roles, leastAuth: .os,
          keyFingerprints: [Text(key.fingerprint)])))
  }

  func evaluate() throws {
    let made = try workshop.accept(
      ledger,
      .createJob(
        CreateJob(
          project: version.subject.project,
          subject: SubjectReference(kind: .model, name: Name("lr")!),
          number: version.number, fact: JobCreated(kind: .evaluation), runner: workshop.runner)))
    try accept(
      .endJob(
        EndJob(
          job: try #require(made.last?.job), status: .completed, ending: JobEnding(exit: 0),
          result: .evaluated(
            VersionEvaluated(
              metrics: [Metric(name: "auc", value: 0.9)], dataDigest: .test(2)),
            text: EventText()))))
  }

  func approval(_ reason: Text = "it holds") -> Intent {
    .decide(
      DecideVersion(
        version: version, verdict: .approved, reason: reason, runner: workshop.runner))
  }

  struct Prepared {
    var statement: [UInt8]
    var command: Command
    var salt: Salt
  }

  func prepare(_ intent: Intent, by actor: Actor? = nil) throws -> Prepared {
    let outcome = ledger.prepareStatement(
      for: Submission(Command(actor: actor ?? bob, intent: intent)))
    guard case .prepared(let statement, let command, let salt) = outcome else {
      throw Unprepared(outcome: outcome)
    }
    return Prepared(statement: statement, command: command, salt: salt)
  }

  struct Unprepared: Error {
    var outcome: StatementOutcome
  }

  func submit(
    _ prepared: Prepared, _ key: TestKey? = nil, statement: [UInt8]? = nil,
    namespace: String = "jobledger"
  ) -> Outcome {
    let statement = statement ?? prepared.statement
    return ledger.append(
      Submission(
        prepared.command,
        signed: SignedRequest(
          statement: statement,
          signature: (key ?? self.key).sign(statement, namespace: namespace),
          salt: prepared.salt)))
  }

  var events: [Event] {
    get throws {
      try ledger.reader.read { (snapshot) throws(ReadingError) in
        var events: [Event] = []
        for position in 0..<snapshot.size.value {
          events.append(try snapshot.event(at: Position(position)))
        }
        return events
      }
    }
  }

  func verify() throws -> AuditReport {
    _ = ledger.signCheckpoint()
    ledger.close()
    return try checkWholeLedger(workshop.path)
  }
}

extension Outcome {
  fileprivate var refusal: Refusal? {
    if case .refused(let refusal) = self { refusal } else { nil }
  }
}

@Suite struct SigningTests {
  @Test func `a signature makes a claim a login by key, over the statement of the event`() throws {
    let house = try SigningHouse()
    let prepared = try house.prepare(house.approval())
    let events = try #require(house.submit(prepared).events)
    #expect(Set(events.map(\.actor.authentication)) == [.ssh])
    #expect(Set(events.map(\.actor.id)) == [house.bob.id])
    let approval = try #require(events.first { $0.fact.signature != nil })
    // What was signed can be made again from the event alone.
    let statement = try #require(SignedStatement.make(of: approval, origin: "example.org/test"))
    #expect(try CanonicalJSON.encode(.object(statement)) == prepared.statement)
    #expect(approval.text?.base64url == statement["text"]?.text?.string)
    for word in ["it holds", "reason"] {
      #expect(!String(decoding: prepared.statement, as: UTF8.self).contains(word))
    }
  }

  @Test func `a statement that says anything else is refused, and nothing is written`() throws {
    let house = try SigningHouse()
    let prepared = try house.prepare(house.approval())
    let object = try #require(try CanonicalJSON.decode(prepared.statement).object)
    let names = object.members.map(\.name.string)
    #expect(
      names == [
        "artifactsDigest", "evidence", "exceptions", "jobledger", "meaning", "number", "origin",
        "project", "signedAt", "subject", "text", "verdict",
      ])
    for name in names where name != "signedAt" {
      for value in [JSONValue.string("other"), .number(7), nil] {
        var other = object
        other[Text(name)] = value
        let refusal = house.submit(
          prepared, statement: try CanonicalJSON.encode(.object(other))
        ).refusal
        #expect(refusal == .statementDiffers(member: name))
        #expect(
          refusal?.class == (["evidence", "exceptions"].contains(name) ? .tryAgain : .rule))
      }
    }
    var more = object
    more["more"] = .bool(true)
    #expect(
      house.submit(prepared, statement: try CanonicalJSON.encode(.object(more))).refusal
        == .statementDiffers(member: "more"))
    #expect(try house.events.allSatisfy { $0.fact.signature == nil })
    // The refusals are told of with the name as it was claimed: nothing proved it.
    let told = try house.events.filter { if case .commandRefused = $0.fact { true } else { false } }
    #expect(!told.isEmpty && told.allSatisfy { $0.actor.authentication == .claimed })
    #expect(house.submit(prepared).events != nil)
  }

  @Test func `words that the statement does not cover are refused`() throws {
    let house = try SigningHouse()
    var prepared = try house.prepare(house.approval("it holds"))
    guard case .decide(var request) = prepared.command.intent else { return }
    request.reason = "it does not"
    prepared.command.intent = .decide(request)
    #expect(house.submit(prepared).refusal == .statementDiffers(member: "text"))
    request.reason = "it holds"
    request.verdict = .rejected
    prepared.command.intent = .decide(request)
    #expect(house.submit(prepared).refusal == .statementDiffers(member: "verdict"))
  }

  @Test(arguments: [-901, 901, -900, 900])
  func `a statement is good for fifteen minutes`(seconds: Int64) throws {
    let house = try SigningHouse()
    let prepared = try house.prepare(house.approval())
    var object = try #require(try CanonicalJSON.decode(prepared.statement).object)
    let signedAt = Timestamp(
      microseconds: house.workshop.time.now.microseconds - seconds * 1_000_000)
    object["signedAt"] = .string(signedAt.description)
    let outcome = house.submit(prepared, statement: try CanonicalJSON.encode(.object(object)))
    if abs(seconds) > 900 {
      #expect(outcome.refusal == .statementUntimely(signedAt: signedAt))
    } else {
      #expect(outcome.events != nil)
    }
  }

  @Test func `evidence that changed since it was signed is to be looked at again`() throws {
    let house = try SigningHouse()
    let prepared = try house.prepare(house.approval())
    try house.evaluate()
    let refusal = try #require(house.submit(prepared).refusal)
    guard case .evidenceChanged = refusal else { throw refusal }
    #expect(refusal.class == .tryAgain)
    #expect(house.submit(try house.prepare(house.approval())).events != nil)
  }

  @Test func `only a key that is granted to the actor in this place speaks for them`() throws {
    let house = try SigningHouse(grant: false)
    let other = TestKey(seed: 2)
    func refused(_ key: TestKey) throws -> Bool {
      try house.submit(house.prepare(house.approval()), key).refusal
        == .keyNotGranted(house.bob.id, fingerprint: Text(key.fingerprint))
    }
    try house.accept(.addProject(Name("other")!, text: EventText()))
    try house.grant(house.bob.id, other, [.approver], in: Name("churn")!)
    try house.grant(house.bob.id, house.key, [.approver], in: Name("other")!)
    #expect(try refused(house.key))
    try house.grant(ActorID("eve")!, TestKey(seed: 3))
    #expect(try refused(TestKey(seed: 3)))
    let prepared = try house.prepare(house.approval())
    try house.accept(.revoke(house.bob.id, reason: "left"))
    #expect(
      house.submit(prepared, other).refusal
        == .keyNotGranted(house.bob.id, fingerprint: Text(other.fingerprint)))
    try house.grant(house.bob.id, other)
    #expect(house.submit(try house.prepare(house.approval()), other).events != nil)
  }

  @Test func `a signature that is none, or none at all, makes nobody known by key`() throws {
    let house = try SigningHouse()
    let prepared = try house.prepare(house.approval())
    let signature = house.key.sign(prepared.statement)
    for index in signature.indices {
      var flipped = signature
      flipped[index] ^= 1
      let outcome = house.ledger.append(
        Submission(
          prepared.command,
          signed: SignedRequest(
            statement: prepared.statement, signature: flipped, salt: prepared.salt)))
      switch outcome.refusal {
      case .signatureInvalid, .keyNotGranted: break
      default: Issue.record("byte \(index): \(outcome)")
      }
    }
    for outcome in [
      house.submit(prepared, namespace: "file"), house.submit(prepared, statement: []),
      house.submit(prepared, statement: Array("{}".utf8)),
    ] {
      guard case .signatureInvalid? = outcome.refusal else {
        Issue.record("\(outcome)")
        continue
      }
    }
    var pretender = prepared.command
    pretender.actor.authentication = .ssh
    pretender.signature = Signature(armored: "S", signedAt: house.workshop.time.now)
    #expect(
      house.ledger.append(Submission(pretender)).refusal == .signatureInvalid("there is none"))
    #expect(try house.events.allSatisfy { $0.fact.signature == nil })
  }

  @Test func `maker and decider with one key between them are one person`() throws {
    let house = try SigningHouse()
    try house.grant(house.workshop.alice.id, house.key, [.operator])
    #expect(
      house.ledger.prepareStatement(
        for: Submission(Command(actor: house.bob, intent: house.approval())))
        == .refused(.fourEyes(house.version, maker: house.workshop.alice.id)))
  }

  @Test func `a signed deployment or policy cannot be played again`() throws {
    let house = try SigningHouse()
    try house.grant(house.bob.id, house.key, [.operator, .admin])
    #expect(house.submit(try house.prepare(house.approval())).events != nil)
    house.workshop.time.advance(microseconds: 1_000_000)
    func deployment() throws -> SigningHouse.Prepared {
      try house.prepare(
        .deploy(
          PromoteVersion(
            version: house.version, target: Name("production")!, runner: house.workshop.runner)))
    }
    let first = try deployment()
    let made = try #require(house.submit(first).events)
    let id = try #require(made.first?.job)
    house.workshop.time.advance(microseconds: 1_000_000)
    let retirement = try house.prepare(
      .retire(RetireDeployment(deployment: id, reason: "over", runner: house.workshop.runner)))
    #expect(house.submit(retirement).events != nil)
    guard case .statementUntimely? = house.submit(first).refusal else {
      Issue.record("deployed twice by one signature")
      return
    }
    house.workshop.time.advance(microseconds: 1_000_000)
    #expect(house.submit(try deployment()).events != nil)

    var policy = Policy.default
    policy.claims = true
    let open = try house.prepare(.setPolicy(policy, reason: "a trial"))
    #expect(house.submit(open).events != nil)
    house.workshop.time.advance(microseconds: 1_000_000)
    try house.accept(.setPolicy(.default, reason: "over"))
    guard case .statementUntimely? = house.submit(open).refusal else {
      Issue.record("a policy set twice by one signature")
      return
    }
    let report = try house.verify()
    #expect(report.findings == [])
    #expect(report.checked.signatures == 5)
  }

  @Test func `what the policy wants signed is refused unsigned, and accepted signed`() throws {
    let house = try SigningHouse()
    try house.grant(house.bob.id, house.key, [.operator])
    var policy = Policy.default
    policy.signed = [.approved, .deployed, .retired, .rejected]
    policy.decisionAuth = .ssh
    try house.accept(.setPolicy(policy, reason: "strict"))
    #expect(
      house.ledger.append(
        Submission(Command(actor: house.workshop.alice, intent: house.approval()))
      ).refusal == .authenticationTooWeak(house.workshop.alice.id, has: .os, needs: .ssh))
    #expect(house.submit(try house.prepare(house.approval())).events != nil)
    let promotion = Intent.deploy(
      PromoteVersion(
        version: house.version, target: Name("production")!, runner: house.workshop.runner))
    #expect(
      house.ledger.append(Submission(Command(actor: house.workshop.alice, intent: promotion)))
        .refusal == .signatureRequired(.deployed))
    house.workshop.time.advance(microseconds: 1)
    #expect(house.submit(try house.prepare(promotion)).events != nil)
    #expect(try house.verify().findings == [])
  }
}
