// SPDX-License-Identifier: Apache-2.0

/// A list held as a blob: how many entries, and the digest of its canonical JSON.
public struct ListDigest: Hashable, Sendable {
  /// The number of entries.
  public var count: UInt64
  /// The digest of the list.
  public var digest: Digest
  /// Pairs the two.
  public init(count: UInt64, digest: Digest) {
    self.count = count
    self.digest = digest
  }
}

/// Files held as blobs: how many, how large together, and the digest of their list.
public struct FilesDigest: Hashable, Sendable {
  /// The number of files.
  public var count: UInt64
  /// The sum of their sizes.
  public var bytes: UInt64
  /// SHA-256 of the canonical array of `{"bytes","digest","path"}` sorted by path.
  public var digest: Digest
  /// Gathers the members.
  public init(count: UInt64, bytes: UInt64, digest: Digest) {
    self.count = count
    self.bytes = bytes
    self.digest = digest
  }
}

/// A job exists.
///
/// Optionals are spelled out for the reason given at ``Job``.
public struct JobCreated: Equatable, Sendable {
  /// What it does.
  public var kind: JobKind
  /// The deployment it uses, makes or ends.
  public var deployment: Optional<DeploymentID>
  /// The target that a deployment reserves while its hook runs.
  public var target: Optional<Name>
  /// The list of its inputs.
  public var inputs: Optional<ListDigest>
  /// The list of its code files.
  public var code: Optional<ListDigest>
  /// The commit of the project's folder, 40 or 64 hex digits.
  public var commit: Optional<String>
  /// Whether the folder differed from that commit.
  public var dirty: Optional<Bool>
  /// The digest of the description of its environment.
  public var environmentDigest: Optional<Digest>
  /// What set it off.
  public var trigger: Trigger
  /// Whether it waits for a worker.
  public var queued: Optional<Bool>
  /// The schedule whose tick it is.
  public var schedule: Optional<Name>
  /// When that tick was due.
  public var nominalTime: Optional<Timestamp>
  /// The job that it repeats.
  public var retryOf: Optional<JobID>
  /// Gathers the members; what does not apply is nil.
  public init(
    kind: JobKind, deployment: DeploymentID? = nil, target: Name? = nil,
    inputs: ListDigest? = nil, code: ListDigest? = nil, commit: String? = nil,
    dirty: Bool? = nil, environmentDigest: Digest? = nil, trigger: Trigger = .manual,
    queued: Bool? = nil, schedule: Name? = nil, nominalTime: Timestamp? = nil,
    retryOf: JobID? = nil
  ) {
    self.kind = kind
    self.deployment = deployment
    self.target = target
    self.inputs = inputs
    self.code = code
    self.commit = commit
    self.dirty = dirty
    self.environmentDigest = environmentDigest
    self.trigger = trigger
    self.queued = queued
    self.schedule = schedule
    self.nominalTime = nominalTime
    self.retryOf = retryOf
  }
}

/// The process that runs a job. The wire holds it as the member `runner`.
public struct RunnerIdentity: Hashable, Sendable {
  /// The machine's identifier (`/etc/machine-id`, else the host name).
  public var machine: Text
  /// The runner's process number.
  public var pid: UInt32
  /// Its start, in clock ticks since boot (`/proc/<pid>/stat`, field 22).
  public var startTicks: UInt64
  /// The pid namespace's number.
  public var pidNamespace: UInt64
  /// The boot's identifier.
  public var boot: Text
  /// Name and version of the program.
  public var tool: Text
  /// Gathers the members.
  public init(
    machine: Text, pid: UInt32, startTicks: UInt64, pidNamespace: UInt64, boot: Text, tool: Text
  ) {
    self.machine = machine
    self.pid = pid
    self.startTicks = startTicks
    self.pidNamespace = pidNamespace
    self.boot = boot
    self.tool = tool
  }
}

/// What is known of a log line beside its words.
public struct LogLine: Hashable, Sendable {
  /// Where it was read.
  public var stream: LogStream
  /// 1-based, per job, in the order read.
  public var line: UInt64
  /// How serious it is.
  public var level: LogLevel
  /// The version of the rules that told the level.
  public var detector: UInt32
  /// How it ended; nil for a line feed.
  public var end: LineEnd?
  /// 1, 2 … of a line that was stored in parts.
  public var part: UInt32?
  /// The line that opened the record this one belongs to.
  public var of: UInt64?
  /// Whether the message is base64 because the bytes are no UTF-8.
  public var isBase64: Bool
  /// How many progress lines were dropped before this one.
  public var skipped: UInt64?
  /// Gathers the members; what does not apply is nil.
  public init(
    stream: LogStream, line: UInt64, level: LogLevel, detector: UInt32, end: LineEnd? = nil,
    part: UInt32? = nil, of: UInt64? = nil, isBase64: Bool = false, skipped: UInt64? = nil
  ) {
    self.stream = stream
    self.line = line
    self.level = level
    self.detector = detector
    self.end = end
    self.part = part
    self.of = of
    self.isBase64 = isBase64
    self.skipped = skipped
  }
  /// Whether this is a whole line, or the first part of one.
  public var begins: Bool { part == nil || part == 1 }
}

