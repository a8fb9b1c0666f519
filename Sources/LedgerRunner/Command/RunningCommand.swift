// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What to run: an argument vector, never a shell string.
public struct CommandPlan: Sendable {
  /// The program and its arguments; reach it byte for byte.
  public var arguments: [String]
  /// The working folder, absolute.
  public var folder: String
  /// The whole environment; nothing else is inherited.
  public var environment: [String: String]
  /// What becomes of processes that the command leaves behind.
  public var leftovers: Leftovers
  /// How long they may take to end by themselves.
  public var patience: Duration
  /// The descriptor that becomes its standard input, and `/dev/null` here; nil for nothing to read.
  public var input: Int32?

  /// A command with everything that it inherits.
  public init(
    arguments: [String], folder: String, environment: [String: String],
    leftovers: Leftovers = .end, patience: Duration = .seconds(2), input: Int32? = nil
  ) {
    self.arguments = arguments
    self.folder = folder
    self.environment = environment
    self.leftovers = leftovers
    self.patience = patience
    self.input = input
  }
}

/// How a command ended.
public struct CommandResult: Equatable, Sendable {
  /// Its exit code, absent when a signal ended it or its end was not seen.
  public var exit: Int32?
  /// The signal that ended it.
  public var signal: Int32?
  /// From its start to its end, suspended time included.
  public var duration: Duration
  /// Processes that still held its output after the patience ran out, or at a stop.
  public var heldPipe: Int
  /// Processes left behind that the guard killed.
  public var killed: Int
  /// Processes that live on: another user's, stuck in the kernel, or released as planned.
  public var left: Int
  /// The guard itself, or its keeper, was killed: so was the command, and how it would have ended
  /// is unknown.
  public var guardLost: Bool

  /// Whether the command ended by itself with exit code 0.
  public var succeeded: Bool { exit == 0 && !guardLost }
}

/// Starts guards.
public struct GuardLauncher: Sendable {
  /// The binary that becomes the guard when its first argument asks for it.
  public var executable: String

  /// Guards are started from `executable`; standard: the running binary itself.
  public init(executable: String = "/proc/self/exe") { self.executable = executable }
}

/// A user's command under its guard. Threads may share it.
public final class RunningCommand: Sendable {
  /// The guard's keeper: the process that the runner started, which outlives the guard.
  public let guardian: ProcessIdentity
  /// The command's process; its number is also that of its process group.
  public let command: ProcessIdentity
  /// What it writes.
  public let capture: Capture
  private let progress: Monitor<Progress>

  private struct Progress: Sendable {
    var guardPid: Int32 = 0
    var started: (pid: Int32, ticks: UInt64)?
    var failure: CommandError?
    var ended: CommandResult?
    var result: CommandResult?
    var socket: Int32 = -1
  }

  private init(
    guardian: ProcessIdentity, command: ProcessIdentity, capture: Capture,
    progress: Monitor<Progress>
  ) {
    self.guardian = guardian
    self.command = command
    self.capture = capture
    self.progress = progress
  }

  /// Starts a guard and, under it, the command; returns when the command runs and is read.
  ///
  /// Take the batches of `capture` until there are no more, then `wait()`. Errors: `CommandError`
  /// or `SystemFailure`; then nothing runs. Cost: two process starts, two threads.
  public static func start(
    _ plan: CommandPlan, launcher: GuardLauncher = GuardLauncher(),
    capturing options: Capture.Options = Capture.Options()
  ) throws -> RunningCommand {
    let request = try plan.request()
    let stdout = try Pipe()
    let stderr = try Pipe()
    let progress = Monitor(Progress())
    let capture = try Capture.start(
      stdout: stdout.reader.take(), stderr: stderr.reader.take(), options: options)
    do {
      try OSThread.start("guard watch") {
        watch(request, launcher, plan.input, stdout.writer, stderr.writer, progress)
        // Whoever still holds the output was told of in the result; it is not waited for.
        capture.endWhenDrained()
      }
    } catch {
      capture.endWhenDrained()
      throw error
    }
    let outcome: Result<(Int32, UInt64, Int32), CommandError> = progress.wait { state in
      if let failure = state.failure { return .failure(failure) }
      guard let started = state.started else { return nil }
      return .success((started.pid, started.ticks, state.guardPid))
    }
    let (pid, ticks, guardPid) = try outcome.get()
    return RunningCommand(
      guardian: ProcessIdentity(pid: guardPid)
        ?? ProcessIdentity(pid: guardPid, startTicks: 0, boot: Machine.boot),
      command: ProcessIdentity(pid: pid, startTicks: ticks, boot: Machine.boot),
      capture: capture, progress: progress)
  }

  /// Sends SIGTERM to the command's group and, after `grace`, SIGKILL to all that it started.
  ///
  /// Returns at once. Asked again, the earlier end counts; after the end nothing happens.
  public func stop(grace: Duration) {
    progress.read { state in
      guard state.socket >= 0 else { return }
      _ = Channel.send(GuardProtocol.StopOrder(grace: grace).encoded(), to: state.socket)
    }
  }

  /// Waits until the command and what it left behind are dealt with.
  public func wait() -> CommandResult { progress.wait { $0.result } }

  /// As `wait()`, giving up with nil after `limit`.
  public func wait(atMost limit: Duration) -> CommandResult? {
    progress.wait(atMost: limit) { $0.result }
  }

