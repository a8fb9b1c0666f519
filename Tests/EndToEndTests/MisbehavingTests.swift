// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// `Fixtures/projects/misbehaving`: whatever a job does, the ledger tells how it ended and what
/// remains of it, nothing that it printed is lost, and no process stays.
@Suite struct MisbehavingTests {
  /// A ledger with a copy of the project: its jobs change their own inputs.
  private func site() -> Site {
    let site = Site()
    let made = site.run(
      "cp -r '\(Fixture.path("projects"))/misbehaving' mis && chmod -R u+w mis && "
        + "jobledger project add mis")
    #expect(made.exit == 0, "\(made.words)")
    return site
  }

  /// Expects that one member of a job's object is this, nil for absent.
  private func expect(
    _ job: String, _ member: String, _ value: String?,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let found = value.map { job.contains("\"\(member)\":\($0)") } ?? !job.contains("\"\(member)\":")
    #expect(found, "\(member) is not \(value ?? "absent"): \(job)", sourceLocation: location)
  }

  private func expectWhole(_ site: Site, _ location: SourceLocation = #_sourceLocation) {
    site.expectNoProcess(location)
    #expect(TemporaryFolder.names(in: site.folder.file("L/runners")) == [])
    site.verify(location)
  }

  /// How a training must end.
  struct Ending: Sendable, CustomTestStringConvertible {
    var model: String
    var exit: String?
    var signal: String?
    /// What its end says of what remains.
    var remains: String? = "\"none\""
    /// Words of its error, or of its log.
    var words: String
    /// Whether a version came of it.
    var completes = false
    var testDescription: String { model }
  }

  static let endings = [
    Ending(model: "crash", signal: "\"SIGSEGV\"", words: "SIGSEGV ended its command"),
    Ending(model: "exit-3", exit: "3", words: "its command ended with exit code 3"),
    Ending(model: "raise-error", exit: "1", words: "JSONDecodeError"),
    Ending(
      model: "lost-child", exit: "0", remains: nil, words: "ERROR a worker was killed",
      completes: true),
    Ending(
      model: "daemonise", exit: "0", remains: nil, words: "jobledger: ended 1 process that",
      completes: true),
    Ending(
      model: "daemonise-loudly", exit: "0", remains: "\"descendants\"",
      words: "left behind, 1 of them holding its output", completes: true),
    Ending(
      model: "grandchild", exit: "0", remains: "\"descendants\"",
      words: "left behind, 1 of them holding its output", completes: true),
    Ending(model: "link", exit: "0", words: "latest: it is a symbolic link"),
    Ending(model: "folder-link", exit: "0", words: "put something else in its place"),
    Ending(model: "pipe", exit: "0", words: "it is a FIFO"),
    Ending(model: "sock", exit: "0", words: "it is a socket"),
    Ending(model: "line-in-name", exit: "0", words: "two\\nlines: its name holds a control"),
    Ending(model: "no-text-in-name", exit: "0", words: "its name is no UTF-8"),
    Ending(model: "deep-folders", exit: "0", words: "nested deeper than 32"),
    Ending(model: "no-folder", exit: "0", words: "its command removed it"),
    Ending(model: "nothing", exit: "0", words: "wrote no file"),
    Ending(model: "odd-names", exit: "0", remains: nil, words: "7 files", completes: true),
  ]

  @Test(arguments: endings)
  func `how a job ended, and what remains of it, is recorded`(ending: Ending) {
    let site = site()
    let run = site.run("jobledger train \(ending.model)")
    #expect(run.exit == (ending.completes ? 0 : 1), "\(run.words)")
    #expect((run.text + run.words).contains(ending.words), "\(run.text)\(run.words)")
    let job = site.run("jobledger show --json $(job)").text
    expect(job, "status", ending.completes ? "\"completed\"" : "\"failed\"")
    expect(job, "exit", ending.exit)
    expect(job, "signal", ending.signal)
    expect(job, "effectRemaining", ending.remains)
    let version = site.run("jobledger versions \(ending.model) --json").text
    expect(version, "status", ending.completes ? "\"built\"" : "\"failed\"")
    // What failed is no version that anybody could decide on.
    let approve = site.run("jobledger approve \(ending.model)@1 --reason 'fine by me'")
    #expect(approve.exit == 77, "\(approve.words)")
    expectWhole(site)
  }

