// SPDX-License-Identifier: Apache-2.0
// LedgerReading — opens a ledger for reading: events, texts, entities as of any size, the tree.
// Never: a write transaction, a decision, a clock.
// Invariant: what a ledger outside its database says of itself (identity, last signed checkpoint)
// is compared with the database at every open.
// Start at: LedgerReader.read(_:), then Snapshot. Tests: LedgerReadingTests.

public import LMDB
import LedgerDomain
public import Transparency

/// A ledger opened for reading. Any thread may use it; one per ledger and process.
public final class LedgerReader: Sendable {
  /// The checked directory.
  public let directory: LedgerDirectory
  /// What `ledger.json` says.
  public let identity: LedgerIdentity
  /// The last signed checkpoint, signed by the ledger's own key of that size; nil when none.
  public let checkpoint: VerifiedCheckpoint?
  /// The database.
  public let environment: Environment
  /// Its tables.
  public let tables: Tables
  private let namespace: NamespaceLock

  /// Takes an environment that the caller opened, and compares it with identity and checkpoint.
  public init(
    directory: LedgerDirectory, identity: LedgerIdentity, environment: Environment,
    tables: Tables, namespace: consuming NamespaceLock
  ) throws(ReadingError) {
    self.directory = directory
    self.identity = identity
    self.environment = environment
    self.tables = tables
    self.namespace = namespace
    try environment.read { (transaction) throws(ReadingError) in
      let made = try Snapshot(transaction.loan, tables).head.reducer
      // Rows that this program does not know would be taken for damaged ones.
      if made > Reducer.version {
        throw ReadingError(.newerViews(made), "opening the ledger at \(directory.path)")
      }
    }
    self.checkpoint = try LedgerReader.readCheckpoint(directory, identity, environment, tables)
    try compareWithCheckpoint()
    try compareWithIdentity()
  }

  /// Opens a ledger without being able to write it. Works on read-only media.
  public static func open(_ path: String) throws(ReadingError) -> LedgerReader {
    let operation = "opening the ledger at \(path)"
    let directory = try checking(operation) { () throws(DirectoryError) in
      try LedgerDirectory.open(path)
    }
    let namespace = try checking(operation) { () throws(DirectoryError) in
      try NamespaceLock(directory)
    }
    let identity = try checking(operation) { () throws(DirectoryError) in
      let identity = try LedgerIdentity.read(directory)
      try directory.checkGeneration(identity.generation)
      return identity
    }
    return try open(directory, identity, namespace, operation)
  }

  /// Runs a check of the directory and wraps its error.
  static func checking<R: ~Copyable>(
    _ operation: String, _ body: () throws(DirectoryError) -> R
  ) throws(ReadingError) -> R {
    do throws(DirectoryError) { return try body() } catch {
      throw ReadingError(.directory(error), operation)
    }
  }

  private static func open(
    _ directory: LedgerDirectory, _ identity: LedgerIdentity,
    _ namespace: consuming NamespaceLock, _ operation: String
  ) throws(ReadingError) -> LedgerReader {
    var options = Environment.Options()
    options.maximumTables = Tables.names.count + 4
    options.readOnly = true
    options.noLock = !namespace.isHeld
    let environment: Environment
    let tables: Tables
    do throws(LMDBError) {
      environment = try Environment.open(
        directory: directory.generationDirectory(identity.generation), options: options)
      tables = try Tables.open(in: environment, create: false)
    } catch {
      throw ReadingError(.database(error), operation)
    }
    return try LedgerReader(
      directory: directory, identity: identity, environment: environment, tables: tables,
      namespace: namespace)
  }

  /// Lends the ledger as it is now. Keep it short: pages freed meanwhile are not used again.
  public func read<R>(
    _ body: (Snapshot) throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    try environment.read { (transaction) throws(ReadingError) in
      try body(try Snapshot(transaction.loan, tables))
    }
  }

  /// Lets go of the files. Any later use fails.
  public func close() {
    try? environment.close()
  }

  /// Reads the stored checkpoint and verifies it with the key of its size: the one that the
  /// identity names, or one that followed it.
  package static func readCheckpoint(
    _ directory: LedgerDirectory, _ identity: LedgerIdentity, _ environment: Environment,
    _ tables: Tables
  ) throws(ReadingError) -> VerifiedCheckpoint? {
    let operation = "reading the last checkpoint"
    let stored: [UInt8]?
    do throws(DirectoryError) { stored = try CheckpointFile.read(directory) } catch {
      throw ReadingError(.directory(error), operation)
    }
    guard let stored else { return nil }
    // Read after the note, so that no rotation before it is missed.
    let chain = try environment.read { (transaction) throws(ReadingError) in
      try Snapshot(transaction.loan, tables).keyChain(of: identity)
    }
    do throws(NoteError) {
      let note = try UnverifiedCheckpoint(stored)
      return try note.verified(
        by: [chain.key(for: LedgerSize(note.unchecked.size))],
        origin: .exactly(try KeyName(identity.origin)))
    } catch {
      throw ReadingError(
        .behindCheckpoint("its last checkpoint is not signed by its own key (\(error))"),
        operation)
    }
  }

  /// The checkpoint that is published now, which may be later than the one at the opening.
  public static func checkpoint(
    of reader: LedgerReader
  ) throws(ReadingError) -> VerifiedCheckpoint? {
    try readCheckpoint(reader.directory, reader.identity, reader.environment, reader.tables)
  }

  private func compareWithCheckpoint() throws(ReadingError) {
    guard let checkpoint else { return }
    let operation = "comparing the ledger with its last checkpoint"
    try read { (snapshot) throws(ReadingError) in
      guard snapshot.size.value >= checkpoint.size else {
        throw ReadingError(
          .behindCheckpoint(
            "it has \(snapshot.size.value) events, and its last checkpoint is of size "
              + "\(checkpoint.size): events are gone"), operation)
      }
      guard try snapshot.root(at: LedgerSize(checkpoint.size)) == checkpoint.root else {
        throw ReadingError(
          .behindCheckpoint(
            "its first \(checkpoint.size) events are not those that its last checkpoint signed"),
          operation)
      }
    }
  }

  /// Compares what the events say of the ledger with `ledger.json`: a checkpoint says less, and
  /// there may be none. A row that is missing is left to verification.
  private func compareWithIdentity() throws(ReadingError) {
    let entity = try read { (snapshot) throws(ReadingError) in
      try snapshot.entity(.ledger, asOf: snapshot.size)
    }
    guard case .ledger(let state)? = entity else { return }
    let pairs: [(String, String, String)] = [
      ("id", identity.id, state.id), ("origin", identity.origin, state.origin.string),
      ("vkey", identity.vkey, state.keys.first?.vkey.string ?? ""),
    ]
    for (name, said, recorded) in pairs where !said.utf8.elementsEqual(recorded.utf8) {
      throw ReadingError(
        .anotherLedger("ledger.json says \(name) '\(said)', and the events say '\(recorded)'"),
        "comparing the ledger with its identity")
    }
  }
}
