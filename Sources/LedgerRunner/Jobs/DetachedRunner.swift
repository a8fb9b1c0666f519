// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

/// A runner in a process and session of its own, which outlives the terminal and its caller.
///
/// The same binary is started with a hidden argument; the request reaches it through a pipe, so
/// that no words of it show in process listings, and a second pipe brings back what it started.
public enum DetachedRunner {
  /// The hidden first argument that makes a binary a runner.
  static let argument = "__runner"
  /// The pipes' numbers in the runner.
  private static let requestPipe: Int32 = 3
  private static let answerPipe: Int32 = 4
  /// The largest request, far above what a command line holds.
  private static let requestLimit = 64 * 1024 * 1024

  /// What a detached runner is to do.
  public struct Request: Equatable, Sendable {
    /// The ledger's folder, absolute.
    public var ledger: String
    /// The name that was claimed for the caller; nil for none.
    public var claim: String?
    /// The task.
    public var task: JobTask
    /// How long a stopped command may take to end.
    public var grace: Duration
    /// How long to wait for a ledger that others write or that has no room; nil as usual.
    public var patience: Duration?
    /// Name and version of the program.
    public var tool: String

    /// Gathers the members.
    public init(
      ledger: String, claim: String? = nil, task: JobTask, grace: Duration = .seconds(10),
      patience: Duration? = nil, tool: String
    ) {
      self.ledger = ledger
      self.claim = claim
      self.task = task
      self.grace = grace
      self.patience = patience
      self.tool = tool
    }
  }

  /// Starts a runner and returns when its job has started, or has ended as far as it ever will.
  ///
  /// The report says `running` while the runner goes on. Errors: `JobError`, `detached` for what
  /// the runner itself says; then no job was made.
  public static func start(
    _ request: Request, executable: String = "/proc/self/exe"
  ) throws(JobError) -> JobReport {
    let question: (reader: Int32, writer: Int32)
    let answer: (reader: Int32, writer: Int32)
    do throws(SystemFailure) {
      question = try pipe()
      answer = try pipe()
    } catch {
      throw .unavailable("\(error)")
    }
    defer { close(answer.reader) }
    var pid: Int32 = 0
    let words = [executable, argument].map { Array($0.utf8) }
    let variables = JobEnvironment.ofCaller().map { Array("\($0.key)=\($0.value)".utf8) }
    let code = CArguments.with(words) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(
          &pid, executable, arguments, environment, nil,
          [-1, -1, -1, question.reader, answer.writer], 5, CLINUX_SPAWN_SESSION)
      }
    }
    close(question.reader)
    close(answer.writer)
    guard code == 0 else {
      close(question.writer)
      throw .unavailable(
        "a runner could not be started: \(SystemFailure.words(for: code))")
    }
    // It may outlive this process; where this one lives longer, it must not stay as a zombie.
    try? OSThread.start("runner reaper") { [pid] in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
    let isSent = send(request.encoded, to: question.writer)
    close(question.writer)
    let reply = receive(answer.reader, atMost: 1 << 20)
    guard isSent, let reply, let object = (try? CanonicalJSON.decode(reply))?.object else {
      throw .unavailable(
        "the runner ended before its job existed: run it without --detach to see why")
    }
    return try JobReport(answer: object)
  }

  /// Runs as a detached runner and does not return when `arguments` ask for one; returns at once
  /// otherwise. To be called first thing in `main`, before any thread.
  public static func runIfAsked(_ arguments: [String]) {
    guard arguments.count == 2, arguments[1] == argument else { return }
    // Whatever is inherited from a terminal's session is of no more concern.
    signal(SIGHUP, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    Interrupts.shared.catchSignals()
    guard let bytes = receive(requestPipe, atMost: requestLimit), let request = Request(bytes)
    else { exit(70) }
    close(requestPipe)
    exit(run(request))
  }

  private static func run(_ request: Request) -> Int32 {
    let answer = Answer(answerPipe)
    do throws(JobError) {
      let ledger: Ledger
      var writing = Ledger.Options()
      if let patience = request.patience { writing.deadline = patience }
      do throws(StorageError) {
        ledger = try Ledger.open(request.ledger, options: writing)
      } catch {
        throw .storage(error)
      }
      defer {
        ledger.signUnsigned()
        AnchorProcess.startIfDue(ledger.reader)
        ledger.close()
      }
      // A folder that somebody wants to unmount or remove must not be held for hours.
      _ = chdir("/")
      let notes = RunnerNotes(ledger.directory)
      let observer = JobObserver(
        started: { job, version in
          notes.began(job)
          answer.send(JobReport(job: job, status: .running, version: version).answer)
        },
        remark: { notes.write($0) })
      let runner = JobRunner(
        ledger: ledger, caller: try .current(claiming: request.claim), tool: request.tool,
        options: JobRunner.Options(
          grace: request.grace, ledgerPatience: request.patience ?? .seconds(60)),
        observer: observer)
      let report = try runner.run(request.task)
      for words in report.unrecorded { notes.write(words) }
      answer.send(report.answer)
      return report.exitCode
    } catch {
      answer.send(error.answer)
      return error.exitCode
    }
  }

  // MARK: Pipes

  private static func pipe() throws(SystemFailure) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else {
      throw SystemFailure(operation: "make a pipe", code: errno)
    }
    // Above the numbers that they will have in the runner, so that none overwrites another.
    let copies = ends.map { clinux_duplicate($0, 16) }
    for end in ends { close(end) }
    return (copies[0], copies[1])
  }

  fileprivate static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    // A reader that is gone must be an error, not the end of this process.
    var pipe = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    defer {
      var none = timespec()
      if sigismember(&before, SIGPIPE) == 0 { sigtimedwait(&pipe, nil, &none) }
      pthread_sigmask(SIG_SETMASK, &before, nil)
    }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + sent, bytes.count - sent)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Everything up to the end of the stream.
  private static func receive(_ descriptor: Int32, atMost limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while bytes.count <= limit {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }
}

