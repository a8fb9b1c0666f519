// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Logs that are followed from another process until their job ends, however it ends, and errors
/// that are found in what R, Java and loggers print.
@Suite struct FollowTests {
  @Test func `a log is followed from its queue to its end`() {
    let site = Site()
    let run = site.run(
      """
      jobledger exec --queue -- sh -c 'echo one; until [ -e go ]; do sleep 0.02; done; echo two' > made
      jobledger logs $(job) -f > followed & follower=$!
      jobledger work --until-idle > worked & worker=$!
      poll 'grep -q one followed'
      : > go; wait $follower; echo $?; wait $worker
      cat followed
      """)
    #expect(run.text == "0\none\ntwo\n", "\(run.text)\(run.words)")
    site.verify()
  }

  @Test func `whoever follows a job whose runner is killed is told, and does not wait`() {
    let site = Site()
    site.write("echo 'ERROR: up'; echo fine; : > \"$SITE/runs\"; sleep 1000", to: "train.sh")
    let run = site.run(
      """
      jobledger train m --detach > made; poll '[ -e runs ]'
      jobledger logs $(job) -f --level error > followed 2> remarks & follower=$!
      poll '[ -s followed ]'
      kill -KILL $(jobledger events --json --type job.started | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
      wait $follower; echo $?
      cat followed; grep -c 'runner is gone' remarks
      """)
    #expect(
      run.text == "0\nERROR: up\n1\n", "\(run.text)\(run.words)\(site.run("cat remarks").text)")
    site.expectNoProcess()
  }

  @Test func `following one that is stopped, or through a pipe that closes, ends`() {
    let site = Site()
    let run = site.run(
      """
      jobledger exec --queue -- true > made
      jobledger logs $(job) -f > followed & follower=$!
      jobledger stop $(job) --reason 'not today'
      wait $follower; echo $?
      jobledger exec --detach -- sh -c 'while :; do echo x; sleep 0.05; done' > made
      jobledger logs $(job) -f | head -n 2
      jobledger stop --all --reason enough > made
      """)
    #expect(run.text.hasSuffix(" stopped\n0\nx\nx\n"), "\(run.text)\(run.words)")
    site.expectNoProcess()
    site.verify()
  }

  @Test(arguments: [
    // Its lines, and which of them are at least a warning, the first of a record alone.
    ("R", "Error in f(x) : \n  could not find function \"g\"\nCalls: main -> f\nfine\n", 1),
    ("R warning", "Warning message:\nIn mean.default(x) : argument is not numeric\n", 1),
    (
      "Java",
      "Exception in thread \"main\" java.lang.Error: x\n\tat a.B.c(B.java:5)\n\t... 3 more\n", 1
    ),
    ("log4j", "2026-11-21 10:00:00,123 ERROR [main] c.e.Train - lost\n", 1),
    (
      "Python",
      "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: bad\nok\n", 1
    ),
    (
      "JSON", "{\"level\":\"error\",\"msg\":\"x\"}\n{\"levelname\":\"INFO\",\"message\":\"y\"}\n", 1
    ),
    ("words", "0 errors were found\nno warning here\n", 0),
  ])
  func `an error is found in every common form, a traceback as one record`(
    form: String, lines: String, records: Int
  ) {
    let site = Site()
    site.write(lines, to: "lines")
    let run = site.run(
      """
      jobledger exec -- cat lines > shown
      jobledger logs $(job) --level warning --json | grep -vc '"of":' > records
      cat records; cmp lines shown
      jobledger show $(job) --json > job
      python3 -c 'import json; job = json.load(open("job"))
      print(sum(job["records"][level] for level in ("warning", "error")))
      print(sum(job["lines"].values()), sum(1 for line in open("lines", "rb")))'
      """)
    let count = lines.utf8.count(where: { $0 == UInt8(ascii: "\n") })
    #expect(
      run.text == "\(records)\n\(records)\n\(count) \(count)\n",
      "\(form): \(run.text)\(run.words)")
    site.verify()
  }
}
