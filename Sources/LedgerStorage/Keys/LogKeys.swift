// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// The private half of a log's key: what signs.
enum LogKey: Sendable {
  /// A secret that was read from a file.
  case secret(SigningKey)
  /// A key that an agent holds.
  case agent(AgentKey)

  var publicKey: PublicKey {
    switch self {
    case .secret(let key): key.publicKey
    case .agent(let key): key.publicKey
    }
  }

  /// Signs; an agent is waited for, a few seconds at most.
  func signature(for message: [UInt8]) throws(StorageError) -> [UInt8] {
    switch self {
    case .secret(let key): return key.signature(for: message)
    case .agent(let key):
      do throws(AgentError) { return try key.signature(for: message) } catch {
        throw StorageError(.keyUnusable("\(error)"), "asking the agent for a signature")
      }
    }
  }
}

/// Finds the private key of a ledger, and replaces it so that no crash loses the one in use.
///
/// A key that is about to come into use stands beside the old one with `.next` at its name, and so
/// does its place. Which one is in use is for the events to say: of all that is there, the key that
/// fits is taken. So at any moment of a rotation the key that the events ask for is on the disk.
struct LogKeys: Sendable {
  let directory: LedgerDirectory

  private static let next = ".next"
  private static let operation = "reading the log's key"

  /// Where the key is, and where the next one will be while a rotation is under way.
  func places() throws(DirectoryError) -> [KeyPlace] {
    var places: [KeyPlace] = []
    let path = directory.keyPlaceFile
    for (index, file) in [path, path + LogKeys.next].enumerated() {
      let bytes: [UInt8]
      do throws(DirectoryError) {
        bytes = try DurableFile.read(file, limit: 16_384, for: "read where the key is")
      } catch {
        guard error.code == .notFound else { throw error }
        if index == 0 { places.append(.inside) }
        continue
      }
      if let place = KeyPlace(bytes) {
        places.append(place)
      } else if bytes.elementsEqual(LogKeys.insideMark) {
        places.append(.inside)
      } else {
        throw DirectoryError(
          .damaged, "read where the key is", file, "it does not say where",
          whatNext: "restore it from a backup, or remove it if the key is in keys/log")
      }
    }
    return places
  }

  /// What `place.next` holds while a key moves back inside.
  private static let insideMark = Array("{\"inside\":true}".utf8)

  /// A private key that was found.
  struct Found {
    /// The key.
    var key: LogKey
    /// Whether it still waits as the next one.
    var isNext: Bool
    /// Where it is.
    var place: KeyPlace
  }

  /// The private half of a key.
  ///
  /// Errors say, of every place where it could be, why it is not there.
  func key(_ wanted: VerifierKey) throws(StorageError) -> Found {
    var reasons: [String] = []
    let places: [KeyPlace]
    do throws(DirectoryError) { places = try self.places() } catch {
      throw StorageError(.keyUnusable("\(error)"), LogKeys.operation)
    }
    for (index, place) in places.enumerated() {
      if case .agent(let publicKey) = place {
        if publicKey == wanted.publicKey {
          return Found(
            key: .agent(AgentKey(publicKey: publicKey)), isNext: index > 0, place: place)
        }
        reasons.append("the agent's key is another")
        continue
      }
      guard let path = place.secretFile(in: directory) else { continue }
      for (file, isNext) in [(path, index > 0), (path + LogKeys.next, true)] {
        if isNext, statusOfLink(file) == nil { continue }
        do throws(DirectoryError) {
          let key = try LogKeys.read(file, place, in: directory)
          if key.publicKey == wanted.publicKey {
            return Found(key: .secret(key), isNext: isNext, place: place)
          }
          reasons.append("'\(file)' is not the key that signs this ledger")
        } catch {
          reasons.append("\(error)")
        }
      }
    }
    throw StorageError(.keyUnusable(reasons.joined(separator: "; ")), LogKeys.operation)
  }

  /// Reads a secret; one outside of the ledger has to be its owner's alone.
  static func read(
    _ path: String, _ place: KeyPlace, in directory: LedgerDirectory
  ) throws(DirectoryError) -> SigningKey {
    if case .file = place { try requirePrivate(path) }
    let bytes = try directory.key(path)
    guard let key = try? SigningKey(rawRepresentation: bytes) else {
      throw DirectoryError(.damaged, "read the key", path, "it is no Ed25519 key")
    }
    return key
  }

