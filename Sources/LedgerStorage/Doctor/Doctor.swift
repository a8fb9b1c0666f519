// SPDX-License-Identifier: Apache-2.0
// LedgerStorage/Doctor — looks at a ledger from outside, and builds a new generation from its
// leaves when writing was stopped or something derived is damaged.
// Invariant: a repair changes nothing unless every leaf and text is what was written; what it
// builds is read back, compared and on disk before it is put in force.
// Start at: Doctor.examine(_:options:), Doctor.repair(_:options:). Tests: DoctorTests.

import Glibc
public import LedgerDomain
public import LedgerReading
public import Transparency

/// Examines and repairs ledgers. No environment of the ledger may be open in this process.
///
/// Pages of a badly damaged database can end the process that reads them by a signal, in either
/// call; nothing is changed by that, so a command runs them in a process of their own.
public enum Doctor {
  /// What to look at.
  public struct Examination: Sendable {
    /// Whether the data file is compared with its blocks on the disk, which reads all of it and
    /// keeps writers out meanwhile.
    public var readsDisk: Bool
    /// Gathers the members.
    public init(readsDisk: Bool = false) { self.readsDisk = readsDisk }
  }

  /// Looks at a ledger without changing anything; the findings, the gravest first.
  ///
  /// Reads the directory, the marks, the head and the checkpoint; events are not read, which is
  /// what `verify` is for. Throws when no ledger is there.
  public static func examine(
    _ path: String, options: Examination = Examination()
  ) throws(DirectoryError) -> [DoctorFinding] {
    let directory = try LedgerDirectory.unchecked(path)
    var rounds = DoctorRounds(directory)
    rounds.lookAtParts()
    rounds.lookAtMarks()
    rounds.lookAtGenerations()
    rounds.lookAtDatabase()
    if options.readsDisk { rounds.lookAtDisk() }
    // A stable sort: within a severity they stay in the order of the rounds.
    return rounds.findings.enumerated()
      .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }
      .map(\.element)
  }

  /// How to repair.
  public struct Treatment: Sendable {
    /// Builds a new generation even if the ledger is not poisoned: for damaged indexes and views.
    public var rebuilds: Bool
    /// How long to wait at the door.
    public var deadline: Duration
    /// Where the time comes from.
    public var clock: LedgerClock
    /// Called now and then with what is being done, how much of it is done, and how much there is.
    public var onProgress: @Sendable (String, UInt64, UInt64) -> Void
    /// Who asks, with what program: views of an older one are built anew then, which
    /// `ledger.upgraded` records; refused (`busy`) while a job runs.
    public var upgrade: Upgrade?

    /// Gathers the members.
    public init(
      rebuilds: Bool = false, deadline: Duration = .seconds(30), clock: LedgerClock = .system(),
      upgrade: Upgrade? = nil,
      onProgress: @escaping @Sendable (String, UInt64, UInt64) -> Void = { _, _, _ in }
    ) {
      self.rebuilds = rebuilds
      self.deadline = deadline
      self.clock = clock
      self.upgrade = upgrade
      self.onProgress = onProgress
    }
  }

  /// Who upgrades a ledger, and with what.
  public struct Upgrade: Equatable, Sendable {
    /// Who asks.
    public var actor: Actor
    /// Name and version of the program.
    public var tool: String
    /// Pairs the two.
    public init(actor: Actor, tool: String) {
      self.actor = actor
      self.tool = tool
    }
  }

  /// What a repair did.
  public struct Repair: Equatable, Sendable {
    /// What became of the database.
    public var outcome: Outcome
    /// What else was put right: parts made again, modes set, leftovers removed.
    public var fixed: [DoctorFinding]
  }

  /// What became of the database.
  public enum Outcome: Equatable, Sendable {
    /// There was nothing to rebuild, and nobody asked for it.
    case untouched
    /// A new generation is in force, and writing is allowed.
    case rebuilt(Rebuilt)
    /// Events or texts are not what was written. The database was left as it is; the events below
    /// `knownGood` are whole.
    case refused([DoctorFinding], knownGood: LedgerSize)
  }

  /// A generation made from another one's leaves and texts.
  public struct Rebuilt: Equatable, Sendable {
    /// Its number.
    public var generation: UInt64
    /// How many events were re-hashed and copied.
    public var size: LedgerSize
    /// The root of the tree.
    public var root: MerkleHash
    /// How many texts were re-hashed and copied.
    public var texts: UInt64
    /// How many texts are gone by erasures.
    public var erased: UInt64
    /// What the disk holds of the new file.
    public var disk: DiskEvidence
    /// The checkpoint that was signed of it.
    public var checkpoint: CheckpointOutcome
  }

  /// Puts right what can be put right without losing anything; under the door throughout.
  ///
  /// A poisoned ledger, or any if `rebuilds`, is built anew as `db/<n+1>` from its leaves and
  /// texts, each re-hashed and the root compared with the head's and the last checkpoint's. It is
  /// then read back from its file and compared, put in force, and the mark is cleared. Needs as
  /// much free space as the data file has. After an error the ledger is as it was, but for parts
  /// put right before.
  public static func repair(
    _ path: String, options: Treatment = Treatment()
  ) throws(StorageError) -> Repair {
    let operation = "repairing the ledger at \(path)"
    let result: Result<Repair, StorageError>
    do throws(DirectoryError) {
      var surgery = try Surgery(path, options)
      try surgery.restoreParts()
      result = try surgery.operate(operation)
    } catch {
      throw StorageError(.directory(error), operation)
    }
    return try result.get()
  }
}

extension LedgerDirectory {
  /// The directory at a path, to be looked at part by part; only that a ledger is there is checked.
  static func unchecked(_ path: String) throws(DirectoryError) -> LedgerDirectory {
    let path = try absolute(path)
    guard let status = statusOfLink(path), status.st_mode & S_IFMT == S_IFDIR else {
      // Tells precisely what is there instead.
      return try open(path)
    }
    // As in `open`: group-writable counts only together with the set-group-ID bit.
    let sharing: LedgerSharing =
      status.st_mode & 0o2020 == 0o2020 ? .group(status.st_gid) : .owner
    let directory = LedgerDirectory(unchecked: path, sharing: sharing)
    let parts = [
      directory.identityFile, directory.doorFile, directory.turnstileFile,
      directory.databaseDirectory,
    ]
    guard parts.contains(where: { statusOfLink($0) != nil }) else { return try open(path) }
    return directory
  }

  /// What `init` makes, but for the generation: path, mode, and whether it is a directory.
  var parts: [(path: String, mode: mode_t, isDirectory: Bool)] {
    let files = [identityFile, checkpointFile, turnstileFile, doorFile, namespaceFile]
    let isKeyElsewhere = statusOfLink(keyPlaceFile) != nil
    let keys = [isKeyElsewhere ? keyPlaceFile : logKeyFile, requestKeyFile]
    let folders = [
      databaseDirectory, blobsDirectory, keysDirectory, runnersDirectory, deploymentsDirectory,
    ]
    return [(path, sharing.directoryMode, true)] + folders.map { ($0, sharing.directoryMode, true) }
      + files.map { ($0, sharing.fileMode, false) } + keys.map { ($0, sharing.keyMode, false) }
  }
}
