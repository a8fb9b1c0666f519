// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

extension DoctorRounds {
  /// How many commits a reader may lag behind before it is told of.
  private static let oldReader: UInt = 10_000

  mutating func lookAtDatabase() {
    // What is wrong with the directory was told.
    guard identity != nil else { return }
    if findings.contains(where: { $0.code == .directory || $0.code == .identity }) { return }
    if findings.contains(where: { $0.code == .database }) { return }
    do throws(ReadingError) {
      let reader = try LedgerReader.open(directory.path)
      defer { reader.close() }
      try lookAtHead(reader)
      try lookAtErasures(reader)
      lookAtReaders(reader.environment)
      lookAtRunners(reader)
    } catch {
      add(error)
    }
  }

  private mutating func add(_ error: ReadingError) {
    let data = identity.map { directory.dataFile($0.generation) }
    switch error.code {
    case .behindCheckpoint(let what):
      add(.behindCheckpoint, .damage, data, what, advice: Advice.restore)
    case .anotherLedger(let what):
      add(.identity, .damage, directory.identityFile, what, advice: Advice.restore)
    case .directory(let cause):
      switch cause.code {
      case .otherNamespace, .busy:
        add(.otherNamespace, .warning, cause.path, cause.reason, advice: cause.whatNext)
      // A missing part was told.
      case _ where cause.systemError == ENOENT: break
      default: add(cause, as: .directory)
      }
    case .newerViews:
      add(.views, .warning, data, "\(error)", advice: "Use a newer jobledger.")
    case .headDamaged:
      add(.head, .damage, data, "\(error)", advice: Advice.restore)
    case .database(let cause) where cause.code == .notFound:
      add(.database, .damage, data, "a table is missing: \(cause)", advice: Advice.rebuild)
    default:
      add(.database, .damage, data, "\(error)", advice: Advice.restore)
    }
  }

  private mutating func lookAtHead(_ reader: LedgerReader) throws(ReadingError) {
    let head = try reader.read { (snapshot) throws(ReadingError) in snapshot.head }
    let size = head.size.value
    if let checkpoint = reader.checkpoint {
      if checkpoint.size < size {
        add(
          .checkpointDue, .note, directory.checkpointFile,
          "\(size - checkpoint.size) events came after it and are vouched for by no signature",
          advice: "'jobledger checkpoint' signs one.")
      }
    } else {
      add(
        .checkpointDue, .warning, directory.checkpointFile,
        "there is no signed checkpoint: nothing vouches for the size of this log",
        advice: "'jobledger checkpoint' signs one.")
    }
    if head.reducer != Reducer.version {
      let isNewer = head.reducer > Reducer.version
      add(
        .views, isNewer ? .warning : .note, nil,
        "its views were made by reducer \(head.reducer), and this program's is \(Reducer.version)",
        advice: isNewer ? "Use a newer jobledger to write." : Advice.repair)
    }
  }

  private mutating func lookAtErasures(_ reader: LedgerReader) throws(ReadingError) {
    let owed = try reader.read { (snapshot) throws(ReadingError) in try snapshot.owedScrub() }
    guard let owed else { return }
    add(
      .erasureUnfinished, .warning, directory.dataFile(reader.identity.generation),
      "what event #\(owed.last.value) erased may still lie in unused parts of it",
      advice: "'jobledger erase --finish' overwrites them.")
  }

  private mutating func lookAtReaders(_ environment: Environment) {
    guard let last = try? environment.info.lastTransaction, let readers = try? environment.readers()
    else { return }
    for reader in readers {
      guard let seen = reader.transactionID, last > seen, last - seen > DoctorRounds.oldReader
      else { continue }
      add(
        .oldReader, .warning, environment.path,
        "process \(reader.processID) has looked at one state for \(last - seen) commits, and keeps "
          + "their pages from being used again",
        advice: "If it is stopped or stuck, end it.")
    }
  }

  private mutating func lookAtRunners(_ reader: LedgerReader) {
    guard let names = try? GenerationSwap.names(in: directory.runnersDirectory) else { return }
    for name in names {
      let path = "\(directory.runnersDirectory)/\(name)"
      guard let job = JobID(name) else {
        add(.leftover, .note, path, "it is named after no job")
        continue
      }
      guard (try? RunnerLock.canBeTaken(directory, job)) == true else { continue }
      do throws(ReadingError) {
        switch try reader.status(of: job) {
        case .running?:
          add(
            .runnerGone, .warning, path, "\(job) is said to run, and its runner is gone",
            advice: "The next command that works on jobs records it as lost.")
        case .created?: break
        case .completed?, .failed?, .stopped?, .lost?, nil:
          add(
            .staleRunner, .note, path, "\(job) has ended or never was", advice: Advice.repair)
        }
      } catch {
        add(error)
      }
    }
  }

  // MARK: The disk

  mutating func lookAtDisk() {
    guard let identity, !findings.contains(where: { $0.code == .directory }) else { return }
    do throws(DirectoryError) {
      let pass = try Door(directory).enter(within: .seconds(30), evenIfPoisoned: true)
      let data = directory.dataFile(identity.generation)
      switch try DiskEvidence.gather(data) {
      case .agrees: break
      case .skipped(let why): add(.disk, .note, data, "the disk was not read: \(why)")
      case .differs(let offset, let blocks):
        add(
          .disk, .damage, data,
          "\(blocks) blocks on the disk are not what the system's cache shows, the first at byte "
            + "\(offset): pages were lost after a failed sync",
          advice: "Neither unmount nor restart: 'jobledger doctor' copies what the cache "
            + "still holds.")
      }
      pass.leave()
    } catch {
      add(error, as: .disk)
    }
  }
}

extension LedgerReader {
  /// The status of a job at the head; nil when there is none.
  func status(of job: JobID) throws(ReadingError) -> JobStatus? {
    try read { (snapshot) throws(ReadingError) in
      guard case .job(let state)? = try snapshot.entity(.job(job), asOf: snapshot.size) else {
        return nil
      }
      return state.status
    }
  }
}
