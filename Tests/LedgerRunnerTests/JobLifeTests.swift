// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

@Suite struct JobLifeTests {
  @Test func `a line is in the ledger before the command writes its next`() throws {
    let site = try JobSite()
    let gate = Gate(site.folder.file("gate"))
    let run = try Background { [path = gate.path] in
      try site.runner().exec(site.script("echo one; read x < \(path); echo two"))
    }
    let job = try site.waitForLine("one")
    #expect(try site.log(of: job) == ["one"])
    #expect(try site.job(job).status == .running)
    gate.open()
    #expect(try run.wait().status == .completed)
    #expect(try site.log(of: job) == ["one", "two"])
  }

  @Test func `many lines arrive whole, in order, and counted by level`() throws {
    let site = try JobSite()
    let count = 5_000
    let report = try site.runner().exec(
      site.script("i=0; while [ $i -lt \(count) ]; do echo \"WARNING line $i\"; i=$((i+1)); done"))
    #expect(report.status == .completed)
    let lines = try site.events(of: report.job).compactMap { recorded -> (UInt64, String?)? in
      guard case .jobLogged(let line) = recorded.event.fact else { return nil }
      return (line.line, recorded.text.string(.message)?.string)
    }
    #expect(lines.map(\.0) == Array(1...UInt64(count)))
    #expect(lines.map(\.1) == (0..<count).map { "WARNING line \($0)" })
    guard case .jobCompleted(let ending)? = try site.events(of: report.job).last?.event.fact else {
      Issue.record("it did not complete")
      return
    }
    #expect(ending.lines == LineCounts(warning: UInt64(count)))
  }

  @Test func `progress is recorded as such`() throws {
    let site = try JobSite()
    let seen = Monitor<[Progress]>([])
    var observer = JobObserver()
    observer.progress = { progress, _ in seen.update { $0.append(progress) } }
    let report = try site.runner(observer).exec(site.script("echo '::progress 3/4 epochs'"))
    #expect(seen.read { $0 } == [Progress(done: 3, of: 4)])
    let events = try site.events(of: report.job)
    #expect(events.map(\.event.fact.word) == ["created", "started", "progressed", "completed"])
    #expect(events[2].text.string(.unit) == "epochs")
  }

  @Test func `a stop that somebody else asks for is obeyed, and the job is stopped`() throws {
    let site = try JobSite()
    let run = try Background {
      try site.runner().exec(
        site.script("trap 'echo bye; exit 0' TERM; echo ready; sleep 1000 & wait"))
    }
    let job = try site.waitForLine("ready")
    try site.accept(.requestStop(job, reason: "enough"))
    let report = try run.wait()
    #expect(report.status == .stopped)
    #expect(report.exitCode == 1)
    #expect(report.exit == 0)
    #expect(try site.log(of: job) == ["ready", "bye"])
    #expect(try site.job(job).ending?.effectRemaining == EffectRemaining.none)
    #expect(site.leftovers() == [])
  }

  @Test func `a stop is obeyed while the command floods`() throws {
    let site = try JobSite()
    let run = try Background {
      try site.runner(grace: .milliseconds(100)).exec(
        site.script("trap '' TERM; echo ready; while :; do echo flood; done"))
    }
    let job = try site.waitForLine("ready")
    try site.accept(.requestStop(job, reason: "enough"))
    let report = try run.wait()
    #expect(report.status == .stopped)
    #expect(report.signal == "SIGKILL")
  }

  @Test func `a signal stops the job and is recorded, a second one kills`() throws {
    let site = try JobSite()
    let interrupts = Interrupts()
    let run = try Background {
      try site.runner(grace: .seconds(3600), interrupts: interrupts).exec(
        site.script("trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done"))
    }
    let job = try site.waitForLine("ready")
    interrupts.take(SIGINT)
    _ = try site.waitForLine("asked")
    interrupts.take(SIGINT)
    let report = try run.wait()
    #expect(report.status == .stopped)
    #expect(report.signal == "SIGKILL")
    let request = try site.events(of: job).first { $0.event.fact == .jobStopRequested }
    #expect(request?.text.string(.reason) == "interrupted by SIGINT")
  }

