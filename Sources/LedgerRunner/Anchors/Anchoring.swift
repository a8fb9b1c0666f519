// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// Gives the published checkpoint to the anchors of the policy, and keeps what they answer.
///
/// Nothing here can fail a commit: it is done after, by a process of its own, one at a time for a
/// ledger. What a policy names is run and written only by the user whom the kernel vouched for when
/// the policy was set: nobody else's login runs commands that an admin wrote down.
public struct Anchoring {
  /// What became of one anchor.
  public struct Report: Equatable, Sendable {
    /// Its name.
    public var name: Name
    /// What was done.
    public var result: Result
  }

  /// What was done about one anchor.
  public enum Result: Equatable, Sendable {
    /// It has the checkpoint of this size now.
    case given(LedgerSize)
    /// It had it before.
    case has(LedgerSize)
    /// Not yet: when.
    case waits(until: Timestamp)
    /// It did not take it: why.
    case failed(String)
  }

  /// The ledger.
  public let reader: LedgerReader
  private let now: @Sendable () -> Timestamp
  private let receipts: Receipts

  /// Anchors of a ledger that is open.
  public init(
    _ reader: LedgerReader, now: @escaping @Sendable () -> Timestamp = { Anchoring.clock() }
  ) {
    self.reader = reader
    self.now = now
    receipts = Receipts(reader.directory)
  }

  // MARK: Whose they are

