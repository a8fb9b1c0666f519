// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import LedgerRunner

@Suite struct GuardTests {
  @Test func `every argument reaches the command byte for byte`() throws {
    let arguments = [
      "plain", "", "two words", "a;b $(touch x) `y` | z > w & #", "\"'\\", "new\nline\ttab",
      "-x", "--", "*", "~", "Ångström", "A\u{30A}ngstro\u{308}m", "🦊", "\u{1B}[31m",
      String(repeating: "x", count: 100_000),
    ]
    var plan = script("")
    plan.arguments = ["printf", #"%s\0"#] + arguments
    var run = try Run(plan)
    let (stdout, _, result) = run.finish()
    let expected: [UInt8] = arguments.flatMap { (argument: String) in Array(argument.utf8) + [0] }
    #expect(stdout == expected)
    #expect(result.exit == 0)
    #expect(result.succeeded)
  }

  @Test func `the command has descriptors 0, 1 and 2 and no other`() throws {
    // A descriptor that is inheritable here must not arrive there.
    let leak = open("/dev/null", O_RDWR)
    defer { close(leak) }
    var run = try Run(script("ls /proc/$$/fd; readlink /proc/$$/fd/0"))
    #expect(text(run.finish().stdout) == "0\n1\n2\n/dev/null\n")
  }

  @Test func `the environment is the plan's and nothing else`() throws {
    var plan = script("")
    plan.arguments = ["/usr/bin/env", "-0"]
    plan.environment = ["B": "2", "A": "one=two three", "EMPTY": ""]
    var run = try Run(plan)
    #expect(text(run.finish().stdout) == "A=one=two three\0B=2\0EMPTY=\0")
  }

  @Test func `the command leads its own group, away from the terminal, with no signal blocked`()
    throws
  {
    var plan = script("")
    plan.arguments = ["grep", "-hE", "^[0-9]+ |^Sig(Blk|Ign):", "/proc/self/stat"]
    plan.arguments.append("/proc/self/status")
    var run = try Run(plan)
    let pid = run.command.command.pid
    let lines = text(run.finish().stdout).split(separator: "\n").map(String.init)
    try #require(lines.count == 3)
    let fields = lines[0].split(separator: " ")
    #expect(fields[0] == "\(pid)")
    #expect(fields[4] == "\(pid)")
    #expect(fields[6] == "0", "no controlling terminal")
    #expect(lines[1] == "SigBlk:\t0000000000000000")
    // Signals 32 and 33 belong to the C library and stay as whoever started the tests left them.
    let ignored = UInt64(lines[2].split(separator: "\t")[1], radix: 16) ?? .max
    #expect(ignored & 0x7FFF_FFFF == 0)
  }

  @Test func `the command runs in the plan's folder`() throws {
    let folder = try TemporaryFolder()
    var run = try Run(script("pwd -P; echo words >&2", in: folder.path))
    let (stdout, stderr, _) = run.finish()
    #expect(text(stdout) == folder.path + "\n")
    #expect(text(stderr) == "words\n")
  }

  @Test(arguments: [0, 1, 42, 255]) func `its exit code is reported`(code: Int32) throws {
    var run = try Run(script("exit \(code)"))
    let result = run.finish().result
    #expect(result.exit == code)
    #expect(result.signal == nil)
    #expect(result.succeeded == (code == 0))
    #expect(result.duration > .zero)
    #expect(!run.command.command.isAlive)
    #expect(!run.command.guardian.isAlive)
  }

  @Test func `the signal that ended it is reported`() throws {
    var run = try Run(script("kill -SEGV $$"))
    let result = run.finish().result
    #expect(result.exit == nil)
    #expect(result.signal == SIGSEGV)
    #expect(!result.succeeded)
  }

  @Test func `what cannot be started is told apart`() throws {
    let folder = try TemporaryFolder()
    try folder.write("plain", "text", mode: 0o600)
    try folder.write("formless", "no program", mode: 0o700)
    try folder.write("orphan", "#!/no/such/interpreter\n", mode: 0o700)
    mkdir(folder.file("folder"), 0o700)
    func failure(_ program: String, path: String? = nil, folder place: String? = nil)
      -> CommandError?
    {
      var plan = script("", in: place ?? folder.path)
      plan.arguments = [program]
      if let path { plan.environment["PATH"] = path }
      do {
        _ = try Run(plan)
        return nil
      } catch {
        return error as? CommandError
      }
    }
    #expect(failure("./missing") == .notFound)
    #expect(failure("no-such-program") == .notFound)
    #expect(failure("plain", path: folder.path) == .notExecutable(code: EACCES))
    #expect(failure("./formless") == .notExecutable(code: ENOEXEC))
    #expect(failure("./orphan") == .interpreterMissing)
    #expect(failure("./folder") == .notExecutable(code: EISDIR))
    #expect(failure("true", folder: folder.file("nowhere")) == .folder(code: ENOENT))
    #expect(failure("true", folder: folder.file("plain")) == .folder(code: ENOTDIR))
    #expect(failure("") == .empty)
    #expect(failure("a\0b") == .nul)
    for error: CommandError in [.notFound, .notExecutable(code: ENOEXEC), .interpreterMissing] {
      #expect(error.explanation(for: script("")).contains("/bin/sh"))
    }
  }

  @Test func `arguments beyond the system's limit are refused`() throws {
    var plan = script("")
    plan.arguments = ["true"] + Array(repeating: String(repeating: "x", count: 100_000), count: 60)
    #expect(throws: CommandError.tooLong) { try Run(plan) }
  }

  @Test func `a guard that is no guard is an error, not a hang`() throws {
    #expect(throws: CommandError.guardFailed("/bin/true")) {
      try RunningCommand.start(script(""), launcher: GuardLauncher(executable: "/bin/true"))
    }
    #expect(throws: CommandError.self) {
      try RunningCommand.start(script(""), launcher: GuardLauncher(executable: "/no/such"))
    }
  }

  @Test func `stop asks the group to end and lets it finish within the grace`() throws {
    var run = try Run(script("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 1; done"))
    #expect(run.line() == "ready")
    run.command.stop(grace: .seconds(600))
    let (stdout, _, result) = run.finish()
    #expect(text(stdout) == "bye\n")
    #expect(result.exit == 3)
  }

  @Test func `what ignores the request is killed after the grace, sessions of its own included`()
    throws
  {
    var run = try Run(
      script(
        """
        trap '' TERM
        setsid sh -c 'trap "" TERM; echo other; while :; do sleep 1; done' &
        read x < /dev/null
        while :; do sleep 1; done
        """))
    #expect(run.line() == "other")
    run.command.stop(grace: .milliseconds(50))
    let result = run.finish().result
    #expect(result.signal == SIGKILL)
    #expect(result.killed >= 1)
    #expect(result.left == 0)
  }

  @Test func `a second stop may shorten the grace`() throws {
    var run = try Run(script("trap '' TERM; echo ready; while :; do sleep 1; done"))
    #expect(run.line() == "ready")
    run.command.stop(grace: .seconds(3600))
    #expect(run.command.wait(atMost: .milliseconds(20)) == nil)
    run.command.stop(grace: .zero)
    #expect(run.finish().result.signal == SIGKILL)
  }

  @Test func `stopping what has ended does nothing`() throws {
    var run = try Run(script("exit 0"))
    let result = run.finish().result
    run.command.stop(grace: .zero)
    #expect(run.command.wait() == result)
  }

  @Test func `a grandchild that holds the output is waited for, ended and counted`() throws {
    var run = try Run(script("sleep 1000 & echo done", patience: .milliseconds(100)))
    let (stdout, _, result) = run.finish()
    #expect(text(stdout) == "done\n")
    #expect(result.exit == 0)
    #expect(result.heldPipe == 1)
    #expect(result.killed == 1)
    #expect(result.left == 0)
  }

  @Test func `a grandchild that ends within the patience loses nothing`() throws {
    var run = try Run(script("(read x < /dev/null; sleep 0.1; echo late) & echo early"))
    let (stdout, _, result) = run.finish()
    #expect(text(stdout) == "early\nlate\n")
    #expect(result.heldPipe == 0)
    #expect(result.killed == 0)
  }

  @Test func `a released service lives on, one that holds the output does not`() throws {
    var run = try Run(
      script(
        "sleep 1000 >/dev/null 2>&1 & echo $!; sleep 1000 & :", leftovers: .release,
        patience: .milliseconds(50)))
    let pid = try #require(run.line().flatMap { Int32($0) })
    defer { kill(pid, SIGKILL) }
    let result = run.finish().result
    #expect(result.heldPipe == 1)
    #expect(result.killed == 1)
    #expect(result.left == 1)
    #expect(ProcessIdentity(pid: pid)?.isAlive == true)
  }

  @Test func `when the runner is killed, every descendant is ended`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("alive")
    #expect(mkfifo(path, 0o600) == 0)
    let alive = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(alive) }
    let binary = launcher.executable
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, binary = binary as String] in
      let command = try RunningCommand.start(
        script(
          """
          exec 3>\(path)
          trap '' TERM HUP
          sleep 1000 >/dev/null 2>&1 &
          (sleep 1000 >/dev/null 2>&1 &)
          setsid sh -c 'trap "" TERM; echo session; sleep 1000 & while :; do sleep 1; done' &
          (setsid sleep 1000 >/dev/null 2>&1 &)
          while :; do sleep 1; done
          """), launcher: GuardLauncher(executable: binary))
      guard command.capture.nextBatch() != nil else { exit(1) }
      kill(getpid(), SIGKILL)
    }
    // Every process of the command holds the FIFO's writing end: the hang-up says all are gone.
    var event = pollfd(fd: alive, events: Int16(POLLIN), revents: 0)
    #expect(poll(&event, 1, 60_000) == 1)
    #expect(Int32(event.revents) & POLLHUP != 0)
  }

  /// The two processes that watch over a command: whoever kills one leaves the other to end it.
  enum Watcher: CaseIterable {
    case keeper, guardian
  }

  @Test(arguments: Watcher.allCases)
  func `when one of the guard's processes is killed, every descendant is ended and it is told`(
    watcher: Watcher
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("alive")
    #expect(mkfifo(path, 0o600) == 0)
    let alive = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(alive) }
    var run = try Run(
      script(
        """
        exec 3>\(path)
        trap '' TERM HUP
        sleep 1000 &
        (setsid sleep 1000 >/dev/null 2>&1 &)
        setsid sh -c 'trap "" TERM; echo session; sleep 1000 & exec sleep 1000' &
        exec sleep 1000
        """))
    #expect(run.line() == "session")
    let keeper = run.command.guardian.pid
    let guardian = try #require(ProcessTable.entry(of: run.command.command.pid)).parent
    #expect(ProcessTable.entry(of: guardian)?.parent == keeper)
    kill(watcher == .keeper ? keeper : guardian, SIGKILL)
    let result = run.finish().result
    #expect(result.guardLost)
    #expect(!result.succeeded)
    #expect(result.exit == nil)
    // Every process of the command holds the FIFO's writing end, the test's runner waits for
    // neither: the hang-up says all are gone.
    var event = pollfd(fd: alive, events: Int16(POLLIN), revents: 0)
    #expect(poll(&event, 1, 60_000) == 1)
    #expect(Int32(event.revents) & POLLHUP != 0)
    #expect(ProcessTable.entry(of: guardian)?.parent != keeper)
  }

  @Test func `a guard that is asked to end takes everything along`() throws {
    var run = try Run(
      script("setsid sh -c 'echo session; exec sleep 1000' & exec sleep 1000"))
    #expect(run.line() == "session")
    kill(run.command.guardian.pid, SIGTERM)
    let result = run.finish().result
    #expect(!result.succeeded)
    #expect(result.killed >= 1)
    #expect(result.left == 0)
  }

  @Test func `a guard started by nobody refuses`() throws {
    var plan = script("")
    plan.arguments = [launcher.executable, GuardProtocol.argument, "1"]
    var run = try Run(plan)
    #expect(run.finish().result.exit == 70)
  }
}

@Suite struct ProcessTableTests {
  @Test func `names with spaces and parentheses do not confuse the fields`() {
    let line = "77 (a) R 1 (b c) S 12 34 34 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3\n"
    let entry = ProcessTable.parse(Array(line.utf8))
    #expect(
      entry
        == ProcessTable.Entry(
          pid: 77, state: UInt8(ascii: "S"), parent: 12, group: 34, startTicks: 987654))
    #expect(ProcessTable.parse([]) == nil)
    #expect(ProcessTable.parse(Array("77 (x) S 1".utf8)) == nil)
  }

  @Test func `an identity is alive only with the same start and boot`() {
    let here = ProcessIdentity.current
    #expect(here.isAlive)
    #expect(ProcessIdentity(pid: here.pid) == here)
    var other = here
    other.startTicks += 1
    #expect(!other.isAlive)
    other = here
    other.boot = "another"
    #expect(!other.isAlive)
    #expect(ProcessIdentity(pid: -1) == nil)
    #expect(Machine.current.pidNamespace != 0)
    #expect(!Machine.current.name.isEmpty)
  }
}
