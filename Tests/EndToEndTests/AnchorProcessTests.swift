// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Checkpoints that others keep: what they are given, what they answer, and what becomes of a ledger
/// whose anchors fail or lie. Everybody else is a real process.
@Suite struct AnchorProcessTests {
  /// `witness VKEY [MODE]` runs a witness in the folder `W` and says where; `policy LINES…` sets anchors;
  /// `field NAME` reads a member of `anchor list --json`.
  private static let prelude = """
    witness() { rm -f W/port; "$PYTHON" "$FIXTURES/anchors/witness.py" W "${3:-test.example/site}" "$1" \
    "${2:-honest}" & W=$!; poll '[ -s W/port ]'; }
    stop() { kill $W; wait $W 2>/dev/null; }
    trap '[ -z "$W" ] || kill $W 2>/dev/null' EXIT
    vkey() { jobledger key show --json | sed 's/.*"vkey":"\\([^"]*\\)".*/\\1/'; }
    policy() { { echo "drift: {psi: 0.$((N=N+1))}"; echo anchors:; for line; do echo "  - $line"; done; } \
    > p.yaml; jobledger policy set p.yaml --reason 'Keep it' >/dev/null; }
    at() { echo "{name: w, witness: 'http://127.0.0.1:$(cat W/port)/', vkey: '$(cat W/vkey)'}"; }
    field() { jobledger anchor list --json | sed -n "s/.*\\"$1\\":\\(\\"[^\\"]*\\"\\|[0-9]*\\).*/\\1/p"; }
    export JOBLEDGER_ANCHORS=wait

    """

  private func run(_ site: Site, _ script: String) -> Site.Run {
    site.run(AnchorProcessTests.prelude + script)
  }

  // MARK: Witnesses

