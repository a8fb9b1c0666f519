// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// Standard input, output and error as cron, CI systems, Makefiles and pipes give them.
@Suite struct StreamDescriptorTests {
  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
  func `nothing that is printed reaches the database when standard descriptors are closed`(
    closed: String
  ) {
    let site = Site()
    site.write("echo out; echo err >&2; exit 3", to: "train.sh")
    let run = site.run(
      """
      jobledger train m \(closed)
      jobledger exec -- sh -c 'seq 5000; echo err >&2' \(closed)
      jobledger note '#0' 'somebody looked' \(closed)
      jobledger exec -- sh -c 'echo last; exit 3' \(closed)
      jobledger status \(closed)
      jobledger replay state \(closed)
      jobledger replay verify \(closed)
      exit 0
      """)
    #expect(run.exit == 0)
    site.verify()
    #expect(site.run("jobledger logs $(job)").text == "last\n")
    #expect(
      site.run("jobledger jobs --csv | cut -d, -f4").text == "status\nfailed\ncompleted\nfailed\n")
    #expect(site.types().filter { $0 == "note.added" }.count == 1)
    site.expectNoProcess()
  }

  @Test func `what is piped into exec reaches its command, and its writer is told when that ends`()
  {
    let site = Site()
    let run = site.run(
      """
      seq 200000 | jobledger exec -- sort -rn | head -n 1
      jobledger exec -- cat < data.csv | cmp - data.csv && echo same
      head -c 3000000 /dev/urandom > bytes
      jobledger exec -- cat < bytes | cmp - bytes && echo same
      # The writer ends once nobody reads: neither the guard nor the runner keeps the pipe open.
      { yes; echo "writer ended" > ended; } 2> /dev/null |
        jobledger exec -- sh -c 'head -n 1; exec <&-; until [ -e "$0" ]; do sleep 0.02; done' \
          "$SITE/ended"
      cat ended
      jobledger exec --queue -- cat > /dev/null; echo unread | jobledger work --until-idle > /dev/null
      jobledger logs $(job)
      """)
    #expect(run.text == "200000\nsame\nsame\ny\nwriter ended\n", "\(run.text)\(run.words)")
    site.expectNoProcess()
    site.verify()
  }

  @Test func `a terminal is left to whoever sits at it`() {
    let site = Site()
    let run = site.run(
      """
      mkfifo keys; sleep 1000 > keys & sleeper=$!
      script -qec 'jobledger exec -- sh -c "test -t 0 || cat; echo read"' /dev/null < keys
      kill $sleeper
      """)
    #expect(run.text.contains("read"), "\(run.text)\(run.words)")
    site.verify()
  }

  @Test func `in a Makefile and a pipeline every exit code is the command's own`() {
    let site = Site()
    site.write(
      """
      all: model report
      model:
      \tjobledger exec --name model -- sh -c 'echo building; echo m > model'
      report: model
      \tjobledger exec --name report -- sh -c 'echo "ERROR: torn" >&2; exit 3'
      """, to: "Makefile")
    let run = site.run(
      """
      make -s; echo "make $?"
      make -s -k -j2 2> /dev/null; echo "make $?"
      for code in 0 1 2 42 125 126 127 255; do
        jobledger exec -- sh -c "exit $code"; printf '%s ' $?
      done
      jobledger exec -- sh -c 'kill -TERM $$'; echo $?
      jobledger exec -- ./data.csv 2> /dev/null; printf '%s ' $?
      jobledger exec -- ./nothing 2> /dev/null; echo $?
      jobledger exec -- true && jobledger exec -- false || echo or
      jobledger exec -- sh -c 'echo "$CI"' && CI=yes jobledger exec -- env CI=yes sh -c 'echo "$CI"'
      """)
    #expect(
      run.text == """
        building
        make 2
        make 2
        0 1 2 42 125 126 127 255 143
        125 125
        or

        yes

        """, "\(run.text)\(run.words)")
    #expect(run.words.contains("ERROR: torn") && run.words.contains("Error 3"))
    let names = site.run("jobledger jobs --csv | cut -d, -f3,4 | grep -c '^report,failed$'")
    #expect(names.text == "2\n", "\(names.text)")
    site.verify()
  }
}
