// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Erasures: rules 4, 8 and 9.
@Suite struct ErasureTests {
  private let past = Timestamp(microseconds: 0)

  private func item(
    _ part: ErasureItem.Part, what: ErasureItem.What? = nil, latest: Timestamp? = nil
  ) -> ErasureItem {
    ErasureItem(
      what ?? .texts([PositionRange(from: Position(3), to: Position(5))]), project: part.project,
      subject: part.subject.map { SubjectReference(kind: .model, name: $0.name) },
      number: part.version?.number, job: part.job, parts: [part], latest: latest ?? past, count: 3)
  }

  private func erase(
    _ items: [ErasureItem], by actor: Actor = .alice, reason: Text = "request 4711"
  ) -> Command {
    actor.asks(.erase(Erase(items: items, basis: .gdpr17, reason: reason)))
  }

  private func part(of version: VersionID) -> ErasureItem.Part {
    ErasureItem.Part(
      project: version.subject.project, subject: version.subject, version: version)
  }

  @Test func `each item becomes one event, about what it is about, with ground and reason`() throws
  {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let digest = Digest.test(77)
    let events = try scenario.when(
      erase([
        item(part(of: version)), item(ErasureItem.Part()),
        item(part(of: version), what: .blobs([digest])),
      ]))
    #expect(events.count == 3)
    #expect(
      events.map(\.fact) == [
        .textErased(
          TextErased(ranges: [PositionRange(from: Position(3), to: Position(5))], basis: .gdpr17)),
        .textErased(
          TextErased(ranges: [PositionRange(from: Position(3), to: Position(5))], basis: .gdpr17)),
        .artifactErased(ArtifactErased(digests: [digest], basis: .gdpr17)),
      ])
    #expect(events.map(\.versionID) == [version, nil, version])
    #expect(events.map(\.project) == [.churn, nil, .churn])
    #expect(events.allSatisfy { $0.text != nil })
    #expect(NaiveModel(scenario.events).differences(from: scenario.views) == [])
  }

  @Test func `an admin erases, with a reason that is not blank`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let item = item(part(of: version))
    #expect(
      scenario.refusal(of: erase([item], by: .bob))
        == .roleMissing(Actor.bob.id, needs: [.admin]))
    #expect(scenario.refusal(of: erase([item], by: .mallory)) == .notAMember(Actor.mallory.id))
    for blank in ["", " ", "\u{200B}\t\u{00A0}"] {
      #expect(scenario.refusal(of: erase([item], reason: Text(blank))) == .reasonBlank)
    }
    // In its project alone, and not beyond it.
    try scenario.when(
      Actor.alice.asks(
        .grant(GrantRoles(member: Actor.olga.id, project: .churn, roles: [.admin]))))
    #expect(scenario.refusal(of: erase([item], by: .olga)) == nil)
    let everywhere = self.item(ErasureItem.Part())
    #expect(scenario.refusal(of: erase([item, everywhere], by: .olga))?.class == .rule)
  }

  @Test func `a refusal is recorded with what it was about`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    var views = scenario.views
    let command = erase([item(part(of: version))], by: .bob)
    let refusal = try #require(scenario.refusal(of: command))
    #expect(refusal.isRecorded)
    let draft = command.refused(for: refusal, given: &views)
    #expect(draft.project == .churn && draft.number == version.number)
    let mixed = erase([item(part(of: version)), item(ErasureItem.Part())], by: .bob)
    #expect(mixed.refused(for: refusal, given: &views).subject == nil)
  }

  @Test func `nothing that is held is erased, whoever asks and however it is named`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let second = try scenario.trained()
    let job = try scenario.training()
    let line = ErasureItem.Part(job: job)
    let targets: [HoldTarget] = [
      .ledger, .project(.churn), .subject(version.subject), .version(version), .job(job),
    ]
    for target in targets {
      let placed = try #require(
        try scenario.when(Actor.alice.asks(.hold(target, places: true, reason: "open"))).first)
      let refusal = Refusal.held(target.written, since: placed.position)
      func expected(_ isHeld: Bool) -> Refusal? { isHeld ? refusal : nil }
      let isOfVersion = target != .job(job)
      #expect(scenario.refusal(of: erase([item(part(of: version))])) == expected(isOfVersion))
      let isWide = isOfVersion && target != .version(version)
      #expect(scenario.refusal(of: erase([item(part(of: second))])) == expected(isWide))
      // A log line names its job alone, which is of the subject.
      #expect(
        scenario.refusal(of: erase([item(line)])) == expected(isWide || target == .job(job)))
      let nothing = ErasureItem.Part()
      #expect(scenario.refusal(of: erase([item(nothing)])) == expected(target == .ledger))
      // One of many is enough.
      #expect(
        scenario.refusal(of: erase([item(nothing), item(part(of: version))]))
          == expected(isOfVersion))
      try scenario.when(Actor.alice.asks(.hold(target, places: false, reason: "settled")))
    }
    #expect(scenario.refusal(of: erase([item(part(of: version)), item(line)])) == nil)
  }

  @Test func `the minimum retention keeps what is younger, to the microsecond`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let now = try #require(scenario.events.last?.time)
    let day: Int64 = 86_400_000_000
    // What a scenario does next comes later; far from the edge first.
    let young = now.adding(microseconds: -179 * day)
    #expect(
      scenario.refusal(of: erase([item(part(of: version), latest: young)]))
        == .retained(until: young.adding(microseconds: 180 * day)))
    #expect(
      scenario.refusal(
        of: erase([item(part(of: version), latest: now.adding(microseconds: -181 * day))])) == nil)
    try scenario.policy { $0.retentionMinimumDays = 0 }
    #expect(scenario.refusal(of: erase([item(part(of: version), latest: now)])) == nil)
    try scenario.policy { $0.retentionMinimumDays = 4_000 }
    #expect(
      scenario.refusal(of: erase([item(part(of: version), latest: now)]))
        == .retained(until: now.adding(microseconds: 4_000 * day)))
  }

  @Test func `files in production stay, and their words need not`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let version = Scenario.version(1)
    let files = item(part(of: version), what: .blobs([.test(1)]))
    #expect(scenario.refusal(of: erase([files])) == .inProduction(version, deployment))
    #expect(scenario.refusal(of: erase([item(part(of: version))])) == nil)
    try scenario.when(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: deployment, reason: "old", runner: .test()))))
    #expect(scenario.refusal(of: erase([files])) == nil)
  }

  @Test func `a signature is asked for where the policy says so`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    try scenario.policy { $0.signed = [.erased] }
    var command = erase([item(part(of: version))])
    #expect(scenario.refusal(of: command) == .signatureRequired(.erased))
    command.actor.authentication = .ssh
    let now = try #require(scenario.events.last?.time)
    command.signature = Signature(armored: "s", signedAt: now)
    let events = try scenario.when(command)
    #expect(events.first?.fact.signature == command.signature)
  }

  @Test
  func `where all is erased already nothing is appended, and rights are asked for all the same`()
    throws
  {
    var scenario = try Scenario()
    #expect(try scenario.when(erase([])) == [])
    #expect(scenario.refusal(of: erase([], by: .bob))?.class == .rule)
  }

  @Test func `an erasure is evidence: who looked before it must look again`() throws {
    var scenario = try Scenario()
    let version = try scenario.evaluated()
    let seen = LedgerSize(UInt64(scenario.events.count))
    let erased = try #require(try scenario.when(erase([item(part(of: version))])).first)
    #expect(
      scenario.refusal(
        of: Actor.bob.asks(Scenario.decision(.approved, version, seen: seen)))
        == .evidenceChanged(version, at: erased.position))
  }
}

extension Timestamp {
  fileprivate func adding(microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: self.microseconds + microseconds)
  }
}
