// SPDX-License-Identifier: Apache-2.0
// LedgerRunner/Work — jobs that wait: queued ones, and the ticks of schedules.
// A queued job is `job.created` with `queued`: its digests of inputs and code, its command and its
// environment are those of the moment it was queued, and its words hold the task itself. The worker
// that starts it prepares the same task again, in that environment; where anything recorded is no
// longer so, the job fails instead, because what its first event says must be true of what ran.
// Invariant: whoever starts, or gives up, a queued job holds its runner's lock; a tick has one job.
// Start at: Worker.run(). Tests: LedgerRunnerTests (QueueTests, WorkerTests).
import LedgerCodec
public import LedgerDomain
import LedgerReading
import LedgerStorage

extension JobRunner {
  /// Creates the job of a task and leaves it to a worker.
  ///
  /// Errors: `JobError`, also for a command that holds a secret, which must not be kept; then
  /// nothing is recorded of it.
  public func queue(_ task: JobTask) throws(JobError) -> JobReport {
    switch task {
    case .deploy, .retire: throw .usage("a deployment or retirement is not queued: do it now")
    default: break
    }
    var task = task
    let request = task.settings.request
    task.settings.request = nil
    task.settings.echo = nil
    var runner = self
    runner.context.mode = .queue(task)
    task.settings.request = request
    return try runner.run(task)
  }

  /// Creates a prepared job without starting it.
  func enqueue(
    _ prepared: PreparedJob, _ task: JobTask, _ settings: RunSettings
  ) throws(JobError) -> JobReport {
    var create = prepared.create
    create.fact.queued = true
    guard !RecordedCommand.isMasked(create.text) else {
      throw .badInput(
        "its command or its parameters hold what looks like a secret, which a queue would have to "
          + "keep: pass it with --secret NAME, or run the job without --queue")
    }
    create.text[.task] = task.json
    let made = try context.submit(
      .createJob(create), as: context.caller.actor, request: settings.request)
    guard let event = made.events.last, let job = event.job else {
      throw .unavailable("the ledger told of no job")
    }
    var report = try report(of: job)
    report.isDuplicate = made.isDuplicate
    return report
  }

  /// Starts and runs a queued job; nil when somebody else has it, or it waits no more.
  ///
  /// What forbids it, or was changed since it was queued, ends it as failed. Errors: `JobError` where
  /// the ledger could not be read or written; then it still waits.
  public func start(queued id: JobID) throws(JobError) -> JobReport? {
    let lock: RunnerLock
    do throws(DirectoryError) { lock = try RunnerLock(context.directory, id) } catch {
      if error.code == .busy { return nil }
      throw JobError(directory: error, "starting \(id)")
    }
    // Read under the lock: whoever held it may have started the job, and ended it.
    guard let job = try context.state(of: id), job.status == .created,
      job.request.queued == true
    else {
      if try context.state(of: id)?.status == .running {
        lock.release()
      } else {
        try? lock.remove()
      }
      return nil
    }
    var runner = self
    runner.context.caller = context.caller.system(for: job.createdBy.person)
    do throws(JobError) {
      // Words that were erased are no task: below, the job is given up, and waits no more.
      let text = Result { () throws(JobError) in try context.request(of: job) }
      let queued = QueuedJob(job, (try? text.get()) ?? EventText(), lock)
      runner.context.mode = .start(queued)
      do throws(JobError) {
        guard let task = try text.get()[.task].flatMap({ JobTask(json: $0) }) else {
          throw .badInput("the ledger does not hold what \(id) is to do")
        }
        if let recorded = try runner.environment(of: job) { runner.context.environment = recorded }
        return try runner.run(task)
      } catch {
        // Nobody else can have started it as long as the lock is here.
        guard let lock = queued.takeLock() else { throw error }
        let report = try runner.giveUp(job, error)
        if report == nil { lock.release() } else { try? lock.remove() }
        return report
      }
    } catch {
      if case .refused(let refusal) = error, case .jobEnded = refusal { return nil }
      throw error
    }
  }

