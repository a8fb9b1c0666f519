// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain
public import LedgerReading
import Transparency

/// One process at a time gives checkpoints to the anchors of a ledger.
public struct AnchorLock: ~Copyable {
  let descriptor: Descriptor

  /// Takes the lock; nil while another process has it. With `waits` it is waited for.
  public init?(_ directory: LedgerDirectory, waits: Bool = false) throws(DirectoryError) {
    let path = directory.receiptsDirectory + "/.lock"
    let operation = "lock the receipts of"
    try AnchorLock.makeFolder(directory)
    let descriptor = try AnchorLock.open(path, directory, operation)
    guard descriptor.lock(waits ? LOCK_EX : LOCK_EX | LOCK_NB) else {
      guard errno == EWOULDBLOCK else { throw .system(operation, path) }
      return nil
    }
    self.descriptor = descriptor
  }

  private static func open(
    _ path: String, _ directory: LedgerDirectory, _ operation: String
  ) throws(DirectoryError) -> Descriptor {
    let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600, for: operation)
    _ = fchmod(descriptor.number, directory.sharing.fileMode)
    return descriptor
  }

  init(owning number: Int32) { descriptor = Descriptor(owning: number) }

  static func makeFolder(_ directory: LedgerDirectory) throws(DirectoryError) {
    let path = directory.receiptsDirectory
    if mkdir(path, directory.sharing.directoryMode) == 0 {
      _ = chmod(path, directory.sharing.directoryMode)
      try DurableFile.syncDirectory(directory.path)
    } else if errno != EEXIST {
      throw .system("make the folder of receipts", path)
    }
  }
}

/// A process of its own for anchors, which outlives the command that published a checkpoint.
///
/// It inherits the lock of its starter: whoever waits for that lock waits for its end.
public enum AnchorProcess {
  /// The hidden first argument that makes a binary such a process.
  public static let argument = "__anchor"
  /// The lock's number in the process.
  private static let lock: Int32 = 3

  /// How anchors are run after a command, by `JOBLEDGER_ANCHORS`.
  public enum Mode: String, Sendable {
    /// In a process that nobody waits for.
    case detached
    /// In such a process, which is waited for.
    case wait
    /// Not at all: `jobledger anchor` does it.
    case off
  }

  /// Starts one if an anchor is due and none runs; tells nobody when that does not work, since
  /// `status` shows what is due.
  public static func startIfDue(_ reader: LedgerReader, executable: String = "/proc/self/exe") {
    let mode =
      JobEnvironment.ofCaller()["JOBLEDGER_ANCHORS"].flatMap { Mode(rawValue: $0) } ?? .detached
    guard mode != .off, isDue(reader),
      let lock = try? AnchorLock(reader.directory)
    else { return }
    let copy = clinux_duplicate(lock.descriptor.number, 16)
    guard copy >= 0 else { return }
    var pid: Int32 = 0
    let words = [executable, argument, reader.directory.path].map { Array($0.utf8) }
    let variables = JobEnvironment.ofCaller().map { Array("\($0.key)=\($0.value)".utf8) }
    let code = CArguments.with(words) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(
          &pid, executable, arguments, environment, "/", [-1, -1, -1, copy], 4,
          CLINUX_SPAWN_SESSION)
      }
    }
    close(copy)
    guard code == 0 else { return }
    if mode == .wait {
      reap(pid)
    } else {
      // Where this process lives longer, the other must not stay as a zombie.
      try? OSThread.start("anchor reaper") { [pid] in reap(pid) }
    }
  }

  private static func reap(_ pid: Int32) {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  private static func isDue(_ reader: LedgerReader) -> Bool {
    let anchoring = Anchoring(reader)
    guard let state = try? anchoring.policy(), !state.policy.anchors.isEmpty,
      isMine(anchoring, state),
      let checkpoint = (try? LedgerReader.checkpoint(of: reader)) ?? nil
    else { return false }
    return !anchoring.due(state.policy.anchors, at: LedgerSize(checkpoint.size)).isEmpty
  }

  private static func isMine(_ anchoring: Anchoring, _ state: PolicyState) -> Bool {
    do throws(ReadingError) { return try anchoring.refusal(state) == nil } catch { return false }
  }

  /// Runs as such a process and does not return when `arguments` ask for one; returns at once
  /// otherwise. To be called first thing in `main`.
  public static func runIfAsked(_ arguments: [String]) {
    guard arguments.count == 3, arguments[1] == argument else { return }
    signal(SIGHUP, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    let number = clinux_duplicate(lock, 16)
    close(lock)
    guard number >= 0 else { exit(70) }
    let held = AnchorLock(owning: number)
    exit(work(arguments[2], held))
  }

  private static func work(_ path: String, _ lock: borrowing AnchorLock) -> Int32 {
    // Checkpoints that are published meanwhile are taken along; those after the last look are the
    // next command's, which finds the lock free.
    for _ in 0..<100 {
      guard let reader = try? LedgerReader.open(path) else { return 74 }
      defer { reader.close() }
      guard isDue(reader), (try? Anchoring(reader).run()) != nil else { return 0 }
    }
    return 0
  }
}
