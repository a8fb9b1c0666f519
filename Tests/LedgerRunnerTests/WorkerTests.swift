// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage
import Synchronization
import Testing

@testable import LedgerRunner

/// Workers with a wall clock of the tests' own.
@Suite struct WorkerTests {
  /// A site with a model in production, whose predictions write one file.
  final class Works: Sendable {
    let site: JobSite
    let deployment: DeploymentID
    private let offset = Mutex<Int64>(0)

    init() throws {
      site = try JobSite(
        """
        models:
          lr:
            predict: {run: [sh, -c, 'echo scored; echo 1 > "$JOBLEDGER_OUTPUT/scores.csv"']}
        """)
      let version = try site.approvedVersion()
      let report = try site.runner().deploy(
        DeployRequest(version: version, target: Name("production")!))
      deployment = try #require(report.deployment)
    }

    /// The clock that workers read: the system's, and so much more.
    func turn(to time: Timestamp) {
      offset.withLock {
        $0 = time.microseconds - LedgerClock.system().read().time.microseconds
      }
    }

    func worker(
      parallel: Int = 1, interrupts: Interrupts = Interrupts(), untilIdle: Bool = true
    ) -> Worker {
      let system = LedgerClock.system()
      let clock = LedgerClock { [self] in
        var reading = system.read()
        reading.time.microseconds += offset.withLock { $0 }
        return reading
      }
      var running = JobRunner.Options(launcher: launcher, interrupts: interrupts)
      running.stopPollInterval = .milliseconds(20)
      return Worker(
        ledger: site.ledger, caller: site.caller, tool: "test 1",
        options: Worker.Options(
          parallel: parallel, untilIdle: untilIdle, pollInterval: .milliseconds(5),
          retryInterval: .milliseconds(10), sweepInterval: .milliseconds(10), clock: clock),
        running: running)
    }

    /// Adds an hourly schedule and returns its first tick.
    func schedule(_ policy: MissedPolicy = .skip) throws -> Timestamp {
      let events = try site.accept(
        .addSchedule(
          AddSchedule(
            name: Name("hourly")!, deployment: deployment, cron: "@hourly", policy: policy)))
      return try #require(
        ZonedCron(try CronExpression("@hourly"), in: .utc).next(after: events[0].time))
    }

