// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import LedgerCodec
public import LedgerReading

/// Makes the directory of a new ledger; only `init` and `restore` do.
///
/// First everything but `ledger.json`, then the caller makes the database in `db/1`, and
/// ``finish(origin:vkey:)`` renames `ledger.json` into place last of all: a crash before that
/// leaves a directory that every command refuses. Dropped without it, what was made is removed.
public struct LedgerCreation: ~Copyable {
  /// The directory being made.
  public let directory: LedgerDirectory
  /// The identifier drawn for the ledger, 32 hexadecimal digits.
  public let id: String
  /// The log's Ed25519 private key, 32 bytes, as in `keys/log` or the file elsewhere; of no use
  /// where an agent has the key.
  public let logKey: [UInt8]
  private let keyPlace: KeyPlace
  /// The key of the request digests, 32 bytes, as in `keys/request`.
  public let requestKey: [UInt8]
  private let claim: Claim
  private var isFinished = false

  /// The first generation, whose directory is made and empty.
  public static let generation: UInt64 = 1

  /// Makes the skeleton at `path`, which does not exist or is an empty directory of one's own.
  ///
  /// The log's key is put where `keyPlace` says, into a file that is new. Draws the keys, allocates
  /// and syncs the door, syncs every file and directory. `cannotCreate` when the place is taken, also
  /// by somebody who is making a ledger there, its parent missing or the group not one's own;
  /// `unsupported` on a network.
  public init(
    at path: String, sharing: LedgerSharing = .owner, keyPlace: KeyPlace = .inside
  ) throws(DirectoryError) {
    let path = try LedgerCreation.place(path)
    let directory = LedgerDirectory(unchecked: path, sharing: sharing)
    let id = try LedgerCreation.random(16)
    let logKey = try LedgerCreation.random(32)
    let requestKey = try LedgerCreation.random(32)
    let claim = try Claim(directory)
    do throws(DirectoryError) {
      try LedgerCreation.setAccess(path, sharing)
      try LedgerCreation.putElsewhere(logKey, keyPlace)
      do throws(DirectoryError) {
        try LedgerCreation.fill(
          directory, generation: LedgerCreation.generation,
          keys: [
            LedgerCreation.file(of: logKey, keyPlace, directory),
            (directory.requestKeyFile, requestKey),
          ])
      } catch {
        LedgerCreation.removeElsewhere(keyPlace)
        throw error
      }
    } catch {
      // No deinit runs for a value that never was.
      LedgerCreation.remove(directory, madeDirectory: claim.madeDirectory)
      throw error
    }
    self.keyPlace = keyPlace
    self.directory = directory
    self.id = id.withUnsafeBytes { Hex.encode($0) }
    self.logKey = logKey
    self.requestKey = requestKey
    self.claim = claim
  }

  deinit {
    if !isFinished {
      LedgerCreation.removeElsewhere(keyPlace)
      LedgerCreation.remove(directory, madeDirectory: claim.madeDirectory)
    }
  }

  /// Makes it a ledger: syncs what the caller made in `db/1`, then writes `ledger.json`.
  ///
  /// After an error that came from the very last sync the ledger may exist.
  public consuming func finish(
    origin: String, vkey: String
  ) throws(DirectoryError) -> LedgerIdentity {
    let generation = LedgerCreation.generation
    let identity = LedgerIdentity(id: id, origin: origin, vkey: vkey, generation: generation)
    try directory.checkGeneration(generation)
    let data = try Descriptor.open(directory.dataFile(generation), O_RDWR, for: "sync")
    guard fchmod(data.number, directory.sharing.fileMode) == 0, fsync(data.number) == 0 else {
      throw .system("sync", directory.dataFile(generation))
    }
    let lock = directory.lockFile(generation)
    // By path: LMDB alone opens its lock file.
    guard chmod(lock, directory.sharing.fileMode) == 0 || errno == ENOENT else {
      throw .system("set the mode of", lock)
    }
    try DurableFile.syncDirectory(directory.generationDirectory(generation))
    try DurableFile.syncDirectory(directory.databaseDirectory)
    // Everything below is durable; from the rename on it is a ledger.
    isFinished = true
    try identity.write(directory)
    try DurableFile.syncDirectory(DurableFile.parent(of: directory.path))
    return identity
  }

  fileprivate static let operation = "make a ledger in"

