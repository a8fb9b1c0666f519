// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

/// A job that this process runs, from its creation to its end. Used on one thread.
///
/// It holds the runner's lock for its life: whoever can take that lock knows the runner is gone.
final class ActiveJob {
  let context: JobContext
  let id: JobID
  let number: VersionNumber?
  let workspace: JobWorkspace
  let stops: StopSwitch
  private var lock: RunnerLock?
  private let started: ContinuousClock.Instant
  private(set) var counts = LineCounts()
  private var lastLine: UInt64 = 0
  private var isInterruptRecorded = false
  private var lastLook = ContinuousClock.now
  /// What remains of a command that ran without success, where its processes tell nothing else.
  var remainsAfterFailure = EffectRemaining.none

  init(
    _ context: JobContext, _ id: JobID, _ number: VersionNumber?, _ lock: consuming RunnerLock,
    _ stops: StopSwitch
  ) {
    self.context = context
    self.id = id
    self.number = number
    self.lock = consume lock
    workspace = JobWorkspace(context.directory, id)
    started = .now
    self.stops = stops
  }

  /// What became of the wish for a job.
  enum Creation {
    /// It exists, has started, and is this process's to run.
    case active(ActiveJob)
    /// An earlier request with the same key had made it.
    case existing(JobID)
  }

  /// Creates and starts a job in one transaction, under an identifier whose lock is taken first.
  static func create(
    _ request: CreateJob, in context: JobContext, key: RequestContent?, stops: StopSwitch
  ) throws(JobError) -> Creation {
    var random = SystemRandomNumberGenerator()
    var request = request
    request.runner = context.identity
    for attempt in 0..<1024 {
      let id = JobID(
        kind: request.fact.kind, bits: random.next(), characters: attempt < 64 ? 6 : 7)
      let lock: RunnerLock
      do throws(DirectoryError) { lock = try RunnerLock(context.directory, id) } catch {
        if error.code == .busy { continue }
        throw JobError(directory: error, "creating a job")
      }
      request.id = id
      do throws(JobError) {
        let made = try context.submit(
          .createJob(request), as: context.caller.actor, request: key)
        guard let event = made.events.last, let job = event.job else {
          throw .unavailable("the ledger told of no job")
        }
        if made.isDuplicate {
          try? lock.remove()
          return .existing(job)
        }
        return .active(ActiveJob(context, job, event.number, lock, stops))
      } catch {
        // The file of an identifier in use is another runner's, whether it lives or not.
        if case .refused(.jobIdentifierTaken) = error { continue }
        // Whether this job is in the log may be unknown; then its lock tells that nobody runs it.
        try? lock.remove()
        throw error
      }
    }
    throw .unavailable("no unused job identifier was found")
  }

  // MARK: The command

  /// What became of one command of the job.
  struct CommandOutcome {
    /// How it ended; nil when it was not started.
    var result: CommandResult?
    /// Why it was not started.
    var startError: String?
    /// Why it was stopped; nil when it ended by itself.
    var stop: StopCause?
    /// Why its log is incomplete.
    var logFailure: LogPump.Failure?

    /// Whether it did what it was to do, all of it on record.
    var succeeded: Bool { stop == nil && logFailure == nil && result?.succeeded == true }
  }

  /// Runs one command under a guard, its output going to the ledger; returns when it, what it left
  /// behind, and its log are dealt with.
  ///
  /// `obeysLedger` is false for a command that undoes what a stopped one did.
  func run(
    _ plan: CommandPlan, capturing capture: Capture.Options, obeysLedger: Bool = true
  ) -> CommandOutcome {
    if let cause = stops.cause { return CommandOutcome(stop: cause) }
    let command: RunningCommand
    do {
      command = try RunningCommand.start(
        plan, launcher: context.options.launcher, capturing: capture)
    } catch let error as CommandError {
      return CommandOutcome(startError: error.explanation(for: plan))
    } catch {
      return CommandOutcome(startError: "\(error)")
    }
    stops.control(command)
    note(command)
    let pump: LogPump
    do throws(SystemFailure) {
      pump = try LogPump(context, id, command.capture, after: lastLine, stops)
    } catch {
      command.capture.discardRest()
      command.stop(grace: .zero)
      _ = command.wait()
      return CommandOutcome(startError: "its log could not be read: \(error)")
    }
    var result = watch(command, obeysLedger)
    // A service that a hook started is to live on, and remains by intent.
    if plan.leftovers == .release, result.succeeded { result.left = 0 }
    let log = pump.finish()
    counts.add(log.counts)
    lastLine = log.lastLine
    return CommandOutcome(result: result, stop: stops.cause, logFailure: log.failure)
  }

