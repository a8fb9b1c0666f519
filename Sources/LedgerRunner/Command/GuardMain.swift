// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The guard: a small process of our own binary between the runner and the user's command, and its
/// keeper between the two.
///
/// It is the reaper of everything the command starts, ends all of it when the runner dies, stops
/// or asks, and never outlives the last descendant that it may kill.
public enum GuardMain {
  /// Runs the guard and does not return when `arguments` (as `CommandLine.arguments`) ask for
  /// one; returns at once otherwise. To be called first thing in `main`, before any thread.
  public static func runIfAsked(_ arguments: [String]) {
    guard arguments.count >= 2, arguments[1] == GuardProtocol.argument else { return }
    run(arguments)
  }

  /// Runs the guard: `arguments[2]` is the runner's pid, descriptor 3 the socket to it, 1 and 2
  /// the command's output. Exits 0, or 70 when it was not started by a runner.
  public static func run(_ arguments: [String]) -> Never {
    guard arguments.count == 3, let runner = Int32(arguments[2]) else { exit(70) }
    clinux_block_signals()
    // Armed first and checked after: a runner that died in between is seen by one of the two.
    guard clinux_become_subreaper() == 0, clinux_set_parent_death_signal(SIGTERM) == 0,
      getppid() == runner
    else { exit(70) }
    if let keeper = GuardKeeper.fork() { keeper.run() }
    let signals = clinux_open_signals()
    guard signals >= 0 else { exit(70) }
    guard let request = receiveRequest() else { exit(70) }
    var work = GuardWork(signals: signals, request: request)
    work.run()
    exit(0)
  }

  private static func receiveRequest() -> GuardProtocol.Request? {
    guard let head = Channel.receive(4, from: GuardProtocol.socket) else { return nil }
    let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= GuardProtocol.requestLimit,
      let body = Channel.receive(length, from: GuardProtocol.socket)
    else { return nil }
    return GuardProtocol.Request(body: body)
  }
}

/// The guard's state from the start of the command to the end of its last descendant.
struct GuardWork {
  private let signals: Int32
  private let request: GuardProtocol.Request
  private var child: Int32 = 0
  private var started: Int64 = 0
  /// When the command itself ended.
  private var ended: Int64?
  /// When every descendant is to be killed because of a stop.
  private var stopDeadline: Int64?
  /// The runner is gone, or somebody asked the guard to end: nothing is waited for.
  private var abandoned = false
  private var orders: [UInt8] = []
  private var pipes: [UInt64] = []
  private var heldPipe: Set<Int32> = []
  private var killed: Set<Int32> = []
  private var firstKill: Int64?

  /// How long killed processes may take to vanish before they are reported as left.
  private static let vanishing: Int64 = 5_000_000_000

  init(signals: Int32, request: GuardProtocol.Request) {
    self.signals = signals
    self.request = request
  }

  mutating func run() {
    guard start() else { return }
    while true {
      let any = reap()
      let now = Self.now()
      if ended != nil, !any { return settle(left: 0) }
      if let pause = act(now) { wait(pause) } else { return }
    }
  }

