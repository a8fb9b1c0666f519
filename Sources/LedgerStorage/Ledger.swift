// SPDX-License-Identifier: Apache-2.0
// LedgerStorage — the one door for writing: decide, append, index, fold, extend the tree, commit.
// May touch: the ledger's directory. Never: a network, a child process, or a wait inside the door.
// Invariant: acknowledge after commit, sign after commit, publish after signing; a failed commit
// stops every writer until `doctor` has rebuilt the database.
// Start at: Ledger.append(_:), then Ledger+Transaction.swift. Tests: LedgerStorageTests.

import Glibc
import LedgerDomain
public import LedgerReading
import Synchronization
import Transparency

/// A ledger opened for writing. One per ledger and process; any thread may use it.
public final class Ledger: Sendable {
  /// The checked directory.
  public let directory: LedgerDirectory
  /// What `ledger.json` says.
  public let identity: LedgerIdentity
  /// The reading side, on the same environment.
  public let reader: LedgerReader

  let door: Door
  let files: EnvironmentFiles
  let processNumber = getpid()
  let clock: LedgerClock
  let signer: CheckpointSigner
  let requestKey: [UInt8]
  let preparer = LogPreparer()
  let deadline: Duration
  let drawBits: (@Sendable () -> UInt64)?
  private let queue: Mutex<CommitQueue<Work, WorkResult>?>
  let signing = Mutex(SigningState())
  // Held by the leader for the length of a transaction; nobody else asks for it.
  private let memory = Mutex(WriterMemory())

  struct SigningState {
    /// CLOCK_BOOTTIME of the last signature of this process; nil before the first.
    var lastMicroseconds: UInt64?
    /// The size of the last checkpoint that this process put on disk.
    var signed = LedgerSize(0)
    /// The size after the last commit of this process.
    var committed = LedgerSize(0)
    /// Why the last attempt failed; nil when it did not.
    var failure: StorageError?
  }

  /// One piece of work in the queue.
  enum Work: Sendable {
    case command(Submission)
    case log(LogBatch)
    case checkpoint
    case statement(Submission)
    case rotation(Rotation)
    case scrub(ScrubStep)
  }

  enum WorkResult: Sendable {
    case command(Outcome)
    case statement(StatementOutcome)
    case log(LogOutcome)
    case checkpoint(CheckpointOutcome)
    case scrub(ScrubStepOutcome)
  }

  init(
    reader: LedgerReader, door: Door, files: EnvironmentFiles, requestKey: [UInt8],
    options: Options
  ) {
    self.directory = reader.directory
    self.identity = reader.identity
    self.reader = reader
    self.door = door
    self.files = files
    self.clock = options.clock
    var signer = CheckpointSigner(directory: reader.directory, identity: reader.identity)
    signer.step = options.onKeyStep
    self.signer = signer
    self.requestKey = requestKey
    self.deadline = options.deadline
    self.drawBits = options.drawBits
    queue = Mutex(nil)
    // The queue calls back only from within `submit`, while this object is in use.
    let queue = CommitQueue<Work, WorkResult>(
      limit: 8 << 20, weight: { $0.bytes },
      perform: { [unowned self] batch in
        memory.withLock { self.perform(batch, &$0) }
      })
    self.queue.withLock { $0 = queue }
  }

  deinit { preparer.end() }

  /// How a ledger is opened.
  public struct Options: Sendable {
    /// Where the time comes from.
    public var clock: LedgerClock
    /// How long a writer waits at the door.
    public var deadline: Duration
    /// The initial size of the map, in bytes; it is sparse and grows by itself.
    public var mapSizeBytes: Int
    /// Leaves out every sync: the control of durability tests. Never for a ledger that matters.
    public var unsafeNoSync: Bool
    /// Where bits for identifiers come from instead of the kernel, so that tests can repeat them.
    var drawBits: (@Sendable () -> UInt64)?
    /// Called at each step of a rotation, so that tests can end the process there.
    var onKeyStep: @Sendable (KeyStep) -> Void = { _ in }
    /// The options of ordinary use.
    public init(
      clock: LedgerClock = .system(), deadline: Duration = .seconds(30),
      mapSizeBytes: Int = 64 << 30, unsafeNoSync: Bool = false
    ) {
      self.clock = clock
      self.deadline = deadline
      self.mapSizeBytes = mapSizeBytes
      self.unsafeNoSync = unsafeNoSync
    }
  }

  // MARK: Appending

  /// Performs commands in order, in as few commits as there is company for, and says of each what
  /// became of it. Returns when all that was accepted is on disk.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  public func append(_ submissions: [Submission]) -> [Outcome] {
    submissions.map { submission in
      guard case .command(let outcome)? = submit(.command(submission)) else {
        return .failed(StorageError(.closed, "appending to the ledger"))
      }
      return outcome
    }
  }

  /// Performs one command.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  public func append(_ submission: Submission) -> Outcome {
    append([submission])[0]
  }

  /// Appends log lines of a running job, in order.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  public func append(_ batch: LogBatch) -> LogOutcome {
    guard case .log(let outcome)? = submit(.log(batch)) else {
      return .failed(StorageError(.closed, "appending to the log"))
    }
    return outcome
  }

  /// Signs a checkpoint of the head, unless there is one, and says which is on disk.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func signCheckpoint() -> CheckpointOutcome {
    guard case .checkpoint(let outcome)? = submit(.checkpoint) else {
      return .failed(StorageError(.closed, "signing a checkpoint"))
    }
    return outcome
  }

  /// Decides a command as if a key of the actor had signed it, and says what there is to sign.
  /// Nothing is appended, but for the record of a refusal.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func prepareStatement(for submission: Submission) -> StatementOutcome {
    guard case .statement(let outcome)? = submit(.statement(submission)) else {
      return .failed(StorageError(.closed, "preparing a statement"))
    }
    return outcome
  }

  /// Why the events that this process appended have no checkpoint; nil when they have one.
  public var checkpointFailure: StorageError? {
    signing.withLock { $0.committed > $0.signed ? $0.failure : nil }
  }

  /// Performs one step of a scrub under the door.
  func perform(_ step: ScrubStep) -> ScrubStepOutcome {
    guard case .scrub(let outcome)? = submit(.scrub(step)) else {
      return .failed(StorageError(.closed, "finishing an erasure"))
    }
    return outcome
  }

  func submit(_ work: Work) -> WorkResult? {
    queue.withLock { $0 }?.submit(work)
  }

  /// Whether this process has put a checkpoint on disk.
  public var hasPublished: Bool { signing.withLock { $0.signed.value > 0 } }

  /// Signs what this process appended and left unsigned.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func signUnsigned() {
    if signing.withLock({ $0.committed > $0.signed }) { _ = signCheckpoint() }
  }

  /// Signs what this process appended and left unsigned, and lets go of the files. Work that
  /// comes after fails.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func close() {
    signUnsigned()
    queue.withLock { $0 = nil }
    preparer.end()
    reader.close()
  }
}
