// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The parent of the guard: it does nothing but outlive it.
///
/// What a killed guard was the reaper of falls to its keeper, which ends all of it; a killed keeper
/// lets the guard know by the parent-death signal. So no single kill leaves a descendant alive, and
/// no job of the same runner is mistaken for another.
struct GuardKeeper {
  private let signals: Int32
  private let guardian: Int32

  /// How long killed processes may take to vanish before they are given up.
  private static let vanishing: Int64 = 5_000_000_000

  /// Forks; returns the keeper in the parent and nil in the child, which is to be the guard.
  /// Exits where a process is missing. For single-threaded callers only.
  static func fork() -> GuardKeeper? {
    let keeper = getpid()
    let guardian = clinux_fork()
    guard guardian >= 0 else { exit(70) }
    if guardian == 0 {
      // Neither is inherited. Armed first and checked after, as in the keeper.
      guard clinux_become_subreaper() == 0, clinux_set_parent_death_signal(SIGTERM) == 0,
        getppid() == keeper
      else { exit(70) }
      return nil
    }
    // The socket's end says that the guard is gone, the output's that the command is.
    close(GuardProtocol.socket)
    letGoOfStreams()
    let signals = clinux_open_signals()
    guard signals >= 0 else {
      kill(guardian, SIGTERM)
      exit(70)
    }
    return GuardKeeper(signals: signals, guardian: guardian)
  }

  /// Lets go of the command's input and output.
  static func letGoOfStreams() {
    let null = clinux_openat(AT_FDCWD, "/dev/null", O_RDWR, 0)
    for descriptor: Int32 in 0...2 {
      if null < 0 { close(descriptor) } else { dup2(null, descriptor) }
    }
    if null >= 0 { close(null) }
  }

  /// Waits for the guard. Ends as it did; where it was killed, ends what it watched over first.
  func run() -> Never {
    while true {
      var status: Int32 = 0
      let pid = waitpid(-1, &status, WNOHANG)
      if pid == guardian {
        // What a guard that ended by itself left was released as planned, or cannot be killed.
        if status & 0x7F == 0 { exit(status >> 8 & 0xFF) }
        endEverything()
        exit(1)
      }
      if pid > 0 || (pid < 0 && errno == EINTR) { continue }
      var event = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      guard poll(&event, 1, -1) > 0 else { continue }
      while case let signal = clinux_next_signal(signals), signal > 0 {
        if signal == SIGTERM { kill(guardian, SIGTERM) }
      }
    }
  }

  /// Kills what fell to this process, and what that forks meanwhile, until nothing is left.
  private func endEverything() {
    let start = GuardWork.now()
    while true {
      while waitpid(-1, nil, WNOHANG) > 0 {}
      let below = ProcessTable.descendants(of: getpid()).filter { !$0.isDead }
      guard !below.isEmpty, GuardWork.now() - start < Self.vanishing else { return }
      for entry in below { kill(entry.pid, SIGKILL) }
      poll(nil, 0, 5)
    }
  }
}
