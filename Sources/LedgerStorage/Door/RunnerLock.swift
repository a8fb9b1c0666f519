// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerDomain
public import LedgerReading

/// The processes of a running job, as the runner's lock file tells them.
///
/// Before any of them is killed, start and boot are compared with what /proc says: a number may
/// have been given to somebody else.
public struct RunnerRecord: Hashable, Sendable {
  /// One process: its number, and its start in clock ticks since boot (/proc/PID/stat, field 22).
  public struct Process: Hashable, Sendable {
    /// The number in the ledger's pid namespace.
    public var pid: Int32
    /// Clock ticks between boot and start.
    public var startTicks: UInt64
    /// Names a process.
    public init(pid: Int32, startTicks: UInt64) {
      self.pid = pid
      self.startTicks = startTicks
    }
  }

  /// The boot they belong to (/proc/sys/kernel/random/boot_id).
  public var boot: String
  /// The guard.
  public var guardProcess: Process
  /// The user's command, once it was started.
  public var child: Process?

  /// Describes a job's processes.
  public init(boot: String, guardProcess: Process, child: Process?) {
    self.boot = boot
    self.guardProcess = guardProcess
    self.child = child
  }

  /// Lines of words; the last one tells that nothing is cut off.
  var encoded: [UInt8] {
    var text = "runner 1\nboot \(boot)\nguard \(guardProcess.pid) \(guardProcess.startTicks)\n"
    if let child { text += "child \(child.pid) \(child.startTicks)\n" }
    return Array((text + "end\n").utf8)
  }

  /// Nil for anything that ``encoded`` does not produce, such as a torn file.
  init?(_ bytes: [UInt8]) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    }
    guard let end = lines.firstIndex(of: ["end"]), end == lines.count - 2, lines.last == [""],
      end == 3 || end == 4, lines.removeFirst() == ["runner", "1"],
      lines[0].count == 2, lines[0][0] == "boot", !lines[0][1].isEmpty,
      let guardProcess = RunnerRecord.process("guard", lines[1])
    else { return nil }
    self.boot = String(lines[0][1])
    self.guardProcess = guardProcess
    if end == 4 {
      guard let child = RunnerRecord.process("child", lines[2]) else { return nil }
      self.child = child
    }
  }

  private static func process(_ word: String, _ fields: [Substring]) -> Process? {
    guard fields.count == 3, fields[0] == word, let pid = Int32(fields[1]), pid > 0,
      let ticks = UInt64(fields[2])
    else { return nil }
    return Process(pid: pid, startTicks: ticks)
  }
}

/// The lock that a job's runner holds for its life: whoever can take it knows the runner is gone.
public struct RunnerLock: ~Copyable, Sendable {
  private let file: Descriptor
  private let path: String
  private let opener = getpid()

  /// Takes the lock of a job, making its file; `busy` when a runner lives.
  ///
  /// The runner takes it before `job.created` (queued: before `job.started`); whoever appends
  /// `job.lost` takes it too and keeps it until that is committed.
  public init(_ directory: LedgerDirectory, _ job: JobID) throws(DirectoryError) {
    let path = directory.runnerFile(job)
    let operation = "take the runner's lock"
    for attempt in 0..<100 {
      if attempt > 0 { usleep(2000) }
      let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600, for: operation)
      guard file.lock(LOCK_EX | LOCK_NB) else {
        guard errno == EWOULDBLOCK else { throw .system(operation, path) }
        // Somebody may only be looking whether it can be taken.
        continue
      }
      guard let status = file.status() else { throw .system(operation, path) }
      // Whoever held it may have removed it: then this is a file without a name.
      guard statusOfLink(path).map(FileIdentity.init) == FileIdentity(status) else { continue }
      let mode = directory.sharing.fileMode
      guard status.st_mode & 0o777 == mode || fchmod(file.number, mode) == 0 else {
        throw .system(operation, path)
      }
      self.file = consume file
      self.path = path
      return
    }
    throw DirectoryError(
      .busy, operation, path, "the job's runner is alive", whatNext: "", systemError: EWOULDBLOCK)
  }

  deinit {
    // A forked child shares the open file; only the process that took the lock lets go.
    if getpid() == opener { _ = file.lock(LOCK_UN) }
  }

  /// Writes who runs the job, replacing what was written before.
  ///
  /// In place, because the lock is the file's; a reader of a half-written one gets nil.
  public func write(_ record: RunnerRecord) throws(DirectoryError) {
    guard ftruncate(file.number, 0) == 0, file.write(record.encoded, at: 0) else {
      throw .system("write the runner's processes to", path)
    }
  }

  /// Lets go and leaves the file.
  public consuming func release() {}

  /// Removes the file and lets go; for a job whose end is recorded.
  public consuming func remove() throws(DirectoryError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .system("remove", path) }
  }

  /// Whether no runner of the job lives on this machine: its lock can be taken, or has no file.
  public static func canBeTaken(
    _ directory: LedgerDirectory, _ job: JobID
  ) throws(DirectoryError) -> Bool {
    let path = directory.runnerFile(job)
    let file: Descriptor
    do throws(DirectoryError) {
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "look at the runner's lock")
    } catch {
      if error.systemError == ENOENT { return true }
      throw error
    }
    // Shared, so that two who look do not take each other for a runner.
    if file.lock(LOCK_SH | LOCK_NB) {
      _ = file.lock(LOCK_UN)
      return true
    }
    guard errno == EWOULDBLOCK else { throw .system("look at the runner's lock", path) }
    return false
  }

  /// Who runs the job, as its runner wrote it; nil when there is no file or a half-written one.
  public static func record(
    _ directory: LedgerDirectory, _ job: JobID
  ) throws(DirectoryError) -> RunnerRecord? {
    do throws(DirectoryError) {
      return RunnerRecord(
        try DurableFile.read(
          directory.runnerFile(job), limit: 4096, for: "read the runner's processes"))
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}