  @Test func `lines of the runner itself that are refused count nowhere`() throws {
    let site = try JobSite()
    let prepared = PreparedJob(
      create: CreateJob(project: site.project, fact: JobCreated(kind: .exec, trigger: .manual)),
      arguments: [], folder: "/")
    _ = try site.runner().withJob(prepared, RunSettings()) { job in
      try job.log([(.warning, "kept")])
      #expect(job.counts == LineCounts(warning: 1))
      try site.accept(.endJob(EndJob(job: job.id, status: .failed, ending: job.ending(nil))))
      #expect(throws: JobError.refused(.jobNotRunning(job.id, .failed))) {
        try job.log([(.info, "a"), (.error, "b")])
      }
      #expect(job.counts == LineCounts(warning: 1))
      #expect(try site.log(of: job.id) == ["kept"])
      return job.end(EndJob(job: job.id, status: .failed, ending: job.ending(nil)))
    }
  }

  @Test func `two trainings at once make two versions, each from its own job`() throws {
    let site = try JobSite("models: {lr: {train: {run: [/bin/sh, train.sh]}}}")
    let gates = [Gate(site.folder.file("g1")), Gate(site.folder.file("g2"))]
    try site.folder.write(
      "project/train.sh",
      """
      printf "$JOBLEDGER_JOB" > "$JOBLEDGER_OUTPUT/model"
      echo "ready $JOBLEDGER_VERSION"
      read x < ../g${JOBLEDGER_VERSION#lr@}
      """)
    let first = try Background { try site.runner().train(site.model) }
    _ = try site.waitForLine("ready lr@1")
    let second = try Background { try site.runner().train(site.model) }
    _ = try site.waitForLine("ready lr@2")
    // The later one ends first.
    gates[1].open()
    let two = try second.wait()
    #expect(try site.version(1).status == .building)
    gates[0].open()
    let one = try first.wait()
    for (number, report) in [(UInt32(1), one), (2, two)] {
      #expect(report.status == .completed)
      let version = try site.version(number)
      #expect(version.job == report.job)
      let list = try ArtifactFolder.list(
        try #require(version.made?.artifacts.digest), in: BlobStore(site.ledger.directory))
      #expect(list.entries.first?.digest == Hashing.digest(Array(report.job.string.utf8)))
    }
  }

  @Test func `a retry has the command, parameters and inputs of its original`() throws {
    let site = try JobSite(
      """
      models:
        lr:
          train: {run: [/bin/sh, train.sh, one], inputs: {train: data.csv}, parameters: {epochs: 3}}
      """)
    try site.folder.write("project/data.csv", "1")
    try site.folder.write(
      "project/train.sh",
      #"cat "$JOBLEDGER_PARAMETERS" "$JOBLEDGER_INPUT_TRAIN"; echo " $1"; [ -e ok ] && echo > "$JOBLEDGER_OUTPUT/m""#
    )
    let failed = try site.runner().train(site.model, RunSettings(set: ["epochs=9"]))
    #expect(failed.status == .failed)
    // What the manifest says now does not count.
    try site.folder.write(
      "project/jobledger.yaml", "project: demo\nmodels: {lr: {train: {run: [/bin/false]}}}\n")
    try site.folder.write("project/ok", "")
    let report = try site.runner().retry(failed.job)
    #expect(report.status == .completed)
    #expect(try site.log(of: report.job) == [#"{"epochs":9}1 one"#])
    #expect(try site.job(report.job).request.retryOf == failed.job)
    #expect(report.version?.number == VersionNumber(2))
    let masked = try site.runner().exec(
      ExecRequest(
        arguments: ["/bin/true", "--password", "hunter2"], folder: "/", settings: RunSettings()))
    #expect(throws: JobError.self) { try site.runner().retry(masked.job) }
  }

  @Test func `a ledger that cannot be written stops the job, and the report says so`() throws {
    let site = try JobSite()
    let run = try Background {
      try site.runner(grace: .milliseconds(50)).exec(
        site.script("echo ready; while :; do echo more; sleep 0.02; done"))
    }
    let job = try site.waitForLine("ready")
    // A poisoned door refuses every write before anything is written.
    let door = open(site.ledger.directory.doorFile, O_RDWR)
    defer { close(door) }
    let mark = [UInt8](repeating: 0xFF, count: 512)
    var clean = [UInt8](repeating: 0, count: 512)
    #expect(pread(door, &clean, 512, 512) == 512)
    #expect(pwrite(door, mark, 512, 512) == 512)
    let report = try run.wait()
    #expect(report.status == .running)
    #expect(!report.unrecorded.isEmpty)
    #expect(report.exitCode == 74)
    #expect(report.passedExitCode == 125)
    // Once it can be written again, the next sweep finds that nobody runs it.
    #expect(pwrite(door, clean, 512, 512) == 512)
    #expect(try LostJobs.sweep(site.ledger, by: site.caller) == [job])
    #expect(try site.job(job).status == .lost)
    #expect(site.leftovers() == [])
  }
}

