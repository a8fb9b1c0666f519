// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LMDB
import LMDBWriting
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// A ledger on its way back from a backup, in a folder beside the place that it gets at the end.
///
/// First all of the backup is read, checked and unpacked; then ``record(_:)`` writes
/// `ledger.restored`, and only after that there is a `ledger.json`: nothing can be written to it
/// before. The caller verifies it, and ``publish()`` gives it its name. Dropped before that, it is
/// removed; what a crash leaves, the next restoration to the same place removes.
public struct Restoration: ~Copyable {
  /// How to restore.
  public struct Options {
    /// Who may write to the ledger.
    public var sharing: LedgerSharing
    /// Where the time comes from.
    public var clock: LedgerClock
    /// Called now and then with what is being done, how much of it is done, and how much there is.
    public var onProgress: (String, UInt64, UInt64) -> Void

    /// Gathers the members.
    public init(
      sharing: LedgerSharing = .owner, clock: LedgerClock = .system(),
      onProgress: @escaping (String, UInt64, UInt64) -> Void = { _, _, _ in }
    ) {
      self.sharing = sharing
      self.clock = clock
      self.onProgress = onProgress
    }
  }

  /// Where the ledger is until it is published.
  public let directory: LedgerDirectory
  /// Where it is going to be.
  public let path: String
  /// What the backup says of itself.
  public let manifest: BackupManifest
  /// The key epochs of the ledger as of the backup, oldest first.
  public let keys: [LedgerState.Epoch]
  let options: Options
  private let lock: Descriptor
  private var isPublished = false
  static let operation = "restore a ledger to"
  private static let marker = "restoring"

  /// Checks all of a backup, and unpacks it beside `path`, which does not exist or is empty.
  ///
  /// The signing key is taken from `signingKey` where the backup has none.
  public init(
    from file: String, to path: String, signingKey: [UInt8]? = nil, options: Options = Options()
  ) throws(BackupError) {
    let path = try backing { () throws(DirectoryError) in try LedgerCreation.place(path) }
    try Restoration.requireFree(path)
    var reader = try BackupReader.open(file)
    let directory = LedgerDirectory(unchecked: path + ".restoring", sharing: options.sharing)
    let lock = try Restoration.claim(directory.path, for: path)
    do throws(BackupError) {
      let generation = reader.manifest.generation + 1
      try backing { () throws(DirectoryError) in
        try LedgerCreation.setAccess(directory.path, options.sharing)
        try LedgerCreation.fill(directory, generation: generation, keys: [])
        try SpaceCheck.check(
          reader.length + SpaceCheck.leastFree, free: try SpaceCheck.free(in: directory), directory)
      }
      var unpacking = Unpacking(directory, generation: generation)
      try unpacking.take(&reader, options.onProgress)
      if !reader.hasLogKey, let signingKey { try unpacking.add(signingKey: signingKey) }
      try unpacking.sync()
      keys = try Restoration.compare(reader.manifest, directory, generation, file)
    } catch {
      Restoration.remove(directory.path)
      throw error
    }
    self.directory = directory
    self.path = path
    self.manifest = reader.manifest
    self.options = options
    self.lock = lock
  }

  deinit { if !isPublished { Restoration.remove(directory.path) } }

  /// The generation that it gets: another than that of the ledger which was backed up, so that
  /// nobody takes the one for the other.
  var generation: UInt64 { manifest.generation + 1 }

  /// Compares what the database says with what the backup says; the keys of the ledger.
  private static func compare(
    _ manifest: BackupManifest, _ directory: LedgerDirectory, _ generation: UInt64, _ file: String
  ) throws(BackupError) -> [LedgerState.Epoch] {
    let copy = try CopiedLedger(directory.generationDirectory(generation))
    guard copy.head.size == manifest.size, copy.head.frontier.root() == manifest.root,
      copy.state.id == manifest.id,
      copy.state.origin.string.utf8.elementsEqual(manifest.origin.utf8)
    else {
      throw BackupError(.malformed, file, "its database is not of the ledger and size that it says")
    }
    return copy.state.keys
  }

