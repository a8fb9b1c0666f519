// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Ledgers that somebody damaged, exchanged, filled up or holds: nothing is made up, nobody hangs.
@Suite struct BadInputLedgerTests {
  /// Commands that read, write, and run.
  private static let commands = [
    "status", "versions", "note '#0' x", "checkpoint", "exec -- true", "train m", "replay verify",
  ]

  /// What is done to a data file or another part that every command must refuse, in the ledger.
  static let damages = [
    "rm db/1/data.mdb", ": > db/1/data.mdb", "truncate -s 20000 db/1/data.mdb",
    "truncate -s 8192 db/1/data.mdb", "head -c 90000 /dev/urandom > db/1/data.mdb",
    "rm db/1/data.mdb; mkdir db/1/data.mdb", "rm -r db/1", "rm -r db", "rm door", "rm turnstile",
    "rm namespace", ": > ledger.json", "echo '{\"id\":' > ledger.json", "rm ledger.json",
    "rm db/1/data.mdb; mkfifo db/1/data.mdb", "rm door; mkfifo door",
    "rm ledger.json; mkfifo ledger.json",
  ]

  @Test("a damaged ledger is refused by every command and never made anew", arguments: damages)
  func damaged(damage: String) {
    let site = Site()
    #expect(site.run("cd L && \(damage)").exit == 0)
    let before = site.run("cd L && find . -printf '%p %s\\n' | sort").text
    for command in BadInputLedgerTests.commands {
      let run = site.run("timeout 20 jobledger \(command)")
      // A fifo or a folder there is no damage but something unsafe; exec tells its own by 125.
      let codes: Set<Int32> = command.hasPrefix("exec") ? [125] : [2, 66, 77]
      #expect(codes.contains(run.exit), "\(command): \(run.exit) \(run.words)")
      #expect(!(run.out + run.err).isEmpty)
    }
    #expect(site.run("cd L && find . -printf '%p %s\\n' | sort").text == before)
  }

  /// Commands that read pages, and what they end with when one of these leads nowhere.
  private static let readers: [(command: String, codes: Set<Int32>)] =
    [
      "status", "jobs", "events", "versions", "show '#0'", "logs exec-", "replay state",
      "replay trail p", "replay decisions", "replay export --format jsonl", "note '#0' x",
      "train m",
    ].map { ($0, [74]) } + [
      ("exec -- true", [125]), ("replay verify", [2]), ("doctor --check", [2]), ("doctor", [2]),
    ]

  @Test func `pages that lead out of the file are an error of every command, and no signal`() {
    let site = Site()
    #expect(site.run("jobledger exec -- seq 40 && jobledger train m").exit == 0)
    let path = site.folder.file("L/db/1/data.mdb")
    var bytes = TemporaryFolder.read(path) ?? []
    // MDB_node begins with the length of its value, 32 bits: those of all leaf pages (flags 2)
    // become 4 GiB.
    for page in stride(from: 8192, to: bytes.count, by: 4096) where bytes[page + 10] == 2 {
      let lower = Int(bytes[page + 12]) | Int(bytes[page + 13]) << 8
      for slot in stride(from: page + 16, to: page + lower, by: 2) {
        let node = page + (Int(bytes[slot]) | Int(bytes[slot + 1]) << 8)
        bytes[node + 2] = 0xFF
        bytes[node + 3] = 0xFF
      }
    }
    TemporaryFolder.write(bytes, to: path)
    for (command, codes) in BadInputLedgerTests.readers {
      let run = site.run("timeout 20 jobledger \(command)")
      #expect(codes.contains(run.exit), "\(command): \(run.exit) \(run.words)")
      #expect(!(run.out + run.err).isEmpty)
    }
    let told = site.run("jobledger events --json")
    #expect(told.exit == 74)
    #expect(told.words.hasPrefix("{\"error\":{\"code\":\"page-unreadable\",\"exit\":74,"))
    #expect(TemporaryFolder.read(path) == bytes)
    site.expectNoProcess()
  }

  @Test(arguments: [
    "rm db/1/lock.mdb", "head -c 8192 /dev/urandom > db/1/lock.mdb", ": > db/1/lock.mdb",
    "echo x > db/1/lock.mdb",
  ])
  func `a lock file that is gone or garbled loses nothing`(damage: String) {
    let site = Site()
    let size = site.size
    #expect(site.run("cd L && \(damage)").exit == 0)
    #expect(site.size == size)
    #expect(site.run("jobledger note '#0' x && jobledger train m").exit == 0)
    #expect(site.size > size)
    site.verify()
  }