  /// Writes the processes into the lock's file, for whoever finds the runner dead.
  private func note(_ command: RunningCommand) {
    func process(_ identity: ProcessIdentity) -> RunnerRecord.Process {
      RunnerRecord.Process(pid: identity.pid, startTicks: identity.startTicks)
    }
    let record = RunnerRecord(
      boot: command.guardian.boot, guardProcess: process(command.guardian),
      child: process(command.command))
    do throws(DirectoryError) { try lock?.write(record) } catch {
      context.observer.remark("\(error)")
    }
  }

  /// Waits for the end, and meanwhile obeys who asks for a stop in the ledger.
  private func watch(_ command: RunningCommand, _ obeysLedger: Bool) -> CommandResult {
    while true {
      let result = command.wait(atMost: context.options.stopPollInterval)
      recordInterrupt()
      if let result { return result }
      if obeysLedger, stops.cause == nil { lookForStop() }
    }
  }

  /// Asks the ledger whether the job is to stop. One that cannot be read now may be soon.
  private func lookForStop() {
    guard let state = try? context.state(of: id) else { return }
    if state.stopRequested != nil {
      stops.stop(.requested)
    } else if state.status.isFinal {
      stops.stop(.log(.refused(.jobEnded(id, state.status))))
    }
  }

  /// Records that a signal stops the job. The command was told before: obeying comes first.
  private func recordInterrupt() {
    guard !isInterruptRecorded, case .signal(let signal)? = stops.cause else { return }
    isInterruptRecorded = true
    let name = SignalName.name(of: signal)
    do throws(JobError) {
      _ = try context.submit(
        .requestStop(id, reason: Text("interrupted by \(name)")), as: context.caller.runner)
    } catch {
      context.observer.remark("the stop by \(name) could not be recorded: \(error)")
    }
  }

  /// Whether the job is to stop, for whoever asks often: the ledger is asked now and then.
  func isToStop() -> Bool {
    if stops.cause == nil, ContinuousClock.now - lastLook >= context.options.stopPollInterval {
      lookForStop()
      lastLook = .now
    }
    return stops.cause != nil
  }

  /// Why the job is to end as stopped; looks once more, for who asked after the command had ended.
  func stopCause() -> StopCause? {
    recordInterrupt()
    if stops.cause == nil { lookForStop() }
    return stops.cause
  }

  // MARK: The log of what the runner itself finds

  /// Records and shows lines that no command wrote. After an error none of them counts.
  func log(
    _ lines: [(level: LogLevel, words: Text)], on stream: LogStream = .stdout
  ) throws(JobError) {
    var batch = LogBatch(job: id, actor: context.caller.runner)
    var added = LineCounts()
    for (index, (level, words)) in lines.enumerated() {
      added[level] += 1
      let bytes = Array(words.string.utf8)
      let fact = LogLine(
        stream: stream, line: lastLine + UInt64(index) + 1, level: level,
        detector: LevelRules.version)
      batch.lines.append(LogBatch.Line(fact: fact, offset: batch.bytes.count, count: bytes.count))
      batch.bytes += bytes
    }
    guard !batch.lines.isEmpty else { return }
    switch context.ledger.append(batch) {
    case .accepted: break
    case .refused(let refusal): throw .refused(refusal)
    case .failed(let error): throw .storage(error)
    case .unknown(let error): throw .unknown(error)
    }
    counts.add(added)
    lastLine += UInt64(lines.count)
    for line in batch.lines {
      context.observer.line?(line.fact, batch.bytes[line.offset..<(line.offset + line.count)])
    }
  }

