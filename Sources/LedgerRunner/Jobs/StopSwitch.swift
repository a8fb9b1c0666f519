// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Why a command was asked to stop.
enum StopCause: Equatable, Sendable {
  /// Somebody asked for it in the ledger.
  case requested
  /// A signal to this process.
  case signal(Int32)
  /// The log could not be carried on.
  case log(LogPump.Failure)
}

/// What stops a job's command, shared by the threads that may: the signals', the log's, and the
/// one that watches the ledger. It outlives the command, so that no wish to stop is missed.
final class StopSwitch: Sendable {
  private struct State: Sendable {
    var command: RunningCommand?
    var cause: StopCause?
    var patienceEnd: ContinuousClock.Instant?
  }
  private let state = Monitor(State())
  private let grace: Duration

  init(grace: Duration) { self.grace = grace }

  /// Why the job is to stop; nil while nobody wants that.
  var cause: StopCause? { state.read { $0.cause } }

  /// When whoever sent a signal should not wait any longer for a ledger that cannot be written; nil
  /// while nobody has.
  var patienceEnd: ContinuousClock.Instant? { state.read { $0.patienceEnd } }

  /// Stops the command, now or as soon as it has started. The first cause is kept.
  func stop(_ cause: StopCause, atOnce: Bool = false) {
    let command = state.update { state in
      if state.cause == nil { state.cause = cause }
      if case .signal = cause { state.patienceEnd = .now + (atOnce ? .zero : grace) }
      return state.command
    }
    command?.stop(grace: atOnce ? .zero : grace)
  }

  /// Hands over the command that has just started.
  func control(_ command: RunningCommand) {
    let isStopped = state.update { state in
      state.command = command
      return state.cause != nil
    }
    if isStopped { command.stop(grace: grace) }
  }

  /// Forgets cause and command: for another command that has to run although the job was stopped.
  func rearm() {
    state.update { state in
      state.cause = nil
      state.patienceEnd = nil
      state.command = nil
    }
  }
}