  /// The absolute path of a place where a ledger may be made.
  static func place(_ path: String) throws(DirectoryError) -> String {
    do throws(DirectoryError) {
      let absolute = try LedgerDirectory.absolute(path)
      try requireOutsideOfLedgers(absolute)
      return absolute
    } catch {
      guard error.code == .notFound else { throw error }
      throw DirectoryError(
        .cannotCreate, operation, path, "the directory above it does not exist",
        whatNext: "make that first", systemError: ENOENT)
    }
  }

  /// Refuses a place within another ledger, whose copies and doctor would not know what it is.
  private static func requireOutsideOfLedgers(_ path: String) throws(DirectoryError) {
    var parent = DurableFile.parent(of: path)
    while !parent.isEmpty, parent != "/" {
      if statusOfLink(parent + "/ledger.json") != nil, statusOfLink(parent + "/door") != nil {
        throw DirectoryError(
          .cannotCreate, operation, path, "it lies within the ledger \(parent)",
          whatNext: "name another place with --ledger")
      }
      parent = DurableFile.parent(of: parent)
    }
  }

  /// Gives the directory its group and mode.
  static func setAccess(
    _ path: String, _ sharing: LedgerSharing
  ) throws(DirectoryError) {
    if case .group(let group) = sharing, chown(path, uid_t.max, group) != 0 {
      throw DirectoryError(
        .cannotCreate, operation, path, "group \(group) cannot be given to it",
        whatNext: "name a group that you belong to", systemError: errno)
    }
    guard chmod(path, sharing.directoryMode) == 0, let status = statusOfLink(path),
      status.st_mode & 0o7777 == sharing.directoryMode
    else { throw .system("set the mode of", path) }
  }

  /// Makes the file of a key that is kept elsewhere; refused where something is.
  private static func putElsewhere(
    _ key: [UInt8], _ place: KeyPlace
  ) throws(DirectoryError) {
    guard case .file(let path) = place else { return }
    do throws(DirectoryError) {
      try DurableFile.create(path, key, mode: 0o600, for: "put the key in")
    } catch {
      guard error.systemError == EEXIST else { throw error }
      throw DirectoryError(
        .cannotCreate, "put the key in", path, "something is there already",
        whatNext: "name another file", systemError: EEXIST)
    }
    try DurableFile.syncDirectory(DurableFile.parent(of: path))
  }

  private static func removeElsewhere(_ place: KeyPlace) {
    if case .file(let path) = place { _ = unlink(path) }
  }

  /// The file in the ledger that holds the log's key, or says where it is.
  private static func file(
    of key: [UInt8], _ place: KeyPlace, _ directory: LedgerDirectory
  ) -> (path: String, bytes: [UInt8]) {
    guard let json = place.json, let form = try? CanonicalJSON.encode(json) else {
      return (directory.logKeyFile, key)
    }
    return (directory.keyPlaceFile, form)
  }

  /// Makes everything but database, checkpoint and `ledger.json`, and syncs it.
  static func fill(
    _ directory: LedgerDirectory, generation: UInt64, keys: [(path: String, bytes: [UInt8])]
  ) throws(DirectoryError) {
    let sharing = directory.sharing
    let directories = [
      directory.databaseDirectory, directory.generationDirectory(generation),
      directory.blobsDirectory, directory.keysDirectory, directory.runnersDirectory,
      directory.deploymentsDirectory,
    ]
    for path in directories {
      try DurableFile.makeDirectory(path, mode: sharing.directoryMode, for: operation)
    }
    for path in [directory.turnstileFile, directory.namespaceFile] {
      try DurableFile.create(path, [], mode: sharing.fileMode, for: operation)
    }
    // Written in full, not only allocated: changing it later then needs no room at all.
    try DurableFile.create(
      directory.doorFile, DoorLayout.page(), mode: sharing.fileMode, for: operation)
    try allocate(directory.doorFile)
    for key in keys {
      try DurableFile.create(key.path, key.bytes, mode: sharing.keyMode, for: operation)
    }
    for path in directories.reversed() + [directory.path] {
      try DurableFile.syncDirectory(path, for: operation)
    }
  }

  private static func allocate(_ path: String) throws(DirectoryError) {
    let file = try Descriptor.open(path, O_RDWR, for: operation)
    let error = posix_fallocate(file.number, 0, off_t(DoorLayout.pageLength))
    // Some file systems cannot; then the bytes written above are what there is.
    guard error == 0 || error == EOPNOTSUPP || error == EINVAL else {
      throw .system(operation, path, error: error)
    }
    guard fsync(file.number) == 0 else { throw .system(operation, path) }
  }