/// The pipe to whoever started the runner: one answer, then it is closed.
private final class Answer: Sendable {
  private let descriptor: SharedDescriptor

  init(_ number: Int32) { descriptor = SharedDescriptor(number) }

  func send(_ value: JSONObject) {
    let number = descriptor.take()
    guard number >= 0 else { return }
    if let bytes = try? CanonicalJSON.encode(.object(value)) {
      _ = DetachedRunner.send(bytes, to: number)
    }
    close(number)
  }
}

/// What a detached runner has to say, in `runners/<job>.log`; made when there is something.
private final class RunnerNotes: Sendable {
  private let directory: LedgerDirectory
  private let job = Monitor<JobID?>(nil)

  init(_ directory: LedgerDirectory) { self.directory = directory }

  func began(_ job: JobID) { self.job.update { $0 = job } }

  func write(_ words: String) {
    guard let job = job.read({ $0 }) else { return }
    let file = clinux_openat(
      AT_FDCWD, directory.runnerFile(job) + ".log",
      O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, directory.sharing.fileMode)
    guard file >= 0 else { return }
    _ = DetachedRunner.send(Array("\(words)\n".utf8), to: file)
    close(file)
  }
}

extension DetachedRunner.Request {
  fileprivate var encoded: [UInt8] {
    var object = JSONObject()
    object["ledger"] = .string(ledger)
    object["claim"] = claim.map { .string($0) }
    object["task"] = task.json
    object["graceMicroseconds"] = .number(Double(grace.microseconds))
    object["patienceMicroseconds"] = patience.map { .number(Double($0.microseconds)) }
    object["tool"] = .string(tool)
    // Strings and finite numbers always have a canonical form.
    return (try? CanonicalJSON.encode(.object(object))) ?? []
  }

  fileprivate init?(_ bytes: [UInt8]) {
    guard let object = (try? CanonicalJSON.decode(bytes))?.object,
      let ledger = object.word("ledger"), let task = object["task"].flatMap({ JobTask(json: $0) }),
      case .number(let grace)? = object["graceMicroseconds"], let tool = object.word("tool")
    else { return nil }
    self.init(
      ledger: ledger, claim: object.word("claim"), task: task,
      grace: .microseconds(Int64(grace)), tool: tool)
    if case .number(let patience)? = object["patienceMicroseconds"] {
      self.patience = .microseconds(Int64(patience))
    }
  }
}

extension JobError {
  fileprivate var answer: JSONObject {
    var object = JSONObject()
    object["error"] = .string("\(self)")
    object["exitCode"] = .integer(exitCode)
    return object
  }
}

extension JobReport {
  fileprivate var answer: JSONObject {
    var object = JSONObject()
    object["job"] = .string(job.string)
    object["status"] = .string(status.rawValue)
    if let version {
      object["project"] = .string(version.subject.project.string)
      object["subject"] = .string(version.subject.name.string)
      object["number"] = .integer(version.number.value)
    }
    object["deployment"] = deployment.map { .string($0.string) }
    object["exit"] = exit.map { .integer($0) }
    object["signal"] = signal.map { .string($0) }
    object["words"] = error.map { .string($0) }
    object["isDuplicate"] = .bool(isDuplicate)
    return object
  }

  fileprivate init(answer object: JSONObject) throws(JobError) {
    if let words = object.word("error"), case .number(let code)? = object["exitCode"] {
      throw .detached(exitCode: Int32(code), words: words)
    }
    guard let job = object.word("job").flatMap({ JobID($0) }),
      let status = object.word("status").flatMap({ JobStatus(rawValue: $0) })
    else { throw .unavailable("the runner's answer cannot be understood") }
    self.init(job: job, status: status)
    version = object.version
    deployment = object.word("deployment").flatMap { JobID($0) }
    if case .number(let code)? = object["exit"] { exit = Int32(code) }
    signal = object.word("signal")
    error = object.word("words")
    isDuplicate = object["isDuplicate"] == .bool(true)
  }
}
