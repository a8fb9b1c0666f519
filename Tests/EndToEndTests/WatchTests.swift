// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// History played forward: in a terminal, where it waits and can be stopped, and elsewhere.
@Suite struct WatchTests {
  /// Runs the tool in a terminal of its own, 100 columns wide; waits for the words of each pair to
  /// appear, and presses the keys behind them. Prints how it ended, whether the terminal's modes are
  /// what they were, and what was shown.
  private static let terminal = """
    import os, pty, select, signal, struct, sys, fcntl, termios, time
    words = sys.argv[1].split("|")
    pairs = [tuple(pair.split("=>")) for pair in sys.argv[2:]]
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", COLUMNS="100")
        # The shell is told when it may start, so that the size is set before.
        os.read(0, 1)
        os.execvp(words[0], words)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    before = termios.tcgetattr(master)
    os.write(master, b"\\n")
    shown, end = b"", time.monotonic() + 60
    modes = None
    while True:
        if pairs and pairs[0][0].encode() in shown:
            key = pairs.pop(0)[1]
            if key.startswith("kill "):
                os.kill(pid, getattr(signal, key[5:]))
            else:
                os.write(master, key.encode().decode("unicode_escape").encode())
        ready, _, _ = select.select([master], [], [], 0.05)
        if ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            if not data:
                break
            shown += data
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            print("never ended")
            break
    try:
        modes = termios.tcgetattr(master)
    except termios.error:
        pass
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    print(code, "same" if modes is None or modes[3] == before[3] else "changed")
    sys.stdout.write(shown.decode().replace("\\r\\n", "\\n"))
    """

  private func site() -> Site {
    let site = Site()
    site.write(WatchTests.terminal, to: "terminal.py")
    let made = site.run(
      """
      jobledger train m >/dev/null 2>&1; jobledger evaluate m@1 >/dev/null 2>&1
      printf 'fourEyes: false\\n' > policy.yaml
      jobledger policy set policy.yaml --reason 'one person' > made
      jobledger approve m@1 --reason 'good enough' > made
      jobledger deploy m@1 --target production > made
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  @Test func `without a terminal lines follow one another, without control codes`() {
    let site = site()
    let run = site.run("jobledger replay watch")
    let lines = run.text.split(separator: "\n")
    #expect(run.exit == 0)
    #expect(!run.out.contains(0x1B) && !run.out.contains(0x0D))
    // A line for each event but those of the log.
    let events = site.types().filter { $0 != "job.logged" && $0 != "job.progressed" }
    #expect(lines.count == events.count)
    let approved = lines.filter { $0.contains("approved m@1, because: good enough  EXCEPTION") }
    #expect(approved.count == 1 && approved[0].contains("status evaluated → approved"))
    let one = site.run("jobledger replay watch m@1 --from '#5' --to '#9' --pace 1000x")
    let numbers = one.text.split(separator: "\n").map {
      Int($0.dropFirst().prefix { $0 != " " }) ?? -1
    }
    #expect(!numbers.isEmpty && numbers.allSatisfy { (5...9).contains($0) }, "\(one.text)")
    let json = site.run("jobledger replay watch --json | head -1 | cut -c1-12")
    #expect(json.text == "{\"actor\":{\"a\n", "\(json.text)")
    site.verify()
  }

  @Test func `in a terminal what is in production stands below, and Ctrl-C ends it cleanly`() {
    let site = site()
    let played = site.run("python3 terminal.py 'jobledger-replay|watch|--pace|100/s'")
    #expect(played.text.hasPrefix("0 same\n"), "\(played.text)\(played.words)")
    #expect(played.text.contains("in production at size"))
    #expect(played.text.contains("m@1\u{1b}[0m  since "))
    // Nothing wraps, or the panel could not be drawn over itself: no line is wider than the terminal.
    for line in played.text.split(separator: "\n").dropFirst() {
      var plain = String(line)
      plain.replace(/\r|\u{1b}\[[0-9]*[A-Za-z]/, with: "")
      #expect(plain.count <= 100, "\(plain)")
    }
    let run = site.run(
      "python3 terminal.py 'jobledger-replay|watch|--pace|1/s' 'in production=>\\x03'")
    #expect(run.text.hasPrefix("130 same\n"), "\(run.text)\(run.words)")
    #expect(!run.text.contains("#3\u{1b}"))
  }

  @Test func `keys step, stop, go on and end it`() {
    let site = site()
    let run = site.run(
      """
      python3 terminal.py 'jobledger-replay|watch|--pace|step' '#0=>\\n' '#1=> ' '#2=>q'
      """)
    #expect(run.text.hasPrefix("0 same\n"), "\(run.text)\(run.words)")
    #expect(run.text.contains("#2") && !run.text.contains("#4  "))
    // Space stops it after the first, Enter shows one more, space lets it go on to its end.
    let paused = site.run(
      """
      python3 terminal.py 'jobledger-replay|watch|m@1|--pace|20/s' 'size=> ' 'size=>\\n' 'size=> '
      """)
    #expect(paused.text.hasPrefix("0 same\n"), "\(paused.text)\(paused.words)")
    #expect(paused.text.contains("deployed m@1"))
    let killed = site.run(
      """
      python3 terminal.py 'jobledger-replay|watch|--pace|step' '#0=>kill SIGTERM'
      """)
    #expect(killed.text.hasPrefix("143 same\n"), "\(killed.text)\(killed.words)")
    let plain = site.run("jobledger replay watch --pace step < /dev/null")
    #expect(plain.exit == 64, "\(plain.words)")
    for pace in ["0x", "-1/s", "fast", "x", "inf/s"] {
      #expect(site.run("jobledger replay watch --pace=\(pace)").exit == 64, "\(pace)")
    }
    site.expectNoProcess()
  }
}