  /// Removes exactly what a creation makes, and nothing that it does not know.
  private static func remove(_ directory: LedgerDirectory, madeDirectory: Bool) {
    let files = [
      directory.identityFile + ".new", directory.checkpointFile, directory.turnstileFile,
      directory.doorFile, directory.namespaceFile, directory.logKeyFile, directory.keyPlaceFile,
      directory.requestKeyFile, directory.dataFile(generation), directory.lockFile(generation),
    ]
    for path in files { _ = unlink(path) }
    let directories = [
      directory.generationDirectory(generation), directory.databaseDirectory,
      directory.blobsDirectory, directory.keysDirectory, directory.runnersDirectory,
      directory.deploymentsDirectory,
    ]
    for path in directories { _ = rmdir(path) }
    if madeDirectory { _ = rmdir(directory.path) }
  }

  private static func random(_ count: Int) throws(DirectoryError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard clinux_random(&bytes, count) == 0 else {
      throw .system("draw random numbers from", "the kernel")
    }
    return bytes
  }
}

/// A directory in which nobody else makes a ledger meanwhile.
///
/// Whoever finds a directory empty may fill it, and removes again what it put there; two who found
/// it empty would remove each other's files. So one first locks the directory and then looks.
private struct Claim: ~Copyable {
  /// Whether the directory was not there before.
  let madeDirectory: Bool
  private let lock: Descriptor

  init(_ directory: LedgerDirectory) throws(DirectoryError) {
    let path = directory.path
    let madeDirectory = mkdir(path, 0o700) == 0
    if !madeDirectory { try Claim.requireOwnDirectory(path, error: errno) }
    do throws(DirectoryError) {
      lock = try Claim.lockEmpty(directory)
    } catch {
      // Whoever locked it first is about to fill it, empty as it is now: it is theirs.
      if madeDirectory, error.systemError != EWOULDBLOCK { _ = rmdir(path) }
      // Who gave up meanwhile may have removed the directory.
      throw error.systemError == ENOENT ? Claim.beingMade(path) : error
    }
    self.madeDirectory = madeDirectory
  }

  private static func requireOwnDirectory(
    _ path: String, error: Int32
  ) throws(DirectoryError) {
    guard error == EEXIST, let status = statusOfLink(path) else {
      throw refusal(path, String(cString: strerror(error)), error)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw refusal(path, "something else has that name", EEXIST)
    }
    guard status.st_uid == geteuid() else {
      throw refusal(path, "the directory belongs to user \(status.st_uid)", EPERM)
    }
  }

  private static func lockEmpty(
    _ directory: LedgerDirectory
  ) throws(DirectoryError) -> Descriptor {
    try directory.checkFileSystem()
    let path = directory.path
    let lock = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, for: LedgerCreation.operation)
    guard lock.lock(LOCK_EX | LOCK_NB) else {
      guard errno == EWOULDBLOCK else { throw .system(LedgerCreation.operation, path) }
      throw beingMade(path)
    }
    guard let mine = lock.status(), let there = statusOfLink(path),
      FileIdentity(mine) == FileIdentity(there)
    else { throw beingMade(path) }
    try requireEmpty(path)
    return lock
  }

  private static func requireEmpty(_ path: String) throws(DirectoryError) {
    let names = try GenerationSwap.names(in: path)
    guard !names.isEmpty else { return }
    let isLedger = names.contains("ledger.json")
    throw refusal(
      path, isLedger ? "a ledger is there already" : "the directory is not empty", ENOTEMPTY,
      whatNext: names.contains("door") && !isLedger
        ? "an earlier 'init' was interrupted there: remove the directory and try again"
        : "name another place with --ledger")
  }

  private static func beingMade(_ path: String) -> DirectoryError {
    refusal(
      path, "another process is making a ledger there", EWOULDBLOCK,
      whatNext: "use that one once it is made")
  }

  private static func refusal(
    _ path: String, _ problem: String, _ error: Int32, whatNext: String = ""
  ) -> DirectoryError {
    DirectoryError(
      .cannotCreate, LedgerCreation.operation, path, problem, whatNext: whatNext,
      systemError: error)
  }
}
