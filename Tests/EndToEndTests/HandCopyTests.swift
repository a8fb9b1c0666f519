// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Ledgers whose files were copied by hand: what can be seen of it, and by whom.
@Suite struct HandCopyTests {
  @Test func `an old data file under a newer checkpoint is refused by who reads and who writes`()
    throws
  {
    let site = Site()
    let run = site.run(
      """
      cp L/db/1/data.mdb old.mdb
      jobledger note p one > /dev/null && jobledger checkpoint > /dev/null || exit 1
      rm L/db/1/lock.mdb && cp old.mdb L/db/1/data.mdb
      for command in 'jobs' 'note p two' 'checkpoint' 'replay state' 'replay verify' 'doctor'; do
        jobledger $command > said 2>&1; echo "$command: $?"
        grep -q 'events are gone\\|behind' said || { cat said; exit 2; }
      done
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(
      run.text
        == "jobs: 2\nnote p two: 2\ncheckpoint: 2\nreplay state: 2\nreplay verify: 2\ndoctor: 2\n")
  }

  @Test func `an old data file with its old checkpoint is found by one kept elsewhere`()
    throws
  {
    let site = Site()
    let run = site.run(
      """
      mkdir old && cp L/db/1/data.mdb L/checkpoint old
      jobledger note p one > /dev/null && jobledger checkpoint > kept || exit 1
      rm L/db/1/lock.mdb && cp old/data.mdb L/db/1/data.mdb && cp old/checkpoint L/checkpoint
      jobledger replay verify > /dev/null || exit 2
      jobledger replay verify --against kept > said; echo $?
      grep -o checkpoint-beyond-head said
      # Gone on from there, it is another history for ever.
      jobledger note p other > /dev/null && jobledger note p third > /dev/null
      jobledger replay verify --against kept > said; echo $?
      grep -o checkpoint-root said
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "2\ncheckpoint-beyond-head\n2\ncheckpoint-root\n")
  }

  @Test func `the data file of another ledger is refused, even one of the same origin`() throws {
    let site = Site()
    let run = site.run(
      """
      jobledger --ledger S init --origin test.example/site > /dev/null 2>&1
      jobledger --ledger S project add . > /dev/null && rm L/db/1/lock.mdb
      cp S/db/1/data.mdb L/db/1/data.mdb
      for command in 'jobs' 'note p two' 'replay verify' 'backup b.tar'; do
        jobledger $command > said 2>&1; echo "$command: $?"
      done
      rm L/checkpoint
      jobledger jobs > said 2>&1; echo "without checkpoint: $?"; grep -o 'ledger.json says id' said
      ls b.tar* 2>/dev/null
      """)
    #expect(
      run.text
        == "jobs: 2\nnote p two: 2\nreplay verify: 2\nbackup b.tar: 2\nwithout checkpoint: 2\n"
        + "ledger.json says id\n", "\(run.words)")
  }

  @Test func `two copies of one ledger that both go on refuse each other's checkpoints`() throws {
    let site = Site()
    let run = site.run(
      """
      jobledger checkpoint > common && cp -r L M && rm M/db/1/lock.mdb
      for ledger in L M; do
        jobledger --ledger $ledger note p "in $ledger" > /dev/null || exit 1
        jobledger --ledger $ledger checkpoint > $ledger.kept || exit 2
      done
      for pair in 'L M' 'M L'; do
        set -- $pair
        jobledger replay verify --ledger $1 --against $2.kept > said; echo "$1 against $2: $?"
        grep -o checkpoint-root said
        jobledger replay verify --ledger $1 --against common > /dev/null; echo "common: $?"
      done
      # A backup of the one is not restored where the other is known.
      jobledger --ledger M backup m.tar > /dev/null || exit 3
      jobledger restore m.tar R --against L.kept 2> said; echo "restore: $?"
      grep -o 'are not those that it signed' said; ls -d R* 2>/dev/null
      """)
    #expect(
      run.text == """
        L against M: 2
        checkpoint-root
        common: 0
        M against L: 2
        checkpoint-root
        common: 0
        restore: 2
        are not those that it signed

        """, "\(run.words)")
  }

  @Test func `a data file copied page by page while it is written to is found out`() throws {
    let site = Site()
    // As cp(1) may read it: the first pages before a commit, the others after it.
    let run = site.run(
      """
      jobledger train m > /dev/null 2>&1
      cp L/db/1/data.mdb first.mdb
      for n in 1 2 3 4 5 6; do jobledger note p "note $n" > /dev/null || exit 1; done
      cp L/checkpoint kept; torn=0; all=0
      pages=$(( $(stat -c %s first.mdb) / 4096 ))
      for cut in $(seq 1 4 $((pages - 1))); do
        rm -rf T; cp -r L T; rm -f T/db/1/lock.mdb; all=$((all+1))
        dd if=first.mdb of=T/db/1/data.mdb bs=4096 count=$cut conv=notrunc status=none
        jobledger replay verify --ledger T --against kept > said 2>&1
        case $? in
          0) grep -q '^root '"$(sed -n 3p kept)" said || exit 2 ;; # the pages that differ are unused
          2) torn=$((torn+1)) ;;
          *) cat said; exit 3 ;;
        esac
      done
      echo "$torn of $all"; test $torn -ge $((all / 2))
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
  }

  @Test func `a backup that somebody unpacked by hand is no ledger`() throws {
    let site = Site()
    let run = site.run(
      """
      jobledger backup b.tar > /dev/null && tar xf b.tar
      jobledger --ledger jobledger-backup jobs > said 2>&1; echo $?
      jobledger --ledger jobledger-backup doctor > said 2>&1; echo $?
      (cd jobledger-backup && sha256sum --quiet -c SHA256SUMS && echo whole)
      """)
    #expect(run.exit == 0)
    #expect(run.text == "66\n66\nwhole\n", "\(run.words)")
  }
}
