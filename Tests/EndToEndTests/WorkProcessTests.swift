// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Workers as processes: killed, stopped, and with clocks that jump (libfaketime).
@Suite struct WorkProcessTests {
  private static let manifest = """
    project: p
    models:
      m:
        train: {run: [sh, -c, 'echo weights > "$JOBLEDGER_OUTPUT/model"']}
        predict: {run: [sh, -c, 'echo 1 > "$JOBLEDGER_OUTPUT/scores.csv"; sleep 0.2']}

    """

  /// What the ticks came to: all, different ones, missed ones, and the minutes from first to last.
  static let ticks = """
    ticks() { jobledger events --json | python3 -c '
    import json, sys
    from datetime import datetime
    ran, latest, missed = [], [], 0
    for line in sys.stdin:
        event = json.loads(line)
        if event["type"] == "job.created" and "nominalTime" in event["data"]:
            ran.append(event["data"]["nominalTime"])
        if event["type"] == "schedule.missed":
            missed += event["data"]["count"]
            latest.append(event["data"]["nominalTime"])
    times = [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in ran + latest]
    first = datetime.fromisoformat(sys.argv[1])
    span = int((max(times) - first).total_seconds() // 60) + 1 if times else 0
    print(len(ran), len(set(ran)), missed, span)' "$1"; }
    first() { jobledger schedule list --json | sed 's/.*"created":"\\([^"]*\\)".*/\\1/' | python3 -c '
    import sys
    from datetime import datetime, timedelta
    at = datetime.fromisoformat(sys.stdin.read().strip().replace("Z", "+00:00"))
    print((at.replace(second=0, microsecond=0) + timedelta(minutes=1)).isoformat())'; }

    """

  private func site(_ policy: String) -> Site {
    let site = Site()
    site.write(WorkProcessTests.manifest, to: "jobledger.yaml")
    site.write("{fourEyes: false, requireEvaluation: false}", to: "policy.yaml")
    let made = site.run(
      """
      jobledger policy set policy.yaml --reason 'a test alone' && jobledger train m &&
      jobledger approve m@1 --reason 'because' && jobledger deploy m@1 --target production
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  @Test(arguments: ["skip", "once"])
  func `killed workers neither lose a tick nor run one twice`(policy: String) throws {
    let site = site(policy)
    // A minute is a second here. Two workers; each is killed again and again.
    site.write(
      """
      jobledger schedule add deploy- --name often --cron '* * * * *' --missed \(policy)
      pause() { env -u LD_PRELOAD sleep "$1"; }
      for round in 1 2 3; do
        jobledger work --parallel 2 2>/dev/null >/dev/null & a=$!
        jobledger work 2>/dev/null >/dev/null & b=$!
        pause 1.3
        kill -9 $a
        jobledger work 2>/dev/null >/dev/null & c=$!
        pause 0.9
        kill -9 $b $c
        wait
      done 2>/dev/null
      jobledger work --until-idle
      """, to: "inner.sh")
    let run = site.run("DONT_FAKE_MONOTONIC=1 faketime -f '+0 x60' sh inner.sh")
    #expect(run.exit == 0, "\(run.words)")
    let ticks = site.run(WorkProcessTests.ticks + "ticks \"$(first)\"")
    let numbers = ticks.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 4, "\(ticks.words)")
    #expect(numbers[0] > 0)
    #expect(numbers[0] == numbers[1], "a tick ran twice")
    // With the policy once, the latest missed tick is run, too.
    let accounted = numbers[0] + numbers[2]
    #expect(policy == "once" ? accounted >= numbers[3] : accounted == numbers[3])
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a clock that jumps neither doubles nor loses a tick`() throws {
    let site = site("skip")
    let run = site.run(
      WorkProcessTests.ticks + """
        export DONT_FAKE_MONOTONIC=1
        jobledger schedule add deploy- --name often --cron '* * * * *' >/dev/null
        start=$(first)
        faketime -f +2h jobledger work --until-idle >/dev/null 2>&1 || exit 1
        ticks "$start"
        before=$(size)
        # Back: nothing is due, and nothing is written.
        jobledger work --until-idle >/dev/null 2>&1 || exit 2
        faketime -f +10m jobledger work --until-idle >/dev/null 2>&1 || exit 3
        # Far ahead: the ledger believes no such clock.
        faketime -f +400d jobledger work --until-idle >/dev/null 2>ahead
        [ $? = 75 ] || exit 4
        [ "$(size)" = "$before" ] || exit 5
        # Corrected: what comes now is run, although later ticks were.
        jobledger clock correct --reason 'it ran two hours ahead' >/dev/null 2>&1 || exit 6
        faketime -f +3m jobledger work --until-idle >/dev/null 2>&1 || exit 7
        ticks "$start"
        """)
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    let lines = run.text.split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { Int($0) }
    }
    try #require(lines.count == 2 && lines.allSatisfy { $0.count == 4 }, "\(run.text)")
    #expect(lines[0][0] == 1)
    #expect(lines[0][0] + lines[0][2] == lines[0][3])
    #expect(lines[1][0] == 2)
    #expect(lines[1][1] == 2)
    site.verify()
  }

  @Test func `a worker ends at a signal when its jobs have ended`() throws {
    let site = site("skip")
    let run = site.run(
      """
      jobledger exec --queue -- sh -c 'touch "$HOME/up"; until [ -e "$HOME/go" ]; do sleep 0.02; done'
      jobledger exec --queue -- true
      jobledger work > worked & worker=$!
      poll '[ -e up ]'
      kill -TERM $worker
      touch go
      wait $worker || exit 1
      jobledger jobs --json | tail -2 | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/'
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text.hasSuffix("completed\ncreated\n"), "\(run.text)")
    site.expectNoProcess()
  }
}
