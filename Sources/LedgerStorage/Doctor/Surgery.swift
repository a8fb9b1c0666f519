// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

/// One repair, from missing parts to a signed checkpoint of the new generation.
struct Surgery {
  let directory: LedgerDirectory
  let options: Doctor.Treatment
  var fixed: [DoctorFinding] = []

  /// Refuses a directory of somebody else's before anything is made in it.
  init(_ path: String, _ options: Doctor.Treatment) throws(DirectoryError) {
    directory = try LedgerDirectory.unchecked(path)
    self.options = options
    guard let status = statusOfLink(directory.path),
      status.st_uid == geteuid() || geteuid() == 0 || directory.sharing != .owner,
      status.st_mode & 0o002 == 0
    else {
      // Tells precisely whose it is, or who may write.
      _ = try LedgerDirectory.open(path)
      return
    }
  }

  // MARK: Parts

  /// Makes again what holds nothing: locks, and empty folders; and gives parts their modes.
  ///
  /// A door made anew is poisoned: the mark of the one that is gone cannot be known.
  mutating func restoreParts() throws(DirectoryError) {
    let mode = directory.sharing.fileMode
    for path in [directory.turnstileFile, directory.namespaceFile]
    where statusOfLink(path) == nil {
      try DurableFile.create(path, [], mode: mode, for: "make again")
      note(.partMissing, path, "it was missing and was made again")
    }
    if statusOfLink(directory.doorFile) == nil {
      let mark = PoisonMark(
        time: options.clock.read().time, operation: "a door that was missing", error: ENOENT,
        pid: getpid())
      var page = DoorLayout.page()
      page.replaceSubrange(
        DoorLayout.markOffset..<DoorLayout.markOffset + DoorLayout.markLength,
        with: DoorLayout.bytes(of: mark))
      try DurableFile.create(directory.doorFile, page, mode: mode, for: "make again")
      note(.partMissing, directory.doorFile, "it was missing and was made again")
    }
    for path in [
      directory.blobsDirectory, directory.runnersDirectory, directory.deploymentsDirectory,
    ] where statusOfLink(path) == nil {
      try DurableFile.makeDirectory(path, mode: directory.sharing.directoryMode, for: "make again")
      note(.partMissing, path, "it was missing and was made again")
    }
    if !fixed.isEmpty { try DurableFile.syncDirectory(directory.path) }
    for part in directory.parts { restoreMode(part.path, part.mode, isDirectory: part.isDirectory) }
  }

  private mutating func restoreMode(_ path: String, _ mode: mode_t, isDirectory: Bool) {
    guard let status = statusOfLink(path),
      status.st_mode & S_IFMT == (isDirectory ? S_IFDIR : S_IFREG),
      status.st_mode & 0o7777 != mode,
      // What strangers could write is not put right in silence: `open` refuses it.
      status.st_mode & (directory.sharing == .owner ? 0o022 : 0o002) == 0
    else { return }
    if chmod(path, mode) == 0 {
      note(
        .mode, path,
        "its mode was \(String(status.st_mode & 0o7777, radix: 8)) and is \(String(mode, radix: 8))"
      )
    }
  }

  mutating func note(_ code: DoctorFinding.Code, _ path: String, _ detail: String) {
    fixed.append(DoctorFinding(code, .note, path: path, detail))
  }

  // MARK: The operation

  /// The failure of a rebuild is given back, not thrown, so that the door is left in order.
  mutating func operate(
    _ operation: String
  ) throws(DirectoryError) -> Result<Doctor.Repair, StorageError> {
    let directory = try LedgerDirectory.open(directory.path)
    let namespace = try NamespaceLock(directory)
    let door = try Door(directory)
    let pass = try door.enter(within: options.deadline, evenIfPoisoned: true)
    var outcome = Result<Doctor.Outcome, StorageError>.success(.untouched)
    let poison = try door.poisonState()
    let upgrade = try upgradeNeeded(directory, pass)
    if options.rebuilds || poison.isPoisoned || upgrade != nil {
      outcome = rebuild(directory, door, pass, upgrade, operation)
    }
    // Nothing goes away while the old generation is all there is.
    if case .success(let outcome) = outcome, !outcome.isRefusal {
      try tidy(directory, door, pass)
    }
    pass.leave()
    namespace.release()
    return outcome.map { [fixed] in Doctor.Repair(outcome: $0, fixed: fixed) }
  }

  /// Removes what nobody needs: other generations, unfinished files, locks of ended jobs.
  private mutating func tidy(
    _ directory: LedgerDirectory, _ door: Door, _ pass: borrowing DoorPass
  ) throws(DirectoryError) {
    var rounds = DoctorRounds(directory)
    rounds.identity = try LedgerIdentity.read(directory)
    rounds.lookAtGenerations()
    rounds.lookAtDatabase()
    try GenerationSwap.removeOthers(door, pass)
    for finding in rounds.findings {
      guard let path = finding.path else { continue }
      switch finding.code {
      case .staleGeneration: note(.staleGeneration, path, "it was removed")
      case .staleRunner:
        let name = path.split(separator: "/").last ?? ""
        // Whoever holds it now is needed after all.
        guard let job = JobID(name), let lock = try? RunnerLock(directory, job) else { continue }
        try lock.remove()
        note(.staleRunner, path, "it was removed")
      case .mode:
        let isFolder = path == directory.generationDirectory(rounds.identity?.generation ?? 0)
        restoreMode(
          path, isFolder ? directory.sharing.directoryMode : directory.sharing.fileMode,
          isDirectory: isFolder)
      default: break
      }
    }
    for name in ["ledger.json.new", "checkpoint.new"] {
      let path = "\(directory.path)/\(name)"
      if unlink(path) == 0 { note(.leftover, path, "it was removed") }
    }
  }
}

extension Doctor.Outcome {
  /// Whether events or texts were found wrong.
  public var isRefusal: Bool { if case .refused = self { true } else { false } }
}
