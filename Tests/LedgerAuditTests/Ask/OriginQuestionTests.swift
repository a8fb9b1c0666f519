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

/// Where versions come from, and how they were evaluated.
@Suite struct OriginQuestionTests {
  private static let code = ListDigest(count: 2, digest: .test(31))
  private static let commit = String(repeating: "c", count: 40)

  /// A house with its people and a model.
  private func house() throws -> House {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    return house
  }

  private func make(
    _ house: House, _ kind: JobKind, _ fact: JobCreated? = nil, _ made: VersionMade,
    _ words: EventText = EventText(), parameters: JSONValue? = nil
  ) throws -> [Event] {
    var text = EventText()
    text[.parameters] = parameters
    let created = try house.ask(
      .olga,
      .createJob(
        CreateJob(
          project: .churn, subject: Scenario.modelReference,
          fact: fact ?? JobCreated(kind: kind), manifestDigest: .test(1), runner: .test(),
          text: text)))
    return try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: try house.job(created), status: .completed, ending: JobEnding(exit: 0),
          result: .made(made, text: words))))
  }

  // MARK: 11 provenance

  @Test func `a version tells commit, code, parameters, data, environment and parent`() throws {
    let house = try house()
    let list = Array(#"[{"bytes":3,"digest":"\#(Digest.test(7))","name":"train","path":"a"}]"#.utf8)
    let inputs = Digest(MerkleTree.sha256(list))
    house.blob(list, as: inputs)
    func fact(dirty: Bool) -> JobCreated {
      JobCreated(
        kind: .training, inputs: ListDigest(count: 1, digest: inputs),
        code: OriginQuestionTests.code, commit: OriginQuestionTests.commit, dirty: dirty,
        environmentDigest: .test(55))
    }
    let epochs = JSONObject(sorted: [JSONObject.Member(name: "epochs", value: .integer(40))])
    _ = try make(
      house, .training, fact(dirty: false), VersionMade(artifacts: .test(1)),
      parameters: .object(epochs))
    let size = try house.size
    let second = try make(
      house, .training, fact(dirty: true),
      VersionMade(artifacts: .test(2), parent: VersionNumber(1)))
    let answer = try house.answer(.provenance)
    let digests =
      "\(OriginQuestionTests.commit) | %@ | \(OriginQuestionTests.code.digest) | %p | \(inputs) | "
      + String(decoding: list, as: UTF8.self) + " | \(Digest.test(55)) | "
    func line(_ number: UInt64, _ parent: String, _ dirty: String, _ parameters: String) -> String {
      let end = digests.replacing("%@", with: dirty).replacing("%p", with: parameters)
      return "churn-lr@\(number) | built | olga | \(parent) | \(end)\(Digest.test(number))"
    }
    func lines(_ answer: Answer) -> [String] {
      answer.lines(
        .version, .status, .actor, .parent, .commit, .dirty, .codeDigest, .parameters, .dataDigest,
        .data, .environmentDigest, .artifactsDigest
      ).map { $0.split(separator: " | #")[0].description }
    }
    #expect(
      lines(answer) == [
        line(1, "-", "false", #"{"epochs":40}"#), line(2, "churn-lr@1", "true", "-"),
      ])
    let made = try #require(
      second.first { if case .versionTrained = $0.fact { true } else { false } }
    ).position.value
    #expect(answer.exceptions.map(\.rule) == [.codeNotCommitted])
    #expect(answer.exceptions.first?.about == "churn-lr@2")
    #expect(answer.rows[1].positions.last == Position(made))
    #expect(try house.answer(.provenance, asOf: size).rows == Array(answer.rows.prefix(1)))
    #expect(
      try house.answer(.provenance, about: .version(Scenario.version(2))).rows
        == Array(answer.rows.suffix(1)))
    #expect(try house.answer(.provenance, about: .project(.churn)).rows == answer.rows)
  }

  @Test func `a version of which nobody knows code, data or environment stands out`() throws {
    let house = try house()
    _ = try make(house, .training, nil, VersionMade(artifacts: .test(1)))
    #expect(
      try house.answer(.provenance).exceptions.map { "\($0.rule.rawValue) \($0.about ?? "-")" }
        == [
          "code-unknown churn-lr@1", "data-unknown churn-lr@1", "environment-unknown churn-lr@1",
        ])
    #expect(try house.answer(.provenance, asOf: LedgerSize(3)).notAnswerable != nil)
  }

  // MARK: 12 imports

  @Test func `an import tells origin, format, digest, the name elsewhere, and who`() throws {
    let house = try house()
    #expect(
      try house.answer(.imports).notAnswerable
        == "no version.imported about the whole ledger as of size 5")
    let events = try make(
      house, .import, nil,
      VersionMade(artifacts: .test(4), format: Name(unchecked: "onnx")),
      EventText([
        .origin: .string("https://models.example.org/churn.onnx"), .externalId: .string("v17"),
      ]))
    let place = try #require(
      events.first { if case .versionImported = $0.fact { true } else { false } }
    ).position.value
    let answer = try house.answer(.imports)
    #expect(
      answer.lines(
        .version, .actor, .origin, .format, .externalId, .artifactsDigest, .count, .bytes) == [
          "churn-lr@1 | olga | https://models.example.org/churn.onnx | onnx | v17 | "
            + "\(Digest.test(4)) | 3 | 1004 | #\(place)"
        ])
    #expect(answer.exceptions == [])
    let bare = try make(house, .import, nil, VersionMade(artifacts: .test(5)))
    let second = try #require(
      bare.first { if case .versionImported = $0.fact { true } else { false } }
    ).position.value
    #expect(
      try house.answer(.imports).told == [
        "format-unknown churn-lr@2 #\(second)", "origin-unknown churn-lr@2 #\(second)",
      ])
    #expect(try house.answer(.imports, since: second).rows.count == 1)
    #expect(try house.answer(.imports, asOf: LedgerSize(second)).rows == answer.rows)
    #expect(
      try house.answer(.imports, about: .version(Scenario.version(2))).column(.version)
        == ["churn-lr@2"])
  }

  // MARK: 13 evaluations

  @Test func `an evaluation tells procedure, data, metrics, date and who answers for it`() throws {
    let house = try house()
    _ = try make(house, .training, nil, VersionMade(artifacts: .test(1)))
    func evaluate(_ responsible: ActorID?) throws -> Event {
      let created = try house.ask(.olga, Scenario.job(.evaluation, number: 1))
      let events = try house.ask(
        .olga,
        .endJob(
          EndJob(
            job: try house.job(created), status: .completed, ending: JobEnding(exit: 0),
            result: .evaluated(
              VersionEvaluated(
                metrics: House.metrics, dataDigest: .test(900), reportDigest: .test(901),
                responsible: responsible),
              text: EventText([.procedure: .string("hold-out of May")])))))
      guard
        let evaluated = events.first(where: {
          if case .versionEvaluated = $0.fact { true } else { false }
        })
      else { throw House.Unexpected(what: "no evaluation") }
      return evaluated
    }
    let first = try evaluate(Actor.bob.id)
    let answer = try house.answer(.evaluations)
    #expect(
      answer.lines(
        .version, .time, .procedure, .dataDigest, .metrics, .responsible, .actor, .reportDigest)
        == [
          "churn-lr@1 | \(first.time) | hold-out of May | \(Digest.test(900)) | "
            + #"{"accuracy":0.95,"auc":"NaN"}"# + " | bob | olga | \(Digest.test(901)) | "
            + "#\(first.position.value)"
        ])
    #expect(answer.exceptions == [])
    let second = try evaluate(nil)
    #expect(
      try house.answer(.evaluations).told == [
        "responsible-unknown churn-lr@1 #\(second.position.value)"
      ])
    #expect(
      try house.answer(.evaluations, since: second.position.value).positions == [second.position])
    #expect(
      try house.answer(.evaluations, asOf: LedgerSize(second.position.value)).rows == answer.rows)
  }

  @Test func `a version in production that was never evaluated stands out`() throws {
    var scenario = try Scenario()
    try scenario.policy { $0.requireEvaluation = false }
    let version = try scenario.trained()
    let made = try #require(scenario.events.first { $0.versionID == version }).position.value
    try scenario.given(
      Actor.bob.asks(Scenario.decision(.approved, version)),
      Actor.olga.asks(Scenario.deployment(version)))
    let deployed = try #require(
      scenario.events.last { if case .versionDeployed = $0.fact { true } else { false } })
    let size = deployed.position
    // An evaluation that comes later does not heal it.
    try scenario.evaluate(version)
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let told = ["never-evaluated churn-lr@1 #\(made) #\(size.value)"]
    let now = try reader.answer(.evaluations)
    #expect(now.told.first == told.first)
    #expect(now.exceptions.map(\.rule) == [.neverEvaluated, .responsibleUnknown])
    let then = try reader.answer(.evaluations, asOf: LedgerSize(after: size))
    #expect(then.told == told)
    #expect(then.rows == [])
    #expect(try reader.answer(.evaluations, asOf: LedgerSize(size.value)).notAnswerable != nil)
  }

  // MARK: Damage

  @Test(arguments: [Question.reasons, .evidence, .fourEyes, .rejections, .actors, .times])
  func `an answer that rests on an altered event is none`(question: Question) throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    try scenario.given(
      Actor.bob.asks(Scenario.decision(.rejected, version)),
      Actor.bob.asks(Scenario.decision(.approved, version)))
    let approved = try #require(
      scenario.events.last { if case .versionApproved = $0.fact { true } else { false } }
    ).position
    let store = try Store(scenario.history)
    #expect(try #require(store.ledger).reader.answer(question).rows.isEmpty == false)
    try store.tamper { (loan, tables) throws(LMDBError) in
      let key = BigEndianKey(approved.value)
      guard var leaf = try loan.bytes(tables.leaves, key) else { return }
      // Another host, of the same length: still a valid event.
      let host = Array(#""host":"gpu7""#.utf8)
      guard let place = leaf.indices.first(where: { leaf[$0...].starts(with: host) }) else {
        return
      }
      leaf[place + host.count - 2] = UInt8(ascii: "8")
      try loan.put(tables.leaves, key, leaf, mode: .overwrite)
    }
    let reader = try store.reader()
    defer { reader.close() }
    #expect(throws: ReadingError.self) { try reader.answer(question) }
  }
}
