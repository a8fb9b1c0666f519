// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
public import LedgerDomain
import LedgerReading
import Transparency

extension Restoration {
  /// What is to be recorded.
  public struct Record: Sendable {
    /// Who restores.
    public var actor: Actor
    /// Why; blank for no words.
    public var reason: Text
    /// What was erased after the backup was made.
    public var later: LaterHistory?
    /// Name and version of this program.
    public var tool: String
    /// Gathers the members.
    public init(
      actor: Actor, reason: Text = "", later: LaterHistory? = nil, tool: String = "jobledger"
    ) {
      self.tool = tool
      self.actor = actor
      self.reason = reason
      self.later = later
    }
  }

  /// What was recorded.
  public struct Recorded: Equatable, Sendable {
    /// `ledger.restored`.
    public var restored: Event
    /// The erasures that were done again.
    public var erasures: [Event]
    /// How many texts are gone by them.
    public var texts: UInt64
    /// How many stored files are gone by them.
    public var files: UInt64
  }

  /// Records that the ledger was restored, does erasures again that came after the backup, and
  /// makes it a ledger that can be opened.
  ///
  /// All of it is one transaction of a database that nobody else has. Where words were erased, it
  /// is then built anew from what is left, so that no page ever held them.
  public func record(_ record: Record) throws(BackupError) -> Recorded {
    let folder = directory.generationDirectory(generation)
    let data = directory.dataFile(generation)
    // Views of an older program are built anew before anything is folded into them.
    let made = try CopiedLedger(folder).head.reducer
    if made < Reducer.version { try rebuildInPlace(folder) }
    var recorded: Recorded
    do throws(StorageError) {
      let (environment, tables) = try Restoration.open(folder)
      defer { try? environment.close() }
      recorded = try append(
        record, upgrading: made < Reducer.version, environment, tables)
    } catch {
      throw BackupError(error, folder)
    }
    recorded.files = eraseFiles(recorded.erasures)
    if recorded.texts > 0 { try rebuildInPlace(folder) }
    try backing { () throws(DirectoryError) in
      let file = try Descriptor.open(data, O_RDWR, for: Restoration.operation)
      guard fchmod(file.number, directory.sharing.fileMode) == 0, fsync(file.number) == 0 else {
        throw .system(Restoration.operation, data)
      }
      // LMDB makes it with the umask's mode; by path, since LMDB alone opens it.
      _ = chmod(directory.lockFile(generation), directory.sharing.fileMode)
      try DurableFile.syncDirectory(folder)
      try DurableFile.syncDirectory(directory.databaseDirectory)
      // Before this there is no ledger; from here on it carries `ledger.restored`.
      try LedgerIdentity(
        id: manifest.id, origin: manifest.origin, vkey: manifest.vkey, generation: generation
      ).write(directory)
    }
    return recorded
  }

  static func open(
    _ folder: String, creates: Bool = false
  ) throws(StorageError) -> (Environment, Tables) {
    var settings = Environment.Options()
    settings.maximumTables = Tables.names.count + 4
    settings.mapSizeBytes = 64 << 30
    settings.createsFiles = creates
    // Nobody depends on it before it is synced as a whole.
    settings.unsafeNoSync = true
    do throws(LMDBError) {
      let environment = try Environment.open(directory: folder, options: settings)
      return (environment, try Tables.open(in: environment, create: creates))
    } catch {
      throw StorageError(.database(error), "opening the restored database")
    }
  }

  // MARK: The transaction

  private func append(
    _ record: Record, upgrading: Bool, _ environment: Environment, _ tables: Tables
  ) throws(StorageError) -> Recorded {
    do throws(WriteFailure<StorageError>) {
      return try environment.write(growing: true) { (transaction) throws(StorageError) in
        try append(record, upgrading: upgrading, transaction.loan, tables)
      }
    } catch {
      switch error {
      case .body(let error): throw error
      case .begin(let error), .refused(let error), .commit(let error):
        throw StorageError(lmdb: error)
      }
    }
  }