  /// Why this process does not run the anchors of the policy, as words; nil when it does.
  public func refusal(_ state: PolicyState) throws(ReadingError) -> String? {
    guard let set = state.set else { return nil }
    let event = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.event(at: set.position)
    }
    guard let uid = event.actor.os?.uid else {
      return "the policy was not set by a user of this machine"
    }
    guard uid == geteuid() else {
      return "the policy was set by user \(uid), whose processes alone run its anchors"
    }
    return nil
  }

  /// The policy in force.
  public func policy() throws(ReadingError) -> PolicyState {
    try reader.read { (snapshot) throws(ReadingError) in
      guard case .policy(let state)? = try snapshot.entity(.policy, asOf: snapshot.size) else {
        return .initial
      }
      return state
    }
  }

  /// The anchors that have something to do now.
  public func due(
    _ anchors: [Policy.Anchor], at size: LedgerSize, isForced: Bool = false
  ) -> [Policy.Anchor] {
    anchors.filter { anchor in
      if case .waits = standing(anchor, size, isForced) { return false }
      if case .has = standing(anchor, size, isForced) { return false }
      return true
    }
  }

  /// Whether an anchor waits, or has what there is; nil when it is due.
  private func standing(
    _ anchor: Policy.Anchor, _ size: LedgerSize, _ isForced: Bool
  ) -> Result? {
    let state = receipts.state(of: anchor.name)
    if state.failures == 0, let has = state.size, has >= size { return .has(has) }
    if isForced { return nil }
    let time = now()
    if let next = state.next, time < next,
      // A clock that was set back must not keep an anchor waiting for years.
      next.microseconds - time.microseconds <= Int64(max(anchor.everySeconds, 3600)) * 1_000_000
    {
      return .waits(until: next)
    }
    return nil
  }

  // MARK: The round

  /// Gives the published checkpoint to every anchor that is due; with `isForced` to all that lack
  /// it.
  public func run(isForced: Bool = false) throws(ReadingError) -> [Report] {
    let state = try policy()
    let refusal = try refusal(state)
    guard let stored = try LedgerReader.checkpoint(of: reader) else { return [] }
    let size = LedgerSize(stored.size)
    var reports: [Report] = []
    for anchor in state.policy.anchors {
      if let refusal {
        reports.append(Report(name: anchor.name, result: .failed(refusal)))
      } else if let standing = standing(anchor, size, isForced) {
        reports.append(Report(name: anchor.name, result: standing))
      } else {
        reports.append(Report(name: anchor.name, result: attempt(anchor, stored)))
      }
    }
    return reports
  }

  private func attempt(_ anchor: Policy.Anchor, _ checkpoint: VerifiedCheckpoint) -> Result {
    var state = receipts.state(of: anchor.name)
    let size = LedgerSize(checkpoint.size)
    do throws(AnchorFailure) {
      let answer = try deliver(anchor, checkpoint, known: state.size)
      try keep(answer, anchor, size)
      state = AnchorState()
      (state.size, state.time) = (size, now())
      if anchor.everySeconds > 0 {
        state.next = later(than: now(), by: UInt64(anchor.everySeconds))
      }
      try write(state, of: anchor.name)
      return .given(size)
    } catch {
      state.failures = min(state.failures + 1, 1_000_000)
      state.error = error.words
      state.next = later(than: now(), by: Anchoring.pause(after: state.failures))
      try? write(state, of: anchor.name)
      return .failed(error.words)
    }
  }

  /// How long an anchor is left alone after so many failures, in seconds: a minute, two, … an hour.
  static func pause(after failures: UInt32) -> UInt64 {
    min(60 << UInt64(min(failures, 7) - 1), 3600)
  }

  private func later(than time: Timestamp, by seconds: UInt64) -> Timestamp {
    Timestamp(microseconds: time.microseconds + Int64(seconds) * 1_000_000)
  }

  private func deliver(
    _ anchor: Policy.Anchor, _ checkpoint: VerifiedCheckpoint, known: LedgerSize?
  ) throws(AnchorFailure) -> AnchorAnswer {
    let scratch = reader.directory.receiptsDirectory + "/.work"
    Anchoring.clear(scratch)
    do throws(DirectoryError) {
      try makeFolders(anchor.name)
      try DurableFile.makeDirectory(scratch, mode: 0o700)
    } catch {
      throw AnchorFailure("\(error)")
    }
    defer { Anchoring.clear(scratch) }
    var environment: [String: String] = ["PATH": ProgramSearch.standardPath]
    let caller = JobEnvironment.ofCaller()
    for name in JobEnvironment.standard { environment[name] = caller[name] ?? environment[name] }
    environment["JOBLEDGER_ANCHOR"] = anchor.name.string
    environment["JOBLEDGER_ORIGIN"] = checkpoint.origin.description
    environment["JOBLEDGER_SIZE"] = "\(checkpoint.size)"
    let delivery = AnchorDelivery(
      anchor: anchor, reader: reader, checkpoint: checkpoint, known: known?.value ?? 0,
      environment: environment, folder: Anchoring.folder(of: reader.directory), scratch: scratch)
    return try delivery.deliver()
  }

  /// Where relative paths of a policy begin: the folder that holds the ledger's.
  private static func folder(of directory: LedgerDirectory) -> String {
    let path = directory.path
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    return folder.isEmpty ? "/" : folder
  }

  /// A path of a policy as an absolute one.
  public static func absolute(_ path: String, _ directory: LedgerDirectory) -> String {
    path.utf8.first == 0x2F ? path : folder(of: directory) + "/" + path
  }

  private static func clear(_ folder: String) {
    for name in ["note", "query", "reply"] { _ = unlink(folder + "/" + name) }
    _ = rmdir(folder)
  }

  // MARK: Receipts

  /// Writes the parts of a receipt, the note last of all: a crash leaves no half receipt.
  private func keep(
    _ answer: AnchorAnswer, _ anchor: Policy.Anchor, _ size: LedgerSize
  ) throws(AnchorFailure) {
    let mode = reader.directory.sharing.fileMode
    do throws(DirectoryError) {
      try makeFolders(anchor.name)
      for (part, bytes) in answer.parts + [(.checkpoint, answer.note)] {
        try DurableFile.replace(
          receipts.file(anchor.name, size, part), with: bytes, mode: mode,
          for: "keep the receipt")
      }
    } catch {
      throw AnchorFailure("\(error)")
    }
    // Of a file elsewhere there is one, and so is its receipt.
    guard case .file = anchor.way else { return }
    for old in receipts.sizes(of: anchor.name) where old < size {
      _ = unlink(receipts.file(anchor.name, old, .checkpoint))
    }
  }

  private func write(_ state: AnchorState, of anchor: Name) throws(AnchorFailure) {
    do throws(DirectoryError) {
      try makeFolders(anchor)
      guard let bytes = try? CanonicalJSON.encode(state.json) else { return }
      try DurableFile.replace(
        receipts.folder(anchor) + "/state", with: bytes,
        mode: reader.directory.sharing.fileMode, for: "keep the state of the anchor")
    } catch {
      throw AnchorFailure("\(error)")
    }
  }

  private func makeFolders(_ anchor: Name) throws(DirectoryError) {
    try AnchorLock.makeFolder(reader.directory)
    let folder = receipts.folder(anchor)
    if mkdir(folder, reader.directory.sharing.directoryMode) != 0, errno != EEXIST {
      throw .system("make the folder of receipts", folder)
    }
    _ = chmod(folder, reader.directory.sharing.directoryMode)
  }

  /// The wall clock.
  public static func clock() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
