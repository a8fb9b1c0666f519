// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Projects, subjects, policy, remarks, the clock, and the record of refusals.
@Suite struct LedgerRulesTests {
  @Test func `a project is added once and described again`() throws {
    var scenario = try Scenario()
    #expect(
      scenario.refusal(of: Actor.olga.asks(.addProject("churn", text: EventText())))
        == .projectExists("churn"))
    #expect(
      scenario.refusal(of: Actor.olga.asks(.updateProject("fraud", text: EventText())))
        == .projectNotFound("fraud"))
    #expect(try scenario.when(Actor.olga.asks(.updateProject("churn", text: EventText()))) == [])
    let moved = try scenario.when(
      Actor.olga.asks(.updateProject("churn", text: EventText([.path: .string("/srv/new")]))))
    var views = scenario.views
    #expect(views.project("churn")?.described == moved.first.map(Mark.init))
  }

  @Test func `a subject is registered, then updated, and nothing new adds nothing`() throws {
    var scenario = try Scenario()
    func describe(
      _ described: SubjectDescribed, _ kind: SubjectKind = .model, in project: Name = "churn"
    ) -> Command {
      Actor.olga.asks(
        .describeSubject(
          DescribeSubject(
            subject: SubjectID(project: project, name: "churn-lr"), kind: kind,
            described: described, text: EventText())))
    }
    let high = SubjectDescribed(tier: "high")
    let low = SubjectDescribed(tier: "low")
    #expect(scenario.refusal(of: describe(high, in: "fraud")) == .projectNotFound("fraud"))
    #expect(try scenario.when(describe(high)).map(\.fact) == [.subjectRegistered(high)])
    #expect(try scenario.when(describe(high)) == [])
    #expect(try scenario.when(describe(low)).map(\.fact) == [.subjectUpdated(low)])
    #expect(
      scenario.refusal(of: describe(low, .feature))
        == .subjectOfOtherKind(Scenario.model, is: .model))
  }

  @Test func `a policy is kept in one order, needs a reason, and the same one adds nothing`() throws
  {
    var scenario = try Scenario()
    var policy = Policy.default
    policy.signed = [.retired, .approved, .retired]
    policy.thresholds = [
      .init(scope: "churn", metric: "b", threshold: .init(min: 1)),
      .init(scope: "churn", metric: "a", threshold: .init(max: 1)),
      .init(scope: "a/b", metric: "z", threshold: .init(min: 0, max: 0)),
    ]
    #expect(
      scenario.refusal(of: Actor.alice.asks(.setPolicy(policy, reason: "\u{200b}")))
        == .reasonBlank)
    let events = try scenario.when(Actor.alice.asks(.setPolicy(policy, reason: "house rules")))
    guard case .policySet(let fact)? = events.first?.fact else {
      Issue.record("no policy: \(events)")
      return
    }
    let set = fact.policy
    #expect(set.signed == [.approved, .retired])
    #expect(set.thresholds.map(\.metric) == ["z", "a", "b"])
    #expect(try scenario.when(Actor.alice.asks(.setPolicy(policy, reason: "again"))) == [])
  }

  @Test func `a policy that contradicts itself is refused`() throws {
    let scenario = try Scenario()
    func refusal(_ change: (inout Policy) -> Void) -> Refusal.Class? {
      var policy = Policy.default
      change(&policy)
      return scenario.refusal(of: Actor.alice.asks(.setPolicy(policy, reason: "x")))?.class
    }
    func threshold(_ scope: Text, _ metric: Text, _ min: Double?, _ max: Double?) -> Refusal.Class?
    {
      refusal {
        $0.thresholds = [.init(scope: scope, metric: metric, threshold: .init(min: min, max: max))]
      }
    }
    #expect(
      refusal {
        $0.thresholds = [
          .init(scope: "churn", metric: "auc", threshold: .init(min: 0.5)),
          .init(scope: "churn", metric: "auc", threshold: .init(min: 0.6)),
        ]
      } == .badInput)
    #expect(threshold("churn", "auc", nil, nil) == .badInput)
    #expect(threshold("churn", "auc", 1, 0) == .badInput)
    #expect(threshold("churn", "auc", .nan, nil) == .badInput)
    #expect(threshold("churn", "auc", nil, .infinity) == .badInput)
    #expect(threshold("a/b/c", "auc", 1, nil) == .badInput)
    #expect(threshold("a b", "auc", 1, nil) == .badInput)
    #expect(threshold("churn", " ", 1, nil) == .badInput)
    #expect(threshold("churn/lr", "auc", 1, nil) == nil)
    #expect(refusal { $0.signed = Policy.SignedAct.allCases } == nil)
    #expect(refusal { $0.decisionAuth = .system } == .badInput)
    #expect(refusal { $0.driftPSI = 0 } == .badInput)
    #expect(refusal { $0.driftPSI = .nan } == .badInput)
  }

  @Test func `a remark is on something that exists`() throws {
    var scenario = try Scenario()
    func refusal(_ request: AddNote) -> Refusal? {
      scenario.refusal(of: Actor.bob.asks(.note(request)))
    }
    #expect(refusal(AddNote(on: "#0", note: " ")) == .reasonBlank)
    #expect(refusal(AddNote(on: "#0", note: "seen")) == nil)
    #expect(
      refusal(AddNote(on: "x", project: "churn", subject: Scenario.modelReference, note: "x"))
        == .subjectNotFound(Scenario.model))
    #expect(
      refusal(AddNote(on: "x", job: JobID("exec-zzzzzz"), note: "x"))
        == .jobNotFound(JobID("exec-zzzzzz")!))
    let job = try scenario.training()
    #expect(
      refusal(
        AddNote(
          on: "x", project: "churn", subject: Scenario.modelReference, number: VersionNumber(2),
          note: "x")) == .versionNotFound(Scenario.version(2)))
    let event = try scenario.when(
      Actor.bob.asks(.note(AddNote(on: Text(job.string), job: job, note: "slow"))))[0]
    #expect(event.versionID == Scenario.version(1))
    #expect(event.revision != nil)
  }

  @Test func `a change is assessed with a reason, of something that exists`() throws {
    var scenario = try Scenario()
    func assess(_ number: UInt32?, reason: Text = "new source") -> Command {
      Actor.olga.asks(
        .assessChange(
          VersionOrSubject(subject: Scenario.model, number: number.map(VersionNumber.init)),
          substantial: true, reason: reason))
    }
    #expect(scenario.refusal(of: assess(nil)) == .subjectNotFound(Scenario.model))
    try scenario.trained()
    #expect(scenario.refusal(of: assess(2)) == .versionNotFound(Scenario.version(2)))
    #expect(scenario.refusal(of: assess(1, reason: "")) == .reasonBlank)
    #expect(
      try scenario.when(assess(1)).map(\.fact)
        == [.changeAssessed(ChangeAssessed(substantial: true))])
  }

  @Test func `only an admin corrects the clock, with a reason, and the event says from when`()
    throws
  {
    var scenario = try Scenario()
    let latest = scenario.events.last!.time
    #expect(
      scenario.refusal(of: Actor.olga.asks(.correctClock(reason: "ntp")))?.word == "role-missing")
    #expect(scenario.refusal(of: Actor.alice.asks(.correctClock(reason: ""))) == .reasonBlank)
    scenario.recorder.clock.advance(days: -1)
    let events = try scenario.when(Actor.alice.asks(.correctClock(reason: "ntp")))
    #expect(events.map(\.fact) == [.clockCorrected(ClockCorrected(from: latest))])
    #expect(events[0].time < latest)
  }

  @Test func `that a report was given out is recorded for a member, of events that are there`()
    throws
  {
    var scenario = try Scenario()
    let size = UInt64(scenario.events.count)
    func export(_ report: String, _ from: UInt64, _ to: UInt64) -> Intent {
      .recordExport(
        ReportExported(
          report: report, range: PositionRange(from: Position(from), to: Position(to)),
          digest: .test(1)))
    }
    let whole = export("trail", 0, size - 1)
    #expect(scenario.refusal(of: Actor.mallory.asks(whole))?.word == "not-a-member")
    for wrong in [export("trail", 0, size), export("trail", 1, 0), export("my trail", 0, 1)] {
      guard case .invalid? = scenario.refusal(of: Actor.bob.asks(wrong)) else {
        Issue.record("recorded: \(wrong)")
        continue
      }
    }
    let events = try scenario.when(Actor.bob.asks(whole))
    #expect(
      events.map(\.fact) == [
        .reportExported(
          ReportExported(
            report: "trail", range: PositionRange(from: Position(0), to: Position(size - 1)),
            digest: .test(1)))
      ])
    #expect(events.allSatisfy { $0.subject == nil && $0.project == nil && $0.job == nil })
  }

  @Test func `a refusal is recorded with what exists of what it was about`() throws {
    var scenario = try Scenario()
    let version = try scenario.trained()
    func record(_ command: Command) -> Draft? {
      scenario.refusal(of: command).map { scenario.recorder.refused(command, for: $0) }
    }
    let known = record(Actor.bob.asks(Scenario.decision(.approved, version)))
    #expect(
      known
        == Draft(
          actor: .bob, project: "churn", subject: Scenario.modelReference,
          number: version.number,
          fact: .commandRefused(
            CommandRefused(command: "approve", rule: "not-evaluated", count: 1))))
    let unknown = record(Actor.mallory.asks(Scenario.decision(.rejected, Scenario.task(7))))
    #expect(unknown?.project == "churn")
    #expect(unknown?.subject == nil)
    #expect(unknown?.number == nil)
    #expect(Refusal.fourEyes(version, maker: Actor.olga.id).isRecorded)
    #expect(!Refusal.versionNotFound(version).isRecorded)
  }
}
