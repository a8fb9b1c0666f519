// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Random filters over random histories, beside plain Swift over all events.
@Suite struct DecisionFilterTests {
  /// What a ledger holds, as a plain list.
  private struct Plain {
    var events: ArraySlice<Event>
    var texts: ArraySlice<EventText>
    var model: NaiveModel
    var byOccurrence = false

    func time(_ event: Event) -> Timestamp {
      byOccurrence ? event.occurred ?? event.time : event.time
    }

    func texts(of decision: NaiveModel.Decision) -> [Text] {
      let text = texts[Int(decision.event.position.value)]
      return [text.string(.reason), text.string(.conditions)].compactMap { $0 }
    }

    func roles(of decision: NaiveModel.Decision) -> Set<Role> {
      let event = decision.event
      let person =
        event.actor.authentication == .system
        ? event.actor.actsFor ?? event.actor.id : event.actor.id
      var scopes: [Name?: [Role]] = [:]
      for event in events.prefix(Int(event.position.value)) {
        switch event.fact {
        case .memberGranted(let fact) where fact.member == person:
          scopes[event.project] = fact.roles
        case .memberRevoked(let fact) where fact.member == person: scopes = [:]
        default: break
        }
      }
      return Set(scopes.filter { $0.key == nil || $0.key == event.project }.flatMap(\.value))
    }

    func standing(of decision: NaiveModel.Decision) -> DecisionStanding.State {
      let event = decision.event
      if model.decisions.contains(where: {
        $0.event.versionID == event.versionID && $0.event.position > event.position
      }) {
        return .superseded
      }
      if let last = decision.fact.validUntil, let now = events.last?.time,
        now.microseconds >= Int64(last.daysSinceEpoch + 1) * 86_400_000_000
      {
        return .expired
      }
      return .inForce
    }

    func isDeployed(_ decision: NaiveModel.Decision) -> Bool {
      events.contains { event in
        if case .versionDeployed = event.fact {
          event.versionID == decision.event.versionID
        } else {
          false
        }
      }
    }
  }

  /// A filter, and what it says in plain Swift.
  private struct Filter {
    var set: (inout DecisionQuery) throws -> Void
    var accepts: (NaiveModel.Decision, Plain) -> Bool
  }

  private static func words(_ texts: [Text]) -> [[String]] {
    texts.map { WordFolding.words(of: $0).map { String(decoding: $0, as: UTF8.self) } }
  }

  private static let vocabulary = [
    "drift", "metrics", "hold", "cafe", "since", "may", "fur", "nacht", "quoted", "look", "fine",
    "slow",
  ]

  private func wordFilter(_ random: inout SplitMix64) -> Filter {
    let count = 1 + random.below(2)
    let wanted = (0..<count).map { _ in
      (
        phrase: (0..<(1 + random.below(2))).map { _ in random.pick(Self.vocabulary) },
        cut: random.oneIn(3)
      )
    }
    let text = wanted.map { part in
      let words = part.phrase.map { random.oneIn(2) ? $0.uppercased() : $0 }.joined(separator: " ")
      let shown = part.cut ? "\(words.dropLast())*" : words
      return part.phrase.count > 1 ? "\"\(shown)\"" : shown
    }.joined(separator: " ")
    return Filter { query in
      query.words = try WordSearch(text)
    } accepts: { decision, plain in
      let texts = Self.words(plain.texts(of: decision))
      return wanted.allSatisfy { part in
        texts.contains { words in
          words.indices.contains { start in
            guard start + part.phrase.count <= words.count else { return false }
            return part.phrase.enumerated().allSatisfy { index, word in
              let found = words[start + index]
              return part.cut && index == part.phrase.count - 1
                ? found.hasPrefix(word.dropLast()) : found == word
            }
          }
        }
      }
    }
  }

  private func boundFilter(
    _ plain: Plain, isSince: Bool, _ random: inout SplitMix64
  ) -> Filter {
    let event = random.pick(Array(plain.events))
    let position = Position(UInt64(random.below(plain.events.count + 3)))
    let moment = Timestamp(microseconds: event.time.microseconds + Int64(random.below(3) - 1))
    let isPosition = random.oneIn(2)
    let bound: DecisionBound = isPosition ? .position(position) : .moment(moment)
    return Filter { query in
      if isSince { query.since = bound } else { query.until = bound }
    } accepts: { decision, plain in
      if isPosition {
        return isSince ? decision.event.position >= position : decision.event.position <= position
      }
      let time = plain.time(decision.event)
      return isSince ? time >= moment : time <= moment
    }
  }

