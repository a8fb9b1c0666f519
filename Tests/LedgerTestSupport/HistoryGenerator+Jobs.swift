// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension HistoryGenerator {
  /// A training, or the import of a model or feature task: of a known subject or a new one.
  mutating func train() {
    let project = recent(projects) ?? .churn
    let isFeature = random.oneIn(3)
    let subject: Name =
      isFeature
      ? name("buckets", "tenure-buckets") : name("lr", "gbm", "churn-lr")
    let kind: JobKind = isFeature || random.oneIn(6) ? .import : .training
    let queued = random.oneIn(5)
    var fact = JobCreated(
      kind: kind, inputs: ListDigest(count: 2, digest: digest()),
      commit: random.oneIn(2) ? String(repeating: "0f", count: 20) : nil,
      dirty: random.oneIn(3) ? true : nil, environmentDigest: digest(),
      trigger: random.pick([.manual, .manual, .api]), queued: queued ? true : nil)
    if random.oneIn(5) { fact.retryOf = recent(endedJobs) }
    attempt(
      somebody(.operator).asks(
        .createJob(
          CreateJob(
            project: project,
            subject: SubjectReference(kind: isFeature ? .feature : .model, name: subject),
            fact: fact, manifestDigest: random.oneIn(3) ? digest() : .test(1),
            runner: queued ? nil : runner(), text: jobText())),
        occurred: occurred()))
  }

  /// A job that uses a version or a deployment.
  mutating func use(_ kind: JobKind) {
    var request = CreateJob(fact: JobCreated(kind: kind, queued: random.oneIn(6) ? true : nil))
    if kind == .prediction {
      guard let deployment = recent(deployments) else { return }
      request.fact.deployment = deployment
      var views = recorder.views
      if views.deployment(deployment)?.kind == .feature { request.fact.kind = .batchRun }
      schedule(&request)
    } else {
      guard let version = recent(versions) else { return }
      var views = recorder.views
      request.project = version.subject.project
      request.subject = views.subject(version.subject)?.reference
      request.number = version.number
      if request.subject?.kind == .feature, !random.oneIn(9) { request.fact.kind = .run }
      if request.subject?.kind == .model, kind == .run { request.fact.kind = .evaluation }
    }
    if request.fact.queued == nil { request.runner = runner() }
    request.text = jobText()
    attempt(somebody(.operator).asks(.createJob(request), occurred: occurred()))
  }

  /// Sometimes a schedule's deployment instead: its tick, or out of turn.
  private mutating func schedule(_ request: inout CreateJob) {
    var views = recorder.views
    guard random.oneIn(2), let schedule = any(schedules),
      let state = views.schedule(project: schedule.project, name: schedule.name)
    else { return }
    request.fact.kind = state.fact.kind
    request.fact.deployment = state.fact.deployment
    request.fact.schedule = schedule.name
    guard !random.oneIn(4) else {
      request.fact.trigger = .runNow
      return
    }
    request.fact.trigger = .cron
    request.fact.nominalTime = recorder.clock.now
    // Sometimes another worker was faster.
    request.tick = TickOrder(after: random.oneIn(9) ? nil : state.lastTick)
    if random.oneIn(3) {
      request.tick?.missed = recorder.clock.now
      request.tick?.missedCount = UInt64(random.below(4))
    }
  }

  /// A bare command, with or without a project.
  mutating func execute() {
    let hasProject = random.oneIn(2)
    attempt(
      somebody(.operator).asks(
        .createJob(
          CreateJob(
            project: hasProject ? recent(projects) : nil, fact: JobCreated(kind: .exec),
            runner: runner(), text: jobText()))))
  }

  /// A worker takes a job that waits (or one that does not).
  mutating func start() {
    guard let job = waiting() ?? recent(endedJobs) else { return }
    attempt(somebody(.operator).asks(.startJob(job, runner())))
  }

  private mutating func waiting() -> JobID? {
    var views = recorder.views
    return any(openJobs.filter { views.job($0)?.status == .created })
  }

  /// A running job with its state.
  mutating func running() -> Job? {
    var views = recorder.views
    return any(openJobs.compactMap { views.job($0) }.filter { $0.status == .running })
  }

  /// A few lines of a running job.
  mutating func log() {
    guard let job = running() else { return }
    var drafts: [Draft] = []
    for _ in 0..<(1 + random.below(6)) {
      let line = lines[job.id, default: 0] + 1
      lines[job.id] = line
      let isBase64 = random.oneIn(15)
      let fact = LogLine(
        stream: random.pick([.stdout, .stdout, .stderr]), line: line,
        level: random.pick([.debug, .info, .info, .info, .warning, .error]), detector: 1,
        end: random.oneIn(8) ? random.pick([.crlf, .cr, LineEnd.none]) : nil,
        of: random.oneIn(10) && line > 1 ? line - 1 : nil, isBase64: isBase64,
        skipped: random.oneIn(20) ? UInt64(1 + random.below(90)) : nil)
      let message: Text = isBase64 ? "/wD+" : reason()
      drafts.append(
        Draft(
          actor: job.createdBy, project: job.project, subject: job.subject, number: job.number,
          job: job.id, fact: .jobLogged(fact), text: EventText([.message: .string(message)])))
    }
    record(drafts)
  }

  /// A running job says how far it is.
  mutating func progress() {
    guard let job = running() else { return }
    attempt(
      job.createdBy.asks(
        .reportProgress(
          job.id, Progress(done: Double(random.below(40)), of: 40), text: words(.unit))))
  }

  /// Somebody wants a job to stop; sometimes one that has ended.
  mutating func stop() {
    guard let job = recent(openJobs + (random.oneIn(4) ? endedJobs.suffix(1) : [])) else { return }
    attempt(somebody(.operator).asks(.requestStop(job, reason: reason())))
  }

  /// A running job ends: mostly as it should. Hooks' jobs end with their effect.
  mutating func end() {
    guard let job = running() else { return }
    var request = EndJob(
      job: job.id, status: .completed,
      ending: JobEnding(
        exit: 0, durationMicroseconds: UInt64(random.below(1 << 40)),
        lines: LineCounts(info: lines[job.id, default: 0])))
    let isBad = random.oneIn(5) || job.stopRequested != nil
    if isBad {
      request.status =
        job.stopRequested != nil ? .stopped : random.pick([.failed, .failed, .lost])
      request.ending.exit = request.status == .failed ? Int32(1 + random.below(255)) : nil
      request.ending.signal = request.status == .stopped ? "SIGTERM" : nil
      request.ending.lastSeen = request.status == .lost ? recorder.clock.now : nil
      request.ending.effectRemaining = random.oneIn(3) ? random.pick(EffectRemaining.allCases) : nil
      if random.oneIn(2) { request.error = reason() }
    } else if job.kind == .deployment || job.kind == .retirement {
      return effect(of: job)
    } else {
      request.result = result(of: job)
    }
    attempt(
      (random.oneIn(3) ? Actor.system(for: job.createdBy) : job.createdBy).asks(
        .endJob(request), occurred: occurred()))
  }

  private mutating func result(of job: Job) -> EndJob.Result {
    switch job.kind {
    case .training, .import:
      let parent = job.number.flatMap { number in
        number.value > 1 && random.oneIn(3) ? VersionNumber(number.value - 1) : nil
      }
      return .made(
        VersionMade(
          artifacts: files(), format: random.oneIn(2) ? Name(unchecked: "pmml") : nil,
          parent: parent),
        text: words(.rationale, .externalId))
    case .evaluation:
      return .evaluated(
        VersionEvaluated(
          metrics: metrics(), dataDigest: digest(),
          responsible: random.oneIn(3) ? Actor.bob.id : nil), text: words(.procedure))
    case .statistics:
      return .statistics(
        StatisticsComputed(
          dataDigest: digest(), rows: UInt64(random.below(10_000)),
          columns: ListDigest(count: 30, digest: digest()), validation: .passed))
    case .prediction, .run, .batchRun:
      return .outputs(
        OutputsMade(
          deployment: job.request.deployment, rows: UInt64(random.below(1000)), outputs: files()),
        drift: drift(of: job))
    case .exec, .approval, .deployment, .retirement: return .none
    }
  }

  /// Against the version's statistics, where it has some.
  private mutating func drift(of job: Job) -> DriftFigures? {
    var views = recorder.views
    guard job.kind == .prediction, let version = job.versionID,
      let statistics = views.version(version)?.statistics, !random.oneIn(3)
    else { return nil }
    let psi = unit()
    return DriftFigures(
      baseline: statistics.position, psi: .inline([Metric(name: "tenure", value: psi)]),
      greatestPSI: psi, predictionDrift: random.oneIn(2) ? unit() : nil)
  }
}