  @Test func `a witness cosigns as the ledger goes, and what it says is kept and verified`() {
    let site = Site()
    let made = run(
      site,
      """
      witness "$(vkey)"
      policy "$(at)" || exit 1
      [ "$(field size)" = "$(size)" ] || exit 2
      jobledger train m >/dev/null 2>&1; jobledger checkpoint >/dev/null
      [ "$(field size)" = "$(size)" ] || exit 3
      tail -1 W/requests | grep -q '^old 4 ' || exit 4
      # Who forgot what the witness has is told, and goes on from there.
      rm L/receipts/w/state
      jobledger note m@1 'Once more' >/dev/null; jobledger checkpoint >/dev/null
      [ "$(field size)" = "$(size)" ] || exit 5
      grep -c '^old 0 ' W/requests
      # It remembers over a restart, elsewhere; and an anchor that has everything is not asked.
      stop; witness "$(vkey)"; policy "$(at)" || exit 6
      [ "$(field size)" = "$(size)" ] || exit 7
      n=$(wc -l < W/requests); jobledger anchor || exit 8
      [ $n = $(wc -l < W/requests) ] || exit 9
      tail -1 "L/receipts/w/$(size).checkpoint" | grep -q '^— witness.example/w1 ' || exit 10
      # A new key is a stranger until the witness is told.
      jobledger key rotate >/dev/null 2>&1; [ "$(field failures)" = 1 ] || exit 11
      jobledger status | grep -q '^anchor.*403' || exit 12
      old=$(jobledger key list --json | head -1 | sed 's/.*"vkey":"\\([^"]*\\)".*/\\1/')
      stop; witness "$old,$(vkey)"; policy "$(at)" && jobledger anchor --now >/dev/null || exit 13
      [ "$(field size)" = "$(size)" ] || exit 14
      jobledger replay verify
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(made.text.hasPrefix("2\n"), "\(made.text)")
    #expect(made.text.contains(" receipts, "), "\(made.text)")
    site.expectNoProcess()
  }

  @Test
  func `a fork, a rollback and a stranger are refused by a witness, and told as what they are`() {
    let site = Site()
    let made = run(
      site,
      """
      witness "$(vkey)"
      policy "$(at)" || exit 1
      cp -r L F; cp -r L O
      jobledger note p 'Here' >/dev/null; jobledger checkpoint >/dev/null
      [ "$(field size)" = "$(size)" ] || exit 2
      export JOBLEDGER_DIR=$SITE/O
      jobledger anchor --now; echo $?
      export JOBLEDGER_DIR=$SITE/F
      jobledger note p 'There' >/dev/null 2>&1; jobledger checkpoint >/dev/null
      jobledger anchor --now; echo $?
      jobledger note p 'And there' >/dev/null; jobledger checkpoint >/dev/null
      jobledger anchor --now; echo $?
      # Whoever has the receipt of the other history can tell.
      cp L/receipts/w/5.checkpoint F/receipts/w/ && jobledger replay verify | grep '^checkpoint-root'
      export JOBLEDGER_DIR=$SITE/L
      stop; witness "$(vkey)" honest other.example/log; policy "$(at)"; jobledger anchor --now; echo $?
      rm -r W; stop; witness "$(vkey | sed 's/+.*//')+$(sed 's/[^+]*+//' W/vkey)" 2>/dev/null; true
      """)
    let lines = made.text.split(separator: "\n").map { String($0) }
    #expect(lines.count == 9, "\(made.text)\(made.words)")
    guard lines.count == 9 else { return }
    #expect(lines[0].hasPrefix("w: has the checkpoint of size 4"), "\(lines[0])")
    #expect(
      lines[2].contains("FAILED: the witness holds another root for the size 5"), "\(lines[2])")
    #expect(lines[4].contains("FAILED: the witness holds another history"), "\(lines[4])")
    #expect(lines[6].contains("the receipt w/5.checkpoint"), "\(lines[6])")
    #expect(lines[7].contains("FAILED: the witness does not know this ledger (404)"), "\(lines[7])")
    #expect([lines[1], lines[3], lines[5], lines[8]] == ["0", "69", "69", "69"])
    site.expectNoProcess()
  }

  @Test(arguments: [
    "garbage", "other-key", "other-note", "other-name", "none", "loops", "ahead", "stuck",
    "unsized",
    "endless", "silent", "torn",
  ])
  func `a witness that misbehaves leaves no receipt, and fails no commit`(mode: String) {
    let site = Site()
    let made = run(
      site,
      """
      witness "$(vkey)" \(mode)
      jobledger note p 'Something to extend' >/dev/null && jobledger checkpoint >/dev/null
      policy "$(at)"; echo $?
      [ "$(field failures)" = 1 ] || exit 1
      [ -z "$(ls L/receipts/w | grep checkpoint)" ] || exit 2
      jobledger status | grep -q '^anchor.*failed 1 time' || exit 3
      # It is left alone for a while, unless somebody wants to know.
      n=$(wc -l < W/requests); jobledger anchor | grep -c 'is due at'
      [ $n = $(wc -l < W/requests) ] || exit 4
      stop; witness "$(vkey)"; p=$(cat W/port)
      policy "$(at)"; jobledger anchor --now >/dev/null; echo $?
      [ "$(field size)" = "$(size)" ] && [ "$(field failures)" = "" ] || exit 5
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(made.text == "0\n1\n0\n", "\(made.text)\(made.words)")
    site.verify()
    site.expectNoProcess()
  }

  // MARK: Files

  @Test func `a file elsewhere follows, never goes back, and is left alone where it is another's`()
  {
    let site = Site()
    let made = run(
      site,
      """
      mkdir usb
      policy "{name: usb, file: $SITE/usb/note}" || exit 1
      cmp usb/note L/checkpoint || exit 2
      jobledger replay verify --against usb/note >/dev/null || exit 3
      cp -r L O
      jobledger note p 'Here' >/dev/null; jobledger checkpoint >/dev/null
      cmp usb/note L/checkpoint || exit 4
      [ "$(ls L/receipts/usb | grep -c checkpoint)" = 1 ] || exit 5
      taken=$(( ($(find L/receipts -type f -printf '%b+')0) * 512 )); [ $taken -gt 0 ] || exit 11
      jobledger du --csv | grep -q "^receipts,,$taken," || exit 12
      cp usb/note kept
      export JOBLEDGER_DIR=$SITE/O; rm O/receipts/usb/state
      jobledger anchor --now; echo $?
      cmp usb/note kept || exit 6
      jobledger note p 'There' >/dev/null; jobledger note p 'There' >/dev/null
      jobledger checkpoint >/dev/null; jobledger anchor --now; echo $?
      cmp usb/note kept || exit 7
      export JOBLEDGER_DIR=$SITE/L
      echo 'my diary' > usb/note; jobledger note p 'Again' >/dev/null; jobledger anchor --now; echo $?
      grep -q diary usb/note || exit 8
      rm -r usb; jobledger anchor --now >/dev/null; echo $?
      mkdir usb; jobledger anchor --now >/dev/null; echo $?; cmp usb/note L/checkpoint || exit 9
      [ "$(ls usb)" = note ] || exit 10
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    let lines = made.text.split(separator: "\n").map { String($0) }
    #expect(lines.count == 8, "\(made.text)")
    guard lines.count == 8 else { return }
    #expect(lines[0].contains("has 5 events, and the last checkpoint here is of 4"), "\(lines[0])")
    #expect(lines[2].contains("has another history"), "\(lines[2])")
    #expect(lines[4].contains("holds what is no checkpoint, and is left alone"), "\(lines[4])")
    #expect([lines[1], lines[3], lines[5], lines[6], lines[7]] == ["69", "69", "69", "69", "0"])
    site.expectNoProcess()
  }

  // MARK: Programs

  @Test func `a program gets the note and a clean environment; a failing one is tried again later`()
  {
    let site = Site()
    site.write(
      """
      #!/bin/sh
      cat > sent && env | sort > sent.env && [ ! -e broken ] || { echo 'no way out' >&2; exit 3; }
      echo "message $JOBLEDGER_SIZE of $JOBLEDGER_ANCHOR"
      """, to: "send-note")
    let made = run(
      site,
      """
      chmod +x send-note; export SECRET_OF_MINE=x; touch broken
      policy '{name: mail, command: [./send-note, --now], every: 1h}'; echo $?
      [ "$(field failures)" = 1 ] && [ ! -e L/receipts/mail/4.checkpoint ] || exit 1
      jobledger status | grep -c 'no way out'
      rm broken; jobledger anchor | grep -c 'is due at'
      jobledger anchor --now; echo $?
      cmp sent L/checkpoint || exit 2
      grep -q SECRET_OF_MINE sent.env && exit 3
      # Not for each checkpoint, but once an hour.
      jobledger note p 'More' >/dev/null; jobledger checkpoint >/dev/null
      jobledger anchor | grep -c 'is due at'
      jobledger anchor show mail | grep -c '^answer *message 4 of mail'
      jobledger anchor show mail --size 9; echo $?
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(
      made.text == "0\n1\n1\nmail: has the checkpoint of size 4 now\n0\n1\n1\n66\n",
      "\(made.text)\(made.words)")
    site.verify()
    site.expectNoProcess()
  }

  @Test func `time stamps are kept, and openssl accepts what the receipt says`() {
    let site = Site()
    site.write(
      """
      import http.server, subprocess, sys
      class TSA(http.server.BaseHTTPRequestHandler):
          def log_message(self, *_): pass
          def do_POST(self):
              query = self.rfile.read(int(self.headers["Content-Length"]))
              ok = self.headers["Content-Type"] == "application/timestamp-query"
              reply = subprocess.run(sys.argv[1:], input=query, stdout=subprocess.PIPE).stdout
              self.send_response(200 if ok else 400)
              self.end_headers()
              self.wfile.write(reply)
      server = http.server.HTTPServer(("127.0.0.1", 0), TSA)
      open("tsa.port", "w").write(str(server.server_address[1]))
      server.serve_forever()
      """, to: "tsa.py")
    let made = run(
      site,
      """
      tsa=$FIXTURES/anchors/tsa.sh; "$tsa" make "$SITE/A" && "$tsa" make "$SITE/B" || exit 1
      policy "{name: tsa, timestamp: {command: [$tsa, reply, $SITE/A], authority: A/ca.pem}}" || exit 2
      check=$(jobledger anchor show tsa | sed -n 's/^check *openssl/openssl/p')
      eval "$check" 2>/dev/null || exit 3
      eval "$(jobledger anchor show tsa | sed -n 's/^check *jobledger/jobledger/p')" >/dev/null || exit 8
      # Another authority's certificate does not make it true, nor does the stamp fit another note.
      eval "$(echo "$check" | sed 's/A.ca.pem/B\\/ca.pem/')" >/dev/null 2>&1 && exit 4
      eval "$(echo "$check" | sed 's/-data [^ ]*/-data p.yaml/')" >/dev/null 2>&1 && exit 5
      jobledger replay verify | grep -c '1 receipt'
      # An old reply played again is not taken.
      cp L/receipts/tsa/4.tsr old.tsr
      policy "{name: tsa, timestamp: {command: [cat, $SITE/old.tsr], authority: A/ca.pem}}"
      jobledger anchor --now | grep -c FAILED
      # By HTTP.
      "$PYTHON" tsa.py "$tsa" reply "$SITE/A" & W=$!; poll '[ -s tsa.port ]'
      policy "{name: tsa, timestamp: {url: 'http://127.0.0.1:$(cat tsa.port)/', authority: A/ca.pem}}"
      jobledger anchor --now >/dev/null || exit 6
      eval "$(jobledger anchor show tsa | sed -n 's/^check *openssl/openssl/p')" 2>/dev/null || exit 7
      kill $W
      # A stamp of something else in a receipt's place is a finding.
      cp L/receipts/tsa/4.tsr "L/receipts/tsa/$(field size).tsr"
      jobledger replay verify | grep -o '^receipt-wrong'
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(
      made.text == "Verification: OK\n1\n1\nVerification: OK\nreceipt-wrong\n",
      "\(made.text)\(made.words)")
    site.expectNoProcess()
  }

  // MARK: When

  @Test func `nobody waits for anchors, one process has them at a time, and none is left`() {
    let site = Site()
    site.write(
      """
      #!/bin/sh
      mkdir here || { touch twice; exit 1; }
      echo run >> runs; while [ ! -e go ]; do sleep 0.05; done; rmdir here
      """, to: "slow")
    let made = run(
      site,
      """
      chmod +x slow; unset JOBLEDGER_ANCHORS
      policy '{name: slow, command: [./slow], every: 0s}' || exit 1
      # The command is back while its anchor waits.
      poll '[ -e here ]'; [ -e go ] && exit 2
      jobledger note p 'While it runs' >/dev/null && jobledger checkpoint >/dev/null || exit 3
      [ "$(wc -l < runs)" = 1 ] || exit 4
      touch go
      # Whoever wants to know waits for the one that runs; it took the later checkpoint along.
      jobledger anchor
      [ "$(wc -l < runs)" = 2 ] && [ ! -e twice ] || exit 5
      # A worker sees to it as well, and with 'off' nobody does.
      export JOBLEDGER_ANCHORS=off
      jobledger train m --queue >/dev/null && jobledger checkpoint >/dev/null
      [ "$(field size)" = 5 ] || exit 6
      JOBLEDGER_ANCHORS=wait jobledger work --until-idle >/dev/null 2>&1 || exit 7
      [ "$(field size)" = "$(size)" ] || exit 8
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(made.text == "slow: has the checkpoint of size 5\n", "\(made.text)")
    site.verify()
    site.expectNoProcess()
  }

  @Test func `what a policy cannot say of anchors is refused with its place`() {
    let site = Site()
    let made = run(
      site,
      """
      export JOBLEDGER_ANCHORS=off
      for line in '{name: a}' '{name: a, file: x, command: [y]}' '{file: x}' '{name: a, command: []}' \
        '{name: a, every: soon, file: x}' '{name: a, witness: "http://w"}' '{name: a b, file: x}' \
        '{name: a, witness: "http://w", vkey: "x+y+z"}' '{name: a, vkey: x, file: y}' '{nme: a}' \
        '{name: a, timestamp: {url: "http://t"}}' '{name: a, timestamp: {url: "ftp://t", authority: c}}' \
        '{name: a, timestamp: {url: "http://me:pw@t", authority: c}}' '{name: a, file: ""}'
      do policy "$line" 2>/dev/null; echo $?; done | sort | uniq -c | tr -s ' '
      policy '{name: a, file: x}' '{name: a, file: y}' 2>/dev/null; echo $?
      [ "$(jobledger events --type policy.set --json | wc -l)" = 0 ] || exit 1
      # What is shown is what can be set, and says the same.
      policy '{name: a, file: "/x y"}' '{name: b, command: ["./s", "-x"], every: 90m}' \
        '{name: c, timestamp: {command: [t], authority: "/c.pem"}}' || exit 2
      jobledger policy show > shown.yaml 2>/dev/null && n=$(size)
      jobledger policy set shown.yaml --reason 'The same' >/dev/null 2>&1; [ "$(size)" = $n ] || exit 3
      jobledger events --type policy.set --json | grep -o '"v":[0-9]'
      sed -n '/anchors/,$p' shown.yaml
      """)
    #expect(made.exit == 0, "\(made.exit): \(made.text)\(made.words)")
    #expect(
      made.text == """
         14 65
        65
        "v":3
        anchors:
          - {name: a, file: "/x y"}
          - {name: b, command: ["./s", "-x"], every: 5400s}
          - {name: c, timestamp: {command: ["t"], authority: "/c.pem"}}

        """, "\(made.text)\(made.words)")
  }
}