  private func filter(_ kind: Int, _ plain: Plain, _ random: inout SplitMix64) -> Filter {
    let sample = random.pick(plain.model.decisions)
    switch kind {
    case 0:
      let verdict: Verdict = random.oneIn(2) ? .approved : .rejected
      return Filter {
        $0.verdict = verdict
      } accepts: { decision, _ in
        decision.verdict == verdict
      }
    case 1:
      let subject = sample.event.subjectID
      return Filter {
        $0.subject = subject
      } accepts: { decision, _ in
        decision.event.subjectID == subject
      }
    case 2:
      let version = sample.event.versionID
      return Filter {
        $0.version = version
      } accepts: { decision, _ in
        decision.event.versionID == version
      }
    case 3:
      let actor = sample.event.actor.id
      return Filter {
        $0.actor = actor
      } accepts: { decision, _ in
        decision.event.actor.id == actor
      }
    case 4:
      let role = random.pick(Role.allCases)
      return Filter {
        $0.role = role
      } accepts: {
        $1.roles(of: $0).contains(role)
      }
    case 5:
      let auth = random.pick(Authentication.allCases)
      return Filter {
        $0.authentication = auth
      } accepts: { decision, _ in
        decision.event.actor.authentication == auth
      }
    case 6: return boundFilter(plain, isSince: true, &random)
    case 7: return boundFilter(plain, isSince: false, &random)
    case 8:
      let exception = random.pick(DecisionException.allCases)
      return Filter {
        $0.exception = exception
      } accepts: { decision, _ in
        decision.fact.exceptions.contains(exception)
      }
    case 9:
      let state = random.pick(DecisionStanding.State.allCases)
      return Filter {
        $0.standing = state
      } accepts: {
        $1.standing(of: $0) == state
      }
    case 10:
      let isDeployed = random.oneIn(2)
      return Filter {
        $0.isDeployed = isDeployed
      } accepts: {
        $1.isDeployed($0) == isDeployed
      }
    case 11:
      let literal = random.pick([
        "drift", "l", "caf\u{e9}", "cafe\u{301}", "CAFE", "\"quoted\"", "Nacht", "nacht", "x",
      ])
      return Filter {
        $0.pattern = FoldedPattern(try TextPattern(literal))
      } accepts: { decision, plain in
        plain.texts(of: decision).contains { Self.contains($0, literal) }
      }
    default: return wordFilter(&random)
    }
  }

  private static func contains(_ text: Text, _ literal: String) -> Bool {
    let (bytes, wanted) = (folded(text.string), folded(literal))
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }

