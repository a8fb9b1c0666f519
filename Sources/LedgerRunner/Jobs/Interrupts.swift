// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP of this process as calls on a thread of their own, so that a job can
/// be stopped and its end recorded. While no job listens they do what they always do.
public final class Interrupts: Sendable {
  /// Those of this process.
  public static let shared = Interrupts()

  /// What listens: the signal, and whether it is the first one.
  typealias Listener = @Sendable (_ signal: Int32, _ isFirst: Bool) -> Void

  private struct State {
    var isCatching = false
    var listeners: [Int: Listener] = [:]
    var nextKey = 0
    var count = 0
  }
  private let state = Mutex(State())

  /// Begins to catch the signals. To be called on the main thread before any other is started,
  /// because each thread would have to block them; a second call does nothing.
  ///
  /// Signals that were ignored from the start (nohup, background jobs of scripts) stay so.
  public func catchSignals() {
    let isFirst = state.withLock { state in
      defer { state.isCatching = true }
      return !state.isCatching
    }
    guard isFirst else { return }
    var wanted = sigset_t()
    sigemptyset(&wanted)
    var isEmpty = true
    for signal in [SIGINT, SIGTERM, SIGHUP] where !Interrupts.isIgnored(signal) {
      sigaddset(&wanted, signal)
      isEmpty = false
    }
    guard !isEmpty else { return }
    pthread_sigmask(SIG_BLOCK, &wanted, nil)
    do throws(SystemFailure) {
      try OSThread.start("signals") { [wanted] in
        var wanted = wanted
        while true {
          var signal: Int32 = 0
          if sigwait(&wanted, &signal) == 0 { self.take(signal) }
        }
      }
    } catch {
      // Without the thread nobody would take them.
      pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }
  }

  /// Runs `body` while `listener` is called for each signal.
  func listening<R>(_ listener: @escaping Listener, _ body: () throws -> R) rethrows -> R {
    let key = state.withLock { state in
      state.nextKey += 1
      state.listeners[state.nextKey] = listener
      return state.nextKey
    }
    defer { _ = state.withLock { $0.listeners.removeValue(forKey: key) } }
    return try body()
  }

  /// Tells the listeners of a signal.
  func take(_ signal: Int32) {
    if !pass(on: signal) { Interrupts.end(by: signal) }
  }

  /// Tells the listeners of a signal; whether there were any.
  @discardableResult
  func pass(on signal: Int32) -> Bool {
    let (listeners, isFirst) = state.withLock { state in
      state.count += 1
      return (Array(state.listeners.values), state.count == 1)
    }
    for listener in listeners { listener(signal, isFirst) }
    return !listeners.isEmpty
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// What the signal does to a process that does not catch it.
  private static func end(by signal: Int32) {
    Glibc.signal(signal, SIG_DFL)
    var only = sigset_t()
    sigemptyset(&only)
    sigaddset(&only, signal)
    kill(getpid(), signal)
    pthread_sigmask(SIG_UNBLOCK, &only, nil)
    _exit(128 + signal)
  }
}
