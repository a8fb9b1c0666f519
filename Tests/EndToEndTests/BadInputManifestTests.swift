// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Manifests, commands, inputs and outputs as people get them wrong.
@Suite struct BadInputManifestTests {
  /// A broken manifest and where its first error is.
  static let manifests: [(yaml: String, place: String)] = [
    ("", ":1:1"),
    ("project: p\nmodelz: {}\n", ":2:1"),
    ("project: p\nmodels:\n\tm: 1\n", ":3:1"),
    ("project: p\nmodels:\n  m: {train: {run: [sh, [}}\n", ":3:26"),
    ("project: p\nmodels:\n  m:\n    train: {run: sh train.sh}\n", ":4:18"),
    ("project: p\nmodels:\n  m:\n    train: {run: [sh, \"a\\0b\"]}\n", ":4:23"),
    ("project: p\nmodels:\n  m:\n    train: {run: []}\n", ":4:18"),
    ("project: 'no such name'\n", ":1:10"),
    ("project: p\nenv: {set: {JOBLEDGER_JOB: x}}\n", ":2:"),
    ("project: p\nmodels:\n  m: {train: {run: [sh]}}\n# again\nproject: q\n", ":5:1"),
    ("project: p\nmodels:\n  m: {train: {run: [sh]}}\n  'm' : {}\n", ":4:3"),
    ("project: p\nenv: {set: {A: 1, B: 2, A: 3}}\n", ":2:25"),
    ("project: p\nenv: {set: {A: 1,\n  \"A\": 2}}\n", ":3:3"),
  ]

  @Test("a broken manifest is refused with its line and column", arguments: manifests)
  func brokenManifest(manifest: (yaml: String, place: String)) {
    let site = Site()
    let before = site.size
    site.write(manifest.yaml, to: "jobledger.yaml")
    for command in ["jobledger project add .", "jobledger train p/m"] {
      let run = site.run(command)
      #expect(run.exit == 65, "\(run.words)")
      #expect(run.words.contains("jobledger.yaml\(manifest.place)"), "\(run.words)")
    }
    #expect(site.size == before)
  }

  @Test func `a key that a policy repeats is refused where it stands again`() {
    let site = Site()
    let before = site.size
    site.write("fourEyes: true\nretention: {minimumDays: 3}\nfourEyes: false\n", to: "policy.yaml")
    let run = site.run("jobledger policy set policy.yaml --reason r")
    #expect(run.exit == 65)
    #expect(run.words.contains("policy.yaml:3:1"), "\(run.words)")
    #expect(site.size == before)
  }

  @Test func `no manifest, no UTF-8, and no file are told apart from each other`() {
    let site = Site()
    let before = site.size
    site.write([0x70, 0x3A, 0xFF, 0x0A], to: "jobledger.yaml")
    #expect(site.run("jobledger project add .").exit == 65)
    let missing = site.run("rm jobledger.yaml; jobledger train p/m")
    #expect(missing.exit == 66, "\(missing.words)")
    #expect(site.run("mkdir bare; jobledger project add bare").exit == 66)
    #expect(missing.words.contains("there is no manifest"))
    #expect(site.run("mkfifo jobledger.yaml; jobledger train p/m").exit == 65)
    #expect(site.run("rm jobledger.yaml; mkdir jobledger.yaml; jobledger train p/m").exit == 65)
    #expect(site.run("jobledger project add .").exit == 65)
    #expect(site.run("jobledger project add nowhere").exit == 66)
    #expect(site.size == before)
  }

  @Test(arguments: ["no-such-program", "./data.csv", "./nowhere/x", "."])
  func `a command that cannot be run is a job that failed`(program: String) {
    let site = Site()
    site.write(
      """
      project: p
      models: {m: {train: {run: ["\(program)"], inputs: {data: data.csv}}}}
      """, to: "jobledger.yaml")
    let run = site.run("jobledger train m")
    #expect(run.exit == 1, "\(run.words)")
    #expect(run.text.contains(program), "the reason names the program: \(run.text)")
    #expect(site.types().suffix(2) == ["job.started", "job.failed"])
    #expect(site.run("jobledger versions --json").text.contains(#""status":"failed""#))
    site.verify()
  }

  @Test(
    "an input that cannot be read is refused before any job is",
    arguments: [
      ("rm data.csv", 66), ("rm data.csv; mkfifo data.csv", 65),
      ("rm data.csv; ln -s data.csv data.csv", 74), ("rm data.csv; ln -s /dev/zero data.csv", 65),
    ])
  func unreadableInput(script: String, exit: Int) {
    let site = Site()
    let before = site.size
    let run = site.run("\(script); jobledger train m")
    #expect(Int(run.exit) == exit, "\(run.words)")
    #expect(run.words.contains("data.csv"))
    #expect(site.size == before)
  }

  /// What a training may leave in its output folder `o` that is no file to take in.
  static let outputs = [
    "ln -s /etc/passwd $o/l", "ln -s model $o/l", "ln -s /etc $o/l", "mkfifo $o/f",
    "touch \"$(printf '%s/\\377\\376' $o)\"", "touch \"$(printf '%s/a\\nb' $o)\"",
    "touch \"$(printf '%s/\\033]0;x\\007' $o)\"", "rm -r $o; ln -s /etc $o", "rm -r $o; : > $o",
    "rm -r $o", "rm -r $o; mkfifo $o", "rm $o/model",
  ]

  @Test("an output folder with what is no file fails the training", arguments: outputs)
  func oddOutput(script: String) {
    let site = Site()
    site.write("o=$JOBLEDGER_OUTPUT; echo x > $o/model; \(script)", to: "train.sh")
    let run = site.run("jobledger train m")
    #expect(run.exit == 1, "\(run.words)")
    #expect(site.types().suffix(1) == ["job.failed"])
    #expect(!site.types().contains("version.trained"))
    #expect(!(run.out + run.err).contains(0x1B))
    site.verify()
  }

  @Test func `an evaluation that names no data is remarked on`() {
    let site = Site()
    site.write(
      """
      project: p
      models: {m: {train: {run: [sh, train.sh]}, evaluate: {run: [sh, evaluate.sh]}}}
      """, to: "jobledger.yaml")
    let run = site.run("jobledger train m && jobledger evaluate m@1")
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.words.contains("names no input"))
    site.verify()
  }

  @Test(arguments: ["{bad", "[]", "{\"a\": \"b\"}", "{\"a\": 1, \"a\": 2}", "\u{FEFF}{}", ""])
  func `metrics that are no flat object of numbers fail the evaluation`(metrics: String) {
    let site = Site()
    site.write(metrics, to: "metrics")
    site.write("cat metrics > \"$JOBLEDGER_METRICS\"", to: "evaluate.sh")
    let run = site.run("jobledger train m && jobledger evaluate m@1")
    #expect(run.exit == 1, "\(run.words)")
    #expect(site.types().suffix(1) == ["job.failed"])
    #expect(!site.types().contains("version.evaluated"))
    site.verify()
  }
}
