// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading

/// One look at a ledger, part by part; each goes on whatever the others found.
struct DoctorRounds {
  let directory: LedgerDirectory
  var findings: [DoctorFinding] = []
  var identity: LedgerIdentity?

  init(_ directory: LedgerDirectory) { self.directory = directory }

  mutating func add(
    _ code: DoctorFinding.Code, _ severity: DoctorFinding.Severity, _ path: String? = nil,
    position: Position? = nil, _ detail: String, advice: String = ""
  ) {
    findings.append(
      DoctorFinding(
        code, severity, position: position, path: path, detail, advice: advice))
  }

  mutating func add(_ error: DirectoryError, as code: DoctorFinding.Code) {
    add(code, .damage, error.path, error.reason, advice: error.whatNext)
  }

  // MARK: Files and folders

  mutating func lookAtParts() {
    do throws(DirectoryError) { _ = try LedgerDirectory.open(directory.path) } catch {
      // A missing part is told below with what to do about it.
      if error.systemError != ENOENT { add(error, as: .directory) }
    }
    for part in directory.parts {
      lookAt(part.path, mode: part.mode, isDirectory: part.isDirectory)
    }
    for name in ["ledger.json.new", "checkpoint.new"] {
      let path = "\(directory.path)/\(name)"
      if statusOfLink(path) != nil {
        add(.leftover, .note, path, "an interrupted write left it", advice: Advice.repair)
      }
    }
    lookAtSpace()
  }

  private mutating func lookAt(_ path: String, mode: mode_t, isDirectory: Bool) {
    guard let status = statusOfLink(path) else {
      if path == directory.checkpointFile { return }
      let isKey = path == directory.logKeyFile || path == directory.requestKeyFile
      // Its new name is what a rotation that was interrupted did not get to: the next checkpoint does.
      if path == directory.logKeyFile, statusOfLink(path + ".next") != nil { return }
      let isRemade = !isKey && path != directory.identityFile && path != directory.databaseDirectory
      add(
        .partMissing, isKey ? .warning : .damage, path, "it is missing",
        advice: isRemade
          ? Advice.repair
          : isKey
            ? "Put it back where 'init' made it; without it nothing is signed or written."
            : "Restore it from a backup.")
      return
    }
    if status.st_mode & S_IFMT == (isDirectory ? S_IFDIR : S_IFREG) {
      lookAtAccess(path, status, mode: mode)
    }
  }

  private mutating func lookAtAccess(_ path: String, _ status: stat, mode: mode_t) {
    let found = status.st_mode & 0o7777
    if found != mode {
      add(
        .mode, .warning, path,
        "its mode is \(String(found, radix: 8)), and 'init' made it \(String(mode, radix: 8))",
        advice: Advice.repair)
    }
    guard let root = statusOfLink(directory.path) else { return }
    if case .group(let group) = directory.sharing {
      if status.st_gid != group {
        add(.owner, .warning, path, "it belongs to group \(status.st_gid), not to \(group)")
      }
    } else if status.st_uid != root.st_uid {
      add(.owner, .warning, path, "it belongs to user \(status.st_uid), not to \(root.st_uid)")
    }
  }

  private mutating func lookAtSpace() {
    guard let free = try? SpaceCheck.free(in: directory) else { return }
    let words = "\(free >> 20) MiB are free on its file system"
    if free < SpaceCheck.leastFree {
      add(
        .space, .damage, directory.databaseDirectory,
        "\(words), and \(SpaceCheck.leastFree >> 20) MiB are needed to write at all",
        advice: "Make room.")
    } else if free < 16 * SpaceCheck.leastFree {
      add(
        .space, .warning, directory.databaseDirectory, words, advice: "Make room before it is full."
      )
    }
  }

  // MARK: Marks and locks

  mutating func lookAtMarks() {
    do throws(DirectoryError) { identity = try LedgerIdentity.read(directory) } catch {
      // A missing one was told among the parts.
      if statusOfLink(directory.identityFile) != nil { add(error, as: .identity) }
    }
    guard statusOfLink(directory.doorFile) != nil else { return }
    do throws(DirectoryError) {
      switch try PoisonState.read(directory) {
      case .clear: break
      case .unreadable:
        add(
          .poisoned, .damage, directory.doorFile,
          "its mark is torn, which counts as a write with an unknown outcome",
          advice: Advice.rebuild)
      case .poisoned(let mark):
        add(
          .poisoned, .damage, directory.doorFile,
          "at \(mark.time) process \(mark.pid) got error \(mark.error) from \(mark.operation), and "
            + "what reached the disk is unknown: nothing is written",
          advice: Advice.rebuild)
      }
      try lookAtDoor()
    } catch {
      add(error, as: .directory)
    }
  }

  private mutating func lookAtDoor() throws(DirectoryError) {
    guard statusOfLink(directory.turnstileFile) != nil, identity != nil else { return }
    let door: Door
    do throws(DirectoryError) { door = try Door(directory) } catch {
      // On read-only media nobody can be inside.
      if error.systemError == EROFS { return }
      throw error
    }
    do throws(DirectoryError) {
      try door.enter(within: .zero, evenIfPoisoned: true).leave()
    } catch {
      guard error.code == .busy else { throw error }
      add(
        .writerInside, door.isHeldByStopped() ? .warning : .note, directory.doorFile, error.reason,
        advice: error.whatNext)
    }
  }

  // MARK: Generations

  mutating func lookAtGenerations() {
    guard let identity, let names = try? GenerationSwap.names(in: directory.databaseDirectory)
    else { return }
    for name in names where name != String(identity.generation) {
      add(
        .staleGeneration, .note, "\(directory.databaseDirectory)/\(name)",
        "generation \(identity.generation) is in force, and this is not it",
        advice: Advice.repair)
    }
    do throws(DirectoryError) { try directory.checkGeneration(identity.generation) } catch {
      return add(error, as: .database)
    }
    let folder = directory.generationDirectory(identity.generation)
    let data = directory.dataFile(identity.generation)
    let lock = directory.lockFile(identity.generation)
    for (path, mode) in [
      (folder, directory.sharing.directoryMode), (data, directory.sharing.fileMode),
      (lock, directory.sharing.fileMode),
    ] {
      if let status = statusOfLink(path) { lookAtAccess(path, status, mode: mode) }
    }
    lookAtLock(lock)
  }

  /// LMDB's magic number stands at the start of its lock file.
  private mutating func lookAtLock(_ path: String) {
    guard let status = statusOfLink(path) else {
      return add(
        .lockFile, .note, path,
        "it is missing; the next opener makes it, and every process that "
          + "has the ledger open must end before",
        advice: "Nobody may touch the files in db/.")
    }
    // Closing it would drop the locks that this process holds on it (fcntl(2)).
    let numbers = (try? EnvironmentFiles.openNumbers()) ?? []
    let isOpen = numbers.contains { number in
      var open = stat()
      return fstat(number, &open) == 0 && FileIdentity(open) == FileIdentity(status)
    }
    if isOpen { return }
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "look at"),
      let bytes = file.read(4, at: 0)
    else { return }
    let magic = withUnsafeBytes(of: UInt32(0xBEEF_C0DE)) { Array($0) }
    if bytes != magic {
      add(
        .lockFile, .warning, path, "it is not LMDB's",
        advice: "End every process that has the ledger open; the next opener makes it anew.")
    }
  }
}

/// What findings advise.
enum Advice {
  static let repair = "'jobledger doctor' puts it right."
  static let rebuild =
    "'jobledger doctor' checks every event, builds a clean copy and allows writing again."
  static let restore = "Restore the ledger from a backup."
}