  @Test func `a lock file deleted under running writers loses nothing that was acknowledged`() {
    let site = Site()
    let run = site.run(
      """
      for w in 1 2 3; do
        ( i=0; while [ $i -lt 8 ]; do i=$((i+1))
          jobledger note '#0' "w$w-$i" > /dev/null 2>> errors && echo "w$w-$i" >> acked.$w
        done ) &
      done
      i=0; while [ $i -lt 12 ]; do i=$((i+1)); rm -f L/db/1/lock.mdb; sleep 0.05; done
      wait
      cat acked.* | sort > acked
      jobledger events --json | sed -n 's/.*"note":"\\(w[0-9-]*\\)".*/\\1/p' | sort > recorded
      comm -23 acked recorded
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text == "", "acknowledged and lost: \(run.text)")
    site.verify()
  }

  /// Parts that are exchanged for a link to the same part of another ledger.
  static let links = [
    "L", "L/db", "L/db/1", "L/db/1/data.mdb", "L/db/1/lock.mdb", "L/door", "L/turnstile",
    "L/namespace", "L/ledger.json", "L/keys", "L/keys/log", "L/keys/request", "L/checkpoint",
    "L/blobs", "L/runners",
  ]

  @Test("a part that is a link is refused, and its target is not touched", arguments: links)
  func linked(part: String) {
    let site = Site()
    #expect(site.run("jobledger train m && cp -a L victim").exit == 0)
    let digest = "find victim -type f | sort | xargs sha256sum; find victim | sort"
    let before = site.run(digest).text
    let other = "victim" + part.dropFirst(1)
    #expect(site.run("rm -r \(part) && ln -s $SITE/\(other) \(part)").exit == 0)
    for command in ["note '#0' x", "train m", "checkpoint"] {
      let run = site.run("jobledger \(command)")
      #expect(run.exit == 77, "\(command): \(run.exit) \(run.words)")
    }
    #expect(site.run(digest).text == before)
  }

  @Test func `a ledger folder that others can write, or that another owns, is refused`() {
    let site = Site()
    #expect(site.run("chmod 0777 L; jobledger note '#0' x").exit == 77)
    #expect(site.run("chmod 0700 L; jobledger note '#0' x").exit == 0)
    guard getuid() == 0 else { return }
    #expect(site.run("chown 65534 L; jobledger note '#0' x").exit == 77)
  }

  @Test func `one path has one ledger`() {
    let site = Site()
    let before = site.run("sha256sum L/ledger.json L/keys/log").text
    #expect(site.run("jobledger init").exit == 73)
    #expect(site.run("jobledger init --ledger L/").exit == 73)
    #expect(site.run("jobledger init --ledger L/inner").exit == 73)
    #expect(site.run("jobledger init --ledger L/db").exit == 73)
    #expect(site.run("jobledger init --ledger data.csv").exit == 73)
    #expect(site.run("jobledger init --ledger no/such/folder").exit == 73)
    #expect(site.run("mkdir full; : > full/x; jobledger init --ledger full").exit == 73)
    #expect(site.run("ln -s nowhere link; jobledger init --ledger link").exit == 73)
    #expect(site.run("sha256sum L/ledger.json L/keys/log").text == before)
    let race = site.run(
      """
      for round in 1 2 3 4 5 6 7 8; do
        for i in 1 2 3 4 5 6; do
          { jobledger init --ledger raced$round > /dev/null 2>&1; echo $?; } & done
        wait; jobledger replay verify --ledger raced$round > /dev/null || echo broken
      done
      """)
    let codes = race.text.split(separator: "\n")
    #expect(codes.count { $0 == "0" } == 8 && codes.count { $0 == "73" } == 40, "\(codes)")
    #expect(codes.count == 48, "\(codes)")
    site.verify()
  }

  @Test(arguments: ["turnstile", "door"])
  func `a writer that stands still costs others their patience and nothing else`(part: String) {
    let site = Site()
    let size = site.size
    let run = site.run(
      """
      flock L/\(part) sh -c 'touch held; poll() { until [ -e done ]; do sleep 0.05; done; }; poll' &
      poll '[ -e held ]'
      JOBLEDGER_WAIT=0.3 jobledger note '#0' late; echo $?
      JOBLEDGER_WAIT=0.3 jobledger exec -- true; echo $?
      jobledger status > /dev/null; echo $?
      touch done; wait
      jobledger note '#0' after > /dev/null; echo $?
      JOBLEDGER_WAIT=soon jobledger note '#0' x; echo $?
      """)
    #expect(run.text == "75\n125\n0\n0\n64\n", "\(run.words)")
    #expect(site.size == size + 1)
    site.verify()
  }

  @Test func `a writer stopped inside a commit holds up others until it goes on`() {
    let site = Site()
    let run = site.run(
      """
      jobledger exec -- sh -c 'while [ ! -e done ]; do echo line; done' > /dev/null 2>&1 &
      poll '[ $(jobledger jobs --json | grep -c running) = 1 ]'
      runner=$(pgrep -f -n "jobledger exec -- sh -c while" || true)
      kill -STOP $!
      JOBLEDGER_WAIT=0.5 jobledger note '#0' x > /dev/null; code=$?
      kill -CONT $!; touch done; wait
      [ $code = 0 ] || [ $code = 75 ]; echo $?
      """)
    #expect(run.text == "0\n", "\(run.words)")
    site.expectNoProcess()
    site.verify()
  }
}
