// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
public import LedgerDomain
public import LedgerReading
import Transparency

extension Ledger {
  /// The version of the stored bytes that this program writes.
  public static let format: UInt32 = 1

  /// Opens a ledger for writing.
  ///
  /// Refuses what is empty, shorter than its own size, behind its checkpoint, or made by a newer
  /// program. Opening writes nothing but the table of words into a ledger from before it, and a
  /// poisoned ledger opens: only its door is shut.
  public static func open(
    _ path: String, options: Options = Options()
  ) throws(StorageError) -> Ledger {
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
    return try open(directory, identity, namespace, options, operation)
  }

  /// Runs a check of the directory and wraps its error.
  static func checking<R: ~Copyable>(
    _ operation: String, _ body: () throws(DirectoryError) -> R
  ) throws(StorageError) -> R {
    do throws(DirectoryError) { return try body() } catch {
      throw StorageError(.directory(error), operation)
    }
  }

  private static func open(
    _ directory: LedgerDirectory, _ identity: LedgerIdentity,
    _ namespace: consuming NamespaceLock, _ options: Options, _ operation: String
  ) throws(StorageError) -> Ledger {
    let environment = try openEnvironment(
      directory.generationDirectory(identity.generation), options, sharing: directory.sharing,
      create: false)
    var tables: Tables
    do throws(LMDBError) { tables = try Tables.open(in: environment, create: false) } catch {
      throw StorageError(.database(error), operation)
    }
    if tables.words == nil {
      tables = try withWordIndex(tables, directory, identity, environment, options, operation)
    }
    let reader: LedgerReader
    do throws(ReadingError) {
      reader = try LedgerReader(
        directory: directory, identity: identity, environment: environment, tables: tables,
        namespace: namespace)
      try reader.read { (snapshot) throws(ReadingError) in
        guard snapshot.head.reducer == Reducer.version else {
          throw ReadingError(.olderViews(snapshot.head.reducer), operation)
        }
      }
    } catch {
      throw StorageError(.reading(error), operation)
    }
    return try Ledger(reader, options)
  }

  /// Makes the table of words in a ledger from before it, once all else was found in order. Where
  /// that cannot be done now, as on a read-only medium, the ledger works without.
  private static func withWordIndex(
    _ tables: Tables, _ directory: LedgerDirectory, _ identity: LedgerIdentity,
    _ environment: Environment, _ options: Options, _ operation: String
  ) throws(StorageError) -> Tables {
    do throws(ReadingError) {
      let namespace: NamespaceLock
      do throws(DirectoryError) { namespace = try NamespaceLock(directory) } catch {
        throw ReadingError(.directory(error), operation)
      }
      let reader = try LedgerReader(
        directory: directory, identity: identity, environment: environment, tables: tables,
        namespace: namespace)
      let made = try reader.read { (snapshot) throws(ReadingError) in snapshot.head.reducer }
      // All of its database is made anew before anything is written.
      guard made == Reducer.version else { return tables }
    } catch {
      throw StorageError(.reading(error), operation)
    }
    do throws(DirectoryError) {
      let door = try Door(directory)
      let pass = try door.enter(
        within: min(options.deadline, .seconds(2)),
        guarding: try EnvironmentFiles(directory, identity))
      var made = tables
      do throws(LMDBError) { made = try Tables.open(in: environment, create: true) } catch {
        if error.operation == "mdb_txn_commit" {
          try door.poison(
            PoisonMark(
              time: options.clock.read().time, operation: error.operation,
              error: error.code.rawValue, pid: getpid()))
        }
      }
      pass.leave()
      return made
    } catch {
      return tables
    }
  }

  private convenience init(_ reader: LedgerReader, _ options: Options) throws(StorageError) {
    let operation = "opening the ledger at \(reader.directory.path)"
    do throws(DirectoryError) {
      let directory = reader.directory
      self.init(
        reader: reader, door: try Door(directory),
        files: try EnvironmentFiles(directory, reader.identity),
        requestKey: try directory.key(directory.requestKeyFile), options: options)
    } catch {
      throw StorageError(.directory(error), operation)
    }
  }

