// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Ledgers that released programs wrote: opened, verified, rebuilt, restored and continued by this
/// one.
@Suite struct GoldenLedgerTests {
  /// The folders of `Fixtures/ledgers`, all of them, so that none is forgotten.
  static let names = TemporaryFolder.names(in: Fixture.path("ledgers")).filter { name in
    access(Fixture.path("ledgers/\(name)/ledger.tar.gz"), R_OK) == 0
  }

  /// For scripts: `golden` is the folder, `shown` what its ledger looked like.
  private func prelude(_ name: String) -> String {
    """
    golden="$FIXTURES/ledgers/\(name)"
    show() { "$FIXTURES/ledgers/show" "$@"; }
    gzip -dc "$golden/ledger.tar.gz" | tar x --no-same-owner && mv ledger L || exit 90

    """
  }

  @Test func `there is at least one`() { #expect(!GoldenLedgerTests.names.isEmpty) }

  @Test func `among them are a rotated key, erased words and files, and full blocks of the tree`() {
    let site = Site(ledger: false)
    let run = site.run(
      prelude("format-1") + """
        jobledger key list --json | wc -l
        jobledger events --type text.erased --json | grep -c '"basis":"gdpr-17"'
        jobledger events --type artifact.erased --json | wc -l
        jobledger du --csv | sed -n 's/^db.tree,\\([0-9]*\\),.*/\\1/p'
        """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "2\n1\n1\n3\n", "\(run.text)\(run.words)")
  }

  @Test(arguments: GoldenLedgerTests.names)
  func `a golden ledger opens, verifies and shows what it showed`(_ name: String) throws {
    let site = Site(ledger: false)
    let run = site.run(
      prelude(name) + """
        show L > shown.txt && cmp shown.txt "$golden/shown.txt" && jobledger doctor --check
        """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "nothing to put right\n")
    site.verify()
  }

  @Test(arguments: GoldenLedgerTests.names)
  func `a golden ledger is rebuilt from its events and shows the same`(_ name: String) throws {
    let site = Site(ledger: false)
    let run = site.run(
      prelude(name) + """
        jobledger doctor --rebuild > rebuilt.txt || exit 1
        show L > shown.txt && cmp shown.txt "$golden/shown.txt"
        """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    site.verify()
  }

  @Test(arguments: GoldenLedgerTests.names)
  func `a golden ledger goes on: jobs, decisions, request keys, an extended checkpoint`(
    _ name: String
  ) throws {
    let site = Site(ledger: false)
    let run = site.run(
      prelude(name) + """
        cp L/checkpoint kept && size=$(sed -n 2p kept)
        jobledger member grant $(id -un) --role operator --role admin > /dev/null 2> granted
        jobledger note golden/lr@2 'still here' || cat granted
        jobledger replay verify --against kept > verified || { cat verified; exit 2; }
        jobledger replay prove '#0' > proof && jobledger jobs --as-of "$size" --json > before
        jobledger jobs --as-of kept --json | cmp - before || exit 3
        test "$(jobledger events --json | wc -l)" -gt "$size" || exit 4
        """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    site.verify()
  }

  @Test(arguments: GoldenLedgerTests.names)
  func `a golden backup restores to a ledger whose past shows the same`(_ name: String) throws {
    let site = Site(ledger: false)
    let run = site.run(
      prelude(name) + """
        gzip -dc "$golden/backup.tar.gz" > backup.tar && size=$(sed -n 2p L/checkpoint)
        show L "$size" > before || exit 1
        jobledger restore backup.tar R --against L/checkpoint > restored || exit 2
        show R "$size" | cmp - before || exit 3
        jobledger replay verify --ledger R --against L/checkpoint || exit 4
        JOBLEDGER_DIR=R jobledger events --json | tail -n 1 | grep -o '"type":"[a-z.]*"'
        """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text.hasSuffix("\"type\":\"ledger.restored\"\n"))
  }
}
