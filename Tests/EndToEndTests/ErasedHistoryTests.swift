// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// What becomes of erased words in bundles and restored ledgers, through the command line.
@Suite struct ErasedHistoryTests {
  private static let canary = "CANARY-w0rds-of-4711"

  /// `noted` makes a note that is to be erased, at `$at`; `check` is the independent verifier.
  private static let prelude = """
    vkey() { jobledger key show --json | sed 's/.*"vkey":"\\([^"]*\\)".*/\\1/'; }
    noted() { jobledger note p '\(canary)' >/dev/null && at=$(($(size)-1)); }
    check() { "$PYTHON" "$FIXTURES/../tools/verify" "$@"; }

    """

  @Test func `a bundle made after an erasure tells both verifiers who erased what on which ground`()
  {
    let site = Site()
    site.write("retention: {minimumDays: 0}", to: "p.yaml")
    let run = site.run(
      Self.prelude + """
        jobledger policy set p.yaml --reason 'Nothing to keep' >/dev/null && noted || exit 1
        jobledger checkpoint >/dev/null; before=$(size); KEY=$(vkey)
        jobledger erase "#$at" --basis gdpr-17 --reason 'Asked to' >/dev/null 2>&1 || exit 2
        by=$(($(size)-1)); jobledger checkpoint >/dev/null
        jobledger replay export --format bundle --output whole >/dev/null || exit 3
        jobledger replay export --format bundle --as-of $before --output early >/dev/null || exit 4
        erased="#$by erased words here, on the ground 'gdpr-17'"
        for bundle in whole early; do
          jobledger replay verify --bundle $bundle --key "$KEY" > said || { cat said; exit 5; }
          grep -qxF "$erased" said || { cat said; exit 6; }
          check $bundle --key "$KEY" > said || { cat said; exit 7; }
          grep -qxF "remark: $erased" said && grep -q '1 erased texts' said || { cat said; exit 8; }
          grep -rq '\(Self.canary)' $bundle && exit 9
          jobledger replay verify --bundle $bundle > said; echo $?; head -1 said | cut -d: -f1
          check $bundle > said; echo $?; head -1 said | cut -d: -f1
        done
        # Without what proves the later erasure, its words are missing.
        rm -r early/later
        jobledger replay verify --bundle early --key "$KEY" > said; echo $?
        grep -o '^text-missing' said; grep '^known good' said
        check early --key "$KEY" > said; echo $?; grep -o 'text-missing' said
        """)
    #expect(run.exit == 0, "\(run.exit): \(run.text)\(run.words)")
    let unknown = "2\nconsistent, signed by an unknown key\n"
    let missing = "2\ntext-missing\n"
    let known = "known good: the events here, of the first 5, are those that were signed\n"
    #expect(
      run.text == String(repeating: unknown, count: 4) + missing + known + missing,
      "\(run.text)\(run.words)")
    site.verify()
  }

  @Test func `signed erasures are done again where the ledger is restored, without signatures`() {
    let site = Site()
    site.write("{signed: [erased], retention: {minimumDays: 0}}", to: "p.yaml")
    let run = site.run(
      Self.prelude + """
        /usr/bin/ssh-keygen -q -t ed25519 -N '' -C '' -f bob
        jobledger member grant bob --role admin --auth ssh --key bob.pub >/dev/null &&
        jobledger policy set p.yaml --reason 'Signed' >/dev/null && noted || exit 1
        jobledger backup b.tar >/dev/null || exit 2
        sign="--as bob --sign bob --basis secret --reason Asked"
        jobledger erase "#$at" $sign >/dev/null 2>&1 || exit 3
        jobledger restore b.tar R --erasures L --accept-loss --reason 'The disk died' > said 2>&1 ||
          { cat said; exit 4; }
        grep -o '^erased again' said
        export JOBLEDGER_DIR="$SITE/R"
        jobledger replay verify > said || { cat said; exit 5; }
        grep -rq '\(Self.canary)' R && exit 6
        types | tail -n 2
        jobledger checkpoint >/dev/null
        jobledger replay export --format bundle --output B >/dev/null || exit 7
        jobledger replay verify --bundle B --key "$(vkey)" > said || { cat said; exit 8; }
        jobledger replay ask 25 > said; echo $?
        # Whoever erases something here signs for it.
        noted; jobledger erase "#$at" --basis secret --reason 'Asked' >/dev/null 2>&1; echo $?
        jobledger erase "#$at" $sign >/dev/null 2>&1; echo $?
        """)
    #expect(run.exit == 0, "\(run.exit): \(run.text)\(run.words)")
    #expect(
      run.text == "erased again\nledger.restored\ntext.erased\n0\n77\n0\n",
      "\(run.text)\(run.words)")
    site.verify()
  }
}