  private mutating func start() -> Bool {
    let folder = request.folder + [0]
    if folder.withUnsafeBytes({ chdir($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }) != 0 {
      report(.failed(stage: .folder, code: errno))
      return false
    }
    let path: [UInt8]
    switch ProgramSearch.find(request.arguments.first ?? [], environment: request.environment) {
    case .found(let found): path = found
    case .missing:
      report(.failed(stage: .notFound, code: ENOENT))
      return false
    case .forbidden(let code):
      report(.failed(stage: .notExecutable, code: code))
      return false
    }
    pipes = [1, 2].compactMap { descriptor in
      var status = stat()
      return fstat(Int32(descriptor), &status) == 0 ? UInt64(status.st_ino) : nil
    }
    let pid = CArguments.with(request.arguments) { arguments in
      CArguments.with(request.environment) { environment in
        (path + [0]).withUnsafeBytes {
          clinux_fork_exec(
            $0.baseAddress!.assumingMemoryBound(to: CChar.self), arguments, environment)
        }
      }
    }
    started = Self.now()
    guard pid > 0 else {
      let code = errno
      let stage: GuardProtocol.Stage =
        switch code {
        case ENOENT, ENOTDIR, ELOOP: .interpreter
        case E2BIG: .tooLong
        case EAGAIN, ENOMEM, EMFILE, ENFILE: .fork
        default: .notExecutable
        }
      report(.failed(stage: stage, code: code))
      return false
    }
    child = pid
    // The streams belong to the command alone from here: its end is the end of the pipe.
    GuardKeeper.letGoOfStreams()
    report(.started(pid: pid, startTicks: ProcessTable.entry(of: pid)?.startTicks ?? 0))
    return true
  }

  /// Reaps what ended; false when no child is left.
  private mutating func reap() -> Bool {
    while true {
      var status: Int32 = 0
      let pid = waitpid(-1, &status, WNOHANG)
      if pid == 0 { return true }
      if pid < 0 {
        if errno == EINTR { continue }
        return false
      }
      if pid == child, ended == nil {
        let now = Self.now()
        ended = now
        let signal = status & 0x7f
        report(
          .ended(
            exit: signal == 0 ? (status >> 8) & 0xff : -1, signal: signal,
            nanoseconds: now - started))
      }
    }
  }

  /// Does what is due; how long to wait for the next event in milliseconds (-1: any time), or nil
  /// when the work is over.
  private mutating func act(_ now: Int64) -> Int32? {
    if abandoned || stopDeadline.map({ now >= $0 }) == true { return killAll(now) }
    guard let ended else { return pause(until: stopDeadline, now) }
    var deadline = ended + request.patience.milliseconds * 1_000_000
    if let stopDeadline { deadline = min(deadline, stopDeadline) }
    if request.leftovers == .release, stopDeadline == nil {
      let below = ProcessTable.descendants(of: getpid()).filter { !$0.isDead }
      let holders = below.filter { ProcessTable.holds($0.pid, pipes: pipes) }
      if holders.isEmpty {
        settle(left: below.count)
        return nil
      }
      if now >= deadline {
        heldPipe.formUnion(holders.map(\.pid))
        return kill(holders, now)
      }
      return min(20, pause(until: deadline, now))
    }
    return now >= deadline ? killAll(now) : pause(until: deadline, now)
  }

  private mutating func killAll(_ now: Int64) -> Int32? {
    let below = ProcessTable.descendants(of: getpid()).filter { !$0.isDead }
    if ended != nil, firstKill == nil {
      heldPipe.formUnion(below.map(\.pid).filter { ProcessTable.holds($0, pipes: pipes) })
    }
    if ended == nil { _ = Glibc.kill(-child, SIGKILL) }
    return kill(below, now)
  }

  /// Kills these and comes back soon: what they forked meanwhile is found then.
  private mutating func kill(_ entries: [ProcessTable.Entry], _ now: Int64) -> Int32? {
    var refused = 0
    for entry in entries {
      if entry.pid != child || ended != nil { killed.insert(entry.pid) }
      if Glibc.kill(entry.pid, SIGKILL) != 0, errno == EPERM { refused += 1 }
    }
    let since = firstKill ?? now
    firstKill = since
    if now - since > Self.vanishing {
      // A process of another user, or one stuck in the kernel: said, not waited for. The guard of
      // a dead runner stays for those that will vanish once the kernel lets go of them.
      let stuck = abandoned && refused < entries.count
      if ended != nil, !stuck {
        settle(left: entries.count)
        return nil
      }
      return 200
    }
    return 5
  }

  private mutating func wait(_ milliseconds: Int32) {
    var events = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: abandoned ? -1 : GuardProtocol.socket, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&events, 2, milliseconds) > 0 else { return }
    var signal = clinux_next_signal(signals)
    while signal > 0 {
      if signal == SIGTERM { abandoned = true }
      signal = clinux_next_signal(signals)
    }
    if events[1].revents != 0 { receiveOrder() }
  }

  private mutating func receiveOrder() {
    var bytes = [UInt8](repeating: 0, count: GuardProtocol.StopOrder.size - orders.count)
    let count = recv(GuardProtocol.socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) {
      abandoned = true
      return
    }
    guard count > 0 else { return }
    orders.append(contentsOf: bytes.prefix(count))
    guard let order = GuardProtocol.StopOrder(orders) else { return }
    orders = []
    // Only the first order asks; a program may treat a second SIGTERM as an emergency.
    if stopDeadline == nil, ended == nil { _ = Glibc.kill(-child, SIGTERM) }
    let deadline = Self.now() + order.grace.milliseconds * 1_000_000
    stopDeadline = min(stopDeadline ?? deadline, deadline)
  }

  private func settle(left: Int) {
    report(.settled(heldPipe: heldPipe.count, killed: killed.count, left: left))
  }

  private func report(_ report: GuardProtocol.Report) {
    // A runner that is gone is noticed by the socket's end and the parent-death signal.
    _ = Channel.send(report.encoded(), to: GuardProtocol.socket)
  }

  private func pause(until deadline: Int64?, _ now: Int64) -> Int32 {
    guard let deadline else { return -1 }
    return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
  }

  /// Nanoseconds that go on during suspend (CLOCK_BOOTTIME).
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
