// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
public import LedgerStorage

/// Runs queued jobs and the ticks of schedules, several at once, until it is told to end.
///
/// Any number of workers may work on one ledger: a queued job belongs to who holds its runner's lock,
/// a tick to who commits it first. A worker keeps nothing that matters: when it is killed, its running
/// jobs are lost, and what had not started is taken by the next one.
///
/// The first signal lets running jobs end and takes no others; the second stops them; the third
/// does so at once.
public final class Worker {
  private let ledger: Ledger
  private let options: Options
  private let runner: JobRunner
  private let interrupts: Interrupts
  private let shared = Monitor(Shared())
  private var agenda: Agenda
  private var clockWatch: ClockWatch
  private var nextSweep: ContinuousClock.Instant = .now
  private var nextAnchoring: ContinuousClock.Instant = .now
  private var told: Set<String> = []
  /// The latest failure, and how many there were since anything succeeded.
  private var failure: (error: JobError, count: Int)?

  /// What the threads of running jobs share with the one that hands out work.
  private struct Shared: Sendable {
    var signals: [Int32] = []
    var running = 0
    var isSweeping = false
    var ended: [Ended] = []
  }

  /// What became of a piece of work.
  private struct Ended: Sendable {
    var work: Agenda.Work
    var result: Result<JobReport?, JobError>
  }

  /// A worker in this process; `tool` is name and version of the program.
  public init(
    ledger: Ledger, caller: CallerIdentity, tool: String, options: Options = Options(),
    running: JobRunner.Options = JobRunner.Options(), observer: JobObserver = JobObserver()
  ) {
    self.ledger = ledger
    self.options = options
    interrupts = running.interrupts
    var running = running
    // The signals of this process are the worker's, which decides what they mean to its jobs.
    running.interrupts = Interrupts()
    runner = JobRunner(
      ledger: ledger, caller: caller, tool: tool, options: running, observer: observer)
    agenda = Agenda(options)
    clockWatch = ClockWatch(options.clock.read())
  }

  /// Works until a signal comes, or with ``Options/untilIdle`` until there is nothing to do.
  ///
  /// `finished` is told of each job that ended here. Errors: `JobError` when the ledger cannot be
  /// read, and with ``Options/untilIdle`` when it cannot be written again and again; jobs that run
  /// are waited for first.
  public func run(_ finished: (JobReport) -> Void = { _ in }) throws(JobError) {
    let shared = self.shared
    let result = interrupts.listening { signal, _ in
      shared.update { $0.signals.append(signal) }
    } _: { () -> Result<Void, JobError> in
      do throws(JobError) { return .success(try work(finished)) } catch {
        drain(finished)
        return .failure(error)
      }
    }
    try result.get()
  }

  private func work(_ finished: (JobReport) -> Void) throws(JobError) {
    var signals = 0
    while true {
      let state = take()
      for signal in state.signals.dropFirst(signals) {
        obey(signal, count: signals)
        signals += 1
      }
      report(state.ended, finished)
      var running = state.running
      if signals == 0 {
        if let words = clockWatch.jump(options.clock.read()) { options.remark(words) }
        try runner.context.read { (snapshot) throws(ReadingError) in
          try agenda.look(at: snapshot)
        }
        let now = options.clock.read().time
        while let work = agenda.next(at: now, hasRoom: running < options.parallel) {
          if try begin(work) { running += 1 }
        }
        sweep()
        anchor()
      }
      if options.untilIdle, running == 0, let failure, failure.count >= 3 { throw failure.error }
      let isIdle = running == 0 && shared.read { $0.ended.isEmpty }
      if isIdle, signals > 0 || (options.untilIdle && agenda.isEmpty) { break }
      _ = shared.wait(atMost: options.pollInterval) { state in
        state.ended.isEmpty && state.signals.count == signals ? nil : true
      }
    }
    drain(finished)
  }

  /// Has checkpoints taken elsewhere as they come, by a process of its own.
  private func anchor() {
    guard ContinuousClock.now >= nextAnchoring else { return }
    nextAnchoring = .now + .seconds(2)
    AnchorProcess.startIfDue(ledger.reader)
  }

  /// Waits for what still runs.
  private func drain(_ finished: (JobReport) -> Void) {
    shared.wait { state in state.running == 0 && !state.isSweeping ? () : nil }
    report(take().ended, finished)
  }

