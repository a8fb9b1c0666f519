// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Jobs that are stopped, interrupted, orphaned and killed: the ledger tells what became of them.
@Suite struct BadInputProcessTests {
  /// A training that says so when it runs, and then waits to be ended.
  private func endless(_ site: Site, _ more: String = "") {
    site.write("\(more)\nsetsid sleep 1000 & sleep 1000 & : > \"$SITE/runs\"; wait", to: "train.sh")
  }

  @Test func `a preloaded library that moves the environment hides no argument`() {
    let site = Site()
    let run = site.run(
      """
      library=$(faketime -f +0d sh -c 'echo "$LD_PRELOAD"')
      for tool in jobledger jobledger-replay; do
        [ "$(FAKETIME=+0d LD_PRELOAD=$library $tool --version)" = "$($tool --version)" ] || exit 1
      done
      """)
    #expect(run.exit == 0, "\(run.words)")
  }

  @Test func `a runner that is killed leaves a lost job and no descendant`() {
    let site = Site()
    endless(site)
    let runner = site.start("jobledger", "train", "m")
    #expect(site.run("poll '[ -e runs ]'").exit == 0)
    kill(runner, SIGKILL)
    #expect(Site.wait(runner) == 128 + SIGKILL)
    site.expectNoProcess()
    // Whoever writes next finds it.
    #expect(site.run("jobledger note '#0' next").exit == 0)
    #expect(site.run("state $(job)").text == "lost\n")
    #expect(!site.types().contains("job.completed"))
    #expect(site.types().filter { $0 == "job.lost" }.count == 1)
    #expect(site.run("jobledger versions --json").text.contains(#""status":"failed""#))
    #expect(site.run("jobledger approve m@1 --reason r").exit == 77)
    site.verify()
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal during a foreground training is recorded as a stop`(signal: Int32) {
    let site = Site()
    endless(site)
    let runner = site.start("jobledger", "train", "m")
    #expect(site.run("poll '[ -e runs ]'").exit == 0)
    kill(runner, signal)
    #expect(Site.wait(runner) == 1)
    #expect(site.types().suffix(2) == ["job.stop_requested", "job.stopped"])
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a job is stopped from another process, and killed when it does not listen`() {
    let site = Site()
    endless(site, "trap '' TERM")
    let runner = site.start("jobledger", "train", "m", "--grace", "0.3")
    #expect(site.run("poll '[ -e runs ]'").exit == 0)
    let stop = site.run("jobledger stop --all --reason 'runs wild'")
    #expect(stop.exit == 0, "\(stop.words)")
    #expect(stop.text.contains("stopped"))
    #expect(Site.wait(runner) == 1)
    let job = site.run("jobledger show --json $(job)").text
    #expect(job.contains(#""status":"stopped""#) && job.contains("SIGKILL"), "\(job)")
    site.expectNoProcess()
    // Stopping it again changes nothing.
    let size = site.size
    #expect(site.run("jobledger stop $(job) --reason again").exit == 77)
    #expect(site.types(from: size).allSatisfy { $0 == "command.refused" })
    site.verify()
  }

  @Test func `a stop is obeyed while what the command left is taken in`() {
    let site = Site()
    // More than can be taken in before the ledger is asked again whether to stop.
    site.write("truncate -s 3G \"$JOBLEDGER_OUTPUT/model\"; : > \"$SITE/left\"", to: "train.sh")
    let run = site.run(
      """
      { jobledger train m; echo $? > code; } > shown 2>&1 &
      poll '[ -e left ]'
      jobledger stop $(job) --reason 'too large' > /dev/null; echo $?
      wait; cat code; state $(job)
      find L/blobs -size +100M; ls L/runners
      """)
    #expect(run.text == "0\n1\nstopped\n", "\(run.text)\(run.words)")
    #expect(!site.types().contains("version.trained"))
    site.verify()
  }

  @Test func `a second signal ends the wait for a ledger that cannot be written`() {
    let site = Site()
    site.write(": > \"$SITE/runs\"; until [ -e \"$SITE/go\" ]; do sleep 0.02; done", to: "train.sh")
    // Its patience with the ledger is an hour; that of this test ends with 124.
    let limited = site.start(
      "timeout", "--foreground", "100", "env", "JOBLEDGER_WAIT=3600", "jobledger", "train", "m")
    let run = site.run(
      """
      poll '[ -e runs ]'; runner=$(pgrep -P \(limited))
      # The mark of a write with an unknown outcome: from here on every write is refused.
      printf x | dd of=L/door bs=1 seek=512 conv=notrunc status=none; : > go
      poll 'grep -q "cannot be recorded yet" started.err'
      # Two that were pending at once would be one.
      kill -TERM $runner; poll 'grep -q "^ShdPnd:.*0000000000000000" /proc/$runner/status'
      kill -0 $runner && kill -TERM $runner
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(Site.wait(limited) == 74)
    let after = site.run(
      "jobledger doctor > /dev/null; jobledger note '#0' next > /dev/null; state $(job)")
    #expect(after.text == "lost\n", "\(after.words)")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a detached runner waits for the door as long as it is told`() {
    let site = Site()
    let run = site.run(
      """
      flock L/turnstile sh -c ': > held; until [ -e done ]; do sleep 0.05; done' &
      poll '[ -e held ]'
      JOBLEDGER_WAIT=0.3 jobledger train p/m --detach; echo $?
      : > done; wait
      """)
    #expect(run.text == "75\n", "\(run.words)")
    #expect(site.types().last != "job.started")
  }

  @Test func `a detached job outlives the terminal and its session`() {
    let site = Site()
    site.write(
      "poll() { until [ -e \"$SITE/go\" ]; do sleep 0.05; done; }; poll; "
        + "echo weights > \"$JOBLEDGER_OUTPUT/model\"", to: "train.sh")
    let run = site.run(
      """
      # A session with a terminal of its own, which ends with everything that belongs to it.
      script -qec 'jobledger train m --detach; kill -HUP -$$' /dev/null < /dev/null > /dev/null
      [ "$(state $(job))" = running ] || exit 3
      : > go
      poll '[ "$(state $(job))" != running ]'
      state $(job)
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text == "completed\n")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a detached job whose runner is killed is lost too`() {
    let site = Site()
    endless(site)
    let run = site.run(
      """
      jobledger train m --detach > /dev/null; poll '[ -e runs ]'
      pid=$(jobledger events --json --type job.started | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
      kill -KILL $pid; poll '! kill -0 $pid 2> /dev/null'
      jobledger note '#0' x > /dev/null; state $(job)
      """)
    #expect(run.text == "lost\n", "\(run.words)")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `killing the guard ends the job as failed, and all that it started`() {
    let site = Site()
    // One of its processes has left for a session of its own.
    endless(site)
    let runner = site.start("jobledger", "train", "m")
    let killed = site.run("poll '[ -e runs ]'; pkill -KILL -P $(pgrep -P \(runner))")
    #expect(killed.exit == 0, "\(killed.words)")
    #expect(Site.wait(runner) == 1)
    #expect(site.run("state $(job)").text == "failed\n")
    #expect(!site.types().contains("job.completed"))
    site.expectNoProcess()
    site.verify()
  }

  @Test func `secrets are nowhere in the ledger's folder, nor in what is printed`() {
    let site = Site()
    site.write(
      "echo \"token is $API_TOKEN\"; echo $API_TOKEN >&2; echo \"$*\"; "
        + "echo w > \"$JOBLEDGER_OUTPUT/model\"", to: "train.sh")
    let run = site.run(
      """
      export API_TOKEN=canary-7f3a9c51e2 UNNAMED_SECRET=canary-b81d22ef90
      jobledger train m --secret API_TOKEN --set password=canary-44ab19c0d3 > shown 2>&1
      jobledger exec --secret API_TOKEN -- sh train.sh --password canary-c07de551aa \
        --api-key=canary-91ffa3b244 'https://user:canary-5d6e7f8091@host/x' > /dev/null 2>&1
      jobledger exec -- sh -c 'exit 3' AWS_SECRET_ACCESS_KEY=canary-a1b2c3d4e5 >> shown 2>&1
      jobledger exec --secret NO_SUCH_VARIABLE -- true >> shown 2>&1; echo $?
      jobledger replay export --format jsonl > exported
      grep -rlac canary- L exported shown | sort
      """)
    #expect(run.text == "125\n", "a canary is in: \(run.text)")
    #expect(site.run("grep -c '\\*\\*\\*' exported").text != "0\n")
    site.verify()
  }
}
