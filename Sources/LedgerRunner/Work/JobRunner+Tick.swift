// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading
import LedgerStorage

extension JobTask {
  /// What a tick of a schedule runs.
  public static func scheduled(_ schedule: Schedule, _ settings: RunSettings) -> JobTask {
    schedule.fact.kind == .batchRun
      ? .batchRun(schedule.fact.deployment, settings)
      : .predict(schedule.fact.deployment, settings)
  }
}

extension JobRunner {
  /// Runs one tick of a schedule as a job of its own; nil where another worker had it, or where the
  /// schedule moved on meanwhile.
  ///
  /// The request key `<position of schedule.created>/<nominal time>` makes the job exist once,
  /// whoever else tries. What cannot even be prepared is a job that failed, because a tick must not be
  /// lost unseen. Errors: `JobError` where the ledger could not be read or written; then the tick is
  /// still due.
  func tick(
    _ schedule: Schedule, at nominal: Timestamp, _ order: TickOrder
  ) throws(JobError) -> JobReport? {
    var runner = self
    runner.context.caller = context.caller.scheduler(for: schedule.fact.owner)
    let settings = RunSettings(
      request: try JobRunner.key(of: schedule, at: nominal), trigger: .cron,
      schedule: schedule.name, nominalTime: nominal, tick: order)
    do throws(JobError) {
      return try runner.run(.scheduled(schedule, settings))
    } catch {
      switch error {
      case .storage, .unknown, .reading: throw error
      case .refused(.scheduleMoved), .refused(.scheduleNotFound): return nil
      default: return try runner.recordFailure(schedule, settings, error)
      }
    }
  }

  /// Records a tick whose job could not be prepared, as a job that failed before its command began.
  private func recordFailure(
    _ schedule: Schedule, _ settings: RunSettings, _ error: JobError
  ) throws(JobError) -> JobReport? {
    let create = CreateJob(
      fact: JobCreated(kind: schedule.fact.kind, deployment: schedule.fact.deployment))
    let stops = StopSwitch(grace: context.options.grace)
    do throws(JobError) {
      switch try ActiveJob.create(
        create.asked(by: settings), in: context, key: settings.request, stops: stops)
      {
      case .existing(let job): return try report(of: job)
      case .active(let job):
        context.observer.started(job.id, nil)
        return job.fail("\(error)", neverStarted: true)
      }
    } catch {
      switch error {
      case .refused(.scheduleMoved), .refused(.scheduleNotFound): return nil
      case .refused(let refusal) where refusal.class != .tryAgain:
        // Its owner or its deployment may not run it any more: then it is a missed tick.
        try miss(schedule, settings)
        return nil
      default: throw error
      }
    }
  }

  private func miss(_ schedule: Schedule, _ settings: RunSettings) throws(JobError) {
    guard let nominal = settings.nominalTime else { return }
    let earlier = settings.tick?.missed == nominal ? 0 : settings.tick?.missedCount ?? 0
    try record(
      MissTicks(
        schedule: ScheduleID(project: schedule.project, name: schedule.name),
        after: settings.tick?.after, nominalTime: nominal,
        count: max(settings.tick?.missedCount ?? 0, earlier + 1)))
  }

  /// Records ticks without a job, unless another worker was faster.
  func record(_ missed: MissTicks) throws(JobError) {
    do throws(JobError) {
      _ = try context.submit(.missTicks(missed), as: context.caller.actor)
    } catch {
      switch error {
      case .refused(.scheduleMoved), .refused(.scheduleNotFound): return
      default: throw error
      }
    }
  }

  /// What binds a tick to its job: the same in every worker.
  private static func key(
    of schedule: Schedule, at nominal: Timestamp
  ) throws(JobError) -> RequestContent {
    var content = JSONObject()
    content["command"] = .string("tick" as String)
    content["nominalTime"] = .string(nominal.description)
    content["schedule"] = .string("\(schedule.project)/\(schedule.name)")
    let position = schedule.created.position.value
    guard let key = RequestKey("\(position)/\(nominal)"),
      let bytes = try? CanonicalJSON.encode(.object(content))
    else { throw .unavailable("a tick has no request key") }
    return RequestContent(key: key, content: bytes)
  }
}

extension CreateJob {
  /// The same job with what set it off.
  func asked(by settings: RunSettings) -> CreateJob {
    guard let schedule = settings.schedule else { return self }
    var create = self
    create.fact.trigger = settings.trigger
    create.fact.schedule = schedule
    create.fact.nominalTime = settings.nominalTime
    create.tick = settings.tick
    return create
  }
}

extension CallerIdentity {
  /// The scheduler of a worker, acting for a schedule's owner. One name for every worker: the scope
  /// of a tick's request key.
  func scheduler(for owner: ActorID) -> CallerIdentity {
    var actor = system(for: owner).actor
    actor.id = ActorID(unchecked: "scheduler")
    return CallerIdentity(actor: actor)
  }
}
