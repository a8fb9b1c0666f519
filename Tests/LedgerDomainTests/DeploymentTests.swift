// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Deployments and retirements: rules 3 and 4.
@Suite struct DeploymentTests {
  private func retire(
    _ deployment: DeploymentID, reason: Text = "drift", job: JobID? = nil, by actor: Actor = .olga,
    signature: Text? = nil
  ) -> Command {
    var command = actor.asks(
      .retire(
        RetireDeployment(deployment: deployment, reason: reason, job: job, runner: .test())))
    command.signature = signature.map { Signature(armored: $0) }
    return command
  }

  private func deploy(
    _ version: VersionID, to target: Name = "production", replaces: Bool = false,
    reason: Text? = nil, job: JobID? = nil
  ) -> Command {
    Actor.olga.asks(
      Scenario.deployment(version, to: target, replaces: replaces, reason: reason, job: job))
  }

  private func hook(
    _ version: VersionID, to target: Name = "production", queued: Bool = false,
    replaces: Bool = false, reason: Text? = nil
  ) -> Command {
    Actor.olga.asks(
      Scenario.job(
        .deployment, number: version.number.value, target: target, queued: queued,
        reason: reason, replaces: replaces))
  }

  @Test func `an approved version goes into production, on its approval`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    var views = scenario.views
    let decision = views.version(version)!.decision!
    let events = try scenario.when(deploy(version))
    let job = try scenario.jobOf(events)
    #expect(
      events.map(\.fact) == [
        .jobCreated(JobCreated(kind: .deployment, deployment: job, target: "production")),
        .jobStarted(.test()),
        .versionDeployed(
          VersionDeployed(
            deployment: job, target: "production", engine: .batch, artifactsDigest: .test(1),
            decision: decision.mark.position)),
        .jobCompleted(JobEnding()),
      ])
    #expect(events[2].cause == decision.mark.position)
    views = scenario.views
    #expect(views.version(version)?.status == .deployed)
    #expect(views.slot(Scenario.model, target: "production").occupant == job)
    #expect(views.slot(Scenario.model, target: "production").reservedBy == nil)
  }

  @Test func `what is not approved is not deployed, at once or by a hook`() throws {
    var scenario = try Scenario()
    #expect(
      scenario.refusal(of: deploy(Scenario.version(1))) == .versionNotFound(Scenario.version(1)))
    let version = try scenario.evaluated()
    #expect(scenario.refusal(of: deploy(version)) == .notApproved(version, nil))
    #expect(scenario.refusal(of: hook(version)) == .notApproved(version, nil))
    try scenario.given(Actor.bob.asks(Scenario.decision(.approved, version)))
    #expect(scenario.refusal(of: deploy(version)) == nil)
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version)))
    #expect(scenario.refusal(of: deploy(version)) == .notApproved(version, .rejected))
  }

  @Test func `an approval is valid to the last microsecond of its last day`() throws {
    var scenario = try Scenario()
    let last = CalendarDate("2026-11-30")!
    let version = try scenario.approved(validUntil: last)
    scenario.recorder.clock.now = last.lastMoment
    #expect(scenario.refusal(of: deploy(version)) == nil)
    scenario.recorder.clock.advance(microseconds: 1)
    #expect(scenario.refusal(of: deploy(version)) == .approvalExpired(version, on: last))
  }

  @Test func `an approval of other artifacts is none`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    try scenario.given([
      scenario.about(version, .versionTrained(VersionMade(artifacts: .test(66))))
    ])
    #expect(scenario.refusal(of: deploy(version)) == .approvalOfOtherArtifacts(version))
  }

  @Test func `an occupied target is replaced with a reason, in one transaction`() throws {
    var scenario = try Scenario()
    let old = try scenario.deployed()
    let version = try scenario.approved()
    #expect(
      scenario.refusal(of: deploy(version)) == .targetOccupied(target: "production", by: old))
    #expect(scenario.refusal(of: deploy(version, replaces: true)) == .reasonBlank)
    #expect(scenario.refusal(of: deploy(version, to: "shadow")) == nil)
    let events = try scenario.when(deploy(version, replaces: true, reason: "better"))
    let job = try scenario.jobOf(events)
    #expect(
      events[2].fact
        == .deploymentRetired(
          DeploymentRetired(
            deployment: old, target: "production", artifactsDigest: .test(1), replacedBy: job)))
    #expect(events[2].number == VersionNumber(1))
    guard case .versionDeployed(let fact) = events[3].fact else {
      Issue.record("no deployment: \(events)")
      return
    }
    #expect(fact.replaces == old)
    var views = scenario.views
    #expect(views.deployment(old)?.status == .retired)
    #expect(views.version(Scenario.version(1))?.status == .retired)
    #expect(views.slot(Scenario.model, target: "production").occupant == job)
  }

  @Test func `a hook reserves its target until it ends`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    let job = try scenario.jobOf(try scenario.when(hook(version)))
    let reserved = Refusal.targetReserved(target: "production", by: job)
    #expect(scenario.refusal(of: deploy(version)) == reserved)
    #expect(scenario.refusal(of: deploy(version, replaces: true, reason: "race")) == reserved)
    #expect(scenario.refusal(of: hook(version)) == reserved)
    #expect(reserved.class == .tryAgain)
    #expect(scenario.refusal(of: deploy(version, to: "shadow")) == nil)
    var failed = scenario
    try failed.given(
      Actor.olga.asks(.endJob(EndJob(job: job, status: .failed, ending: JobEnding(exit: 1)))))
    #expect(failed.refusal(of: deploy(version)) == nil)
    #expect(
      try scenario.when(deploy(version, job: job)).map(\.job) == [job, job])
    #expect(
      scenario.refusal(of: deploy(version)) == .targetOccupied(target: "production", by: job))
  }

  @Test func `the rules are asked again when the effect is recorded`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    let job = try scenario.jobOf(try scenario.when(hook(version)))
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version)))
    let effect = deploy(version, job: job)
    #expect(scenario.refusal(of: effect) == .notApproved(version, .rejected))
    try scenario.given(
      Actor.olga.asks(
        .endJob(
          EndJob(
            job: job, status: .failed, ending: JobEnding(effectRemaining: .undone),
            error: "refused"))))
    var views = scenario.views
    #expect(
      views.slot(Scenario.model, target: "production")
        == Slot(subject: Scenario.model, target: "production"))
    #expect(scenario.refusal(of: effect) == .jobNotRunning(job, .failed))
  }

  @Test func `the rules are asked again when a queued deployment starts`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    let job = try scenario.jobOf(try scenario.when(hook(version, queued: true)))
    let start = Actor.olga.asks(.startJob(job, .test()))
    #expect(scenario.refusal(of: start) == nil)
    try scenario.given(Actor.bob.asks(Scenario.decision(.rejected, version)))
    #expect(scenario.refusal(of: start) == .notApproved(version, .rejected))
  }

  @Test func `a hook's job deploys what it was made for and nothing else`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    let other = try scenario.approved()
    let job = try scenario.jobOf(try scenario.when(hook(version)))
    #expect(scenario.refusal(of: deploy(other, job: job))?.class == .badInput)
    #expect(scenario.refusal(of: deploy(version, to: "shadow", job: job))?.class == .badInput)
    let bare = EndJob(job: job, status: .completed, ending: JobEnding())
    #expect(scenario.refusal(of: Actor.olga.asks(.endJob(bare)))?.class == .badInput)
    #expect(
      scenario.refusal(of: deploy(version, job: JobID("deploy-zzzzzz")!))
        == .jobNotFound(JobID("deploy-zzzzzz")!))
  }

  @Test func `a retirement has a reason, and happens once`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    #expect(scenario.refusal(of: retire(deployment, reason: " ")) == .reasonBlank)
    let events = try scenario.when(retire(deployment))
    #expect(
      events.map(\.fact) == [
        .jobCreated(JobCreated(kind: .retirement, deployment: deployment)),
        .jobStarted(.test()),
        .deploymentRetired(
          DeploymentRetired(
            deployment: deployment, target: "production", artifactsDigest: .test(1))),
        .jobCompleted(JobEnding()),
      ])
    #expect(scenario.refusal(of: retire(deployment)) == .deploymentRetired(deployment))
    let nobody = JobID("deploy-zzzzzz")!
    #expect(scenario.refusal(of: retire(nobody)) == .deploymentNotFound(nobody))
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .retired)
    try scenario.given(Actor.bob.asks(Scenario.decision(.approved, Scenario.version(1))))
    views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .approved)
  }

  @Test func `a retirement by a hook has its own job`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let ask = CreateJob(
      fact: JobCreated(kind: .retirement, deployment: deployment), runner: .test())
    #expect(scenario.refusal(of: Actor.olga.asks(.createJob(ask))) == .reasonBlank)
    var reasoned = ask
    reasoned.reason = "drift"
    let job = try scenario.jobOf(try scenario.when(Actor.olga.asks(.createJob(reasoned))))
    let training = try scenario.training()
    #expect(scenario.refusal(of: retire(deployment, job: training))?.class == .badInput)
    #expect(try scenario.when(retire(deployment, job: job)).map(\.job) == [job, job])
    #expect(
      scenario.refusal(of: Actor.olga.asks(.createJob(reasoned)))
        == .deploymentRetired(deployment))
  }

  @Test func `what must be signed is not done unsigned`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let version = try scenario.approved()
    try scenario.policy { $0.signed = [.retired] }
    #expect(scenario.refusal(of: retire(deployment)) == .signatureRequired(.retired))
    #expect(
      scenario.refusal(of: retire(deployment, signature: "forged"))
        == .signatureRequired(.retired))
    #expect(
      scenario.refusal(of: retire(deployment, by: .signer("olga", uid: 1002), signature: "S"))
        == nil)
    #expect(
      scenario.refusal(of: deploy(version, replaces: true, reason: "better"))
        == .signatureRequired(.retired))
    try scenario.policy { $0.signed = [.deployed, .retired] }
    #expect(
      scenario.refusal(of: deploy(version, to: "shadow")) == .signatureRequired(.deployed))
    #expect(scenario.refusal(of: hook(version, to: "shadow")) == .signatureRequired(.deployed))
    var signed = Actor.signer("olga", uid: 1002).asks(
      Scenario.deployment(version, replaces: true, reason: "better"))
    #expect(scenario.refusal(of: signed) == .signatureRequired(.deployed))
    signed.signature = Signature(armored: "S", signedAt: scenario.recorder.clock.now)
    let events = try scenario.when(signed)
    // One signature is for both: the statement names what is replaced.
    #expect(events.map(\.fact.signature).filter { $0 != nil }.count == 1)
    #expect(events.contains { $0.fact.signedAct == .retired && $0.fact.signature == nil })
  }

  @Test func `a version on two targets is deployed until both are retired`() throws {
    var scenario = try Scenario()
    let first = try scenario.deployed()
    let second = try scenario.jobOf(
      try scenario.when(deploy(Scenario.version(1), to: "shadow")))
    try scenario.given(retire(first))
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .deployed)
    try scenario.given(retire(second))
    views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .retired)
  }
}
