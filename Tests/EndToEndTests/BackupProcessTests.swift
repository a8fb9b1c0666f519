// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Backups beside writers, killed, and on disks that are full; and what is restored elsewhere.
@Suite struct BackupProcessTests {
  /// For scripts: a writer in the background until `stop_writing`.
  private static let writing = """
    start_writing() {
      ( i=0; while [ ! -e enough ]; do i=$((i+1))
        jobledger exec -- sh -c 'for n in 1 2 3 4 5 6 7 8 9; do echo "line $n"; done' \\
          > /dev/null 2>> writer.err || echo failed >> writer.failed; done ) &
      writer=$!
    }
    stop_writing() { touch enough; wait $writer; test ! -e writer.failed; }

    """

  @Test func `backups beside a writer are whole, signed at their size, of one history`() throws {
    let site = Site()
    let run = site.run(
      BackupProcessTests.writing + """
        start_writing
        poll 'test "$(size)" -gt 20'
        for n in 1 2 3 4 5; do
          jobledger backup b$n.tar --json > b$n.json || { cat writer.err; exit 1; }
          before=$(size); poll 'test "$(size)" -gt $before'
        done
        stop_writing || { cat writer.err; exit 2; }
        cp L/checkpoint kept
        last=0
        for n in 1 2 3 4 5; do
          jobledger restore b$n.tar R$n > /dev/null 2>&1 || exit 3
          jobledger replay verify --ledger R$n > /dev/null || exit 4
          tar xf b$n.tar && cp jobledger-backup/checkpoint c$n && rm -r jobledger-backup
          $PYTHON -c '
        import json, sys
        made = json.load(open(sys.argv[1]))
        assert made["checkpoint"] == made["size"] > int(sys.argv[2]), made
        assert not made["missing"] and not made["damaged"], made
        print(made["size"])' b$n.json $last > size$n || exit 5
          last=$(cat size$n)
          jobledger replay verify --against c$n > /dev/null || exit 6
          jobledger restore b$n.tar never --against kept 2> refused && exit 7
          grep -q 'would be lost' refused || exit 8
        done
        ls -d never* 2>/dev/null; ls | grep -c 'new\\|restoring'
        """)
    #expect(run.exit == 1, "\(run.exit): \(run.text)\(run.words)")
    #expect(run.text == "0\n")
    site.verify()
  }

  @Test func `whoever is killed leaves no half of a backup or of a restored ledger`()
    throws
  {
    let site = Site()
    let made = site.run(
      """
      jobledger train m > /dev/null 2>&1 && jobledger backup whole.tar > /dev/null || exit 1
      k=0
      for wait in 0.002 0.005 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1 0.12 0.15; do
        k=$((k+1))
        timeout --signal=KILL $wait jobledger backup b$k.tar > /dev/null 2>&1
        if [ -e b$k.tar ]; then
          jobledger restore b$k.tar Q$k > said 2>&1 || { cat said; exit 2; }
        fi
        timeout --signal=KILL $wait jobledger restore whole.tar R$k > /dev/null 2>&1
        if [ -e R$k ]; then
          jobledger replay verify --ledger R$k > said || { cat said; exit 3; }
        else
          poll '! [ -e R$k.restoring ] || flock -n R$k.restoring/restoring true || rmdir R$k.restoring 2>/dev/null'
          jobledger restore whole.tar R$k > said 2>&1 || { cat said; exit 4; }
        fi
        poll '! [ -e b$k.tar.new ] || flock -n b$k.tar.new true'
        jobledger backup --force b$k.tar > said 2>&1 || { cat said; exit 5; }
        test ! -e b$k.tar.new -a ! -e b$k.tar.new.d || exit 6
      done
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `jobs that ran when the backup was made are lost where it is restored`() throws {
    let site = Site()
    let run = site.run(
      """
      jobledger exec --detach -- sh -c "while [ ! -e '$SITE/go' ]; do sleep 0.05; done" \\
        > /dev/null 2>&1
      jobledger train m --queue > /dev/null
      jobledger backup b.tar > /dev/null || exit 1
      # As on another machine: by name and boot it is not the one that the job ran on.
      unshare --uts true 2>/dev/null && other='unshare --uts sh -c' || other='sh -c'
      $other 'hostname elsewhere 2>/dev/null; jobledger restore b.tar R' > said 2>&1 || exit 2
      grep -c 'is lost: its runner was not restored' said
      JOBLEDGER_DIR=R jobledger jobs --json | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/' | sort
      JOBLEDGER_DIR=R jobledger events --json | tail -n 2 | sed 's/.*"type":"\\([a-z.]*\\)".*/\\1/'
      # The original is not touched: its job still runs, and ends.
      touch go; poll 'test "$(jobledger jobs --status running --json | wc -l)" = 0'
      jobledger jobs --json | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/' | sort
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(
      run.text == "1\ncreated\nlost\nledger.restored\njob.lost\ncompleted\ncreated\n",
      "\(run.text)\(run.words)")
    site.verify()
    site.expectNoProcess()
  }

  @Test func `ticks that nobody ran before a restoration are counted as missed`() throws {
    let site = Site()
    site.write(
      """
      project: p
      models:
        m:
          train: {run: [sh, -c, 'echo weights > "$JOBLEDGER_OUTPUT/model"']}
          predict: {run: [sh, -c, 'echo 1 > "$JOBLEDGER_OUTPUT/scores.csv"']}

      """, to: "jobledger.yaml")
    site.write("{fourEyes: false, requireEvaluation: false}", to: "policy.yaml")
    let run = site.run(
      """
      { jobledger policy set policy.yaml --reason 'a test alone' && jobledger train m &&
        jobledger approve m@1 --reason 'because' && jobledger deploy m@1 --target production &&
        jobledger schedule add deploy- --name often --cron '* * * * *' &&
        jobledger backup b.tar; } > said 2>&1 || { cat said; exit 1; }
      later() { DONT_FAKE_MONOTONIC=1 faketime -f +2h "$@"; }
      later jobledger restore b.tar R > said 2>&1 || { cat said; exit 2; }
      export JOBLEDGER_DIR="$SITE/R"
      later jobledger work --until-idle > said 2>&1 || { cat said; exit 3; }
      missed=$(jobledger events --type schedule.missed --json | sed 's/.*"count":\\([0-9]*\\).*/\\1/')
      test "$missed" -ge 118 && test "$missed" -le 121 || { echo "missed $missed"; exit 4; }
      jobledger replay verify | head -n 1 | cut -c1-3
      # What is deployed is linked again.
      cat R/deployments/production/p/m/model
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "ok:\nweights\n")
  }
}