  private func take() -> Shared {
    shared.update { state in
      let taken = state
      state.ended = []
      return taken
    }
  }

  /// Begins a piece of work; whether it takes room until it ends.
  private func begin(_ work: Agenda.Work) throws(JobError) -> Bool {
    let runner = self.runner
    if case .miss(let schedule, let missed) = work {
      var runner = runner
      runner.context.caller = runner.context.caller.scheduler(for: schedule.fact.owner)
      let result: Result<JobReport?, JobError>
      do throws(JobError) {
        try runner.record(missed)
        result = .success(nil)
        options.remark(
          "\(schedule.name): \(missed.count == 1 ? "a tick was" : "\(missed.count) ticks were") "
            + "missed, the latest due \(missed.nominalTime)")
      } catch {
        result = .failure(error)
      }
      report([Ended(work: work, result: result)]) { _ in }
      return false
    }
    shared.update { $0.running += 1 }
    let shared = self.shared
    let run: @Sendable () -> Void = {
      let result: Result<JobReport?, JobError>
      do throws(JobError) {
        switch work {
        case .queued(let job): result = .success(try runner.start(queued: job))
        case .tick(let schedule, let nominal, let order):
          result = .success(try runner.tick(schedule, at: nominal, order))
        case .miss: result = .success(nil)
        }
      } catch {
        result = .failure(error)
      }
      shared.update { state in
        state.running -= 1
        state.ended.append(Ended(work: work, result: result))
      }
    }
    do throws(SystemFailure) { try OSThread.start("job", run) } catch {
      shared.update { $0.running -= 1 }
      throw .unavailable("a job could not be run: \(error)")
    }
    return true
  }

  private func report(_ ended: [Ended], _ finished: (JobReport) -> Void) {
    for end in ended {
      var again: Duration?
      var isDuplicate = false
      switch end.result {
      case .success(let report?):
        failure = nil
        isDuplicate = report.isDuplicate
        if !isDuplicate { finished(report) }
      case .success(nil):
        // Somebody else has it, and may die before it starts.
        if case .queued = end.work { again = options.retryInterval }
      case .failure(let error):
        again = options.retryInterval
        failure = (error, (failure?.count ?? 0) + 1)
        // The same again and again is told once.
        if told.insert("\(error)").inserted { options.remark("\(error)") }
      }
      agenda.ended(end.work, retryAfter: again, isDuplicate: isDuplicate)
    }
  }

  private func obey(_ signal: Int32, count: Int) {
    let name = SignalName.name(of: signal)
    if count == 0 {
      let running = shared.read { $0.running }
      options.remark(
        "\(name): no more jobs are taken"
          + (running == 0 ? "" : "; \(running) still running, the next signal stops them"))
    } else {
      interruptJobs(signal)
    }
  }

  private func interruptJobs(_ signal: Int32) { runner.context.options.interrupts.pass(on: signal) }

  /// Records jobs of runners that died, on a thread of its own: it may wait for their guards.
  private func sweep() {
    guard ContinuousClock.now >= nextSweep else { return }
    nextSweep = .now + options.sweepInterval
    guard !shared.read({ $0.isSweeping }) else { return }
    shared.update { $0.isSweeping = true }
    let (shared, ledger, caller) = (self.shared, self.ledger, runner.context.caller)
    let remark = options.remark
    let run: @Sendable () -> Void = {
      for job in (try? LostJobs.sweep(ledger, by: caller)) ?? [] {
        remark("\(job) is lost: its runner died")
      }
      shared.update { $0.isSweeping = false }
    }
    do throws(SystemFailure) { try OSThread.start("sweep", run) } catch {
      shared.update { $0.isSweeping = false }
    }
  }
}

/// Compares the wall clock with the one that nobody sets.
struct ClockWatch {
  private var last: ClockReading

  init(_ reading: ClockReading) { last = reading }

  /// Words about a wall clock that was set by more than 5 s since it was last looked at.
  mutating func jump(_ reading: ClockReading) -> String? {
    defer { last = reading }
    let passed = Int64(clamping: reading.bootMicroseconds) - Int64(clamping: last.bootMicroseconds)
    let shown = reading.time.microseconds - last.time.microseconds
    let jump = (shown - passed) / 1_000_000
    guard abs(jump) > 5 else { return nil }
    return
      "the clock was set \(jump > 0 ? "forward" : "back") by \(abs(jump)) s, to \(reading.time)"
  }
}
