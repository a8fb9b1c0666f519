// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

/// Jobs that wait for a worker.
@Suite struct QueueTests {
  private static let manifest = """
    models:
      lr:
        train:
          run: [sh, -c, 'cp "$JOBLEDGER_INPUT_DATA" "$JOBLEDGER_OUTPUT/model"']
          inputs: {data: data.csv}
    """

  @Test func `a queued job waits with all that it needs, and runs`() throws {
    let site = try JobSite()
    let queued = try site.runner().queue(.exec(site.script("echo ran in $PWD; exit 3")))
    #expect(queued.status == .created)
    #expect(!queued.isDuplicate)
    let job = try site.job(queued.job)
    #expect(job.request.queued == true)
    #expect(site.leftovers() == [])
    // Nobody sweeps away what has no runner yet.
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [])
    let report = try #require(try site.runner().start(queued: queued.job))
    #expect(report.job == queued.job)
    #expect(report.exit == 3)
    #expect(try site.log(of: queued.job) == ["ran in \(site.projectFolder)"])
    #expect(site.leftovers() == [])
    #expect(try site.runner().start(queued: queued.job) == nil)
    let started = try site.events(of: queued.job).first {
      if case .jobStarted = $0.event.fact { true } else { false }
    }
    #expect(started?.event.actor.authentication == .system)
    #expect(started?.event.actor.actsFor == site.caller.actor.id)
  }

  @Test func `a queued training has its number at once, and makes that version`() throws {
    let site = try JobSite(QueueTests.manifest)
    try site.folder.write("project/data.csv", "1,2\n")
    let first = try site.runner().queue(.train(site.model, RunSettings()))
    let second = try site.runner().queue(.train(site.model, RunSettings()))
    #expect(second.version?.number == VersionNumber(2))
    let later = try #require(try site.runner().start(queued: second.job))
    #expect(later.version?.number == VersionNumber(2))
    let earlier = try #require(try site.runner().start(queued: first.job))
    #expect(earlier.status == .completed)
    #expect(try site.version(1).status == .built)
    #expect(try site.version(2).status == .built)
  }

  @Test func `what was recorded when a job was queued must still be so when it starts`() throws {
    let site = try JobSite(QueueTests.manifest)
    try site.folder.write("project/data.csv", "1,2\n")
    let queued = try site.runner().queue(.train(site.model, RunSettings()))
    try site.folder.write("project/data.csv", "1,2\n3,4\n")
    let report = try #require(try site.runner().start(queued: queued.job))
    #expect(report.status == .failed)
    #expect(report.neverStarted)
    #expect(!report.isDuplicate)
    #expect(try site.job(queued.job).started == nil)
    #expect(try site.version(1).status == .failed)
    #expect(site.leftovers() == [])
  }

  @Test func `a queued job runs in the environment that it was queued in`() throws {
    let site = try JobSite()
    var runner = site.runner()
    runner.context.environment["LC_NUMERIC"] = "queued"
    let queued = try runner.queue(.exec(site.script("echo $LC_NUMERIC")))
    runner.context.environment["LC_NUMERIC"] = "later"
    let report = try #require(try runner.start(queued: queued.job))
    #expect(report.status == .completed)
    #expect(try site.log(of: queued.job) == ["queued"])
  }

  @Test func `a secret is taken from the worker, and never kept`() throws {
    let site = try JobSite()
    var runner = site.runner()
    let settings = RunSettings(secrets: ["KEY"])
    runner.context.environment["KEY"] = "0123456789abcdef"
    let queued = try runner.queue(
      .exec(site.script("test $KEY = 0123456789abcdef", settings)))
    #expect(try #require(try runner.start(queued: queued.job)).status == .completed)
    let orphan = try runner.queue(.exec(site.script("true", settings)))
    runner.context.environment["KEY"] = nil
    #expect(try #require(try runner.start(queued: orphan.job)).status == .failed)
    let before = try site.events().count
    #expect(throws: JobError.self) {
      try site.runner().queue(
        .exec(site.script("curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123'")))
    }
    #expect(try site.events().count == before)
  }

  @Test func `a queued job stops before it starts, and is not started then`() throws {
    let site = try JobSite()
    let queued = try site.runner().queue(.exec(site.script("true")))
    try site.accept(.requestStop(queued.job, reason: "not needed"))
    #expect(try site.job(queued.job).status == .stopped)
    #expect(try site.runner().start(queued: queued.job) == nil)
    #expect(site.leftovers() == [])
  }

  @Test func `a queued job is left to who has its lock`() throws {
    let site = try JobSite()
    let queued = try site.runner().queue(.exec(site.script("true")))
    let lock = try RunnerLock(site.ledger.directory, queued.job)
    #expect(try site.runner().start(queued: queued.job) == nil)
    #expect(try site.job(queued.job).status == .created)
    // Whoever had it may die before it starts: then it waits, and is no lost job.
    lock.release()
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [])
    #expect(try site.runner().start(queued: queued.job)?.status == .completed)
  }

  @Test func `the same request queues once`() throws {
    let site = try JobSite()
    let request = RequestContent(key: try #require(RequestKey("once")), content: Array("{}".utf8))
    let settings = RunSettings(request: request)
    let first = try site.runner().queue(.exec(site.script("true", settings)))
    let again = try site.runner().queue(.exec(site.script("true", settings)))
    #expect(again.job == first.job)
    #expect(again.isDuplicate)
  }

  @Test func `a queued job whose words were erased fails, and waits no more`() throws {
    let site = try JobSite()
    var policy = Policy.default
    policy.retentionMinimumDays = 0
    try site.accept(.setPolicy(policy, reason: "a test"))
    let queued = try site.runner().queue(.exec(site.script("true")))
    let created = try site.job(queued.job).created
    let item = ErasureItem(
      .texts([PositionRange(from: created.position, to: created.position)]), job: queued.job,
      parts: [], latest: created.time, count: 1)
    try site.accept(.erase(Erase(items: [item], basis: .secret, reason: "a password")))
    let report = try #require(try site.runner().start(queued: queued.job))
    #expect(report.status == .failed)
    #expect(report.neverStarted)
    #expect(try site.job(queued.job).status == .failed)
    #expect(try site.runner().start(queued: queued.job) == nil)
    #expect(site.leftovers() == [])
  }

  @Test func `a job without the words of its task fails, and a deployment is not queued`() throws {
    let site = try JobSite()
    let events = try site.accept(
      .createJob(CreateJob(fact: JobCreated(kind: .exec, queued: true))))
    let job = try #require(events.last?.job)
    #expect(try site.runner().start(queued: job)?.status == .failed)
    let version = VersionID(subject: site.model, number: VersionNumber(1))
    #expect(throws: JobError.self) {
      try site.runner().queue(
        .deploy(DeployRequest(version: version, target: Name("production")!)))
    }
  }
}
