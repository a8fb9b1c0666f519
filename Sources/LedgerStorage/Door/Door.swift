// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerReading
import Synchronization

/// The one door for writing: whoever is inside is the only writer of the ledger, in all processes.
///
/// Always in this order: turnstile, door, generation and inode check, poison check. Polling a lock
/// starves beside a writer in a loop, so waiting is a blocking flock(2) on a helper thread; the
/// turnstile is released as soon as the door is held, so that whoever waits there comes next.
public final class Door: Sendable {
  /// The ledger.
  public let directory: LedgerDirectory
  private let latch: DoorLatch
  private let memory: Mutex<Memory>
  private let opener: pid_t

  private struct Memory {
    var identity: (stamp: FileStamp, value: LedgerIdentity)?
    /// Set before the mark is written, so that this process stops even if writing it fails.
    var mark: PoisonMark?
  }

  /// Opens `turnstile` and `door`; takes nothing yet.
  public init(_ directory: LedgerDirectory) throws(DirectoryError) {
    self.directory = directory
    self.latch = try DoorLatch(directory)
    self.memory = Mutex(Memory())
    self.opener = getpid()
  }

  /// Waits for the door, at most as long as `limit` in all, and checks that writing is sound.
  ///
  /// Blocks the calling thread: never call it from a task's. `files` are those of the environment
  /// about to be written. Errors, all with the door let go: `busy`, naming who is inside if that
  /// is known; `moved` when the ledger now has another generation, identity, door, data or lock
  /// file than those opened; `poisoned` unless `evenIfPoisoned`; `damaged`; `inputOutput`.
  public func enter(
    within limit: Duration, guarding files: EnvironmentFiles? = nil, evenIfPoisoned: Bool = false
  ) throws(DirectoryError) -> DoorPass {
    precondition(getpid() == opener, "a door is never used by a forked child")
    switch latch.enter(within: limit) {
    case .entered: break
    case .late: throw busy(limit)
    case .failed(let error): throw .system("lock the door of", directory.path, error: error)
    }
    let identity: LedgerIdentity
    do throws(DirectoryError) {
      identity = try inspect(files)
      if !evenIfPoisoned { try refusePoison() }
    } catch {
      latch.leave()
      throw error
    }
    latch.noteHolder(opener)
    return DoorPass(latch: latch, identity: identity, files: files)
  }

  /// Whether the last write has a known outcome.
  public func poisonState() throws(DirectoryError) -> PoisonState {
    if let mark = memory.withLock({ $0.mark }) { return .poisoned(mark) }
    guard let state = latch.poisonState() else {
      throw .system("read the poison mark of", directory.doorFile)
    }
    return state
  }

  /// Whether whoever went in last still runs but is stopped, by a signal or a debugger.
  func isHeldByStopped() -> Bool { latch.holder()?.isStopped ?? false }

  /// Stops every writer, in every process, until `doctor` has built a new generation.
  ///
  /// For errors of commit or sync that may have come after the first write. Changes allocated
  /// bytes in place and syncs them: a full disk cannot prevent it. If it fails all the same, this
  /// process still writes nothing more, and the caller ends it.
  public func poison(_ mark: PoisonMark) throws(DirectoryError) {
    memory.withLock { $0.mark = mark }
    try write(DoorLayout.bytes(of: mark), "mark as poisoned")
  }

  /// Lets writers in again; only after a new generation is durably in place.
  public func clearPoison(_ pass: borrowing DoorPass) throws(DirectoryError) {
    precondition(pass.isOf(latch), "the pass is of another door")
    try write(DoorLayout.clearMark(), "clear the poison mark of")
    memory.withLock { $0.mark = nil }
  }

  private func write(_ mark: [UInt8], _ operation: String) throws(DirectoryError) {
    // A crash in between leaves the old mark, the new one, or a torn one, which counts as poisoned.
    guard latch.writeMark(mark) else { throw .system(operation, directory.doorFile) }
  }

