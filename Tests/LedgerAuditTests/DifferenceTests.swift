// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct DifferenceTests {
  private func resolved(_ size: UInt64, _ reader: LedgerReader) throws -> ResolvedSize {
    try reader.withSnapshot { try ResolvedSize(LedgerSize(size), in: $0) }
  }

  private func entities(
    _ reader: LedgerReader, _ from: UInt64, _ to: UInt64, _ scope: TrailScope = .ledger
  ) throws -> [EntityDifference] {
    var found: [EntityDifference] = []
    try Difference(
      reader, from: try resolved(from, reader), to: try resolved(to, reader), in: scope
    ).forEachEntity { found.append($0) }
    return found
  }

  private func name(_ key: EntityKey) -> String {
    [key.kind, key.written].compactMap { $0 }.joined(separator: " ")
  }

  /// `version churn/churn-lr@2 status: evaluated > approved by #41`
  private func lines(_ entities: [EntityDifference]) -> [String] {
    entities.flatMap { entity in
      entity.fields.map { field in
        "\(name(entity.key)) \(field.name): \(NaiveFacts.plain(field.before)) > "
          + "\(NaiveFacts.plain(field.after)) by "
          + field.events.map { "#\($0.value)" }.joined(separator: " ")
      }
    }
  }

  @Test(arguments: UInt64(0)..<3)
  func `a difference is what the naive model says at the two sizes, and who did it`(
    seed: UInt64
  ) throws {
    let history = try NaiveHistory(seed: 7100 + seed, length: 130)
    var random = SplitMix64(seed: seed)
    let size = history.events.count
    for round in 0..<24 {
      let (first, second) = (random.below(size + 1), random.below(size + 1))
      let (from, to) = round == 0 ? (0, size) : round == 1 ? (size, 0) : (first, second)
      let window = min(from, to)..<max(from, to)
      var expected: Set<String> = []
      let things = Set(history.facts[from].values.keys).union(history.facts[to].values.keys)
      for thing in things {
        let before = history.facts[from].values[thing] ?? [:]
        let after = history.facts[to].values[thing] ?? [:]
        for field in Set(before.keys).union(after.keys) where before[field] != after[field] {
          let setters = history.setters(of: field, of: thing, in: window).map { "#\($0)" }
          expected.insert(
            "\(thing) \(field): \(before[field] ?? "nothing") > \(after[field] ?? "nothing") by "
              + setters.joined(separator: " "))
        }
      }
      let found = try entities(history.reader, UInt64(from), UInt64(to))
      let known = found.map { entity in
        var entity = entity
        entity.fields.removeAll { !NaiveFacts.knows($0.name, of: entity.key.kind) }
        return entity
      }
      let shown = Set(lines(known))
      try #require(
        shown == expected,
        """
        seed \(seed), \(from) to \(to): \
        missing \(expected.subtracting(shown).sorted().prefix(3)), \
        too many \(shown.subtracting(expected).sorted().prefix(3))
        """)
      // Every event that is named is in the window, and told once.
      for entity in found {
        let positions = entity.events.map(\.event.position)
        #expect(positions == Set(entity.fields.flatMap(\.events)).sorted())
        #expect(positions.allSatisfy { window.contains(Int($0.value)) })
      }
    }
  }

  @Test(arguments: UInt64(0)..<2)
  func `a difference of one subject is what its events changed, of all the difference`(
    seed: UInt64
  ) throws {
    let history = try NaiveHistory(seed: 7200 + seed, length: 130)
    let size = history.events.count
    var random = SplitMix64(seed: seed)
    let subjects = Set(history.events.compactMap(\.subjectID))
    for subject in subjects {
      let from = random.below(size)
      let all = try entities(history.reader, UInt64(from), UInt64(size))
      let part = try entities(history.reader, UInt64(from), UInt64(size), .subject(subject))
      // Each thing that belongs to it alone is shown with all that changed in it, and nothing else is.
      let mine = all.filter { entity in
        switch entity.key {
        case .subject(let id): id == subject
        case .version(let id): id.subject == subject
        case .slot(let id, _): id == subject
        case .deployment(let id):
          history.events.contains { $0.job == id && $0.subjectID == subject }
        case .job(let id): history.events.contains { $0.job == id && $0.subjectID == subject }
        case .schedule(let project, let name):
          history.events[from...].contains {
            $0.subjectID == subject && project == subject.project && names($0, name)
          }
        default: false
        }
      }
      #expect(part.filter { $0.key != .holds } == mine, "seed \(seed), \(subject) from \(from)")
    }
  }

  private func names(_ event: Event, _ schedule: Name) -> Bool {
    switch event.fact {
    case .scheduleCreated(let fact): fact.schedule == schedule
    case .scheduleRemoved(let fact): fact.schedule == schedule
    case .scheduleMissed(let fact): fact.schedule == schedule
    case .jobCreated(let fact): fact.schedule == schedule
    default: false
    }
  }

  @Test func `one decision is told with its reason, forwards and backwards`() throws {
    let house = try House()
    try house.live()
    let reader = house.ledger.reader
    let approved = try #require(
      try reader.withSnapshot { snapshot in
        try (0..<snapshot.size.value).map { try snapshot.event(at: Position($0)) }
      }.first { if case .versionApproved = $0.fact { true } else { false } }
    ).position.value
    let version = "version churn/churn-lr@2"
    let made = try entities(reader, approved, approved + 1)
    #expect(
      lines(made) == [
        "\(version) status: evaluated > approved by #\(approved)",
        "\(version) decision: nothing > #\(approved) by #\(approved)",
        "\(version) decision.verdict: nothing > approved by #\(approved)",
        "\(version) decision.artifactsDigest: nothing > \(FilesDigest.test(2).digest) "
          + "by #\(approved)",
        "\(version) evidenceChanged: #\(approved - 4) > #\(approved) by #\(approved)",
        "\(version) decision.reason: nothing > metrics hold by #\(approved)",
      ])
    #expect(made.first?.events.map(\.reason) == ["metrics hold"])
    #expect(made.first?.events.first?.event.actor == .bob)
    #expect(made.first?.change == .changed)
    let undone = try entities(reader, approved + 1, approved)
    #expect(undone.first?.fields.first?.before == .string("approved"))
    #expect(undone.first?.fields.first?.after == .string("evaluated"))
    #expect(undone.first?.events == made.first?.events)
    #expect(try entities(reader, approved, approved) == [])
  }

  @Test func `what was not there is new, and gone when it is shown backwards`() throws {
    let house = try House()
    try house.live()
    let reader = house.ledger.reader
    let size = try house.size.value
    let kinds = { (entities: [EntityDifference]) in Set(entities.map { name($0.key) }) }
    let all = try entities(reader, 0, size)
    // The target is empty again in the end, as it was.
    #expect(!kinds(all).contains("target churn/churn-lr production"))
    #expect(kinds(all).contains { $0.hasPrefix("deployment ") })
    #expect(kinds(all).isSuperset(of: ["ledger", "policy", "project churn", "member bob"]))
    for entity in all where entity.key != .policy { #expect(entity.change == .new) }
    // Before the first policy, the defaults were in force.
    let policy = try #require(all.first { $0.key == .policy })
    #expect(policy.change == .changed)
    #expect(
      lines([policy]).map { $0.prefix { $0 != ">" } } == [
        "policy drift.psi: 0.2 ", "policy thresholds.churn.accuracy.min: nothing ",
      ])
    for entity in try entities(reader, size, 0) where entity.key != .policy {
      #expect(entity.change == .gone)
    }
    // In the order of kinds, then names.
    let order = all.map(\.key.kind)
    #expect(
      order
        == order.reduce(into: []) { if $0.last != $1 { $0.append($1) } }.flatMap { kind in
          order.filter { $0 == kind }
        })
  }

  @Test func `a value that came back to what it was is no difference`() throws {
    let house = try House()
    try house.live()
    let start = try house.size.value
    var policy = Policy.default
    policy.driftPSI = 0.9
    policy.thresholds = []
    let before = try house.documents { try $0.policy().state.policy }
    try house.ask(.alice, .setPolicy(policy, reason: "laxer"))
    try house.ask(.alice, .setPolicy(before, reason: "as it was"))
    #expect(try entities(house.ledger.reader, start, start + 2) == [])
    #expect(try entities(house.ledger.reader, start, start + 1).count == 1)
  }

  @Test func `a line for programs has these members`() throws {
    let house = try House()
    try house.live()
    let reader = house.ledger.reader
    try house.ask(.alice, .revoke(Actor.bob.id, reason: "left"))
    let size = try house.size.value
    let entity = try #require(try entities(reader, size - 1, size).first)
    let text = String(decoding: try CanonicalJSON.encode(entity.json), as: UTF8.self)
    #expect(
      text == """
        {"change":"changed","entity":{"kind":"member","name":"bob"},\
        "events":[{"actor":{"auth":"os","host":"gpu7","id":"alice","os":{"login":"alice",\
        "uid":1000}},"position":\(size - 1),"reason":"left",\
        "time":"\(entity.events[0].event.time)","what":"revoked every role of bob"}],\
        "fields":[{"after":false,"before":true,"events":[\(size - 1)],"name":"active"},\
        {"before":"approver","events":[\(size - 1)],"name":"roles"},\
        {"before":"os","events":[\(size - 1)],"name":"leastAuth"}]}
        """)
  }
}