  /// Ends a queued job that cannot be started; nil where it may be later.
  private func giveUp(_ job: Job, _ error: JobError) throws(JobError) -> JobReport? {
    switch error {
    case .storage, .unknown, .reading: throw error
    case .refused(let refusal) where refusal.class == .tryAgain: return nil
    default: break
    }
    let words = "it could not be started: \(error)"
    _ = try context.submit(
      .endJob(
        EndJob(job: job.id, status: .failed, ending: JobEnding(), error: ActiveJob.words(words))),
      as: context.caller.runner)
    var report = try report(of: job.id)
    report.isDuplicate = false
    report.error = words
    report.neverStarted = true
    return report
  }

  /// The environment that a job was queued in, with today's values of its secrets.
  private func environment(of job: Job) throws(JobError) -> [String: String]? {
    guard let digest = job.request.environmentDigest else { return nil }
    let description: JSONObject?
    do { description = try CanonicalJSON.decode(try blobs.read(digest)).object } catch {
      throw JobError(error)
    }
    var variables: [String: String] = [:]
    for member in description?.members ?? [] {
      let name = member.name.string
      variables[name] = member.value.text?.string ?? context.environment[name]
    }
    return variables
  }
}

extension QueuedJob {
  /// Refuses to start a job whose first event would not be true of it.
  func requireUnchanged(_ prepared: CreateJob) throws(JobError) {
    var changed: [String] = []
    for (member, words) in [
      (TextMember.command, "its command"), (.parameters, "its parameters"),
      (.inputs, "the places of its inputs"), (.paths, "its folder"),
    ] where text[member] != prepared.text[member] {
      changed.append(words)
    }
    let fact = prepared.fact
    if fact.inputs != job.request.inputs { changed.append("its inputs") }
    if fact.code != job.request.code { changed.append("its code") }
    if fact.commit != job.request.commit || fact.dirty != job.request.dirty {
      changed.append("the commit of its folder")
    }
    if fact.environmentDigest != job.request.environmentDigest {
      changed.append("its environment")
    }
    guard !changed.isEmpty else { return }
    throw .badInput(
      "what was recorded when it was queued is no longer so: \(changed.joined(separator: ", ")) "
        + "changed since: queue it again")
  }
}

extension ActiveJob {
  /// Starts a queued job, whose lock is handed over.
  static func start(
    _ queued: QueuedJob, _ request: CreateJob, in context: JobContext, stops: StopSwitch
  ) throws(JobError) -> ActiveJob {
    try queued.requireUnchanged(request)
    _ = try context.submit(
      .startJob(queued.job.id, context.identity), as: context.caller.runner)
    guard let lock = queued.takeLock() else { throw .unavailable("the job runs already") }
    return ActiveJob(context, queued.job.id, queued.job.number, lock, stops)
  }
}

extension CallerIdentity {
  /// A worker in this person's process, acting for somebody else.
  func system(for person: ActorID) -> CallerIdentity {
    var actor = runner
    actor.actsFor = person
    return CallerIdentity(actor: actor)
  }
}

extension JobTask {
  /// What is chosen about running it.
  var settings: RunSettings {
    get {
      switch self {
      case .train(_, let settings), .evaluate(_, let settings), .runFeature(_, let settings),
        .predict(_, let settings), .batchRun(_, let settings), .retry(_, let settings),
        .statistics(_, _, let settings):
        settings
      case .importFiles(let request): request.settings
      case .exec(let request): request.settings
      case .deploy(let request): request.settings
      case .retire(let request): request.settings
      }
    }
    set {
      switch self {
      case .train(let model, _): self = .train(model, newValue)
      case .evaluate(let version, _): self = .evaluate(version, newValue)
      case .statistics(let version, let data, _):
        self = .statistics(version, data: data, newValue)
      case .runFeature(let version, _): self = .runFeature(version, newValue)
      case .predict(let deployment, _): self = .predict(deployment, newValue)
      case .batchRun(let deployment, _): self = .batchRun(deployment, newValue)
      case .retry(let job, _): self = .retry(job, newValue)
      case .importFiles(var request):
        request.settings = newValue
        self = .importFiles(request)
      case .exec(var request):
        request.settings = newValue
        self = .exec(request)
      case .deploy(var request):
        request.settings = newValue
        self = .deploy(request)
      case .retire(var request):
        request.settings = newValue
        self = .retire(request)
      }
    }
  }
}