  private func refusePoison() throws(DirectoryError) {
    let state = try poisonState()
    let what: String
    switch state {
    case .clear: return
    case .unreadable: what = "its poison mark is torn"
    case .poisoned(let mark):
      what =
        "at \(mark.time) process \(mark.pid) got error \(mark.error) from \(mark.operation), "
        + "and what reached the disk is unknown"
    }
    throw DirectoryError(
      .poisoned, "write to the ledger", directory.path, what,
      whatNext: "reading works; 'jobledger doctor' checks every event, builds a clean copy and "
        + "allows writing again")
  }

  private func inspect(_ files: EnvironmentFiles?) throws(DirectoryError) -> LedgerIdentity {
    guard latch.isInPlace(directory) else {
      throw moved("its door was replaced while this process had it open")
    }
    let identity = try currentIdentity()
    guard let files else { return identity }
    guard identity.id == files.identity.id else {
      throw moved("another ledger stands in its place")
    }
    guard identity.generation == files.identity.generation else {
      throw moved(
        "it moved from generation \(files.identity.generation) to \(identity.generation)")
    }
    try files.check()
    return identity
  }

  private func currentIdentity() throws(DirectoryError) -> LedgerIdentity {
    let stamp = statusOfLink(directory.identityFile).map(FileStamp.init)
    if let stamp, let known = memory.withLock({ $0.identity }), known.stamp == stamp {
      return known.value
    }
    let identity = try LedgerIdentity.read(directory)
    // It is replaced only by whoever holds the door, so it is what was stamped just before.
    if let stamp { memory.withLock { $0.identity = (stamp, identity) } }
    return identity
  }

  private func moved(_ reason: String) -> DirectoryError {
    DirectoryError(
      .moved, "write to the ledger", directory.path, reason, whatNext: "try again")
  }

  private func busy(_ limit: Duration) -> DirectoryError {
    let holder = latch.holder()
    return DirectoryError(
      .busy, "write to the ledger", directory.path,
      "another writer was inside for \(limit)" + (holder.map { ": \($0.words)" } ?? ""),
      whatNext: holder?.advice ?? "Try again.", systemError: EWOULDBLOCK)
  }
}

/// Proof of being the only writer, until it is left or goes out of scope.
public struct DoorPass: ~Copyable, Sendable {
  private let latch: DoorLatch
  private let files: EnvironmentFiles?
  /// What `ledger.json` says now.
  public let identity: LedgerIdentity

  fileprivate init(latch: DoorLatch, identity: LedgerIdentity, files: EnvironmentFiles?) {
    self.latch = latch
    self.identity = identity
    self.files = files
  }

  deinit { latch.leave() }

  /// Checks, after a commit and before it is acknowledged, that it went into the ledger's files.
  ///
  /// When `lock.mdb` is deleted during a write, others open a new one that does not know of the
  /// commit and may overwrite it. `moved` then means that the outcome is unknown: open again and
  /// look the request key up.
  public func recheck() throws(DirectoryError) { try files?.check() }

  /// Lets the next writer in.
  public consuming func leave() {}

  func isOf(_ latch: DoorLatch) -> Bool { self.latch === latch }
}

/// What changes when a file is replaced or edited.
private struct FileStamp: Equatable {
  var file: FileIdentity
  var size: off_t
  var modified: timespec
  var changed: timespec

  init(_ status: stat) {
    file = FileIdentity(status)
    size = status.st_size
    modified = status.st_mtim
    changed = status.st_ctim
  }

  static func == (left: FileStamp, right: FileStamp) -> Bool {
    left.file == right.file && left.size == right.size
      && left.modified.tv_sec == right.modified.tv_sec
      && left.modified.tv_nsec == right.modified.tv_nsec
      && left.changed.tv_sec == right.changed.tv_sec
      && left.changed.tv_nsec == right.changed.tv_nsec
  }
}