  /// Without case and accents, as far as the generator writes any.
  private static func folded(_ text: String) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar -> [UInt8] in
      switch scalar {
      case "\u{301}": []
      case "\u{e9}": [UInt8(ascii: "e")]
      case "\u{fc}": [UInt8(ascii: "u")]
      default: Array(String(scalar).lowercased().utf8)
      }
    }
  }

  private func history(_ seed: UInt64) throws -> (Store, LedgerReader, [Event], [EventText]) {
    let store = try Store(HistoryGenerator.history(seed: 7_100 + seed, length: 420))
    let reader = try #require(store.ledger?.reader)
    let (events, texts) = try reader.stored()
    return (store, reader, events, texts)
  }

  @Test(arguments: UInt64(0)..<4)
  func `random combinations of filters find what plain Swift finds, as of any size`(
    seed: UInt64
  ) throws {
    let (store, reader, events, texts) = try history(seed)
    defer { store.close() }
    var random = SplitMix64(seed: seed)
    var matches = 0
    for round in 0..<24 {
      let prefix = round == 0 ? events.count : events.count / 3 + random.below(events.count * 2 / 3)
      var plain = Plain(
        events: events[..<prefix], texts: texts[..<prefix],
        model: NaiveModel(events[..<prefix], texts: texts[..<prefix]))
      guard !plain.model.decisions.isEmpty else { continue }
      try reader.withSnapshot { snapshot in
        var documents = Documents(
          snapshot, asOf: LedgerSize(UInt64(prefix)), verifying: round % 4 == 0)
        for _ in 0..<60 {
          plain.byOccurrence = random.oneIn(3)
          let kinds = (0..<13).shuffled(using: &random).prefix(1 + random.below(3))
          let filters = kinds.map { filter($0, plain, &random) }
          var query = DecisionQuery()
          for filter in filters { try filter.set(&query) }
          var expected = plain.model.decisions.filter { decision in
            filters.allSatisfy { $0.accepts(decision, plain) }
          }
          if plain.byOccurrence {
            expected.sort {
              (plain.time($0.event), $0.event.position) < (plain.time($1.event), $1.event.position)
            }
          }
          var found: [Position] = []
          try query.forEach(in: &documents, byOccurrence: plain.byOccurrence) {
            found.append($0.event.position)
          }
          try #require(
            found == expected.map(\.event.position), "seed \(seed), size \(prefix), \(query)")
          matches += found.count
        }
      }
    }
    #expect(matches > 100, "nearly nothing was found: the test shows nothing")
  }

  @Test(arguments: UInt64(0)..<3)
  func `what became of a version, and the counts, agree with plain Swift`(seed: UInt64) throws {
    let (store, reader, events, texts) = try history(20 + seed)
    defer { store.close() }
    var outcomes: Set<DecisionSequel.Outcome> = []
    for prefix in [events.count, events.count * 2 / 3] {
      let model = NaiveModel(events[..<prefix], texts: texts[..<prefix])
      try reader.withSnapshot { snapshot in
        var documents = Documents(snapshot, asOf: LedgerSize(UInt64(prefix)))
        var sequels = DecisionSequels()
        var all: [DecisionDocument] = []
        try DecisionQuery().forEach(in: &documents) { all.append($0) }
        for decision in all {
          let sequel = try sequels.sequel(of: decision, in: &documents)
          let id = try #require(decision.event.versionID)
          let later = events[Int(decision.event.position.value + 1)..<prefix].filter {
            $0.subjectID == id.subject
          }
          let again = later.first { $0.versionID == id && $0.fact.isDecision }
          let approved = later.first { event in
            if case .versionApproved = event.fact {
              (event.number ?? id.number) > id.number
            } else {
              false
            }
          }
          let made = later.first { event in
            switch event.fact {
            case .versionTrained, .versionImported: (event.number ?? id.number) > id.number
            default: false
            }
          }
          #expect(sequel.decision?.event.position == again?.position)
          #expect(sequel.approval?.event.position == approved?.position)
          #expect(sequel.made?.event.position == made?.position)
          outcomes.insert(sequel.outcome)
        }
        var counts = DecisionCounts(by: [.verdict, .actor, .exception, .month])
        for decision in all { try counts.add(decision) { $0.description } }
        var expected: [[String]: UInt64] = [:]
        for decision in model.decisions {
          let names = decision.fact.exceptions.map(\.rawValue)
          for name in names.isEmpty ? ["none"] : names {
            let key = [
              decision.verdict.rawValue, decision.event.actor.id.string, name,
              String(decision.event.time.description.prefix(7)),
            ]
            expected[key, default: 0] += 1
          }
        }
        let found = counts.rows.map { ($0.values.map(\.string), $0.count) }
        #expect(Dictionary(uniqueKeysWithValues: found) == expected)
        #expect(found.map(\.0) == found.map(\.0).sorted { $0.lexicographicallyPrecedes($1) })
      }
    }
    #expect(outcomes.count > 1)
  }

  @Test func `months are those of the zone, by either clock`() throws {
    let house = try House()
    try house.live()
    let decision = try house.documents { documents in
      var found: [DecisionDocument] = []
      try DecisionQuery().forEach(in: &documents) { found.append($0) }
      return try #require(found.first)
    }
    var late = decision
    late.event.time = try #require(Timestamp("2026-06-30T23:30:00.000000Z"))
    late.event.occurred = Timestamp("2026-05-31T21:59:59.000000Z")
    let berlin = try TimeZoneDatabase.system().rules(of: "Europe/Berlin")
    func months(_ zone: TimeZoneRules, byOccurrence: Bool) throws -> [String] {
      var counts = DecisionCounts(by: [.month], zone: zone)
      try counts.add(late, byOccurrence: byOccurrence) { $0.description }
      return counts.rows.flatMap { $0.values.map(\.string) }
    }
    #expect(try months(.utc, byOccurrence: false) == ["2026-06"])
    #expect(try months(berlin, byOccurrence: false) == ["2026-07"])
    #expect(try months(berlin, byOccurrence: true) == ["2026-05"])
  }
}
