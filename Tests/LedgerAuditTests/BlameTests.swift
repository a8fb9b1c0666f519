// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct BlameTests {
  private func name(_ key: EntityKey) -> String {
    [key.kind, key.written].compactMap { $0 }.joined(separator: " ")
  }

  @Test(arguments: UInt64(0)..<3)
  func `every value is blamed on the event that the naive model saw set it`(seed: UInt64) throws {
    let history = try NaiveHistory(seed: 7300 + seed, length: 130)
    var random = SplitMix64(seed: seed)
    let size = history.events.count
    for round in 0..<6 {
      let at = round == 0 ? size : random.below(size + 1)
      try history.reader.withSnapshot { snapshot in
        var keys: [EntityKey] = []
        for kind in EntityKind.allCases {
          try snapshot.forEachEntity(of: kind, asOf: LedgerSize(UInt64(at))) { entity in
            keys.append(entity.key)
            return true
          }
        }
        var seen: Set<String> = []
        var documents = Documents(snapshot, asOf: LedgerSize(UInt64(at)), verifying: true)
        for key in keys where key != .policy {
          try check(try documents.blame(key), key, history, at)
          seen.insert(name(key))
        }
        try check(try documents.blame(.policy), .policy, history, at)
        seen.insert("policy")
        let expected = Set(history.facts[at].values.keys)
        #expect(seen.isSuperset(of: expected), "\(expected.subtracting(seen))")
      }
    }
  }

  private func check(
    _ blame: Blame?, _ key: EntityKey, _ history: NaiveHistory, _ size: Int
  ) throws {
    let blame = try #require(blame)
    let thing = name(key)
    var values: [String: String] = [:]
    for line in blame.lines {
      let field = line.field.name
      guard NaiveFacts.knows(field, of: key.kind) else { continue }
      values[field] = NaiveFacts.plain(line.field.value)
      let last = history.setters(of: field, of: thing, in: 0..<size).last
      #expect(
        line.setBy?.event.position.value == last, "\(thing) \(field) as of size \(size)")
    }
    guard let expected = history.facts[size].values[thing] else { return }
    try #require(values == expected, "\(thing) as of size \(size)")
  }

  @Test func `of a version it says who, when, and why`() throws {
    let house = try House()
    try house.live()
    try house.documents { documents in
      let blame = try #require(try documents.blame(.version(Scenario.version(2))))
      func line(_ field: String) throws -> (value: String, EventCause) {
        guard let line = blame.lines.first(where: { $0.field.name == field }),
          let cause = line.setBy
        else { throw House.Unexpected(what: "nobody set \(field)") }
        return (NaiveFacts.plain(line.field.value), cause)
      }
      let status = try line("status")
      #expect(status.value == "retired")
      #expect(status.1.event.actor == .olga)
      #expect(status.1.reason == "replaced by v3")
      let verdict = try line("decision.verdict")
      #expect(verdict.value == "approved")
      #expect(verdict.1.event.actor == .bob)
      #expect(verdict.1.reason == "metrics hold")
      #expect(verdict.1.what == "approved churn-lr@2")
      let words = try line("decision.reason")
      #expect(words.value == "metrics hold")
      let accuracy = try line("metrics.accuracy")
      #expect(accuracy.value == "0.95")
      let auc = try line("metrics.auc")
      #expect(auc.value == "NaN")
      #expect(accuracy.1.event.actor.person == Actor.olga.id)
      let digest = try line("artifactsDigest")
      #expect(digest.1.event.position < accuracy.1.event.position)
      let (by, at) = (try line("createdBy"), try line("created"))
      #expect(by.1.event.position == at.1.event.position)
    }
  }

  @Test func `where a version comes from is blamed on the event that made it`() throws {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let job = try house.job(try house.ask(.olga, Scenario.job(.training)))
    let words = EventText([.origin: .string("the laboratory"), .externalId: .string("LAB-17")])
    let ended = try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: job, status: .completed, ending: JobEnding(),
          result: .made(VersionMade(artifacts: .test(1)), text: words))))
    let made = try #require(
      ended.first {
        if case .versionTrained = $0.fact { true } else { false }
      })
    try house.ask(.alice, .note(AddNote(on: "churn-lr@1", note: "later")))
    try house.documents { documents in
      let blame = try #require(try documents.blame(.version(Scenario.version(1))))
      let lines = blame.lines.filter { ["origin", "externalId"].contains($0.field.name) }
      #expect(lines.map { NaiveFacts.plain($0.field.value) } == ["LAB-17", "the laboratory"])
      #expect(lines.map { $0.setBy?.event.position } == [made.position, made.position])
    }
    try house.documents(asOf: LedgerSize(made.position.value)) { documents in
      let blame = try #require(try documents.blame(.version(Scenario.version(1))))
      #expect(!blame.lines.contains { $0.field.name == "origin" })
    }
  }

  @Test func `a default that nobody changed is blamed on nobody`() throws {
    let house = try House()
    try house.documents { documents in
      let blame = try #require(try documents.blame(.policy))
      #expect(blame.lines.allSatisfy { $0.setBy == nil })
    }
    var policy = Policy.default
    policy.driftPSI = 0.5
    try house.ask(.alice, .setPolicy(policy, reason: "laxer"))
    policy.claims = true
    try house.ask(.alice, .setPolicy(policy, reason: "a demonstration"))
    try house.documents { documents in
      let blame = try #require(try documents.blame(.policy))
      let set = blame.lines.filter { $0.setBy != nil }
      #expect(set.map(\.field.name) == ["claims", "drift.psi"])
      #expect(set.map { $0.setBy?.reason } == ["a demonstration", "laxer"])
    }
  }

  @Test func `what is not there as of the size is nobody's`() throws {
    let house = try House()
    try house.live()
    try house.documents(asOf: LedgerSize(4)) { documents in
      let version = try documents.blame(.version(Scenario.version(1)))
      let member = try documents.blame(.member(Actor.mallory.id))
      #expect(version == nil && member == nil)
    }
  }

  @Test func `an object for programs has these members`() throws {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    let blame = try house.documents { try $0.blame(.project(.churn)) }
    let text = String(
      decoding: try CanonicalJSON.encode(try #require(blame).json), as: UTF8.self)
    let by = """
      {"actor":{"auth":"os","host":"gpu7","id":"alice","os":{"login":"alice","uid":1000}},\
      "position":2,"time":"2026-06-30T08:00:01.000000Z","what":"added project churn"}
      """
    #expect(
      text == """
        {"asOf":{"size":3,"time":"2026-06-30T08:00:01.000000Z"},\
        "entity":{"kind":"project","name":"churn"},\
        "fields":[{"name":"created","setBy":\(by),"value":"2026-06-30T08:00:01.000000Z"},\
        {"name":"path","setBy":\(by),"value":"/srv/churn"}]}
        """)
  }
}
