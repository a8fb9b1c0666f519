// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// Jobs: what was asked for, by whom, who runs it, how it ended.

private enum Has {
  static let project: UInt64 = 1 << 0
  static let subject: UInt64 = 1 << 1
  static let number: UInt64 = 1 << 2
  static let started: UInt64 = 1 << 3
  static let runner: UInt64 = 1 << 4
  static let ended: UInt64 = 1 << 5
  static let ending: UInt64 = 1 << 6
  static let stopRequested: UInt64 = 1 << 7
  static let all: UInt64 = 1 << 8 - 1
}

private enum Asked {
  static let deployment: UInt64 = 1 << 0
  static let target: UInt64 = 1 << 1
  static let inputs: UInt64 = 1 << 2
  static let code: UInt64 = 1 << 3
  static let commit: UInt64 = 1 << 4
  static let dirty: UInt64 = 1 << 5
  static let dirtyIsTrue: UInt64 = 1 << 6
  static let environment: UInt64 = 1 << 7
  static let queued: UInt64 = 1 << 8
  static let queuedIsTrue: UInt64 = 1 << 9
  static let schedule: UInt64 = 1 << 10
  static let nominalTime: UInt64 = 1 << 11
  static let retryOf: UInt64 = 1 << 12
  static let all: UInt64 = 1 << 13 - 1
}

private enum Ended {
  static let exit: UInt64 = 1 << 0
  static let signal: UInt64 = 1 << 1
  static let duration: UInt64 = 1 << 2
  static let lines: UInt64 = 1 << 3
  static let lastSeen: UInt64 = 1 << 4
  static let effect: UInt64 = 1 << 5
  static let all: UInt64 = 1 << 6 - 1
}

extension RowWriter {
  mutating func job(_ job: Job) {
    flags(
      flag(Has.project, job.project != nil) | flag(Has.subject, job.subject != nil)
        | flag(Has.number, job.number != nil) | flag(Has.started, job.started != nil)
        | flag(Has.runner, job.runner != nil) | flag(Has.ended, job.ended != nil)
        | flag(Has.ending, job.ending != nil)
        | flag(Has.stopRequested, job.stopRequested != nil))
    word(job.status)
    if let project = job.project { name(project) }
    if let subject = job.subject { self.subject(subject) }
    if let number = job.number { integer(number.value) }
    request(job.request)
    actor(job.createdBy)
    mark(job.created)
    if let started = job.started { mark(started) }
    if let ended = job.ended { mark(ended) }
    if let stopRequested = job.stopRequested { mark(stopRequested) }
    if let runner = job.runner { self.runner(runner) }
    if let ending = job.ending { self.ending(ending) }
  }

  private mutating func request(_ request: JobCreated) {
    flags(
      flag(Asked.deployment, request.deployment != nil)
        | flag(Asked.target, request.target != nil) | flag(Asked.inputs, request.inputs != nil)
        | flag(Asked.code, request.code != nil) | flag(Asked.commit, request.commit != nil)
        | flag(Asked.dirty, request.dirty != nil)
        | flag(Asked.dirtyIsTrue, request.dirty == true)
        | flag(Asked.environment, request.environmentDigest != nil)
        | flag(Asked.queued, request.queued != nil)
        | flag(Asked.queuedIsTrue, request.queued == true)
        | flag(Asked.schedule, request.schedule != nil)
        | flag(Asked.nominalTime, request.nominalTime != nil)
        | flag(Asked.retryOf, request.retryOf != nil))
    word(request.kind)
    word(request.trigger)
    if let deployment = request.deployment { job(deployment) }
    if let target = request.target { name(target) }
    if let inputs = request.inputs { list(inputs) }
    if let code = request.code { list(code) }
    if let commit = request.commit { string(commit) }
    if let environment = request.environmentDigest { digest(environment) }
    if let schedule = request.schedule { name(schedule) }
    if let nominalTime = request.nominalTime { time(nominalTime) }
    if let retryOf = request.retryOf { job(retryOf) }
  }

  private mutating func runner(_ runner: RunnerIdentity) {
    text(runner.machine)
    integer(runner.pid)
    integer(runner.startTicks)
    integer(runner.pidNamespace)
    text(runner.boot)
    text(runner.tool)
  }