@Suite struct LostJobTests {
  @Test func `a job whose runner was killed becomes lost, and nothing of it lives on`() async throws
  {
    let site = try JobSite("models: {lr: {train: {run: [/bin/sh, train.sh]}}}")
    let alive = site.folder.file("alive")
    mkfifo(alive, 0o600)
    let reader = open(alive, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try site.folder.write(
      "project/train.sh",
      "exec 3>\(alive); trap '' TERM HUP; sleep 1000 & echo ready; while :; do sleep 0.1; done")
    let path = site.folder.file("ledger")
    let binary = launcher.executable
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, binary = binary as String] in
      let ledger = try Ledger.open(path)
      let options = JobRunner.Options(launcher: GuardLauncher(executable: binary))
      let observer = JobObserver(line: { _, _ in kill(getpid(), SIGKILL) })
      let runner = JobRunner(
        ledger: ledger, caller: try .current(), tool: "test 1", options: options,
        observer: observer)
      _ = try Background {
        try runner.train(SubjectID(project: Name("demo")!, name: Name("lr")!))
      }.wait()
    }
    let job = try site.waitForLine("ready")
    #expect(try site.job(job).status == .running)
    #expect(try LostJobs.sweep(site.ledger, by: site.caller) == [job])
    let state = try site.job(job)
    #expect(state.status == .lost)
    let line = try #require(try site.events(of: job).first { $0.event.fact.word == "logged" })
    #expect(state.ending?.lastSeen == line.event.time)
    #expect(try site.version(1).status == .failed)
    let last = try #require(try site.events(of: job).last)
    #expect(last.event.actor.authentication == .system)
    guard case .jobLost(let ending) = last.event.fact else { return }
    #expect(ending.lines == LineCounts(info: 1))
    // Every process of the command holds the FIFO's writing end: the hang-up says all are gone.
    var event = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    #expect(poll(&event, 1, 60_000) == 1)
    #expect(Int32(event.revents) & POLLHUP != 0)
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [])
    #expect(site.leftovers() == [])
  }

  @Test func `a job whose runner lives is not lost`() throws {
    let site = try JobSite()
    let gate = Gate(site.folder.file("gate"))
    let run = try Background { [path = gate.path] in
      try site.runner().exec(site.script("echo ready; read x < \(path)"))
    }
    let job = try site.waitForLine("ready")
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [])
    gate.open()
    #expect(try run.wait().job == job)
  }

  @Test func `a job of another machine is left alone`() throws {
    let site = try JobSite()
    var runner = RunnerIdentity.current(tool: "test 1")
    runner.machine = "elsewhere"
    runner.boot = "another"
    let created = CreateJob(
      project: site.project, fact: JobCreated(kind: .exec), runner: runner)
    let job = try #require(try site.accept(.createJob(created)).first?.job)
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [])
    #expect(try site.job(job).status == .running)
    runner = .current(tool: "test 1")
    let here = CreateJob(project: site.project, fact: JobCreated(kind: .exec), runner: runner)
    let other = try #require(try site.accept(.createJob(here)).first?.job)
    // It never took its lock: only a look at every job finds it.
    #expect(try LostJobs.sweep(site.ledger, by: site.caller) == [])
    #expect(try LostJobs.sweep(site.ledger, by: site.caller, thorough: true) == [other])
  }
}

@Suite struct DetachedRunnerTests {
  @Test func `a detached job starts in a session of its own and ends by itself`() throws {
    let site = try JobSite()
    let gate = Gate(site.folder.file("gate"))
    let request = DetachedRunner.Request(
      ledger: site.folder.file("ledger"),
      task: .exec(site.script("echo ready; read x < \(gate.path); exit 5")), tool: "test 1")
    let started = try DetachedRunner.start(request, executable: launcher.executable)
    #expect(started.status == .running)
    #expect(started.exitCode == 0)
    let runner = try #require(try site.job(started.job).runner)
    #expect(getsid(pid_t(runner.pid)) == pid_t(runner.pid))
    #expect(try site.waitForLine("ready") == started.job)
    gate.open()
    let ended = try site.waitForEnd(started.job)
    #expect(ended.status == .failed)
    #expect(ended.ending?.exit == 5)
  }

  @Test func `what a detached runner refuses comes back with its exit code`() throws {
    let site = try JobSite()
    let request = DetachedRunner.Request(
      ledger: site.folder.file("ledger"), task: .train(site.model, RunSettings()), tool: "test 1")
    do {
      _ = try DetachedRunner.start(request, executable: launcher.executable)
      Issue.record("it started")
    } catch {
      guard case .detached(66, let words) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(words.contains("no model 'lr'"))
    }
  }

  @Test func `a task arrives as it was sent`() throws {
    let settings = RunSettings(
      set: ["a=1", "b=Ångström"], secrets: ["TOKEN"], purpose: "why\nnot",
      request: RequestContent(key: try #require(RequestKey("k/1")), content: [0, 255, 10]),
      allProgress: true, trigger: .api)
    let model = SubjectID(project: Name("p")!, name: Name("m")!)
    let version = VersionID(subject: model, number: VersionNumber(7))
    let job = try #require(JobID("deploy-000000"))
    let tasks: [JobTask] = [
      .train(model, settings), .evaluate(version, settings), .retry(job, settings),
      .exec(
        ExecRequest(
          arguments: ["a", "", "\u{1F98A}"], folder: "/x y", kind: .training,
          project: model.project,
          subject: SubjectReference(kind: .model, name: model.name), number: VersionNumber(3),
          name: "n", settings: settings)),
      .exec(ExecRequest(arguments: ["a"], folder: "/", settings: settings)),
      .deploy(
        DeployRequest(
          version: version, target: Name("t")!, engine: .service, replaces: true, reason: "r",
          withoutHook: true, settings: settings)),
      .retire(
        RetireRequest(
          deployment: job, reason: "r",
          signed: SignedRequest(statement: [1], signature: [2], salt: Salt(words: (3, .max))),
          settings: settings)),
    ]
    for task in tasks { #expect(JobTask(json: task.json) == task) }
  }
}