  @Test func `a device in the output folder is refused, or the job may not make it`() {
    let site = site()
    let run = site.run("jobledger train device")
    #expect(run.exit == 1)
    let words = getuid() == 0 ? "it is a device" : "PermissionError"
    #expect((run.text + run.words).contains(words), "\(run.words)")
    expectWhole(site)
  }

  @Test
  func `names that mean something to a shell, a terminal or an option are kept and shown safely`() {
    let site = site()
    #expect(site.run("jobledger train odd-names").exit == 0)
    let shown = site.run("jobledger show odd-names@1; jobledger show odd-names@1 --json")
    for name in ["-rf", "sp ace", "$(touch oops)", "模型 é"] {
      #expect(shown.text.contains(name), "\(name): \(shown.text)")
    }
    let table = site.run("jobledger show odd-names@1").text
    #expect(!table.unicodeScalars.contains("\u{202E}"), "\(table)")
    expectWhole(site)
  }

  @Test(arguments: [
    ("hang", "SIGTERM"), ("deaf", "SIGKILL"), ("frozen", "SIGKILL"), ("mute", "SIGTERM"),
  ])
  func `what does not end is stopped on request`(model: String, signal: String) {
    let site = site()
    let run = site.run(
      """
      jobledger train \(model) --grace 0.3 > shown 2>&1 & runner=$!
      poll '[ "$(jobledger logs train- 2> /dev/null)" = "under way" ]'
      jobledger stop train- --reason 'it hangs' || exit 98
      wait $runner; echo $?
      jobledger show --json $(job)
      """)
    #expect(run.text.contains("\n1\n"), "\(run.text)\(run.words)")
    expect(run.text, "status", "\"stopped\"")
    expect(run.text, "signal", "\"\(signal)\"")
    expect(run.text, "effectRemaining", "\"none\"")
    #expect(site.types().suffix(2) == ["job.stop_requested", "job.stopped"])
    expectWhole(site)
  }

  @Test func `a flood of lines is recorded, every one of them, and counted`() {
    let site = site()
    let run = site.run(
      """
      jobledger train flood > /dev/null 2>&1 || exit 98
      jobledger logs train- | awk '$0 == "row " NR - 1 { n++ } END { print n, NR }'
      jobledger logs train- --tail 1
      """)
    #expect(run.text == "300000 300000\nrow 299999\n", "\(run.text)\(run.words)")
    let job = site.run("jobledger show --json $(job)").text
    #expect(job.contains("\"info\":300000"), "\(job)")
    expectWhole(site)
  }

  @Test func `a line without an end is recorded in parts, every byte of it`() {
    let site = site()
    let run = site.run(
      """
      jobledger train endless-line > /dev/null 2>&1 || exit 98
      jobledger logs train- | tr -d '\\n' | wc -c
      jobledger logs train- --json | grep -c '"line":1,'
      """)
    let counts = run.text.split(separator: "\n").compactMap { Int($0) }
    #expect(counts.first == 16_000_000, "\(run.text)\(run.words)")
    #expect((counts.last ?? 0) > 16_000_000 / 32_768)
    expectWhole(site)
  }

  @Test func `bytes that are no text are kept as they are, and shown as text`() {
    let site = site()
    let run = site.run(
      "jobledger train binary > /dev/null 2>&1 || exit 98; jobledger logs train-; "
        + "jobledger logs train- --json | grep -c base64")
    #expect(run.exit == 0, "\(run.words)")
    #expect(!run.out.contains(0x1B) && !run.out.contains(0))
    #expect(run.text.contains("\\x1b[2J\\xff\\xfe\\x00 not text at all"))
    expectWhole(site)
  }