/// How far a job says it is.
public struct Progress: Hashable, Sendable {
  /// How much is done.
  public var done: Double
  /// Of how much.
  public var of: Double
  /// Pairs the two.
  public init(done: Double, of: Double) {
    self.done = done
    self.of = of
  }
}

/// Numbers of log lines by level.
public struct LineCounts: Hashable, Sendable {
  /// Lines of level debug.
  public var debug: UInt64
  /// Lines of level info.
  public var info: UInt64
  /// Lines of level warning.
  public var warning: UInt64
  /// Lines of level error.
  public var error: UInt64
  /// Gathers the counts.
  public init(debug: UInt64 = 0, info: UInt64 = 0, warning: UInt64 = 0, error: UInt64 = 0) {
    self.debug = debug
    self.info = info
    self.warning = warning
    self.error = error
  }
  /// All lines.
  public var total: UInt64 { debug + info + warning + error }
  /// The count of one level.
  public subscript(level: LogLevel) -> UInt64 {
    get {
      switch level {
      case .debug: debug
      case .info: info
      case .warning: warning
      case .error: error
      }
    }
    set {
      switch level {
      case .debug: debug = newValue
      case .info: info = newValue
      case .warning: warning = newValue
      case .error: error = newValue
      }
    }
  }
}

/// What is counted of a job's log: its lines, and the records that they make up.
public struct LogCounts: Hashable, Sendable {
  /// Lines by level. One in parts counts once, with its first.
  public var lines: LineCounts
  /// Records by level: a traceback of thirty lines is one error.
  public var records: LineCounts
  /// Gathers the counts.
  public init(lines: LineCounts = LineCounts(), records: LineCounts = LineCounts()) {
    self.lines = lines
    self.records = records
  }
  /// Counts a line.
  public mutating func add(_ line: LogLine) {
    guard line.begins else { return }
    lines[line.level] += 1
    if line.of == nil { records[line.level] += 1 }
  }
  /// Takes a line back; false, and nothing is changed, when it was not counted.
  public mutating func remove(_ line: LogLine) -> Bool {
    guard line.begins else { return true }
    guard lines[line.level] > 0, line.of != nil || records[line.level] > 0 else { return false }
    lines[line.level] -= 1
    if line.of == nil { records[line.level] -= 1 }
    return true
  }
  /// Adds the counts of another log.
  public mutating func add(_ other: LogCounts) {
    lines.add(other.lines)
    records.add(other.records)
  }
  /// Whether no count is below the other's.
  public func covers(_ other: LogCounts) -> Bool {
    lines.covers(other.lines) && records.covers(other.records)
  }
}

extension LineCounts {
  /// Adds other counts, level by level.
  public mutating func add(_ other: LineCounts) {
    debug += other.debug
    info += other.info
    warning += other.warning
    error += other.error
  }
  /// Whether no count is below the other's.
  func covers(_ other: LineCounts) -> Bool {
    debug >= other.debug && info >= other.info && warning >= other.warning
      && error >= other.error
  }
}

/// How a job ended: the data of its four terminal types.
///
/// Optionals are spelled out for the reason given at ``Job``.
public struct JobEnding: Equatable, Sendable {
  /// The command's exit code, when it exited.
  public var exit: Optional<Int32>
  /// The signal that ended it, such as `SIGKILL`.
  public var signal: Optional<String>
  /// How long it ran, in microseconds; nil when it never started or that is unknown.
  public var durationMicroseconds: Optional<UInt64>
  /// Its log lines by level; nil when it has no log.
  public var lines: Optional<LineCounts>
  /// When its runner was last known to live (lost jobs).
  public var lastSeen: Optional<Timestamp>
  /// What its command left behind (a child that still runs, a hook that acted).
  public var effectRemaining: Optional<EffectRemaining>
  /// Gathers the members; what does not apply is nil.
  public init(
    exit: Int32? = nil, signal: String? = nil, durationMicroseconds: UInt64? = nil,
    lines: LineCounts? = nil, lastSeen: Timestamp? = nil,
    effectRemaining: EffectRemaining? = nil
  ) {
    self.exit = exit
    self.signal = signal
    self.durationMicroseconds = durationMicroseconds
    self.lines = lines
    self.lastSeen = lastSeen
    self.effectRemaining = effectRemaining
  }
}

/// What a job that ended otherwise than it should left behind.
public enum EffectRemaining: String, CaseIterable, Sendable {
  /// Nothing.
  case none = "none"
  /// A descendant still held the job's output and was ended.
  case descendants = "descendants"
  /// A hook acted outside and was undone by the retire hook.
  case undone = "undone"
  /// A hook acted outside and that was not undone.
  case hook = "hook"
  /// It cannot be known.
  case unknown = "unknown"
}