    /// The times of the ticks that ran, and the missed ones: the latest of each event, and the count.
    func ticks() throws -> (ran: [Timestamp], missed: [ScheduleMissed], causes: [Position?]) {
      let events = try site.events().map(\.event)
      let ran = events.compactMap { event -> Timestamp? in
        if case .jobCreated(let fact) = event.fact { return fact.nominalTime }
        return nil
      }
      let missed = events.filter { if case .scheduleMissed = $0.fact { true } else { false } }
      return (
        ran,
        missed.compactMap { if case .scheduleMissed(let fact) = $0.fact { fact } else { nil } },
        missed.map(\.cause)
      )
    }
  }

  private static func hours(_ count: Int64, minutes: Int64 = 0, after time: Timestamp) -> Timestamp
  {
    Timestamp(microseconds: time.microseconds + (count * 60 + minutes) * 60_000_000)
  }

  @Test func `queued jobs are run, several at once`() throws {
    let works = try Works()
    let gate = Gate(works.site.folder.file("gate"))
    // The last two wait for each other, so they must run together.
    let scripts = ["true", "read x < \(gate.path)", "echo x > \(gate.path)"]
    let jobs = try scripts.map { script in
      try works.site.runner().queue(.exec(works.site.script(script))).job
    }
    var ended: [JobID] = []
    try works.worker(parallel: 2).run { ended.append($0.job) }
    #expect(Set(ended) == Set(jobs))
    for job in jobs { #expect(try works.site.job(job).status == .completed) }
  }

  @Test func `a tick runs once, with any number of workers`() throws {
    let works = try Works()
    let first = try works.schedule()
    works.turn(to: Timestamp(microseconds: first.microseconds - 1_000_000))
    try works.worker().run()
    #expect(try works.ticks().ran == [])
    works.turn(to: Timestamp(microseconds: first.microseconds + 2_000_000))
    let workers = try (0..<4).map { _ in try Background { try works.worker(parallel: 2).run() } }
    for worker in workers { try worker.wait() }
    let ticks = try works.ticks()
    #expect(ticks.ran == [first])
    #expect(ticks.missed == [])
    let job = try #require(
      try works.site.events().first { recorded in
        if case .jobCreated(let fact) = recorded.event.fact { return fact.nominalTime != nil }
        return false
      })
    #expect(job.event.actor.authentication == .system)
    #expect(job.event.actor.person == works.site.caller.actor.person)
    guard
      case .schedule(let state)? = try works.site.entity(
        .schedule(project: works.site.project, name: Name("hourly")!))
    else {
      Issue.record("no schedule")
      return
    }
    #expect(
      job.event.request?.key == RequestKey("\(state.created.position.value)/\(first)"))
    #expect(try works.site.job(try #require(job.event.job)).status == .completed)
  }

  @Test(arguments: [MissedPolicy.skip, .once])
  func `missed ticks are recorded, and follow the policy`(policy: MissedPolicy) throws {
    let works = try Works()
    let first = try works.schedule(policy)
    let last = WorkerTests.hours(4, after: first)
    works.turn(to: WorkerTests.hours(0, minutes: 10, after: last))
    for _ in 0..<3 { try works.worker().run() }
    let ticks = try works.ticks()
    #expect(
      ticks.missed == [ScheduleMissed(schedule: Name("hourly")!, nominalTime: last, count: 5)])
    #expect(ticks.ran == (policy == .once ? [last] : []))
    #expect(ticks.causes == [nil])
  }

  @Test func `a tick on time runs, and those before it were missed`() throws {
    let works = try Works()
    let first = try works.schedule()
    let last = WorkerTests.hours(2, after: first)
    works.turn(to: Timestamp(microseconds: last.microseconds + 30_000_000))
    try works.worker().run()
    let ticks = try works.ticks()
    #expect(ticks.ran == [last])
    #expect(
      ticks.missed == [
        ScheduleMissed(
          schedule: Name("hourly")!, nominalTime: WorkerTests.hours(1, after: first), count: 2)
      ])
  }

  @Test func `a clock that is set back doubles nothing, and goes on where it was`() throws {
    let works = try Works()
    let first = try works.schedule()
    func work(at time: Timestamp) throws {
      works.turn(to: Timestamp(microseconds: time.microseconds + 1_000_000))
      try works.worker().run()
    }
    let second = WorkerTests.hours(1, after: first)
    try work(at: first)
    try work(at: second)
    try work(at: first)
    try work(at: WorkerTests.hours(-1, after: first))
    try work(at: second)
    #expect(try works.ticks().ran == [first, second])
    try work(at: WorkerTests.hours(2, after: first))
    #expect(try works.ticks().ran == [first, second, WorkerTests.hours(2, after: first)])
    #expect(try works.ticks().missed == [])
  }

  @Test func `ticks of a retired deployment are missed, because it was retired`() throws {
    let works = try Works()
    let first = try works.schedule(.once)
    let retired = try works.site.accept(
      .retire(
        RetireDeployment(
          deployment: works.deployment, reason: "over", runner: .current(tool: "test 1"))))
    works.turn(to: Timestamp(microseconds: first.microseconds + 1_000_000))
    for _ in 0..<2 { try works.worker().run() }
    let ticks = try works.ticks()
    #expect(ticks.ran == [])
    #expect(ticks.missed.map(\.count) == [1])
    let effect = retired.first { if case .deploymentRetired = $0.fact { true } else { false } }
    #expect(ticks.causes == [effect?.position])
  }

  @Test func `a tick that cannot be prepared is a job that failed`() throws {
    let works = try Works()
    let first = try works.schedule()
    try works.site.folder.write("project/jobledger.yaml", "project: demo\n")
    works.turn(to: Timestamp(microseconds: first.microseconds + 1_000_000))
    var ended: [JobReport] = []
    for _ in 0..<2 { try works.worker().run { ended.append($0) } }
    #expect(try works.ticks().ran == [first])
    #expect(ended.map(\.status) == [.failed])
  }

  @Test func `the first signal ends a worker after its jobs, the second stops them`() throws {
    let works = try Works()
    let queued = try works.site.runner().queue(.exec(works.site.script("echo up; sleep 100")))
    let later = try works.site.runner().queue(.exec(works.site.script("true")))
    let interrupts = Interrupts()
    let worker = try Background {
      try works.worker(interrupts: interrupts, untilIdle: false).run()
    }
    _ = try works.site.waitForLine("up")
    interrupts.pass(on: SIGTERM)
    interrupts.pass(on: SIGTERM)
    try worker.wait()
    #expect(try works.site.job(queued.job).status == .stopped)
    #expect(try works.site.job(later.job).status == .created)
  }

  @Test func `an idle worker ends at a signal`() throws {
    let works = try Works()
    let interrupts = Interrupts()
    let worker = try Background {
      try works.worker(interrupts: interrupts, untilIdle: false).run()
    }
    while !interrupts.pass(on: SIGTERM) { usleep(1000) }
    try worker.wait()
  }

  @Test func `a clock that is set is told`() {
    func reading(_ time: Int64, _ boot: UInt64) -> ClockReading {
      ClockReading(
        time: Timestamp(microseconds: time * 1_000_000), boot: "b",
        bootMicroseconds: boot * 1_000_000)
    }
    var watch = ClockWatch(reading(1_000, 10))
    #expect(watch.jump(reading(1_100, 110)) == nil)
    #expect(watch.jump(reading(1_107, 111)) != nil)
    #expect(watch.jump(reading(1_010, 114)) != nil)
    #expect(watch.jump(reading(1_011, 115)) == nil)
  }
}
