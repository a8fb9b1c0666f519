// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Schedules with workers as processes: of feature tasks, of owners who lose their right, on clocks
/// that jump below two workers, and with a worker that dies with a tick's job.
@Suite struct ScheduleProcessTests {
  private func feature() -> Site {
    let site = Site()
    site.write(
      """
      project: p
      features:
        f:
          import: {files: [f.sh]}
          run: {run: [sh, f.sh]}
      """, to: "jobledger.yaml")
    site.write("printf 'a\\n1\\n2\\n' > \"$JOBLEDGER_OUTPUT/rows.csv\"\n", to: "f.sh")
    site.write("{fourEyes: false, requireEvaluation: false}", to: "policy.yaml")
    let made = site.run(
      """
      jobledger policy set policy.yaml --reason 'a test alone' && jobledger feature import f &&
      jobledger feature approve f@1 --reason 'because' &&
      jobledger feature deploy f@1 --target production
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// A deployed model; what it predicts with has as many bytes as `artifact` says.
  private func model(takes: Int = 0) -> Site {
    let site = Site()
    site.write(
      """
      project: p
      models:
        m:
          train: {run: [sh, -c, 'echo weights > "$JOBLEDGER_OUTPUT/model"']}
          predict: {run: [sh, -c, 'sleep \(takes); echo 1 > "$JOBLEDGER_OUTPUT/scores.csv"']}

      """, to: "jobledger.yaml")
    site.write(
      "{fourEyes: false, requireEvaluation: false, claims: true, decisionAuth: claimed}",
      to: "policy.yaml")
    let made = site.run(
      """
      jobledger policy set policy.yaml --reason 'a test alone' && jobledger train m &&
      jobledger approve m@1 --reason 'because' && jobledger deploy m@1 --target production &&
      jobledger member grant bob --role operator --auth claimed
      """)
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// For scripts in which a minute is a second: pauses in true seconds, and polls with them.
  private static let fast = """
    pause() { env -u LD_PRELOAD sleep "$1"; }
    await() { n=0; until eval "$1"; do n=$((n+1)); [ $n -lt 900 ] || { echo "never: $1" >&2
      exit 99; }; pause 0.1; done; }
    types() { jobledger events --type "$1" --json; }

    """

  @Test func `a deployed feature task runs at a tick and out of turn`() throws {
    let site = feature()
    let run = site.run(
      """
      jobledger schedule add deploy- --name often --cron '* * * * *' --zone Europe/Berlin || exit 1
      jobledger schedule run-now often || exit 2
      DONT_FAKE_MONOTONIC=1 faketime -f +3m jobledger work --until-idle || exit 3
      jobledger events --json | python3 -c '
      import json, sys
      jobs = {}
      for line in sys.stdin:
          event = json.loads(line)
          data = event["data"]
          if event["type"] == "job.created" and data["kind"] == "batch-run":
              assert data["schedule"] == "often", data
              assert ("nominalTime" in data) == (data["trigger"] == "cron"), data
              jobs[event["job"]] = [data["trigger"], data["deployment"]]
          elif event["type"] in ("run.completed", "job.completed") and event["job"] in jobs:
              jobs[event["job"]].append(event["type"])
              if event["type"] == "run.completed":
                  assert data["deployment"] == jobs[event["job"]][1] and data["rows"] == 2, data
      ends = {tuple([job[0]] + job[2:]) for job in jobs.values()}
      print(sorted(ends))'
      jobledger show often | sed -n 's/^\\(status\\|missed\\|  batch\\).*/\\1/p' | sort -u
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(
      run.text.contains(
        "[('cron', 'run.completed', 'job.completed'), ('run-now', 'run.completed', 'job.completed')]"
      ), "\(run.text)")
    #expect(run.text.hasSuffix("  batch\nmissed\nstatus\n"), "\(run.text)")
    site.verify()
  }

  @Test func `a schedule is run out of turn while its ticks run, and loses none`() throws {
    let site = feature()
    site.write(
      ScheduleProcessTests.fast + """
        jobledger schedule add deploy- --name often --cron '* * * * *' >/dev/null || exit 1
        jobledger work --parallel 2 >/dev/null 2>&1 & worker=$!
        ticks() { types job.created | grep -c nominalTime; }
        for turn in 1 2 3; do
          await '[ "$(ticks)" -ge '$turn' ]'
          jobledger schedule run-now often || exit 2
        done
        kill -TERM $worker; wait $worker
        """, to: "inner.sh")
    let run = site.run("DONT_FAKE_MONOTONIC=1 faketime -f '+0 x60' sh inner.sh")
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    #expect(run.text.split(separator: "\n").allSatisfy { $0.contains(" completed in ") })
    let ticks = site.run(
      WorkProcessTests.ticks + """
        ticks "$(first)"
        jobledger jobs --json | grep -c '"trigger":"run-now"'
        """)
    let numbers = ticks.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 5, "\(ticks.words)")
    #expect(numbers[0] >= 3 && numbers[0] == numbers[1])
    #expect(numbers[0] + numbers[2] == numbers[3])
    #expect(numbers[4] == 3)
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a schedule stands still while its owner has no right, and says why`() throws {
    let site = model()
    site.write(
      ScheduleProcessTests.fast + """
        jobledger schedule add deploy- --name often --cron '* * * * *' --as bob || exit 1
        jobledger work >/dev/null 2>&1 & worker=$!
        await 'types job.completed | grep -q predict-'
        jobledger member revoke bob --reason 'He left' || exit 2
        jobledger schedule list > listed
        jobledger show often > shown
        await 'types schedule.missed | grep -q cause'
        jobledger replay trail often > trail
        jobledger replay trail deploy- > trail2
        jobledger member grant bob --role operator --auth claimed || exit 3
        size=$(jobledger events --json | wc -l)
        await '[ -n "$(jobledger events --type job.created --json | tail -1 | python3 -c "
        import json, sys
        print(json.loads(sys.stdin.read())[\\"position\\"] >= $size or \\"\\")")" ]'
        jobledger show often > again
        kill -TERM $worker; wait $worker
        """, to: "inner.sh")
    let run = site.run("DONT_FAKE_MONOTONIC=1 faketime -f '+0 x60' sh inner.sh")
    #expect(run.exit == 0, "\(run.words)")
    let told = site.run(
      """
      cat listed shown; grep -A3 'missed .* of often' trail | head -4
      grep -c 'caused by' trail2
      sed -n 's/^status *//p' again
      jobledger events --json | python3 -c '
      import json, sys
      without, wrong, causes, revoked = False, 0, set(), None
      for line in sys.stdin:
          event = json.loads(line)
          if event["type"] == "member.revoked": without, revoked = True, event["position"]
          if event["type"] == "member.granted": without = False
          if without and event["type"] == "job.created": wrong += 1
          if without and event["type"] == "schedule.missed": causes.add(event["cause"])
      print(wrong, causes == {revoked})'
      """)
    #expect(told.exit == 0, "\(told.words)")
    let lines = told.text.split(separator: "\n").map { String($0) }
    #expect(
      lines.contains { $0.hasPrefix("p/often") && $0.contains("  suspended  ") }, "\(told.text)")
    #expect(
      lines.contains {
        $0.hasPrefix("suspended by  #")
          && $0.hasSuffix("revoked every role of bob, because: He left")
      }, "\(told.text)")
    #expect(
      lines.contains {
        $0.hasPrefix("    caused by #")
          && $0.hasSuffix("revoked every role of bob, because: He left")
      }, "\(told.text)")
    #expect(lines.suffix(2) == ["active", "0 True"], "\(told.text)")
    #expect(lines.count > 3 && (Int(lines[lines.count - 3]) ?? 0) > 0, "\(told.text)")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `two workers on a clock that jumps neither double nor lose a tick`() throws {
    let site = model()
    site.write(
      ScheduleProcessTests.fast + """
        jobledger schedule add deploy- --name often --cron '* * * * *' >/dev/null || exit 1
        jobledger work >/dev/null 2>told & a=$!
        jobledger work >/dev/null 2>&1 & b=$!
        set_clock() { printf '%s\\n' "$1" > clock.new; mv clock.new clock; }
        jobs() { types job.created | grep -c nominalTime; }
        set_clock +2h
        await '[ "$(jobs)" -ge 1 ]'
        # Back: nothing is due, and nothing is written, however often both look.
        set_clock +0
        await 'grep -q "set back" told'
        before=$(jobledger events --json | wc -l)
        pause 1
        [ "$(jobledger events --json | wc -l)" = "$before" ] || exit 2
        # Beyond where it was: what lies between is on record, once.
        had=$(jobs)
        set_clock +3h
        await '[ "$(jobs)" -gt '$had' ]'
        # One of the two dies; the clock jumps again.
        kill -9 $a
        had=$(jobs)
        set_clock +200m
        await '[ "$(jobs)" -gt '$had' ]'
        kill -TERM $b; wait $b
        """, to: "inner.sh")
    site.write("+0\n", to: "clock")
    let run = site.run(
      "DONT_FAKE_MONOTONIC=1 faketime -f +0 env -u FAKETIME FAKETIME_NO_CACHE=1 "
        + "FAKETIME_TIMESTAMP_FILE=\"$HOME/clock\" sh inner.sh")
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    let ticks = site.run(WorkProcessTests.ticks + "ticks \"$(first)\"")
    let numbers = ticks.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 4, "\(ticks.words)")
    #expect(numbers[0] >= 3)
    #expect(numbers[0] == numbers[1], "a tick ran twice")
    #expect(numbers[0] + numbers[2] == numbers[3], "a tick is not on record")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a worker that dies with a tick's job leaves it lost, and the tick is not run twice`()
    throws
  {
    // Longer than it takes to look on a busy machine.
    let site = model(takes: 8)
    site.write(
      ScheduleProcessTests.fast + """
        jobledger schedule add deploy- --name often --cron '*/20 * * * *' || exit 1
        size=$(jobledger events --json | wc -l)
        jobledger work >/dev/null 2>&1 & a=$!
        jobledger work >/dev/null 2>&1 & b=$!
        started() { types job.started | python3 -c '
        import json, sys
        for line in sys.stdin:
            event = json.loads(line)
            if event["position"] >= int(sys.argv[1]):
                print(event["data"]["runner"]["pid"], event["job"])
                break' "$size"; }
        n=0; until [ -n "$(started)" ]; do n=$((n+1)); [ $n -lt 3000 ] || exit 2; done
        set -- $(started); job=$2
        kill -9 "$1" || exit 3
        # The other worker finds it, and goes on with the next tick.
        await 'types job.lost | grep -q $job'
        await 'types job.completed | grep -q predict-'
        kill -TERM $a $b 2>/dev/null; wait
        """, to: "inner.sh")
    let run = site.run("DONT_FAKE_MONOTONIC=1 faketime -f '+0 x60' sh inner.sh")
    #expect(run.exit == 0, "\(run.exit): \(run.words)")
    let ticks = site.run(
      """
      jobledger events --type job.created --json | python3 -c '
      import json, sys
      times = [json.loads(line)["data"].get("nominalTime") for line in sys.stdin]
      times = [time for time in times if time]
      print(len(times) > 1, len(times) == len(set(times)))'
      """)
    #expect(ticks.text == "True True\n", "\(ticks.text)\(ticks.words)")
    site.expectNoProcess()
    site.verify()
  }
}
