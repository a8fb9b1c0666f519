// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerReading

/// Where a backup is written: `FILE.new`, locked by whoever writes it, and the folder
/// `FILE.new.d` for the copy that is verified. Dropped, both are removed.
struct BackupPlace: ~Copyable {
  /// The final name.
  let path: String
  /// The name until then.
  let beside: String
  private let scratch: String
  private let replaces: Bool
  private let lock: Descriptor
  private static let operation = "make the backup"

  init(_ file: String, outside ledger: String, replaces: Bool) throws(BackupError) {
    let path: String
    do throws(DirectoryError) { path = try LedgerDirectory.absolute(file) } catch {
      guard error.code == .notFound else { throw BackupError(error) }
      throw BackupPlace.refusal(file, "the directory above it does not exist", ENOENT)
    }
    if let status = statusOfLink(path) {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw BackupPlace.refusal(path, "something that is no regular file has that name", EEXIST)
      }
      guard replaces else {
        throw BackupPlace.refusal(
          path, "a file of that name is there", EEXIST, "name another, or add --force")
      }
    }
    if let ledger = try? LedgerDirectory.absolute(ledger),
      path.utf8.starts(with: "\(ledger)/".utf8)
    {
      throw BackupPlace.refusal(
        path, "it lies within the ledger", EINVAL, "keep backups somewhere else")
    }
    let lock = try BackupPlace.take(path + ".new", for: path)
    self.path = path
    self.replaces = replaces
    self.lock = lock
    beside = path + ".new"
    scratch = path + ".new.d"
    FolderRemoval.remove(scratch)
  }

  deinit {
    FolderRemoval.remove(scratch)
    // Renamed, it is nobody's leftover any more.
    if let status = statusOfLink(beside), let mine = lock.status(),
      FileIdentity(status) == FileIdentity(mine)
    {
      _ = unlink(beside)
    }
  }

  /// Makes and locks the file to write to; what an earlier attempt left there is taken over.
  private static func take(
    _ beside: String, for path: String
  ) throws(BackupError) -> Descriptor {
    for _ in 0..<100 {
      let file: Descriptor
      do throws(DirectoryError) {
        file = try Descriptor.open(
          beside, O_RDWR | O_CREAT | O_NONBLOCK, mode: 0o600, for: operation)
      } catch {
        throw refusal(path, error.reason, error.systemError, error.whatNext)
      }
      guard file.lock(LOCK_EX | LOCK_NB) else {
        throw BackupError(
          DirectoryError(
            .busy, operation, path, "another process is making one there",
            whatNext: "wait for it, or name another file", systemError: EWOULDBLOCK))
      }
      guard let status = file.status(), status.st_mode & S_IFMT == S_IFREG else {
        throw refusal(beside, "something that is no regular file has that name", EEXIST)
      }
      // Whoever held it may have renamed or removed it.
      guard statusOfLink(beside).map(FileIdentity.init) == FileIdentity(status) else { continue }
      if status.st_nlink > 1 {
        // Whoever linked it to its final name died before taking this one away: it is finished.
        guard unlink(beside) == 0 else { throw BackupError(.system(operation, beside)) }
        continue
      }
      guard fchmod(file.number, 0o600) == 0, ftruncate(file.number, 0) == 0 else {
        throw BackupError(.system(operation, beside))
      }
      return file
    }
    throw refusal(path, "others make and remove '\(beside)' all the time", EBUSY)
  }

  /// Makes the folder of the copy.
  func makeScratch() throws(BackupError) -> String {
    try backing { () throws(DirectoryError) in
      try DurableFile.makeDirectory(scratch, mode: 0o700, for: BackupPlace.operation)
    }
    return scratch
  }

  /// The file to write to.
  func open() throws(BackupError) -> Descriptor {
    let number = fcntl(lock.number, F_DUPFD_CLOEXEC, 3)
    guard number >= 0 else { throw BackupError(.system(BackupPlace.operation, beside)) }
    return Descriptor(owning: number)
  }

  /// Gives the file its name, and makes that durable.
  func publish() throws(BackupError) {
    if replaces {
      guard rename(beside, path) == 0 else {
        throw BackupError(.system(BackupPlace.operation, path))
      }
    } else {
      // Unlike a rename this never replaces what somebody put there meanwhile.
      if link(beside, path) == 0 {
        _ = unlink(beside)
      } else if errno == EEXIST || statusOfLink(path) != nil {
        throw BackupPlace.refusal(path, "a file of that name is there by now", EEXIST)
      } else if rename(beside, path) != 0 {
        // Not every file system has links.
        throw BackupError(.system(BackupPlace.operation, path))
      }
    }
    try backing { () throws(DirectoryError) in
      try DurableFile.syncDirectory(DurableFile.parent(of: path), for: BackupPlace.operation)
    }
  }

  private static func refusal(
    _ path: String, _ why: String, _ error: Int32, _ next: String = ""
  ) -> BackupError {
    BackupError(
      DirectoryError(
        .cannotCreate, operation, path, why, whatNext: next, systemError: error))
  }
}

/// Removes folders that this program made, whatever is in them; links are removed, not followed.
enum FolderRemoval {
  static func remove(_ path: String) {
    guard let status = statusOfLink(path) else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      _ = unlink(path)
      return
    }
    for name in (try? GenerationSwap.names(in: path)) ?? [] { remove("\(path)/\(name)") }
    _ = rmdir(path)
  }
}
