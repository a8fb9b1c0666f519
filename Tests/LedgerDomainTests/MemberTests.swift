// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Who may do what: rule 9.
@Suite struct MemberTests {
  private func grant(
    _ actor: Actor, _ roles: [Role], in project: Name? = nil, least: Authentication = .os,
    keys: [Text] = [], by admin: Actor = .alice
  ) -> Command {
    admin.asks(
      .grant(
        GrantRoles(
          member: actor.id, project: project, roles: roles, leastAuth: least,
          keyFingerprints: keys)))
  }

  @Test func `every command but what a job says of itself needs a role`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let version = Scenario.version(1)
    let runner = RunnerIdentity.test()
    let queued = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.training, queued: true))))
    let intents: [Intent] = [
      .addProject("fraud", text: EventText()), .updateProject("churn", text: EventText()),
      .describeSubject(
        DescribeSubject(
          subject: Scenario.model, kind: .model, described: SubjectDescribed(), text: EventText())),
      .grant(GrantRoles(member: Actor.mallory.id, roles: [.admin])),
      .revoke(Actor.alice.id, reason: "mine"), .setPolicy(.default, reason: "mine"),
      Scenario.job(.training), .startJob(queued, runner), .requestStop(queued, reason: "mine"),
      Scenario.decision(.approved, version), Scenario.decision(.rejected, version),
      Scenario.deployment(version, to: "shadow"),
      .retire(RetireDeployment(deployment: deployment, reason: "mine", runner: runner)),
      .assessChange(
        VersionOrSubject(subject: Scenario.model, number: nil), substantial: false,
        reason: "mine"),
      AddNote.on(version, "mine"), .correctClock(reason: "mine"),
    ]
    for intent in intents {
      #expect(
        scenario.refusal(of: Actor.mallory.asks(intent)) == .notAMember(Actor.mallory.id),
        "\(intent.word)")
    }
    try scenario.given(grant(.mallory, [.viewer]))
    for intent in intents where intent.word != "note" {
      #expect(
        scenario.refusal(of: Actor.mallory.asks(intent))?.word == "role-missing",
        "\(intent.word)")
    }
    #expect(scenario.refusal(of: Actor.mallory.asks(AddNote.on(version, "a remark"))) == nil)
  }

  @Test func `roles of a project count in that project`() throws {
    var scenario = try Scenario()
    try scenario.given(
      Actor.alice.asks(.addProject("fraud", text: EventText())),
      grant(.mallory, [.operator], in: "churn"))
    #expect(scenario.refusal(of: Actor.mallory.asks(Scenario.job(.training))) == nil)
    let elsewhere = CreateJob(project: "fraud", fact: JobCreated(kind: .exec))
    #expect(
      scenario.refusal(of: Actor.mallory.asks(.createJob(elsewhere)))
        == .notAMember(Actor.mallory.id))
    let bare = CreateJob(fact: JobCreated(kind: .exec))
    #expect(
      scenario.refusal(of: Actor.mallory.asks(.createJob(bare))) == .notAMember(Actor.mallory.id))
  }

  @Test func `who is authenticated below the grant is refused`() throws {
    var scenario = try Scenario()
    try scenario.given(grant(.mallory, [.operator], least: .token))
    #expect(
      scenario.refusal(of: Actor.mallory.asks(Scenario.job(.training)))
        == .authenticationTooWeak(Actor.mallory.id, has: .os, needs: .token))
    #expect(
      scenario.refusal(of: Actor.remote("mallory").asks(Scenario.job(.training))) == nil)
  }

  @Test func `a claimed name is refused until the policy allows it`() throws {
    var scenario = try Scenario()
    let claimed = Actor.claimed("olga", by: .mallory)
    #expect(
      scenario.refusal(of: claimed.asks(Scenario.job(.training))) == .claimsNotAllowed(claimed.id))
    try scenario.policy { $0.claims = true }
    #expect(
      scenario.refusal(of: claimed.asks(Scenario.job(.training)))
        == .authenticationTooWeak(claimed.id, has: .claimed, needs: .os))
    try scenario.given(grant(.olga, [.operator], least: .claimed))
    #expect(scenario.refusal(of: claimed.asks(Scenario.job(.training))) == nil)
    try scenario.policy { $0.claims = false }
    #expect(
      scenario.refusal(of: claimed.asks(Scenario.job(.training))) == .claimsNotAllowed(claimed.id))
  }

  @Test func `the system acts within the roles of whom it acts for`() throws {
    let scenario = try Scenario()
    #expect(
      scenario.refusal(of: Actor.system(for: .olga).asks(Scenario.job(.training))) == nil)
    #expect(
      scenario.refusal(of: Actor.system(for: .mallory).asks(Scenario.job(.training)))
        == .notAMember(Actor.mallory.id))
  }

  @Test func `a grant adds to its scope and says the whole of it`() throws {
    var scenario = try Scenario()
    let keys = ["b", "a"].map { Text("SHA256:" + String(repeating: $0, count: 43)) }
    try scenario.given(grant(.mallory, [.viewer], keys: [keys[0]]))
    let events = try scenario.when(grant(.mallory, [.auditor], keys: [keys[1]]))
    #expect(
      events.map(\.fact) == [
        .memberGranted(
          MemberGranted(
            member: Actor.mallory.id, roles: [.auditor, .viewer], leastAuth: .os,
            keyFingerprints: [keys[1], keys[0]]))
      ])
    #expect(try scenario.when(grant(.mallory, [.viewer])) == [])
    #expect(scenario.refusal(of: grant(.mallory, []))?.class == .badInput)
    #expect(scenario.refusal(of: grant(.mallory, [.viewer], keys: ["mine"]))?.class == .badInput)
    #expect(
      scenario.refusal(of: grant(.mallory, [.viewer], least: .system))?.class == .badInput)
    #expect(
      scenario.refusal(of: grant(.mallory, [.viewer], in: "nowhere")) == .projectNotFound("nowhere")
    )
  }

  @Test func `a further role does not weaken what the others ask`() throws {
    var scenario = try Scenario()
    try scenario.given(grant(.mallory, [.approver], least: .token))
    #expect(scenario.refusal(of: grant(.mallory, [.viewer]))?.class == .badInput)
    #expect(scenario.refusal(of: grant(.mallory, [.approver, .viewer])) == nil)
  }

  @Test func `an admin of a project grants there and nowhere else`() throws {
    var scenario = try Scenario()
    try scenario.given(grant(.mallory, [.admin], in: "churn"))
    #expect(scenario.refusal(of: grant(.bob, [.operator], in: "churn", by: .mallory)) == nil)
    #expect(
      scenario.refusal(of: grant(.mallory, [.admin], by: .mallory))
        == .notAMember(Actor.mallory.id))
    #expect(
      scenario.refusal(of: Actor.mallory.asks(.revoke(Actor.alice.id, reason: "mine")))
        == .notAMember(Actor.mallory.id))
    #expect(
      scenario.refusal(of: Actor.mallory.asks(.setPolicy(.default, reason: "mine")))
        == .notAMember(Actor.mallory.id))
  }

  @Test func `a revocation takes every role, has a reason, and happens once`() throws {
    var scenario = try Scenario()
    try scenario.given(grant(.olga, [.approver], in: "churn"))
    let revoke = Intent.revoke(Actor.olga.id, reason: "left")
    #expect(
      scenario.refusal(of: Actor.alice.asks(.revoke(Actor.olga.id, reason: ""))) == .reasonBlank)
    #expect(
      scenario.refusal(of: Actor.alice.asks(.revoke(Actor.mallory.id, reason: "x")))
        == .memberNotFound(Actor.mallory.id))
    #expect(try scenario.when(Actor.alice.asks(revoke)).count == 1)
    #expect(try scenario.when(Actor.alice.asks(revoke)) == [])
    #expect(
      scenario.refusal(of: Actor.olga.asks(Scenario.job(.training))) == .notAMember(Actor.olga.id))
  }

  @Test func `decisions already made stand when a member is revoked`() throws {
    var scenario = try Scenario()
    let version = try scenario.approved()
    try scenario.given(Actor.alice.asks(.revoke(Actor.bob.id, reason: "left")))
    #expect(scenario.refusal(of: Actor.olga.asks(Scenario.deployment(version))) == nil)
  }

  @Test func `somebody is always left to administer the ledger`() throws {
    var scenario = try Scenario()
    let oneself = Intent.revoke(Actor.alice.id, reason: "tired")
    #expect(scenario.refusal(of: Actor.alice.asks(oneself)) == .lastAdmin(Actor.alice.id))
    #expect(
      scenario.refusal(of: Actor.system(for: .alice).asks(oneself)) == .lastAdmin(Actor.alice.id))
    // An admin of a project cannot stand in for one of the ledger.
    try scenario.given(grant(.bob, [.admin], in: "churn"))
    #expect(scenario.refusal(of: Actor.alice.asks(oneself)) == .lastAdmin(Actor.alice.id))
    #expect(
      scenario.refusal(of: grant(.alice, [.admin], least: .ssh)) == .lastAdmin(Actor.alice.id))
    try scenario.given(grant(.bob, [.admin]))
    #expect(scenario.refusal(of: Actor.bob.asks(oneself)) == nil)
  }
}
