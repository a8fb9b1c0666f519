// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Jobs: rules 1, 4, 5 and 7.
@Suite struct JobTests {
  private func start(_ job: JobID, by actor: Actor = .olga, pid: UInt32 = 7) -> Command {
    actor.asks(.startJob(job, .test(pid: pid)))
  }

  private func stop(_ job: JobID, reason: Text = "runs wild") -> Command {
    Actor.olga.asks(.requestStop(job, reason: reason))
  }

  private func end(
    _ job: JobID, _ status: JobStatus, _ result: EndJob.Result = .none, by actor: Actor = .olga
  ) -> Command {
    actor.asks(.endJob(EndJob(job: job, status: status, ending: JobEnding(), result: result)))
  }

  private func made(_ number: UInt64 = 1, parent: UInt32? = nil) -> EndJob.Result {
    .made(
      VersionMade(artifacts: .test(number), parent: parent.map(VersionNumber.init)),
      text: EventText())
  }

  @Test func `the first training registers its model, gives out version 1 and starts`() throws {
    var scenario = try Scenario()
    let events = try scenario.when(Actor.olga.asks(Scenario.job(.training)))
    #expect(
      events.map(\.fact) == [
        .subjectRegistered(SubjectDescribed(manifestDigest: .test(1))),
        .jobCreated(JobCreated(kind: .training)), .jobStarted(.test()),
      ])
    #expect(events.map(\.number) == [nil, VersionNumber(1), VersionNumber(1)])
    #expect(events.map(\.revision) == [Revision(0), Revision(1), Revision(2)])
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .building)
    #expect(views.job(events[1].job!)?.status == .running)
  }

  @Test func `a failed training keeps its number and leaves its version failed`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    try scenario.given(end(job, .failed))
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .failed)
    #expect(try scenario.trained() == Scenario.version(2))
  }

  @Test(arguments: [JobStatus.stopped, .lost])
  func `a training that ends otherwise makes no version`(status: JobStatus) throws {
    var scenario = try Scenario()
    try scenario.given(end(try scenario.training(), status))
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .failed)
  }

  @Test func `a training completes with its artifacts in the same transaction`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    #expect(scenario.refusal(of: end(job, .completed)) != nil)
    let events = try scenario.when(end(job, .completed, made()))
    #expect(
      events.map(\.fact) == [
        .versionTrained(VersionMade(artifacts: .test(1))), .jobCompleted(JobEnding()),
      ])
    var views = scenario.views
    #expect(views.version(Scenario.version(1))?.status == .built)
  }

  @Test func `a new manifest is told of once and keeps the words of the subject`() throws {
    var scenario = try Scenario()
    let words = EventText([.description: .string("who leaves")])
    try scenario.given(
      Actor.olga.asks(
        .describeSubject(
          DescribeSubject(
            subject: Scenario.model, kind: .model,
            described: SubjectDescribed(owner: Actor.olga.id), text: words))))
    let registered = scenario.events.last!
    try scenario.trained()
    try scenario.trained()
    let updates = scenario.events.filter {
      if case .subjectUpdated = $0.fact { true } else { false }
    }
    #expect(
      updates.map(\.fact) == [
        .subjectUpdated(SubjectDescribed(manifestDigest: .test(1), owner: Actor.olga.id))
      ])
    var views = scenario.views
    #expect(views.subject(Scenario.model)?.changed == Mark(registered))
  }

  @Test func `no version number is given out twice, and the last one is the last`() throws {
    var scenario = try Scenario()
    try scenario.given([
      Draft(
        actor: .olga, project: "churn", subject: Scenario.modelReference,
        fact: .subjectRegistered(SubjectDescribed())),
      Draft(
        actor: .olga, project: "churn", subject: Scenario.modelReference,
        number: VersionNumber(.max), job: JobID("train-000000"),
        fact: .jobCreated(JobCreated(kind: .training))),
    ])
    let refusal = scenario.refusal(of: Actor.olga.asks(Scenario.job(.training)))
    #expect(refusal?.class == .badInput)
  }

  @Test(arguments: [JobKind.evaluation, .statistics])
  func `a version must exist and be built (rule 1)`(kind: JobKind) throws {
    var scenario = try Scenario()
    let ask = Actor.olga.asks(Scenario.job(kind, number: 1))
    #expect(scenario.refusal(of: ask) == .subjectNotFound(Scenario.model))
    let training = try scenario.training()
    #expect(
      scenario.refusal(of: Actor.olga.asks(Scenario.job(kind, number: 2)))
        == .versionNotFound(Scenario.version(2)))
    #expect(scenario.refusal(of: ask) == .versionNotBuilt(Scenario.version(1), .building))
    try scenario.given(end(training, .failed))
    #expect(scenario.refusal(of: ask) == .versionNotBuilt(Scenario.version(1), .failed))
    try scenario.trained()
    #expect(
      scenario.refusal(of: Actor.olga.asks(Scenario.job(kind, number: 2))) == nil)
  }

  @Test func `a job fits its kind`() throws {
    var scenario = try Scenario()
    try scenario.trained()
    try scenario.imported()
    let task = Scenario.featureReference
    for intent in [
      Scenario.job(.evaluation), Scenario.job(.approval, number: 1),
      Scenario.job(.training, of: task), Scenario.job(.run, number: 1),
      Scenario.job(.evaluation, number: 1, of: task), Scenario.job(.deployment, number: 1),
      Scenario.job(.prediction, number: 1),
      .createJob(CreateJob(project: "churn", fact: JobCreated(kind: .training))),
      .createJob(CreateJob(subject: task, fact: JobCreated(kind: .exec))),
      .createJob(
        CreateJob(id: JobID("eval-000000"), project: "churn", fact: JobCreated(kind: .exec))),
      .createJob(CreateJob(project: "churn", fact: JobCreated(kind: .exec, commit: "HEAD"))),
      .createJob(CreateJob(fact: JobCreated(kind: .exec, schedule: "n"))),
    ] {
      let refusal = scenario.refusal(of: Actor.olga.asks(intent))
      #expect(refusal?.class == .badInput, "\(intent)")
    }
    let twin = SubjectReference(kind: .feature, name: Scenario.model.name)
    #expect(
      scenario.refusal(of: Actor.olga.asks(Scenario.job(.import, of: twin)))
        == .subjectOfOtherKind(Scenario.model, is: .model))
  }

  @Test func `a job names a project that exists and an identifier that is free`() throws {
    var scenario = try Scenario()
    let nowhere = CreateJob(project: "nowhere", fact: JobCreated(kind: .exec))
    #expect(
      scenario.refusal(of: Actor.alice.asks(.createJob(nowhere))) == .projectNotFound("nowhere"))
    let mine = CreateJob(
      id: JobID("exec-7k2pqx"), project: "churn", fact: JobCreated(kind: .exec))
    try scenario.given(Actor.olga.asks(.createJob(mine)))
    #expect(
      scenario.refusal(of: Actor.olga.asks(.createJob(mine)))
        == .jobIdentifierTaken(JobID("exec-7k2pqx")!))
  }

  @Test func `identifiers are drawn until one is unused, even where the bits repeat`() throws {
    var recorder = try Scenario().recorder
    let command = Actor.alice.asks(.createJob(CreateJob(fact: JobCreated(kind: .exec))))
    var found: Set<JobID> = []
    for _ in 0..<80 {
      let events = try recorder.append(try recorder.decide(command, bits: 5))
      found.insert(events[0].job!)
    }
    #expect(found.count == 80)
  }

  @Test func `starting again by the same runner adds nothing, by another is refused`() throws {
    var scenario = try Scenario()
    let job = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.training, queued: true))))
    #expect(try scenario.when(start(job)).map(\.fact) == [.jobStarted(.test(pid: 7))])
    #expect(try scenario.when(start(job)) == [])
    #expect(scenario.refusal(of: start(job, pid: 8)) == .jobRunning(job))
    try scenario.given(end(job, .failed))
    #expect(scenario.refusal(of: start(job)) == .jobEnded(job, .failed))
    #expect(
      scenario.refusal(of: start(JobID("train-zzzzzz")!)) == .jobNotFound(JobID("train-zzzzzz")!))
  }

  @Test func `a queued job runs by the right of who asked for it`() throws {
    var scenario = try Scenario()
    let job = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.training, queued: true))))
    try scenario.given(Actor.alice.asks(.revoke(Actor.olga.id, reason: "left")))
    #expect(scenario.refusal(of: start(job, by: .alice)) == .notAMember(Actor.olga.id))
  }

  @Test func `stopping is asked once, and ends what does not run`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    #expect(scenario.refusal(of: stop(job, reason: "\u{200b} \n")) == .reasonBlank)
    #expect(try scenario.when(stop(job)).map(\.fact) == [.jobStopRequested])
    #expect(try scenario.when(stop(job)) == [])
    try scenario.given(end(job, .stopped))
    #expect(scenario.refusal(of: stop(job)) == .jobEnded(job, .stopped))
    for queued in [true, false] {
      let request = CreateJob(
        project: "churn", fact: JobCreated(kind: .exec, queued: queued ? true : nil))
      let waiting = try scenario.jobOf(
        try scenario.when(Actor.olga.asks(.createJob(request))))
      #expect(
        try scenario.when(stop(waiting)).map(\.fact)
          == [.jobStopRequested, .jobStopped(JobEnding())])
      #expect(scenario.refusal(of: start(waiting)) == .jobEnded(waiting, .stopped))
    }
    #expect(
      scenario.refusal(of: stop(JobID("exec-zzzzzz")!)) == .jobNotFound(JobID("exec-zzzzzz")!))
  }

  @Test func `a job ends once, and not before it started`() throws {
    var scenario = try Scenario()
    let waiting = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.training, queued: true))))
    #expect(
      scenario.refusal(of: end(waiting, .completed, made())) == .jobNotRunning(waiting, .created))
    #expect(scenario.refusal(of: end(waiting, .lost)) == .jobNotRunning(waiting, .created))
    let job = try scenario.training()
    #expect(scenario.refusal(of: end(job, .running))?.class == .badInput)
    #expect(scenario.refusal(of: end(job, .failed, made()))?.class == .badInput)
    try scenario.given(end(job, .lost))
    #expect(scenario.refusal(of: end(job, .completed, made())) == .jobEnded(job, .lost))
  }

  @Test func `a result belongs to its kind, and a parent exists`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    let evaluated = EndJob.Result.evaluated(
      VersionEvaluated(metrics: [], dataDigest: .test(1)), text: EventText())
    #expect(scenario.refusal(of: end(job, .completed, evaluated))?.class == .badInput)
    #expect(
      scenario.refusal(of: end(job, .completed, made(parent: 9)))
        == .versionNotFound(Scenario.version(9)))
    #expect(
      scenario.refusal(of: end(job, .completed, made(parent: 1)))
        == .versionNotFound(Scenario.version(1)))
  }

  @Test func `metrics are at most 64, sorted, each once`() throws {
    var scenario = try Scenario()
    try scenario.trained()
    let job = try scenario.jobOf(
      try scenario.when(Actor.olga.asks(Scenario.job(.evaluation, number: 1))))
    func refusal(_ names: [String]) -> Refusal? {
      let metrics = names.map { Metric(name: Text($0), value: 1) }
      return scenario.refusal(
        of: end(
          job, .completed,
          .evaluated(VersionEvaluated(metrics: metrics, dataDigest: .test(1)), text: EventText())))
    }
    let many = (100..<165).map { "m\($0)" }
    #expect(refusal(many)?.class == .badInput)
    #expect(refusal(Array(many.prefix(64))) == nil)
    #expect(refusal(["a", "a"])?.class == .badInput)
    #expect(refusal(["b", "a"])?.class == .badInput)
  }

  @Test func `who has no hand in a job tells nothing of it`() throws {
    var scenario = try Scenario()
    let job = try scenario.training()
    #expect(
      scenario.refusal(of: end(job, .failed, by: .mallory)) == .notAMember(Actor.mallory.id))
    #expect(
      scenario.refusal(of: end(job, .failed, by: .bob))
        == .roleMissing(Actor.bob.id, needs: [.operator, .admin]))
    let progress = Intent.reportProgress(job, Progress(done: 1, of: 2), text: EventText())
    #expect(scenario.refusal(of: Actor.mallory.asks(progress)) == .notAMember(Actor.mallory.id))
    #expect(scenario.refusal(of: Actor.olga.asks(progress)) == nil)
    // Who asked for it may tell its end whatever became of their role: it happened.
    try scenario.given(Actor.alice.asks(.revoke(Actor.olga.id, reason: "left")))
    #expect(scenario.refusal(of: end(job, .failed)) == nil)
    #expect(scenario.refusal(of: end(job, .failed, by: .system(for: .olga))) == nil)
  }

  @Test func `a prediction uses an active deployment until its effect (rule 5)`() throws {
    var scenario = try Scenario()
    let deployment = try scenario.deployed()
    let ask = Actor.olga.asks(
      .createJob(
        CreateJob(fact: JobCreated(kind: .prediction, deployment: deployment), runner: .test())))
    let events = try scenario.when(ask)
    #expect(events[0].versionID == Scenario.version(1))
    let outputs = EndJob.Result.outputs(
      OutputsMade(deployment: deployment, rows: 3, outputs: .test(9)))
    let job = try scenario.jobOf(events)
    #expect(scenario.refusal(of: end(job, .completed, outputs)) == nil)
    try scenario.given(
      Actor.olga.asks(
        .retire(RetireDeployment(deployment: deployment, reason: "drift", runner: .test()))))
    #expect(scenario.refusal(of: end(job, .completed, outputs)) == .deploymentRetired(deployment))
    #expect(scenario.refusal(of: end(job, .failed)) == nil)
    #expect(scenario.refusal(of: ask) == .deploymentRetired(deployment))
  }
}