  /// The root over the first events, as the unpacked database has it.
  func root(at size: LedgerSize) throws(BackupError) -> MerkleHash {
    try CopiedLedger.read(directory.generationDirectory(generation)) {
      (snapshot) throws(ReadingError) in try snapshot.root(at: size)
    }
  }

  // MARK: The place

  private static func requireFree(_ path: String) throws(BackupError) {
    guard let status = statusOfLink(path) else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw refusal(path, "something else has that name", "name another place")
    }
    let names = try backing { () throws(DirectoryError) in try GenerationSwap.names(in: path) }
    guard !names.isEmpty else { return }
    guard names.contains("ledger.json") else {
      throw refusal(path, "the directory is not empty", "name another place")
    }
    throw refusal(
      path, "a ledger is there already, and nothing is ever restored over one",
      "restore to another place, and add --against '\(path)' so that what this ledger has beyond "
        + "the backup is told")
  }

  private static func refusal(
    _ path: String, _ why: String, _ next: String, _ error: Int32 = EEXIST
  ) -> BackupError {
    BackupError(
      DirectoryError(.cannotCreate, operation, path, why, whatNext: next, systemError: error))
  }

  /// Makes the folder, removing what a crash left there; the lock of whoever works in it.
  private static func claim(
    _ beside: String, for path: String
  ) throws(BackupError) -> Descriptor {
    let marker = "\(beside)/\(Restoration.marker)"
    for _ in 0..<10 {
      if mkdir(beside, 0o700) == 0 {
        return try backing { () throws(DirectoryError) in
          let lock = try Descriptor.open(
            marker, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, for: operation)
          guard lock.lock(LOCK_EX | LOCK_NB) else { throw .system(operation, marker) }
          return lock
        }
      }
      guard errno == EEXIST else {
        throw refusal(path, String(cString: strerror(errno)), "", errno)
      }
      guard let status = statusOfLink(beside) else { continue }
      guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
        throw refusal(path, "something else is called '\(beside)'", "remove it")
      }
      // Nobody but an interrupted restoration leaves an empty one.
      if rmdir(beside) == 0 { continue }
      guard statusOfLink(marker) != nil,
        let old = try? Descriptor.open(marker, O_RDWR | O_NONBLOCK, for: operation)
      else {
        throw refusal(
          path, "'\(beside)' is in the way", "if it is what an interrupted restore left, remove it")
      }
      guard old.lock(LOCK_EX | LOCK_NB) else {
        throw BackupError(
          DirectoryError(
            .busy, operation, path, "another process is restoring to it", whatNext: "wait for it",
            systemError: EWOULDBLOCK))
      }
      remove(beside)
    }
    throw refusal(path, "others make and remove '\(beside)' all the time", "try again", EBUSY)
  }

  /// Removes an unfinished ledger, its marker last.
  private static func remove(_ path: String) {
    for name in (try? GenerationSwap.names(in: path)) ?? [] where name != marker {
      FolderRemoval.remove("\(path)/\(name)")
    }
    FolderRemoval.remove(path)
  }

  /// Makes it the ledger at its place, durably.
  public consuming func publish() throws(BackupError) {
    let (beside, path) = (directory.path, path)
    try backing { () throws(DirectoryError) in try DurableFile.syncDirectory(beside) }
    // Takes the place of an empty directory, and of nothing else. The marker goes with it: without
    // one, the next restoration would not know what a crash before this left for its own.
    guard rename(beside, path) == 0 else {
      throw Restoration.refusal(path, "it is not free any more", "name another place", errno)
    }
    isPublished = true
    // A crash here leaves an empty file in the ledger, of which nobody takes notice.
    _ = unlink("\(path)/\(Restoration.marker)")
    try backing { () throws(DirectoryError) in
      try DurableFile.syncDirectory(path)
      try DurableFile.syncDirectory(DurableFile.parent(of: path))
    }
  }
}
