// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Scope, who, when, what changed, why.
@Suite struct ActionQuestionTests {
  private func reader(_ store: Store) throws -> LedgerReader {
    try #require(store.ledger).reader
  }

  private func note(by actor: Actor, occurred: Timestamp? = nil) -> Draft {
    Draft(
      actor: actor, occurred: occurred, project: .churn,
      fact: .noteAdded(NoteAdded(on: "churn")), text: EventText([.note: .string("seen")]))
  }

  // MARK: 3 actors

  @Test func `each action tells who, how authenticated, in which role, on whose behalf`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    try scenario.given(
      Actor.system(for: .olga).asks(
        .endJob(EndJob(job: job, status: .failed, ending: JobEnding(exit: 1), error: "no data"))))
    let store = try Store(scenario.history)
    let reader = try reader(store)
    let answer = try reader.answer(.actors)
    let admin = #"["admin","approver","auditor","operator"]"#
    #expect(
      answer.lines(.actor, .authentication, .roles, .onBehalfOf, .action, .about) == [
        "alice | os | - | - | ledger.created | - | #0",
        "alice | os | - | - | member.granted | alice | #1",
        "alice | os | \(admin) | - | project.created | churn | #2",
        "alice | os | \(admin) | - | member.granted | bob | #3",
        "alice | os | \(admin) | - | member.granted | olga | #4",
        #"olga | os | ["operator"] | - | subject.registered | churn-lr | #5"#,
        #"olga | os | ["operator"] | - | job.created | churn-lr@1 | #6"#,
        #"olga | os | ["operator"] | - | job.started | churn-lr@1 | #7"#,
        #"system | system | ["operator"] | olga | job.failed | churn-lr@1 | #8"#,
      ])
    #expect(answer.exceptions == [])
    #expect(try reader.answer(.actors, asOf: LedgerSize(3)).rows.count == 3)
    #expect(
      try reader.answer(.actors, about: .subject(Scenario.model), since: 6).positions
        == [Position(6), Position(7), Position(8)])
    #expect(
      try reader.answer(.actors, about: .version(Scenario.version(1))).positions
        == [Position(6), Position(7), Position(8)])
    #expect(try reader.answer(.actors, about: .project(.churn)).rows.count == 5)
  }

  @Test func `claimed names, and actions of somebody without a role, stand out`() throws {
    var scenario = try Scenario()
    try scenario.policy { $0.claims = true }
    try scenario.given(
      Actor.alice.asks(
        .grant(
          GrantRoles(
            member: ActorID(Name(unchecked: "dave")), roles: [.viewer], leastAuth: .claimed))))
    let size = LedgerSize(UInt64(scenario.events.count))
    let first = try scenario.given([note(by: .claimed("dave", by: .alice)), note(by: .mallory)])
    let store = try Store(scenario.history)
    let reader = try reader(store)
    #expect(
      try reader.answer(.actors).told == [
        "claimed-name dave #\(first[0].position.value)",
        "without-role mallory #\(first[1].position.value)",
      ])
    #expect(try reader.answer(.actors, asOf: size).exceptions == [])
  }

  @Test func `many actions are gathered by actor, role and type`() throws {
    var scenario = try Scenario()
    let count = 10_001
    try scenario.given((0..<count).map { _ in note(by: .olga) })
    let store = try Store(scenario.history)
    let answer = try reader(store).answer(.actors)
    #expect(
      answer.lines(.actor, .action, .count) == [
        "alice | ledger.created | 1 | #0", "alice | member.granted | 1 | #1",
        "alice | project.created | 1 | #2", "alice | member.granted | 2 | #3 #4",
        "olga | note.added | \(count) | #5 #\(count + 4)",
      ])
  }

  // MARK: 4 times

  @Test
  func `each event tells when it happened and was recorded, and more than an hour stands out`()
    throws
  {
    var scenario = try Scenario()
    let now = try #require(scenario.events.last).time
    try scenario.given([
      note(by: .olga, occurred: now.adding(microseconds: -5_000_000)),
      note(by: .olga, occurred: now.adding(microseconds: -7_200_000_000)),
    ])
    let store = try Store(scenario.history)
    let reader = try reader(store)
    let answer = try reader.answer(.times)
    #expect(answer.rows.count == 7)
    #expect(
      answer.lines(.action, .apart).suffix(3) == [
        "member.granted | - | #4", "note.added | 5000000 | #5", "note.added | 7200000000 | #6",
      ])
    #expect(
      answer.column(.occurred).last == now.adding(microseconds: -7_200_000_000).description)
    #expect(answer.told == ["recorded-late churn #6"])
    #expect(try reader.answer(.times, asOf: LedgerSize(6)).exceptions == [])
    #expect(try reader.answer(.times, since: 6).rows.count == 1)
    // What is about no subject does not belong to one.
    let other = try reader.answer(.times, about: .subject(Scenario.model))
    #expect(other.notAnswerable?.contains("about churn/churn-lr as of size 7") == true)
  }

  @Test func `a clock that was corrected stands out, whatever is asked about`() throws {
    let house = try House()
    try house.live()
    #expect(try house.answer(.times).exceptions == [])
    house.advance(seconds: -60)
    let corrected = try house.ask(.alice, .correctClock(reason: "it was a minute ahead"))
    let told = ["clock-corrected - #\(try #require(corrected.first).position.value)"]
    #expect(try house.answer(.times).told == told)
    #expect(try house.answer(.times, about: .subject(Scenario.model)).told == told)
    #expect(
      try house.answer(.reasons, since: corrected[0].position.value).column(.reason)
        == ["it was a minute ahead"])
  }

  // MARK: 5 changes

  @Test func `what changed is told before and after, as of then, in the window and the scope`()
    throws
  {
    let house = try House()
    try house.live()
    let answer = try house.answer(.changes)
    let lines = answer.lines(.about, .field, .before, .after)
    #expect(lines.contains { $0.hasPrefix("the policy | drift.psi | 0.2 | 0.25 | #") })
    let statuses = try house.answer(.changes, about: .version(Scenario.version(2)))
      .lines(.about, .field, .before, .after)
      .filter { $0.hasPrefix("version churn/churn-lr@2 | status") }
      .map { $0.split(separator: " | ").dropFirst(2).prefix(2).joined(separator: " > ") }
    #expect(
      statuses == [
        "- > building", "building > built", "built > evaluated", "evaluated > approved",
        "approved > deployed", "deployed > retired",
      ])
    let deployed = try #require(
      lines.first { $0.hasPrefix("version churn/churn-lr@2 | status | approved | deployed") })
    let position = try #require(deployed.split(separator: "#").last.flatMap { UInt64($0) })
    let earlier = try house.answer(.changes, asOf: LedgerSize(position))
    #expect(earlier.rows == Array(answer.rows.prefix(earlier.rows.count)))
    #expect(!earlier.lines(.after).contains { $0.hasPrefix("deployed") })
    let later = try house.answer(.changes, since: position)
    #expect(later.rows == Array(answer.rows.suffix(later.rows.count)))
    #expect(later.positions.first == Position(position))
    #expect(answer.exceptions == [])
  }

  @Test func `values that were words are told as erased, and as missing where nothing erased them`()
    throws
  {
    let scenario = try Scenario()
    let store = try Store(scenario.history)
    #expect(
      try reader(store).answer(.changes).lines(.about, .field, .before, .after)
        .contains("project churn | path | - | /srv/churn | #2"))
    try store.tamper { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.texts, BigEndianKey(2))
    }
    let reader = try store.reader()
    defer { reader.close() }
    let answer = try reader.answer(.changes)
    #expect(answer.told == ["words-missing - #2"])
    #expect(
      answer.lines(.about, .field, .after).contains(#"churn | words | {"missing":true} | #2"#))
  }

  // MARK: 6 reasons

  @Test func `the reason of every decision, retirement and policy is told`() throws {
    let house = try House()
    try house.live()
    let answer = try house.answer(.reasons)
    #expect(
      answer.lines(.action, .about, .actor, .reason).map { $0.split(separator: " | #")[0] } == [
        "version.rejected | churn-lr@1 | bob | too slow",
        "policy.set | - | alice | house rules",
        "version.approved | churn-lr@2 | bob | metrics hold",
        "deployment.retired | churn-lr@2 | olga | replaced by v3",
      ])
    #expect(answer.exceptions == [])
    #expect(
      try house.answer(.reasons, about: .version(Scenario.version(1))).column(.reason)
        == ["too slow"])
    #expect(try house.answer(.reasons, about: .subject(Scenario.model)).rows.count == 3)
    let rejected = try #require(answer.rows.first?.positions.first)
    #expect(try house.answer(.reasons, since: rejected.value + 1).rows.count == 3)
    #expect(try house.answer(.reasons, asOf: LedgerSize(rejected.value + 1)).rows.count == 1)
    #expect(
      try house.answer(.reasons, asOf: LedgerSize(rejected.value)).notAnswerable?
        .contains("version.rejected") == true)
  }

  @Test func `a stop that nobody asked for has no reason, and an erased one tells who erased it`()
    throws
  {
    var scenario = try Scenario()
    let silent = try scenario.training()
    try scenario.given(
      Actor.olga.asks(.endJob(EndJob(job: silent, status: .stopped, ending: JobEnding()))))
    let asked = try scenario.training()
    let request = try scenario.when(
      Actor.olga.asks(.requestStop(asked, reason: "runs wild")))
    try scenario.given(
      Actor.olga.asks(.endJob(EndJob(job: asked, status: .stopped, ending: JobEnding()))))
    let place = try #require(request.first).position
    let store = try Store(scenario.history)
    let stopped = try #require(
      scenario.events.first { if case .jobStopped = $0.fact { true } else { false } })
    let answer = try reader(store).answer(.reasons)
    #expect(
      answer.lines(.action, .reason) == [
        "job.stopped | - | #\(stopped.position.value)",
        "job.stop_requested | runs wild | #\(place.value)",
      ])
    #expect(answer.told == ["no-reason churn-lr@1 #\(stopped.position.value)"])

    var erased = scenario
    let range = PositionRange(from: place, to: place)
    let mark = try #require(
      try erased.given([
        Draft(
          actor: .alice, project: .churn, subject: Scenario.modelReference,
          fact: .textErased(TextErased(ranges: [range], basis: .gdpr17)),
          text: EventText([.reason: .string("request 4711")]))
      ]).first)
    let later = try Store(erased.history)
    let told = try reader(later).answer(.reasons)
    #expect(told.exceptions == answer.exceptions)
    #expect(told.rows[1].positions == [place, mark.position])
    guard case .erased(let by?)?? = told.rows[1].values.last else {
      Issue.record("the reason is not told as erased")
      return
    }
    #expect(by.position == mark.position && by.basis == .gdpr17 && by.actor == .alice)
  }

  // MARK: 1 scope

  @Test func `the scope tells ledger, projects, subjects and versions with positions and times`()
    throws
  {
    let house = try House()
    try house.live()
    let size = try house.size.value
    let answer = try house.answer(.scope)
    let events = try house.ledger.reader.withSnapshot { snapshot in
      try (0..<size).map { try snapshot.event(at: Position($0)) }
    }
    func row(_ kind: String, _ name: String, _ versions: String, _ lines: Int, _ own: [Event])
      -> String
    {
      let first = own[0].position.value
      let last = own[own.count - 1].position.value
      return "\(kind) | \(name) | \(versions) | \(own.count) | \(lines) | \(first) | \(last) | "
        + "\(own[0].time) | \(own[own.count - 1].time) | 0 | 0 | #\(first) #\(last)"
    }
    let unlogged = events.filter { if case .jobLogged = $0.fact { false } else { true } }
    #expect(
      answer.lines(
        .kind, .name, .versions, .events, .lines, .first, .last, .since, .until, .erased, .missing
      ) == [
        "ledger | example.org/house | - | \(size) | - | 0 | \(size - 1) | \(events[0].time) | "
          + "\(events[events.count - 1].time) | - | - | #0 #\(size - 1)",
        row("project", "churn", "-", 4, unlogged.filter { $0.project == .churn }),
        row(
          "model", "churn-lr", #"["@1","@2","@3"]"#, 4,
          unlogged.filter { $0.subjectID == Scenario.model }),
      ])
    let one = try house.answer(.scope, about: .version(Scenario.version(1)))
    let own = unlogged.filter { $0.versionID == Scenario.version(1) }
    #expect(one.column(.versions).last == #"["@1"]"#)
    #expect(one.column(.events).last == "\(own.count)")
  }

  @Test func `what is cut off, erased, missing or not signed for stands out`() throws {
    var scenario = try Scenario()
    let version = try scenario.trained()
    let job = try #require(scenario.events.first { $0.job != nil })
    let range = PositionRange(from: Position(2), to: Position(2))
    let mark = try #require(
      try scenario.given([
        Draft(
          actor: .alice, project: .churn,
          fact: .textErased(TextErased(ranges: [range], basis: .secret)))
      ]).first)
    let store = try Store(scenario.history)
    let size = UInt64(scenario.events.count)
    let reader = try reader(store)
    #expect(try reader.answer(.scope).told == ["erased - #2 #\(mark.position.value)"])
    #expect(
      try reader.answer(.scope, since: 4, asOf: LedgerSize(size - 1)).told == [
        "cut-off before #4", "cut-off after #\(size - 2)",
      ])
    #expect(
      try reader.answer(.scope, about: .version(version), asOf: LedgerSize(size - 1)).told == [])
    #expect(
      try reader.answer(
        .scope, about: .version(version), asOf: LedgerSize(job.position.value + 1)
      ).told == ["cut-off after #\(job.position.value)"])
    let unsigned = try reader.answer(
      .scope,
      with: { inquiry in
        inquiry = Inquiry(
          about: inquiry.scope, since: inquiry.since, at: inquiry.moment, in: inquiry.documents)
      })
    #expect(unsigned.told.contains("checkpoint-behind - #0 #\(size - 1)"))
  }

  @Test func `words that nothing erased are missing from the scope`() throws {
    let store = try Store(try Scenario().history)
    try store.tamper { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.texts, BigEndianKey(2))
    }
    let reader = try store.reader()
    defer { reader.close() }
    let answer = try reader.answer(.scope)
    #expect(answer.told == ["words-missing - #2"])
    #expect(answer.column(.missing) == ["-", "1"])
    #expect(try reader.answer(.scope, since: 3).exceptions.map(\.rule) == [.cutOff])
  }
}
