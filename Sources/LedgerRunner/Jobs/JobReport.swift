// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What became of a job, as far as its runner knows.
public struct JobReport: Equatable, Sendable {
  /// The job.
  public var job: JobID
  /// Its status in the ledger; `running` when its end could not be recorded.
  public var status: JobStatus
  /// The version that it made or used.
  public var version: VersionID?
  /// The deployment that it made or ended.
  public var deployment: DeploymentID?
  /// The exit code of its command.
  public var exit: Int32?
  /// The signal that ended its command, such as `SIGKILL`.
  public var signal: String?
  /// What went wrong, in words.
  public var error: String?
  /// Whether its command never ran.
  public var neverStarted: Bool
  /// Whether an earlier request with the same key had made it: nothing was run this time.
  public var isDuplicate: Bool
  /// What could not be recorded, one sentence each.
  public var unrecorded: [String]

  /// Gathers the members.
  public init(
    job: JobID, status: JobStatus, version: VersionID? = nil, deployment: DeploymentID? = nil,
    exit: Int32? = nil, signal: String? = nil, error: String? = nil, neverStarted: Bool = false,
    isDuplicate: Bool = false, unrecorded: [String] = []
  ) {
    self.job = job
    self.status = status
    self.version = version
    self.deployment = deployment
    self.exit = exit
    self.signal = signal
    self.error = error
    self.neverStarted = neverStarted
    self.isDuplicate = isDuplicate
    self.unrecorded = unrecorded
  }

  /// The exit code of a job command: 0 completed, 1 ended otherwise, 74 when its end could not be
  /// recorded.
  public var exitCode: Int32 {
    switch status {
    case .completed: 0
    case .created, .running: unrecorded.isEmpty ? 0 : 74
    case .failed, .stopped, .lost: 1
    }
  }

  /// The exit code of `exec`: the command's own, 128 and the signal's number, or 125 for what was
  /// not the command's doing.
  public var passedExitCode: Int32 {
    if neverStarted || !unrecorded.isEmpty { return 125 }
    if let exit { return exit }
    if let signal, let number = SignalName.number(of: signal) { return 128 + number }
    return status == .completed ? 0 : 125
  }
}

/// What a runner tells while a job runs. Each is called on one of the runner's threads.
public struct JobObserver: Sendable {
  /// The job exists and its command is about to start; a new version's number is known.
  public var started: @Sendable (JobID, VersionID?) -> Void
  /// A line is in the ledger: its facts and its bytes, without its end.
  public var line: (@Sendable (LogLine, ArraySlice<UInt8>) -> Void)?
  /// The job said how far it is: done, of, unit.
  public var progress: (@Sendable (Progress, Text) -> Void)?
  /// Something that a person should know, one sentence.
  public var remark: @Sendable (String) -> Void

  /// An observer that says nothing unless told to.
  public init(
    started: @escaping @Sendable (JobID, VersionID?) -> Void = { _, _ in },
    line: (@Sendable (LogLine, ArraySlice<UInt8>) -> Void)? = nil,
    progress: (@Sendable (Progress, Text) -> Void)? = nil,
    remark: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.started = started
    self.line = line
    self.progress = progress
    self.remark = remark
  }
}