  /// The life of the guard as its parent thread sees it. The kernel sends the guard's
  /// parent-death signal when *this thread* ends, so it stays until the guard is reaped.
  private static func watch(
    _ request: [UInt8], _ launcher: GuardLauncher, _ input: Int32?, _ stdout: SharedDescriptor,
    _ stderr: SharedDescriptor,
    _ progress: Monitor<Progress>
  ) {
    let socket: Int32
    let pid: Int32
    do {
      (pid, socket) = try spawn(launcher, input, stdout, stderr)
    } catch {
      progress.update { $0.failure = error }
      return
    }
    stdout.close()
    stderr.close()
    progress.update {
      $0.guardPid = pid
      $0.socket = socket
    }
    var settled = false
    if Channel.send(request, to: socket) {
      while let report = Channel.receive(GuardProtocol.Report.size, from: socket).flatMap(
        GuardProtocol.Report.init)
      {
        progress.update { settled = note(report, &$0) || settled }
      }
    }
    progress.update {
      close($0.socket)
      $0.socket = -1
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    progress.update { state in
      guard state.failure == nil else { return }
      // A guard whose keeper was killed kills the command: that is no end of the command's own.
      let died = !settled || (status & 0x7F != 0 && state.ended?.signal == SIGKILL)
      guard let started = state.started else {
        state.failure = .guardFailed(launcher.executable)
        return
      }
      var result = state.ended ?? CommandResult.unseen
      if died {
        // The kernel killed the command itself with its guard, and the keeper what it had started;
        // its group lives on where both were killed.
        kill(-started.pid, SIGKILL)
        result.guardLost = true
      }
      state.result = result
    }
  }

  /// Notes a report; true when it is the guard's last.
  private static func note(_ report: GuardProtocol.Report, _ state: inout Progress) -> Bool {
    switch report {
    case .started(let pid, let ticks):
      state.started = (pid, ticks)
      return false
    case .failed(let stage, let code):
      state.failure = CommandError(stage, code)
      return true
    case .ended(let exit, let signal, let nanoseconds):
      var result = CommandResult.unseen
      result.exit = signal == 0 ? exit : nil
      result.signal = signal == 0 ? nil : signal
      result.duration = .nanoseconds(nanoseconds)
      state.ended = result
      return false
    case .settled(let held, let killed, let left):
      var result = state.ended ?? CommandResult.unseen
      result.heldPipe = held
      result.killed = killed
      result.left = left
      state.ended = result
      return true
    }
  }

  private static func spawn(
    _ launcher: GuardLauncher, _ input: Int32?, _ stdout: SharedDescriptor,
    _ stderr: SharedDescriptor
  ) throws(CommandError) -> (pid: Int32, socket: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .system(SystemFailure(operation: "make a socket pair", code: errno))
    }
    // Copies above the numbers they will have in the guard, so that none overwrites another.
    var copies = [stdout.number, stderr.number, ends[1]].map { clinux_duplicate($0, 16) }
    close(ends[1])
    // -1 is nothing to read.
    copies.insert(input.map { clinux_duplicate($0, 16) } ?? -1, at: 0)
    defer { for copy in copies where copy >= 0 { close(copy) } }
    guard !copies.dropFirst(input == nil ? 1 : 0).contains(-1) else {
      let code = errno
      close(ends[0])
      throw .system(SystemFailure(operation: "copy a descriptor", code: code))
    }
    let words = [launcher.executable, GuardProtocol.argument, "\(getpid())"]
    // A guard needs nothing of the runner's environment but what its own binary may need to load.
    let kept: [String] = ["LD_LIBRARY_PATH", "SWIFT_BACKTRACE"].compactMap { (name: String) in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    var pid: Int32 = 0
    let code = CArguments.with(words.map { Array($0.utf8) }) { arguments in
      CArguments.with(kept.map { Array($0.utf8) }) { environment in
        clinux_spawn(
          &pid, launcher.executable, arguments, environment, nil, copies, 4,
          CLINUX_SPAWN_SESSION | CLINUX_SPAWN_BLOCKED)
      }
    }
    guard code == 0 else {
      close(ends[0])
      throw .system(SystemFailure(operation: "start the guard \(launcher.executable)", code: code))
    }
    if let input { giveUp(input) }
    return (pid, ends[0])
  }

  /// Puts `/dev/null` in the place of a descriptor: whoever writes into a pipe that the command has
  /// closed must be told so, and not wait for a reader that never reads.
  private static func giveUp(_ input: Int32) {
    let null = clinux_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0)
    guard null >= 0 else { return }
    dup2(null, input)
    close(null)
  }
}

extension CommandResult {
  fileprivate static let unseen = CommandResult(
    exit: nil, signal: nil, duration: .zero, heldPipe: 0, killed: 0, left: 0, guardLost: false)
}

extension CommandPlan {
  fileprivate func request() throws(CommandError) -> [UInt8] {
    guard let program = arguments.first, !program.isEmpty else { throw .empty }
    var variables: [[UInt8]] = []
    for (name, value) in environment {
      guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else { throw .variable(name) }
      variables.append(Array("\(name)=\(value)".utf8))
    }
    variables.sort { $0.lexicographicallyPrecedes($1) }
    let request = GuardProtocol.Request(
      folder: Array(folder.utf8), arguments: arguments.map { Array($0.utf8) },
      environment: variables, leftovers: leftovers, patience: patience)
    for bytes in [request.folder] + request.arguments + request.environment
    where bytes.contains(0) { throw .nul }
    let encoded = request.encoded()
    guard encoded.count <= GuardProtocol.requestLimit else { throw .tooLong }
    return encoded
  }
}
