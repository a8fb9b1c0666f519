// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// What commands write and are given: every byte arrives, and none does harm.
@Suite struct BadInputStreamTests {
  /// Bytes that a log line can get wrong.
  private static let bytes: [UInt8] =
    Array("plain\ncrlf\r\n".utf8) + [0xFF, 0xFE, 0x20, 0xC3, 0x0A] + Array("nul \0 here\n".utf8)
    + (0..<60).flatMap { Array("\rprogress \($0)%".utf8) } + Array("\n\n\r\r\n".utf8)
    + [0xF0, 0x9F, 0x98] + Array("\ne\u{301} \u{E9} \u{1F600}\n\u{1B}[31mred\u{7}\n".utf8)
    + Array("no newline at the end".utf8)

  /// Puts the bytes of a job's standard output together again from its log, in Python.
  private static let recreate = """
    import base64, json, sys
    for line in sys.stdin:
        line = json.loads(line)
        data = line["message"].encode()
        if "encoding" in line: data = base64.b64decode(data)
        end = {None: b"\\n", "crlf": b"\\r\\n", "cr": b"\\r", "none": b""}
        sys.stdout.buffer.write(data + end[line.get("end")])
    """

  @Test func `with every progress line kept, the log gives back what was written`() {
    let site = Site()
    site.write(BadInputStreamTests.bytes, to: "bytes")
    let run = site.run("jobledger exec --all-progress -- cat bytes")
    #expect(run.exit == 0)
    #expect(run.out == BadInputStreamTests.bytes)
    site.write(BadInputStreamTests.recreate, to: "recreate.py")
    let again = site.run("jobledger logs $(job) --json | python3 recreate.py")
    #expect(again.out == BadInputStreamTests.bytes, "\(again.words)")
    site.verify()
  }

  @Test func `progress lines are thinned out, counted, and end with the last one`() {
    let site = Site()
    site.write(BadInputStreamTests.bytes, to: "bytes")
    #expect(site.run("jobledger exec -- cat bytes").exit == 0)
    let log = site.run("jobledger logs $(job) --json").text
    #expect(log.contains("progress 59%"))
    #expect(log.contains("\"skipped\":"))
    #expect(log.split(separator: "\n").count < 60)
    site.verify()
  }

  /// Lines of every form that a log has, more than one snapshot reads, in Python.
  private static let everyForm = """
    import random, sys
    random.seed(int(sys.argv[1]))
    words = [b"plain", b"", b"abcd", b"abcd" * 9, b"ab==", b"tab\\there", b"\\t", b'quote" and \\\\n',
             b"nul \\0 esc \\x1b[31m del \\x7f", b"\\xff\\x00\\xfe", b"caf\\xe9", "é 模型 🚀".encode(),
             "\\u202ereversed\\u2028".encode(), "\\u0085".encode(), b"crlf\\r", b"ERROR: it broke",
             b"epoch 3 loss 0.25".ljust(60, b".")]
    out = sys.stdout.buffer
    for n in range(int(sys.argv[2])):
        out.write(random.choice(words) + b"\\n")
        if n in (7, 60000) and len(sys.argv) > 3: out.write(b"x" * 70000 + b"\\n")
    out.write(b"no newline at the end")
    """

  @Test(arguments: ["1 120000", "2 61000 long", "3 300", "4 9"])
  func `a log reads the same by its words alone as line by line`(made: String) {
    let site = Site()
    site.write(BadInputStreamTests.everyForm, to: "lines.py")
    let run = site.run(
      """
      jobledger exec --all-progress -- python3 lines.py \(made) > /dev/null
      jobledger logs $(job) > words && jobledger logs $(job) --grep '^' > lines &&
        jobledger logs $(job) --since 2000-01-01 | cmp - lines && cmp words lines &&
        [ "$(tail -c 22 words)" = "no newline at the end" ] &&
        half=$(($(size) / 2)) && jobledger logs $(job) --as-of $half > words &&
        jobledger logs $(job) --as-of $half --grep '^' | cmp - words && jobledger logs $(job) | head -1 > /dev/null
      """)
    #expect(run.exit == 0, "\(run.words)")
  }