  /// Refuses a file that others may read, or that belongs to somebody else.
  static func requirePrivate(_ path: String) throws(DirectoryError) {
    guard let status = statusOfLink(path) else {
      guard errno == ENOENT else { throw .system("read the key", path) }
      throw DirectoryError(
        .notFound, "read the key", path, "it does not exist",
        whatNext: "mount or put back what holds it; what is written meanwhile stands unsigned",
        systemError: ENOENT)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DirectoryError(.unsafe, "read the key", path, "it is no regular file")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw DirectoryError(
        .unsafe, "read the key", path,
        "others may use it (mode \(String(status.st_mode & 0o7777, radix: 8)))",
        whatNext: "chmod 600, after making sure nobody copied it")
    }
    guard status.st_uid == geteuid() || geteuid() == 0 else {
      throw DirectoryError(
        .unsafe, "read the key", path, "it belongs to user \(status.st_uid)",
        whatNext: "run this as its owner")
    }
  }

  // MARK: Replacing

  /// Puts a new secret, and its place where that changes, beside those in use; synced.
  ///
  /// What an earlier attempt left is overwritten: the caller has settled before, so none of it is
  /// in use, and keeps others away. A crash leaves the old key in use and something unused beside
  /// it.
  func prepare(
    _ secret: SigningKey?, at place: KeyPlace, from old: KeyPlace
  ) throws(DirectoryError) {
    if let secret, let path = place.secretFile(in: directory) {
      let file = path + LogKeys.next
      try LogKeys.wipe(file)
      let mode = place == .inside ? directory.sharing.keyMode : 0o600
      try DurableFile.create(
        file, secret.rawRepresentation, mode: mode, for: "write the new key")
      try DurableFile.syncDirectory(DurableFile.parent(of: file))
    }
    // Whatever an attempt left that came to nothing would lead away from this one.
    let file = directory.keyPlaceFile + LogKeys.next
    if unlink(file) != 0, errno != ENOENT { throw .system("write where the key is", file) }
    try DurableFile.syncDirectory(directory.keysDirectory)
    guard place != old else { return }
    var bytes = LogKeys.insideMark
    if let json = place.json, let form = try? CanonicalJSON.encode(json) { bytes = form }
    try DurableFile.create(
      file, bytes, mode: directory.sharing.keyMode, for: "write where the key is")
    try DurableFile.syncDirectory(directory.keysDirectory)
  }

  /// Takes back what was prepared, after the rotation was refused.
  func abandon(_ place: KeyPlace) {
    if let path = place.secretFile(in: directory) { try? LogKeys.wipe(path + LogKeys.next) }
    _ = unlink(directory.keyPlaceFile + LogKeys.next)
  }

  /// Destroys the old secret and gives the new one its name. The door is held, and a checkpoint of
  /// the new key is published: nothing asks for the old one any more.
  ///
  /// The bytes of a secret are overwritten before its name goes; what a disk keeps of them besides
  /// is beyond a program. A crash in between leaves the new key beside, where it is found.
  func settle(step: (KeyStep) -> Void) throws(DirectoryError) {
    let places = try self.places()
    guard let old = places.first, let new = places.last else { return }
    if let path = old.secretFile(in: directory), statusOfLink(path) != nil {
      try LogKeys.wipe(path, keepingName: new == old)
    }
    step(.wiped)
    if let path = new.secretFile(in: directory), statusOfLink(path + LogKeys.next) != nil {
      guard rename(path + LogKeys.next, path) == 0 else { throw .system("replace the key", path) }
      try DurableFile.syncDirectory(DurableFile.parent(of: path))
    }
    step(.renamed)
    guard places.count > 1 else { return }
    let file = directory.keyPlaceFile
    if new == .inside {
      // The order matters: without `place` the key is inside, with `place.next` it is, too.
      if unlink(file) != 0, errno != ENOENT { throw .system("write where the key is", file) }
      try DurableFile.syncDirectory(directory.keysDirectory)
      _ = unlink(file + LogKeys.next)
    } else if rename(file + LogKeys.next, file) != 0 {
      throw .system("write where the key is", file)
    }
    try DurableFile.syncDirectory(directory.keysDirectory)
  }

  /// Overwrites and removes a secret, if it is there.
  private static func wipe(_ path: String, keepingName: Bool = false) throws(DirectoryError) {
    guard statusOfLink(path) != nil else { return }
    let file = try Descriptor.open(path, O_WRONLY, for: "destroy the old key")
    guard file.write([UInt8](repeating: 0, count: 32), at: 0), fsync(file.number) == 0 else {
      throw .system("destroy the old key", path)
    }
    if keepingName { return }
    guard unlink(path) == 0 || errno == ENOENT else { throw .system("destroy the old key", path) }
    try DurableFile.syncDirectory(DurableFile.parent(of: path))
  }
}

/// The steps of a rotation, at each of which a crash may come.
enum KeyStep: CaseIterable, Sendable {
  case prepared, appended, committed, signed, published, wiped, renamed, settled
}
