// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// A history that no rules would have made is damage, and is never skipped.
@Suite struct FoldTests {
  private func failure(_ draft: Draft, after prepare: (inout Scenario) throws -> Void = { _ in })
    throws -> FoldFailure.Reason?
  {
    var scenario = try Scenario()
    try prepare(&scenario)
    do {
      try scenario.given([draft])
      return nil
    } catch let failure as FoldFailure {
      #expect(failure.position == Position(UInt64(scenario.events.count)))
      return failure.reason
    }
  }

  @Test func `what was never made cannot change`() throws {
    let job = JobID("train-zzzzzz")!
    let retired = DeploymentRetired(
      deployment: job, target: "production", artifactsDigest: .test(1))
    let drafts: [(Draft, FoldFailure.Reason)] = [
      (Draft(actor: .olga, job: job, fact: .jobStarted(.test())), .missing(.job(job))),
      (Draft(actor: .olga, fact: .jobCompleted(JobEnding())), .incomplete("job")),
      (
        Draft(
          actor: .olga, project: "churn", subject: Scenario.modelReference,
          number: VersionNumber(1), fact: .versionTrained(VersionMade(artifacts: .test(1)))),
        .missing(.version(Scenario.version(1)))
      ),
      (
        Draft(
          actor: .olga, project: "churn", subject: Scenario.modelReference,
          fact: .versionTrained(VersionMade(artifacts: .test(1)))), .incomplete("number")
      ),
      (
        Draft(
          actor: .olga, project: "churn", subject: Scenario.modelReference,
          fact: .subjectUpdated(SubjectDescribed())), .missing(.subject(Scenario.model))
      ),
      (
        Draft(actor: .olga, fact: .subjectRegistered(SubjectDescribed())), .incomplete("subject")
      ),
      (
        Draft(
          actor: .olga, project: "churn", subject: Scenario.modelReference,
          number: VersionNumber(1), fact: .deploymentRetired(retired)),
        .missing(.deployment(job))
      ),
      (
        Draft(actor: .olga, fact: .projectUpdated(ProjectNamed(name: "fraud"))),
        .missing(.project("fraud"))
      ),
      (
        Draft(actor: .alice, fact: .memberRevoked(MemberRevoked(member: Actor.mallory.id))),
        .missing(.member(Actor.mallory.id))
      ),
      (
        Draft(
          actor: .alice, project: "churn",
          fact: .scheduleRemoved(ScheduleRemoved(schedule: "nightly"))),
        .missing(.schedule(project: "churn", name: "nightly"))
      ),
    ]
    for (draft, reason) in drafts { #expect(try failure(draft) == reason) }
  }

  @Test func `what exists cannot be made again`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    for event in scenario.events {
      let key: EntityKey
      switch event.fact {
      case .ledgerCreated: key = .ledger
      case .projectCreated(let fact): key = .project(fact.name)
      case .subjectRegistered: key = .subject(Scenario.model)
      case .jobCreated: key = .job(event.job!)
      case .versionDeployed: key = .deployment(deployment)
      default: continue
      }
      var again = scenario.views
      #expect(throws: FoldFailure(position: event.position, reason: .exists(key))) {
        try Reducer.fold(event, into: &again)
      }
    }
  }

  @Test func `log lines and progress change no view`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    let before = scenario.views.current
    let line = LogLine(stream: .stdout, line: 1, level: .info, detector: 1)
    try scenario.given([
      Draft(
        actor: .olga, project: "churn", subject: Scenario.modelReference, job: job,
        fact: .jobLogged(line), text: EventText([.message: .string("epoch 1")])),
      Draft(actor: .olga, job: job, fact: .jobProgressed(Progress(done: 1, of: 2))),
    ])
    #expect(scenario.views.current == before)
    #expect(scenario.events.suffix(2).map(\.revision) == [nil, nil])
  }

  @Test func `counts of lines stay out of the row of a job`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    try scenario.given(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .failed,
            ending: JobEnding(exit: 1, lines: LineCounts(error: 3))))))
    var views = scenario.views
    #expect(views.job(job)?.ending == JobEnding(exit: 1))
  }
}
