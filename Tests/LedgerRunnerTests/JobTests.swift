// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

/// What a manifest of these tests trains and evaluates with.
private let manifest = """
  models:
    lr:
      train:
        run: [/bin/sh, train.sh]
        inputs: {train: data.csv}
        parameters: {epochs: 2, name: plain}
      evaluate:
        run: [/bin/sh, evaluate.sh]
        inputs: {test: data.csv}
  """

@Suite struct JobTests {
  private func site(train: String, evaluate: String = "exit 0") throws -> JobSite {
    let site = try JobSite(manifest)
    try site.folder.write("project/data.csv", "a,b\n1,2\n")
    try site.folder.write("project/train.sh", train)
    try site.folder.write("project/evaluate.sh", evaluate)
    return site
  }

  @Test func `a training that succeeds makes the version it reserved`() throws {
    let site = try site(
      train: """
        cat "$JOBLEDGER_PARAMETERS"; echo
        echo "$JOBLEDGER_VERSION $JOBLEDGER_INPUT_TRAIN"
        mkdir "$JOBLEDGER_OUTPUT/sub"
        printf weights > "$JOBLEDGER_OUTPUT/model.bin"
        printf more > "$JOBLEDGER_OUTPUT/sub/b"
        """)
    let report = try site.runner().train(
      site.model, RunSettings(set: ["epochs=40", "rate=1e-3", "note=a: b"], purpose: "a try"))
    #expect(report.status == .completed)
    #expect(report.exitCode == 0)
    #expect(report.version == VersionID(subject: site.model, number: VersionNumber(1)))
    let version = try site.version(1)
    #expect(version.status == .built)
    let list = try ArtifactFolder.list(
      try #require(version.made?.artifacts.digest), in: BlobStore(site.ledger.directory))
    #expect(list.entries.map(\.path) == ["model.bin", "sub/b"])
    #expect(version.made?.artifacts.bytes == 11)
    #expect(
      try site.log(of: report.job) == [
        #"{"epochs":40,"name":"plain","note":"a: b","rate":0.001}"#,
        "lr@1 \(site.projectFolder)/data.csv",
      ])
    let events = try site.events(of: report.job)
    #expect(
      events.map(\.event.fact.word) == [
        "created", "started", "logged", "logged", "trained", "completed",
      ])
    #expect(events[0].text.string(.purpose) == "a try")
    #expect(events[0].text[.parameters]?.object?["epochs"] == .number(40))
    #expect(events[0].text[.inputs]?.object?["train"]?.text == "data.csv")
    guard case .jobCreated(let created) = events[0].event.fact else { return }
    #expect(created.inputs?.count == 1)
    #expect(created.environmentDigest != nil)
    #expect(events[2].event.actor.authentication == .system)
    #expect(events[2].event.actor.actsFor == site.caller.actor.id)
    #expect(events[2].event.actor.os == site.caller.actor.os)
    guard case .jobCompleted(let ending) = events[5].event.fact else { return }
    #expect(ending.exit == 0)
    #expect(ending.lines == LineCounts(info: 2))
    #expect(site.leftovers() == [])
  }

  @Test func `a training that fails leaves its version failed`() throws {
    let site = try site(train: "echo ERROR no data >&2; exit 3")
    let report = try site.runner().train(site.model)
    #expect(report.status == .failed)
    #expect(report.exitCode == 1)
    #expect(report.exit == 3)
    #expect(try site.version(1).status == .failed)
    let last = try #require(try site.events(of: report.job).last)
    guard case .jobFailed(let ending) = last.event.fact else {
      Issue.record("it ended \(last.event.fact)")
      return
    }
    #expect(ending.exit == 3)
    #expect(ending.lines == LineCounts(error: 1))
    #expect(ending.effectRemaining == EffectRemaining.none)
    #expect(site.leftovers() == [])
  }

  @Test func `a training that leaves nothing, or a link, fails and says why`() throws {
    let site = try site(train: "exit 0")
    let empty = try site.runner().train(site.model)
    #expect(empty.status == .failed)
    #expect(empty.error?.contains("JOBLEDGER_OUTPUT") == true)
    try site.folder.write("project/train.sh", #"ln -s /etc/passwd "$JOBLEDGER_OUTPUT/x""#)
    let linked = try site.runner().train(site.model)
    #expect(linked.status == .failed)
    #expect(linked.error?.contains("symbolic link") == true)
    let last = try #require(try site.events(of: linked.job).last)
    #expect(last.text.string(.error)?.string == linked.error)
    #expect(try site.version(2).status == .failed)
  }

  @Test func `an evaluation records metrics, data and report of the version it is given`() throws {
    let site = try site(
      train: #"printf weights > "$JOBLEDGER_OUTPUT/model.bin""#,
      evaluate: """
        cat "$JOBLEDGER_MODEL/model.bin"; echo " $JOBLEDGER_VERSION"
        printf '{"accuracy": 0.95, "loss": NaN}' > "$JOBLEDGER_METRICS"
        printf '{}' > "$JOBLEDGER_OUTPUT/report.json"
        """)
    let trained = try site.runner().train(site.model)
    let report = try site.runner().evaluate(try #require(trained.version))
    #expect(report.status == .completed)
    let version = try site.version(1)
    #expect(version.status == .evaluated)
    #expect(
      version.metrics == [
        Metric(name: "accuracy", value: 0.95), Metric(name: "loss", value: .nan),
      ])
    #expect(version.evaluations.first?.dataDigest == Hashing.digest(Array("a,b\n1,2\n".utf8)))
    #expect(try site.log(of: report.job) == ["weights lr@1"])
    let facts = try site.events(of: report.job).map(\.event.fact)
    guard case .versionEvaluated(let fact) = facts[facts.count - 2] else {
      Issue.record("no evaluation in \(facts)")
      return
    }
    #expect(fact.reportDigest == Hashing.digest(Array("{}".utf8)))
    #expect(fact.responsible == site.caller.actor.id)
  }

  @Test func `an evaluation without metrics fails and says what to write`() throws {
    let site = try site(train: #"printf w > "$JOBLEDGER_OUTPUT/m""#)
    let trained = try site.runner().train(site.model)
    let report = try site.runner().evaluate(try #require(trained.version))
    #expect(report.status == .failed)
    #expect(report.error?.contains("JOBLEDGER_METRICS") == true)
    #expect(try site.version(1).status == .built)
  }

  @Test func `what is not there is told before anything is recorded`() throws {
    let site = try site(train: "exit 0")
    let size = try site.events().count
    #expect(throws: JobError.self) {
      try site.runner().train(SubjectID(project: site.project, name: Name("other")!))
    }
    #expect(throws: JobError.refused(.projectNotFound(Name("none")!))) {
      try site.runner().train(SubjectID(project: Name("none")!, name: Name("lr")!))
    }
    let version = VersionID(subject: site.model, number: VersionNumber(9))
    #expect(throws: JobError.refused(.versionNotFound(version))) {
      try site.runner().evaluate(version)
    }
    unlink(site.folder.file("project/data.csv"))
    #expect(throws: JobError.self) { try site.runner().train(site.model) }
    #expect(throws: JobError.self) {
      try site.runner().train(site.model, RunSettings(set: ["novalue"]))
    }
    #expect(try site.events().count == size)
    #expect(site.leftovers() == [])
  }

  @Test func `a program that does not exist fails the job with advice`() throws {
    let site = try JobSite("models: {lr: {train: {run: [./missing.sh]}}}")
    let report = try site.runner().train(site.model)
    #expect(report.status == .failed)
    #expect(report.neverStarted)
    #expect(report.error?.contains("./missing.sh does not exist") == true)
    #expect(try site.version(1).status == .failed)
  }

  @Test func `exec records any command and passes its exit code on`() throws {
    let site = try JobSite()
    let folder = try TemporaryFolder()
    let out = open(folder.file("out"), O_CREAT | O_RDWR, 0o600)
    let err = open(folder.file("err"), O_CREAT | O_RDWR, 0o600)
    defer {
      close(out)
      close(err)
    }
    let report = try site.runner().exec(
      site.script(
        "printf 'one\\ntwo'; echo three >&2; exit 7",
        RunSettings(echo: RunSettings.Echo(stdout: out, stderr: err))))
    #expect(report.status == .failed)
    #expect(report.passedExitCode == 7)
    #expect(SmallFile.read(folder.file("out"), atMost: 100).map(text) == "one\ntwo")
    #expect(SmallFile.read(folder.file("err"), atMost: 100).map(text) == "three\n")
    #expect(try site.log(of: report.job).sorted() == ["one", "three", "two"])
    let killed = try site.runner().exec(site.script("kill -TERM $$"))
    #expect(killed.signal == "SIGTERM")
    #expect(killed.passedExitCode == 143)
    let missing = try site.runner().exec(
      ExecRequest(arguments: ["no-such-program"], folder: site.projectFolder))
    #expect(missing.passedExitCode == 125)
  }

  @Test func `a request that is repeated runs nothing again`() throws {
    let site = try site(train: #"echo x >> ran; printf w > "$JOBLEDGER_OUTPUT/m""#)
    let request = RequestContent(key: try #require(RequestKey("once")), content: Array("{}".utf8))
    let first = try site.runner().train(site.model, RunSettings(request: request))
    let second = try site.runner().train(site.model, RunSettings(request: request))
    #expect(second.isDuplicate)
    #expect(second.job == first.job)
    #expect(second.status == .completed)
    #expect(SmallFile.read(site.folder.file("project/ran"), atMost: 9).map(text) == "x\n")
    #expect(site.leftovers() == [])
  }
}

extension Fact {
  /// A short word for tables of facts.
  var word: String {
    switch self {
    case .jobCreated: "created"
    case .jobStarted: "started"
    case .jobLogged: "logged"
    case .jobProgressed: "progressed"
    case .jobStopRequested: "stop-requested"
    case .jobCompleted: "completed"
    case .jobFailed: "failed"
    case .jobStopped: "stopped"
    case .jobLost: "lost"
    case .versionTrained: "trained"
    case .versionEvaluated: "evaluated"
    case .versionDeployed: "deployed"
    case .deploymentRetired: "retired"
    default: "other"
    }
  }
}