  private mutating func ending(_ ending: JobEnding) {
    flags(
      flag(Ended.exit, ending.exit != nil) | flag(Ended.signal, ending.signal != nil)
        | flag(Ended.duration, ending.durationMicroseconds != nil)
        | flag(Ended.lines, ending.lines != nil)
        | flag(Ended.lastSeen, ending.lastSeen != nil)
        | flag(Ended.effect, ending.effectRemaining != nil))
    if let exit = ending.exit { signed(Int64(exit)) }
    if let signal = ending.signal { string(signal) }
    if let duration = ending.durationMicroseconds { integer(duration) }
    if let lines = ending.lines { self.lines(lines) }
    if let lastSeen = ending.lastSeen { time(lastSeen) }
    if let effect = ending.effectRemaining { word(effect) }
  }
}

extension RowReader {
  mutating func job(_ id: JobID) throws(RowError) -> Job {
    let flags = try flags(Has.all)
    let status = try word(JobStatus.self)
    return Job(
      id: id,
      project: try flags.has(Has.project) ? project() : nil,
      subject: try flags.has(Has.subject) ? subject() : nil,
      number: try flags.has(Has.number) ? number() : nil,
      request: try request(),
      createdBy: try actor(),
      status: status,
      created: try mark(),
      started: try flags.has(Has.started) ? mark() : nil,
      ended: try flags.has(Has.ended) ? mark() : nil,
      stopRequested: try flags.has(Has.stopRequested) ? mark() : nil,
      runner: try flags.has(Has.runner) ? runner() : nil,
      ending: try flags.has(Has.ending) ? ending() : nil)
  }

  /// What a job is about, from the beginning of its row; the rest is not looked at.
  mutating func jobSubject() throws(RowError) -> (project: Name?, subject: SubjectID?) {
    try format()
    let flags = try flags(Has.all)
    _ = try word(JobStatus.self)
    guard flags.has(Has.project) else { return (nil, nil) }
    let project = try project()
    guard flags.has(Has.subject) else { return (project, nil) }
    return (project, SubjectID(project: project, name: try subject().name))
  }

  private mutating func request() throws(RowError) -> JobCreated {
    let flags = try flags(Asked.all)
    let kind = try word(JobKind.self)
    let trigger = try word(Trigger.self)
    return JobCreated(
      kind: kind,
      deployment: try flags.has(Asked.deployment) ? job() : nil,
      target: try flags.has(Asked.target) ? name() : nil,
      inputs: try flags.has(Asked.inputs) ? list() : nil,
      code: try flags.has(Asked.code) ? list() : nil,
      commit: try flags.has(Asked.commit) ? string() : nil,
      dirty: try flags.truth(Asked.dirty, value: Asked.dirtyIsTrue),
      environmentDigest: try flags.has(Asked.environment) ? digest() : nil,
      trigger: trigger,
      queued: try flags.truth(Asked.queued, value: Asked.queuedIsTrue),
      schedule: try flags.has(Asked.schedule) ? name() : nil,
      nominalTime: try flags.has(Asked.nominalTime) ? time() : nil,
      retryOf: try flags.has(Asked.retryOf) ? job() : nil)
  }

  private mutating func runner() throws(RowError) -> RunnerIdentity {
    RunnerIdentity(
      machine: try machine(), pid: try integer32(), startTicks: try integer(),
      pidNamespace: try integer(), boot: try boot(), tool: try tool())
  }

  private mutating func ending() throws(RowError) -> JobEnding {
    let flags = try flags(Ended.all)
    return JobEnding(
      exit: try flags.has(Ended.exit) ? signed32() : nil,
      signal: try flags.has(Ended.signal) ? string() : nil,
      durationMicroseconds: try flags.has(Ended.duration) ? integer() : nil,
      lines: try flags.has(Ended.lines) ? lines() : nil,
      lastSeen: try flags.has(Ended.lastSeen) ? time() : nil,
      effectRemaining: try flags.has(Ended.effect) ? word(EffectRemaining.self) : nil)
  }
}
