// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Lists by the time that things happened, where they were recorded later.
@Suite struct OccurredTests {
  @Test func `a line that had to wait for the door counts by when it was read`() {
    let site = Site()
    // Whether nothing of what was written to its pipe is unread.
    site.write(
      """
      import fcntl, struct, sys, termios
      sys.exit(struct.unpack("i", fcntl.ioctl(1, termios.FIONREAD, bytes(4)))[0] != 0)
      """, to: "unread.py")
    let made = site.run(
      """
      jobledger exec -- sh -c '
        until [ -e go ]; do sleep 0.02; done; echo early
        until python3 unread.py; do sleep 0.02; done; : > read' > /dev/null &
      poll '[ "$(jobledger jobs --json | grep -c running)" = 1 ]'
      flock L/door sh -c ': > held; until [ -e free ]; do sleep 0.02; done' &
      poll '[ -e held ]'
      # The note waits inside the turnstile, so it is recorded first; the line was read before.
      jobledger note '#0' late > /dev/null &
      poll '! flock -n L/turnstile true'
      : > go; poll '[ -e read ]'
      # An event says when it occurred where that is more than a second before its record.
      sleep 1.6
      date -u +%FT%T.%6NZ > between
      sleep 0.1
      : > free
      wait
      """)
    #expect(made.exit == 0, "\(made.words)")
    let types = { (options: String) in
      site.run(
        "jobledger events --json --type job.logged --type note \(options) | "
          + "sed 's/.*\"type\":\"\\([a-z_.]*\\)\".*/\\1/'"
      ).text
    }
    #expect(types("") == "note.added\njob.logged\n")
    #expect(types("--clock occurred") == "job.logged\nnote.added\n")
    // As of the moment between, nothing was recorded; what had occurred is told all the same.
    #expect(types("--as-of $(cat between)") == "")
    #expect(types("--as-of $(cat between) --clock occurred") == "job.logged\n")
    let logs = { (options: String) in site.run("jobledger logs $(job) \(options)").text }
    #expect(logs("--since $(cat between)") == "early\n")
    #expect(logs("--since $(cat between) --clock occurred") == "")
    #expect(logs("--as-of $(cat between)") == "")
    #expect(logs("--as-of $(cat between) --clock occurred --tail 1") == "early\n")
    let order = site.run(
      """
      jobledger logs $(job) --json | python3 -c '
      import json, sys
      line = json.loads(sys.stdin.read())
      print(line["occurred"] < open("between").read().strip() < line["time"])'
      jobledger logs $(job) -t --clock occurred | cut -c1-27 > shown
      [ "$(cat shown)" \\< "$(cat between)" ] && echo earlier
      for c in jobs versions deployments subjects 'member list' 'replay decisions'; do
        jobledger $c --clock occurred > /dev/null || echo "$c"
      done
      jobledger replay trail --logs --json --clock occurred | tail -n +2 |
        grep -o 'job[.]logged\\|note[.]added'
      """)
    #expect(
      order.text.hasPrefix("True\nearlier\njob.logged\n"), "\(order.text)\(order.words)")
    site.verify()
  }
}