  private func append(
    _ record: Record, upgrading: Bool, _ loan: WriteLoan, _ tables: Tables
  ) throws(StorageError) -> Recorded {
    let operation = "recording the restoration"
    let head: Head
    do throws(ReadingError) { head = try Snapshot(loan, tables).head } catch {
      throw StorageError(.reading(error), operation)
    }
    var random = RandomSupply()
    var appender = try Appender(loan, tables, head: head, reading: options.clock.read())
    var text = EventText()
    if !record.reason.isBlank { text = EventText([.reason: .string(record.reason)]) }
    let restored = try appender.append(
      Draft(
        actor: record.actor,
        fact: .ledgerRestored(
          LedgerRestored(size: manifest.size, root: Digest(manifest.root))), text: text),
      request: nil, random: &random)
    var recorded = Recorded(restored: restored, erasures: [], texts: 0, files: 0)
    if upgrading {
      _ = try appender.append(
        Draft(
          actor: record.actor, cause: restored.position,
          fact: .ledgerUpgraded(
            LedgerUpgraded(tool: Text(record.tool), reducers: Reducer.version))),
        request: nil, random: &random)
    }
    for erasure in record.later?.erasures ?? [] {
      guard let draft = erasure.draft(by: record.actor, within: manifest.size, cause: restored)
      else { continue }
      // Before the event, which may take the words with it.
      recorded.texts += try erase(draft, loan, tables)
      recorded.erasures.append(try appender.append(draft, request: nil, random: &random))
    }
    try appender.finish()
    return recorded
  }

  /// Deletes the words that a draft names; how many there were.
  private func erase(
    _ draft: Draft, _ loan: WriteLoan, _ tables: Tables
  ) throws(StorageError) -> UInt64 {
    guard case .textErased(let fact) = draft.fact else { return 0 }
    var count: UInt64 = 0
    for range in fact.ranges {
      for position in range.from.value...range.to.value {
        let place = Position(position)
        do throws(ReadingError) {
          if let job = draft.job {
            guard try Snapshot(loan, tables).event(at: place).job == job else { continue }
          }
        } catch {
          throw StorageError(.reading(error), "erasing words")
        }
        do throws(LMDBError) {
          if try loan.delete(tables.texts, BigEndianKey(position)) { count += 1 }
        } catch {
          throw StorageError(lmdb: error)
        }
      }
    }
    return count
  }

  private func eraseFiles(_ events: [Event]) -> UInt64 {
    var count: UInt64 = 0
    for case .artifactErased(let fact) in events.map(\.fact) {
      for digest in fact.digests where unlink(directory.blobFile(digest)) == 0 { count += 1 }
    }
    return count
  }

  // MARK: Building it anew

  /// Nobody else has the folder yet.
  private func rebuildInPlace(_ folder: String) throws(BackupError) {
    let next = directory.databaseDirectory + "/next"
    try rebuild(folder, in: next)
    FolderRemoval.remove(folder)
    guard rename(next, folder) == 0 else {
      throw BackupError(.system(Restoration.operation, folder))
    }
  }

  /// Builds the database again from its leaves and the texts that are left, and reads it back.
  private func rebuild(_ folder: String, in next: String) throws(BackupError) {
    let operation = "building the database without erased words"
    try backing { () throws(DirectoryError) in
      try DurableFile.makeDirectory(next, mode: directory.sharing.directoryMode)
    }
    do throws(StorageError) {
      let (old, _) = try Restoration.open(folder)
      defer { try? old.close() }
      let (new, tables) = try Restoration.open(next, creates: true)
      defer { try? new.close() }
      do throws(RepairHalt) {
        let tell = options.onProgress
        var builder = GenerationBuilder(try OldGeneration(old), into: new, tables) {
          tell("rebuilding", $0, $1)
        }
        let built = try builder.build()
        var proof = GenerationProof(new, tables)
        do throws(ReadingError) {
          _ = try proof.check(against: built) { tell("reading back", $0, $1) }
        } catch {
          throw .failure(StorageError(.reading(error), operation))
        }
      } catch {
        switch error {
        case .failure(let error): throw error
        case .damage(let finding):
          throw StorageError(
            .reading(ReadingError(.rowDamaged("\(finding)"), operation)), operation)
        }
      }
    } catch {
      throw BackupError(error, folder)
    }
  }
}