  @Test(arguments: [
    ("change-input", "(rows) changed while the job ran: it had 23 bytes and now has 29"),
    ("change-and-restore-input", "(rows) was written to while the job ran"),
    ("remove-input", "(rows) is gone"),
    ("change-folder", "(parts) changed while the job ran: part-3.csv is new"),
  ])
  func `an input that changes while its job runs is warned of at the end of the log`(
    model: String, words: String
  ) {
    let site = site()
    let run = site.run(
      """
      jobledger train \(model) > shown 2>&1 || exit 98
      jobledger logs train- --level warning |
        sed "s:($SITE/mis/data/\\([a-z]*\\)[.csv]*):(\\1):"
      jobledger show --json $(job)
      """)
    #expect(run.text.hasPrefix("jobledger: the input 'data' \(words)"), "\(run.text)\(run.words)")
    expect(run.text, "status", "\"completed\"")
    // The count is part of what the end of the job says, so no later erasure takes it away.
    #expect(run.text.contains("\"warning\":1"))
    #expect(site.run("cat shown").text.contains("jobledger: the input 'data'"))
    expectWhole(site)
  }

  @Test func `an input that stays as it is is not warned of, whoever reads it`() {
    let site = Site()
    site.write(
      "cat \"$JOBLEDGER_INPUT_DATA\"; echo w > \"$JOBLEDGER_OUTPUT/model\"", to: "train.sh")
    #expect(site.run("jobledger train m").exit == 0)
    #expect(site.run("jobledger logs train- --level warning").text == "")
    // Rights alone are no content.
    site.write(
      "chmod 0640 \"$JOBLEDGER_INPUT_DATA\"; echo w > \"$JOBLEDGER_OUTPUT/model\"", to: "train.sh")
    #expect(site.run("jobledger train m").exit == 0)
    #expect(site.run("jobledger logs $(job) --level warning").text == "")
    #expect(site.run("jobledger logs $(job)").text.contains("rights or links changed"))
    site.verify()
  }

  @Test(arguments: [
    ("no-json", "no JSON"), ("half", "no JSON"), ("nested", "accuracy is no number"),
    ("deep", "no JSON"), ("list", "must hold one object"), ("words", "accuracy is no number"),
    ("twice", "appears twice"), ("many", "65 metrics"), ("large", "larger than 65536 bytes"),
    ("huge", "out of range"),
  ])
  func `metrics that are none fail the evaluation, which says why`(metrics: String, words: String) {
    let site = site()
    let run = site.run(
      "jobledger train metrics > /dev/null 2>&1; "
        + "jobledger evaluate metrics@1 --set metrics=\(metrics)")
    #expect(run.exit == 1)
    #expect(run.words.contains(words) || run.text.contains(words), "\(run.text)\(run.words)")
    #expect(!site.types().contains("version.evaluated"))
    #expect(site.run("jobledger approve metrics@1 --reason r").exit == 77)
    expectWhole(site)
  }

  @Test func `metrics that are no finite numbers are recorded as such, and meet no threshold`() {
    let site = site()
    site.write(
      "claims: true\ndecisionAuth: claimed\nthresholds: {metrics: {accuracy: {min: 0.5}}}\n",
      to: "policy.yaml")
    let run = site.run(
      """
      jobledger policy set policy.yaml --reason 'two persons, one login' > /dev/null &&
        jobledger member grant bob --role approver --auth claimed > /dev/null &&
        jobledger train metrics > /dev/null 2>&1 &&
        jobledger evaluate metrics@1 --set metrics=nan > /dev/null 2>&1 || exit 98
      jobledger show metrics@1 --json
      jobledger approve metrics@1 --as bob --reason 'looks fine'
      """)
    #expect(run.exit == 77, "\(run.words)")
    #expect(
      run.text.contains(#""metrics":{"accuracy":"NaN","gain":"-Infinity","loss":"Infinity"}"#))
    #expect(run.words.contains("threshold for accuracy"))
    expectWhole(site)
  }
}
