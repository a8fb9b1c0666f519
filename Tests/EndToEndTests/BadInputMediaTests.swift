// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Media that are full or read-only, files that may not grow, clocks that jump.
@Suite struct BadInputMediaTests {
  /// Whether this user may mount; without that these tests say so and prove nothing.
  private static let mounts: Bool = {
    let folder = TemporaryFolder()
    let site = Site(ledger: false)
    return site.run("mkdir m && mount -t tmpfs -o size=1m none m && umount m").exit == 0
      && folder.path != ""
  }()

  @Test(.enabled(if: mounts, "needs the right to mount a tmpfs"))
  func `on a full disk writing stops before anything is in doubt, and goes on with room`() {
    let site = Site(ledger: false)
    let run = site.run(
      """
      mkdir m && mount -t tmpfs -o size=72m none m || exit 98
      trap 'umount m 2> /dev/null || umount -l m' EXIT
      export JOBLEDGER_DIR=$SITE/m/L
      jobledger init && echo made
      head -c 9000000 /dev/zero > m/filler
      jobledger note '#0' x; echo note $?
      jobledger exec -- true; echo exec $?
      jobledger status | grep -c poison
      jobledger replay verify > /dev/null; echo verify $?
      rm m/filler
      # A flood fills the rest: it is refused in time, and nothing is left in doubt.
      JOBLEDGER_WAIT=0.5 jobledger exec -- sh -c 'yes 0123456789012345678901234567890123456789 |
        head -c 30000000' > /dev/null 2> flood; echo flood $?
      df m | awk 'NR == 2 { print ($4 > 40000) ? "room" : "filled" }'
      jobledger replay verify > /dev/null; echo verify $?
      mount -o remount,size=400m m
      jobledger note '#0' later > /dev/null; echo later $?
      jobledger replay verify > /dev/null; echo verify $?
      """)
    let lines = run.text.split(separator: "\n")
    #expect(lines.contains("made"), "\(run.words)")
    #expect(lines.contains("note 74") && lines.contains("exec 125"), "\(run.text)\(run.words)")
    #expect(lines.contains("room"), "\(run.text)")
    #expect(lines.contains("later 0"), "\(run.text)\(run.words)")
    #expect(lines.filter { $0 == "verify 0" }.count == 3, "\(run.text)\(run.words)")
    #expect(!lines.contains("flood 0"))
  }

  @Test(.enabled(if: mounts, "needs the right to mount a tmpfs"))
  func `on read-only media reading works and writing is refused`() {
    let site = Site(ledger: false)
    let run = site.run(
      """
      mkdir m && mount -t tmpfs -o size=100m none m || exit 98
      trap 'umount m 2> /dev/null || umount -l m' EXIT
      export JOBLEDGER_DIR=$SITE/m/L
      jobledger init && jobledger exec -- echo said && mount -o remount,ro m || exit 97
      for c in status jobs events "logs $(job)" "replay verify" "replay state" \
        "replay export --format jsonl"; do jobledger $c > /dev/null || echo "$c $?"; done
      jobledger note '#0' x; echo $?
      jobledger checkpoint; echo $?
      jobledger exec -- true; echo $?
      jobledger init --ledger m/other; echo $?
      """)
    #expect(run.text.hasSuffix("said\n74\n74\n125\n73\n"), "\(run.text)\(run.words)")
  }

  @Test(arguments: [0, 8, 64, 200])
  func `a limit on file sizes is an error code, never a signal, and loses nothing`(blocks: Int) {
    let site = Site()
    let size = site.size
    let run = site.run("ulimit -f \(blocks); jobledger note '#0' 'may fail'")
    #expect(run.exit < 126, "\(run.exit) \(run.words)")
    #expect(run.exit == 0 || !run.err.isEmpty || blocks < 8)
    let after = site.size
    // What was acknowledged is there; what was not may be.
    #expect(run.exit == 0 ? after == size + 1 : after <= size + 1)
    #expect(site.run("jobledger status").exit == 0)
  }

  @Test(arguments: [20_000, 60_000, 120_000, 200_000, 400_000, 1_000_000, 4_000_000])
  func `too little memory is an error, and loses nothing`(kibibytes: Int) {
    let site = Site()
    let size = site.size
    let run = site.run(
      """
      ( ulimit -v \(kibibytes); jobledger note '#0' 'may fail' ); code=$?
      echo $code
      """)
    #expect(run.exit == 0)
    let code = Int(run.text.split(separator: "\n").last ?? "") ?? -1
    let after = site.size
    // Where the program cannot even be loaded, the loader ends it with 127, or the kernel does
    // before there is a loader.
    let unloaded = kibibytes < 60_000 ? [127, 128 + Int(SIGSEGV)] : [127]
    #expect(code == 0 ? after == size + 1 : after == size, "\(code): \(run.words)")
    #expect(([0, 70, 74] + unloaded).contains(code), "\(code): \(run.words)")
    #expect(code == 0 || !run.err.isEmpty)
    #expect(site.run("jobledger note '#0' 'goes on'").exit == 0)
    site.verify()
  }

  /// Whether this user may have a namespace of processes.
  private static let separates =
    Site(ledger: false).run("unshare --pid --fork --mount-proc true").exit == 0

  @Test(.enabled(if: separates, "needs the right to make a namespace of processes"))
  func `another namespace of processes is refused while the first is at work, and not after`() {
    let site = Site()
    let inner = "unshare --pid --fork --mount-proc timeout 60 jobledger"
    let run = site.run(
      """
      jobledger exec -- sh -c 'echo on > held; until [ -e done ]; do sleep 0.05; done' &
      poll '[ -e held ]'
      \(inner) note '#0' x; echo $?
      \(inner) jobs > /dev/null; echo $?
      \(inner) exec -- true; echo $?
      : > done; wait
      \(inner) note '#0' x > /dev/null; echo $?
      jobledger note '#0' x > /dev/null; echo $?
      """)
    #expect(run.text == "69\n69\n125\n0\n0\n", "\(run.text)\(run.words)")
    site.verify()
  }

  /// Whether libfaketime is installed: `tools/install test` sees to it.
  private static let fakes = access("/usr/bin/faketime", X_OK) == 0

  @Test(.enabled(if: fakes, "needs faketime"))
  func `a clock that jumps is refused with both times, and can be corrected`() {
    let site = Site()
    let size = site.size
    let back = site.run("faketime -f '-2h' jobledger note '#0' x")
    #expect(back.exit == 75, "\(back.exit) \(back.words)")
    #expect(back.words.components("20").count > 2, "both times are told: \(back.words)")
    let ahead = site.run("DONT_FAKE_MONOTONIC=1 faketime -f '+40d' jobledger note '#0' x")
    #expect(ahead.exit == 75, "\(ahead.exit) \(ahead.words)")
    #expect(site.size == size)
    let near = site.run("faketime -f '-2s' jobledger note '#0' held")
    #expect(near.exit == 0, "\(near.words)")
    let fixed = site.run(
      "faketime -f '-2h' jobledger clock correct --reason 'two hours fast' && "
        + "faketime -f '-2h' jobledger note '#0' x")
    #expect(fixed.exit == 0, "\(fixed.words)")
    site.verify()
  }
}

extension String {
  fileprivate func components(_ word: String) -> [Substring] {
    split(separator: word, omittingEmptySubsequences: false)
  }
}