  // MARK: The end

  /// Microseconds since the job started.
  var elapsedMicroseconds: UInt64 { UInt64(clamping: (ContinuousClock.now - started).microseconds) }

  /// What every end of this job tells, given the outcome of its last command.
  func ending(_ outcome: CommandOutcome?) -> JobEnding {
    var ending = JobEnding(durationMicroseconds: elapsedMicroseconds, lines: counts)
    guard let result = outcome?.result else { return ending }
    ending.exit = result.exit
    ending.signal = result.signal.map { SignalName.name(of: $0) }
    ending.durationMicroseconds = UInt64(clamping: result.duration.microseconds)
    if result.guardLost || result.left > 0 {
      ending.effectRemaining = .unknown
    } else if result.heldPipe > 0 {
      ending.effectRemaining = .descendants
    }
    return ending
  }

  /// Records the end, trying again for a while where the ledger cannot be written, and lets go.
  func end(_ request: EndJob) -> JobReport {
    conclude(.endJob(request), as: context.caller.runner) { refusal in
      // What the command made is refused where the ledger changed meanwhile: then it failed.
      guard request.status == .completed else { return nil }
      var failed = request
      failed.status = .failed
      failed.result = .none
      failed.error = ActiveJob.words("what it made is refused: \(refusal)")
      return .endJob(failed)
    }
  }

  /// Submits the intent that ends the job; `otherwise` gives another after a refusal.
  func conclude(
    _ intent: Intent, as actor: Actor, signed: SignedRequest? = nil,
    otherwise: (Refusal) -> Intent?
  ) -> JobReport {
    var report = JobReport(job: id, status: .running)
    var intent = intent
    var (actor, signed) = (actor, signed)
    var patience = Patience(context.options.ledgerPatience, stops)
    recording: while true {
      do throws(JobError) {
        let made = try context.submit(intent, as: actor, signed: signed)
        report.take(made.events)
        break
      } catch {
        switch error {
        case .refused(let refusal):
          guard let next = otherwise(refusal), next != intent else {
            report.unrecorded.append("the end of \(id) could not be recorded: \(refusal)")
            break recording
          }
          intent = next
          (actor, signed) = (context.caller.runner, nil)
        case .storage(let cause):
          if patience.isFresh {
            context.observer.remark("the end of \(id) cannot be recorded yet: \(cause)")
          }
          if !patience.wait() {
            report.unrecorded.append("the end of \(id) could not be recorded: \(cause)")
            break recording
          }
        default:
          report.unrecorded.append("whether the end of \(id) is recorded is unknown: \(error)")
          break recording
        }
      }
    }
    if let state = try? context.state(of: id) {
      report.status = state.status
      report.version = state.versionID
      if report.deployment == nil, state.status == .completed {
        report.deployment = state.request.deployment
      }
    }
    workspace.remove()
    if let lock = lock.take() {
      // Without a recorded end the file stays: the next sweep finds that the runner is gone.
      if report.status.isFinal { try? lock.remove() } else { lock.release() }
    }
    return report
  }

  /// Words cut to what an event holds of an error.
  static func words(_ words: String) -> Text {
    let limit = 4096
    guard words.utf8.count > limit else { return Text(words) }
    var cut = words.unicodeScalars
    while cut.lazy.map({ UTF8.width($0) }).reduce(0, +) > limit {
      cut.removeLast(max(1, (cut.count - limit / 4) / 2))
    }
    return Text(String(cut) + " …")
  }
}

extension LineCounts {
  fileprivate mutating func add(_ other: LineCounts) {
    for level in LogLevel.allCases { self[level] += other[level] }
  }
}

extension JobReport {
  /// Takes over what the terminal event tells.
  mutating func take(_ events: [Event]) {
    for event in events {
      switch event.fact {
      case .jobCompleted(let ending), .jobFailed(let ending), .jobStopped(let ending),
        .jobLost(let ending):
        exit = ending.exit
        signal = ending.signal
      default: break
      }
    }
  }
}