  @Test func `a line of 100 MB is recorded in parts, in bounded memory`() {
    let site = Site()
    let run = site.run(
      """
      ulimit -v unlimited
      jobledger exec -- sh -c 'head -c 100000000 /dev/zero | tr "\\0" x' | wc -c
      jobledger logs $(job) --json | tail -1
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text.hasPrefix("100000000\n"))
    #expect(run.text.contains("\"part\":"))
    #expect(run.text.contains("\"line\":1,"))
  }

  @Test func `a grandchild that holds the pipe is waited for a little, then ended and told of`() {
    let site = Site()
    let run = site.run(
      "jobledger exec --json -- sh -c 'setsid sleep 1000 & sleep 1000 & echo said'")
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text == "said\n")
    #expect(run.words.contains("\"effectRemaining\":"))
    site.expectNoProcess()
    site.verify()
  }

  @Test func `the child has descriptors 0, 1, 2 and no others`() {
    let site = Site()
    let run = site.run(
      """
      exec 7<data.csv 8>extra
      jobledger exec -- sh -c 'for n in $(seq 0 99); do [ ! -e /proc/$$/fd/$n ] || echo /$n; done'
      """)
    let descriptors = run.text.split { $0 == " " || $0 == "\n" }.compactMap {
      $0.split(separator: "/").last.map { String($0) }
    }
    #expect(descriptors == ["0", "1", "2"])
  }

  @Test func `arguments reach the child as they are`() {
    let site = Site()
    let script = """
      set -- 'a;b' '$(touch made)' "$(printf 'new\\nline')" -x -- '' '*' "q'q" '`id`' '|' '&&' '\\'
      printf '<%s>' "$@" > expected
      jobledger exec -- printf '<%s>' "$@" > got
      cmp expected got && ! test -e made && jobledger show --json $(job)
      """
    let run = site.run(script)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text.contains("\"$(touch made)\",\"new\\nline\",\"-x\",\"--\",\"\",\"*\""))
  }

  @Test func `control characters reach no terminal and no table, and exports keep them`() {
    let site = Site()
    // Escape, operating system command, carriage return, C1 control, and direction overrides.
    let evil = "\u{1B}[2J\u{1B}]0;owned\u{7}x\ry\u{9B}31m\u{202E}txt\u{2066}"
    site.write(evil, to: "evil")
    let made = site.run(
      """
      e=$(cat evil)
      jobledger exec --name "$e" --purpose "$e" -- sh -c 'cat evil; cat evil >&2; false' "$e" \
        > /dev/null 2>&1
      jobledger note '#0' "$e" && jobledger train m --purpose "$e" &&
        jobledger reject m@1 --reason "$e" --conditions "$e" &&
        jobledger subject set m --owner alice && jobledger project update p --description "$e"
      """)
    #expect(made.exit == 0, "\(made.words)")
    let reading = """
      for c in jobs events versions deployments subjects status "show m@1" "show #2" \
        "show $(jobledger jobs --json | head -1 | sed 's/.*"job":"\\([a-z0-9-]*\\)".*/\\1/')" \
        "logs $(jobledger jobs --json | head -1 | sed 's/.*"job":"\\([a-z0-9-]*\\)".*/\\1/')" \
        "replay decisions" "replay state" "jobs --color always"; do
        JOBLEDGER_PAGER= script -qec "jobledger $c" /dev/null < /dev/null
        jobledger $c
      done 2>&1
      """
    let shown = site.run(reading).out
    let lists = site.run("for c in events jobs versions; do jobledger $c --csv; done").out
    #expect(!shown.isEmpty)
    // Colours are ours; nothing that moves a cursor, sets a title or turns text around is.
    for bad in ["\u{1B}[2J", "\u{1B}]0;", "\u{7}", "\u{9B}", "\u{202E}", "\u{2066}", "x\ry"] {
      let isShown = shown.holds(Array(bad.utf8))
      #expect(!isShown, "\(Array(bad.utf8)) reached the output")
      // A carriage return within quotes is data of CSV.
      let isListed = bad != "x\ry" && lists.holds(Array(bad.utf8))
      #expect(!isListed, "\(Array(bad.utf8)) reached a list")
    }
    let found = site.run(
      """
      jobledger replay export --format jsonl | python3 -c "
      import json, sys
      evil = open('evil', newline='').read()
      texts = [json.loads(line).get('text', {}).get('values', {}) for line in sys.stdin]
      sys.exit(0 if any(text.get('reason') == evil for text in texts) else 1)"
      """)
    #expect(found.exit == 0, "an export has the very characters: \(found.words)")
    site.verify()
  }

  @Test func `nobody reads, or nobody can be told: an exit code, never a signal`() {
    let site = Site()
    let closed = site.run(
      """
      jobledger exec -- sh -c 'yes | head -2000' > /dev/null
      for c in "logs $(job)" events jobs "events --json"; do
        { jobledger $c; echo $? >> codes; } | head -0
      done
      cat codes
      """)
    #expect(closed.text == "0\n0\n0\n0\n", "\(closed.words)")
    let full = site.run("jobledger events > /dev/full")
    #expect(full.exit == 74, "\(full.words)")
    let size = site.size
    let note = site.run("jobledger note '#0' acknowledged > /dev/full")
    #expect(note.exit == 74)
    #expect(site.size == size + 1, "what was said to have failed to print is recorded")
    #expect(site.run("jobledger note '#0' x >&- 2>&-").exit < 126)
    let exec = site.run("jobledger exec -- sh -c 'yes | head -100000' | head -1")
    #expect(exec.exit == 0)
    #expect(site.run("state $(job)").text != "running\n")
    site.expectNoProcess()
    site.verify()
  }

  @Test(arguments: [4, 5, 6, 8, 10, 12, 14, 16, 20, 24])
  func `too few descriptors are an error, and no job is half open`(limit: Int) {
    let site = Site()
    let run = site.run("ulimit -n \(limit); jobledger exec -- echo said")
    #expect(run.exit < 126, "\(run.exit): \(run.words)")
    #expect(site.run("jobledger exec -- echo later").exit == 0)
    #expect(!site.run("jobledger jobs --json").text.contains("\"status\":\"running\""))
    site.verify()
  }
}