  private static func openEnvironment(
    _ path: String, _ options: Options, sharing: LedgerSharing, create: Bool
  ) throws(StorageError) -> Environment {
    var settings = Environment.Options()
    settings.maximumTables = Tables.names.count + 4
    settings.mapSizeBytes = options.mapSizeBytes
    settings.mode = UInt32(sharing.fileMode)
    settings.createsFiles = create
    settings.unsafeNoSync = options.unsafeNoSync
    do throws(LMDBError) {
      return try Environment.open(directory: path, options: settings)
    } catch {
      throw StorageError(.database(error), "opening the database in \(path)")
    }
  }

  /// Makes a ledger: its directory and keys, the database with its first events, a checkpoint.
  ///
  /// Its maker becomes admin, operator, approver and auditor. A crash leaves a directory that
  /// every command refuses, until `ledger.json` is in place at the very end.
  public static func create(
    at path: String, origin: String, by actor: Actor, tool: String,
    sharing: LedgerSharing = .owner, keyPlace: KeyPlace = .inside, options: Options = Options()
  ) throws(StorageError) -> Ledger {
    let operation = "making a ledger at \(path)"
    if case .agent(let key) = keyPlace {
      do throws(AgentError) { try AgentKey(publicKey: key).probe() } catch {
        throw StorageError(.keyUnusable("\(error)"), operation)
      }
    }
    let creation = try checking(operation) { () throws(DirectoryError) in
      try LedgerCreation(at: path, sharing: sharing, keyPlace: keyPlace)
    }
    let vkey = try verifierKey(of: creation.logKey, keyPlace, named: origin)
    let environment = try openEnvironment(
      creation.directory.generationDirectory(LedgerCreation.generation), options,
      sharing: sharing, create: true)
    let founding = Founding(
      id: creation.id, origin: origin, vkey: vkey, tool: tool, actor: actor,
      reading: options.clock.read())
    try founding.write(to: environment)
    do throws(LMDBError) { try environment.close() } catch { throw StorageError(lmdb: error) }
    do throws(DirectoryError) {
      _ = try creation.finish(origin: origin, vkey: vkey)
    } catch {
      throw StorageError(.directory(error), operation)
    }
    let ledger = try open(path, options: options)
    if case .failed(let error) = ledger.signCheckpoint() { throw error }
    return ledger
  }

  private static func verifierKey(
    of secret: [UInt8], _ place: KeyPlace, named origin: String
  ) throws(StorageError) -> String {
    do throws(NoteError) {
      var key = try SigningKey(rawRepresentation: secret).publicKey
      if case .agent(let held) = place { key = held }
      return VerifierKey(name: try KeyName(origin), publicKey: key).description
    } catch {
      throw StorageError(
        .keyUnusable("'\(origin)' cannot name a ledger in proofs: \(error)"),
        "naming the ledger")
    }
  }
}

/// The first transaction of a ledger.
private struct Founding {
  var id: String
  var origin: String
  var vkey: String
  var tool: String
  var actor: Actor
  var reading: ClockReading

  func write(to environment: Environment) throws(StorageError) {
    let tables: Tables
    do throws(LMDBError) { tables = try Tables.open(in: environment, create: true) } catch {
      throw StorageError(lmdb: error)
    }
    do throws(WriteFailure<StorageError>) {
      try environment.write(growing: true) { (transaction) throws(StorageError) in
        var random = RandomSupply()
        var appender = try Appender(
          transaction.loan, tables, head: .empty, reading: reading)
        for fact in facts {
          _ = try appender.append(
            Draft(actor: actor, fact: fact), request: nil, random: &random)
        }
        try appender.finish()
      }
    } catch {
      switch error {
      case .body(let error): throw error
      case .begin(let error), .refused(let error), .commit(let error):
        throw StorageError(lmdb: error)
      }
    }
  }

  private var facts: [Fact] {
    [
      .ledgerCreated(
        LedgerCreated(
          id: id, origin: Text(origin), vkey: Text(vkey), format: Ledger.format,
          tool: Text(tool))),
      .memberGranted(
        MemberGranted(
          member: actor.id, roles: [.admin, .approver, .auditor, .operator].sorted(),
          leastAuth: actor.authentication == .claimed ? .claimed : .os)),
    ]
  }
}
