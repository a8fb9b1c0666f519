// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Carries what a command says into the ledger, in order, one commit at a time.
///
/// One batch is under way at most, and the capture's queue is bounded: a slow disk makes the
/// command wait, never memory grow.
final class LogPump: Sendable {
  /// What the pump knows.
  struct State: Sendable {
    /// Lines in the ledger, by level.
    var counts = LineCounts()
    /// The number of the last line.
    var lastLine: UInt64
    /// Why nothing more is recorded.
    var failure: Failure?
    /// Whether everything was dealt with.
    var isDone = false
  }

  /// Why a log could not be carried on.
  enum Failure: Equatable, Sendable {
    /// The ledger takes no lines of this job any more.
    case refused(Refusal)
    /// The ledger could not be written for as long as the runner is patient.
    case storage(StorageError)
    /// Whether the last lines are in the ledger is unknown.
    case unknown(StorageError)

    var words: String {
      switch self {
      case .refused(let refusal): "the ledger takes no more of its log: \(refusal)"
      case .storage(let error): "its log could not be recorded: \(error)"
      case .unknown(let error): "whether its last log lines are recorded is unknown: \(error)"
      }
    }
  }

  private let context: JobContext
  private let job: JobID
  private let capture: Capture
  private let actor: Actor
  private let lineOffset: UInt64
  private let stops: StopSwitch
  private let state: Monitor<State>

  /// Starts to pump. `after` is the last line of an earlier command of the same job; what cannot be
  /// recorded stops the job, and whoever stops the job shortens the patience with the ledger.
  init(
    _ context: JobContext, _ job: JobID, _ capture: Capture, after lastLine: UInt64,
    _ stops: StopSwitch
  ) throws(SystemFailure) {
    self.context = context
    self.job = job
    self.capture = capture
    self.actor = context.caller.runner
    self.lineOffset = lastLine
    self.stops = stops
    state = Monitor(State(lastLine: lastLine))
    try OSThread.start("log pump") { self.run() }
  }

  /// Waits until both streams have ended and everything is dealt with.
  func finish() -> State { state.wait { $0.isDone ? $0 : nil } }

  private func run() {
    while let batch = capture.nextBatch() {
      // After a failure the rest is read and dropped, so that the command is not held up.
      guard state.read({ $0.failure == nil }) else { continue }
      record(batch)
    }
    state.update { $0.isDone = true }
  }

  private func record(_ batch: CapturedBatch) {
    if !batch.lines.isEmpty {
      var log = LogBatch(job: job, actor: actor, lines: batch.lines, bytes: batch.bytes)
      for index in log.lines.indices where lineOffset > 0 {
        log.lines[index].fact.line += lineOffset
        if let of = log.lines[index].fact.of { log.lines[index].fact.of = of + lineOffset }
      }
      guard append(log) else { return }
      state.update { state in
        for line in log.lines where line.fact.begins {
          state.counts[line.fact.level] += 1
        }
        state.lastLine = log.lines.last?.fact.line ?? state.lastLine
      }
      if let tell = context.observer.line {
        for line in log.lines { tell(line.fact, batch.message(line)) }
      }
    }
    for progress in batch.progress {
      context.observer.progress?(progress.progress, progress.unit)
      report(progress)
    }
  }

  private func append(_ log: LogBatch) -> Bool {
    var patience = Patience(context.options.ledgerPatience, stops)
    while true {
      switch context.ledger.append(log) {
      case .accepted: return true
      case .refused(let refusal): return fail(.refused(refusal))
      case .unknown(let error): return fail(.unknown(error))
      case .failed(let error):
        if patience.isFresh { context.observer.remark("\(error); trying again") }
        guard patience.wait() else { return fail(.storage(error)) }
      }
    }
  }

  private func report(_ sign: CapturedProgress) {
    let text: EventText =
      sign.unit.string.isEmpty ? EventText() : EventText([.unit: .string(sign.unit)])
    // How far a job is matters to those who watch; that a sign is lost does not end the job.
    _ = context.ledger.append(
      Submission(
        Command(
          actor: actor, occurred: sign.time,
          intent: .reportProgress(job, sign.progress, text: text))))
  }

  private func fail(_ failure: Failure) -> Bool {
    state.update { $0.failure = failure }
    capture.discardRest()
    stops.stop(.log(failure))
    return false
  }
}

/// Waits that grow from 50 ms to 1 s, until a limit is used up. Where somebody stops the job by a
/// signal, the limit is its grace from there on, and nothing after a second signal.
struct Patience: ~Copyable {
  private let end: ContinuousClock.Instant
  private let stops: StopSwitch?
  private var pause = Duration.milliseconds(50)
  private(set) var isFresh = true

  init(_ limit: Duration, _ stops: StopSwitch? = nil) {
    end = .now + limit
    self.stops = stops
  }

  /// Waits a little; false, at once, when the limit is used up.
  mutating func wait() -> Bool {
    isFresh = false
    let left = min(end, stops?.patienceEnd ?? end) - .now
    guard left > .zero else { return false }
    let time = min(pause, left)
    usleep(UInt32(clamping: time.microseconds))
    pause = min(pause * 2, .seconds(1))
    return true
  }
}

extension Duration {
  /// Whole microseconds.
  var microseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
