// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

extension Surgery {
  /// Builds `db/<n+1>` and puts it in force, or says which events or texts forbid that.
  func rebuild(
    _ directory: LedgerDirectory, _ door: Door, _ pass: borrowing DoorPass,
    _ upgrade: Doctor.Upgrade?, _ operation: String
  ) -> Result<Doctor.Outcome, StorageError> {
    do throws(StorageError) {
      return .success(try outcome(directory, door, pass, upgrade, operation))
    } catch {
      return .failure(error)
    }
  }

  private func outcome(
    _ directory: LedgerDirectory, _ door: Door, _ pass: borrowing DoorPass,
    _ upgrade: Doctor.Upgrade?, _ operation: String
  ) throws(StorageError) -> Doctor.Outcome {
    let environment: Environment
    do throws(RepairHalt) {
      environment = try openOld(directory, pass.identity.generation, operation)
    } catch {
      return try refusal(error, knownGood: nil)
    }
    defer { try? environment.close() }
    let old: OldGeneration
    do throws(RepairHalt) { old = try OldGeneration(environment) } catch {
      return try refusal(error, knownGood: nil)
    }
    do throws(RepairHalt) {
      return .rebuilt(try rebuild(directory, old, door, pass, upgrade, operation))
    } catch {
      guard case .damage(let finding) = error else { return try refusal(error, knownGood: nil) }
      return try survey(old, finding)
    }
  }

  private func refusal(
    _ halt: RepairHalt, knownGood: LedgerSize?
  ) throws(StorageError) -> Doctor.Outcome {
    switch halt {
    case .failure(let error): throw error
    case .damage(let finding):
      .refused([finding], knownGood: knownGood ?? LedgerSize(0))
    }
  }

  /// Looks for everything that is wrong, not only what was met first.
  private func survey(
    _ old: OldGeneration, _ first: DoctorFinding
  ) throws(StorageError) -> Doctor.Outcome {
    do throws(RepairHalt) {
      var result = try LeafSurvey(old).run()
      // What contradicts the views or the checkpoint is no fault of a leaf's.
      if !result.findings.contains(first) { result.findings.append(first) }
      let limit = first.position.map { min($0.value, result.knownGood.value) }
      return .refused(
        result.findings, knownGood: limit.map(LedgerSize.init) ?? result.knownGood)
    } catch {
      return try refusal(error, knownGood: first.position.map { LedgerSize($0.value) })
    }
  }

  // MARK: The steps

  private func rebuild(
    _ directory: LedgerDirectory, _ old: OldGeneration, _ door: Door,
    _ pass: borrowing DoorPass, _ upgrade: Doctor.Upgrade?, _ operation: String
  ) throws(RepairHalt) -> Doctor.Rebuilt {
    let before = pass.identity
    // Dropped on any error below, which removes what was built.
    let swap = try halting(operation) { () throws(DirectoryError) in
      try requireSpace(directory, before.generation)
      return try GenerationSwap(door, pass)
    }
    let built = try build(old, in: swap.path, directory.sharing, upgrade)
    let data = directory.dataFile(swap.generation)
    let disk = try halting(operation) { () throws(DirectoryError) in try Surgery.sync(data) }
    try prove(built, in: swap.path, directory, before)
    // A crash up to here leaves the old generation in force, poisoned if it was.
    let identity = try committing(swap, pass, operation)
    // A crash here leaves the new generation, still poisoned: the next repair builds another.
    try halting(operation) { () throws(DirectoryError) in try door.clearPoison(pass) }
    return Doctor.Rebuilt(
      generation: identity.generation, size: built.head.size,
      root: built.head.frontier.root(), texts: built.texts, erased: built.erased, disk: disk,
      checkpoint: sign(directory, identity))
  }

  private func committing(
    _ swap: consuming GenerationSwap, _ pass: borrowing DoorPass, _ operation: String
  ) throws(RepairHalt) -> LedgerIdentity {
    do throws(DirectoryError) { return try swap.commit(pass) } catch {
      throw .failure(StorageError(.directory(error), operation))
    }
  }

  private func build(
    _ old: OldGeneration, in path: String, _ sharing: LedgerSharing, _ upgrade: Doctor.Upgrade?
  ) throws(RepairHalt) -> GenerationBuilder.Built {
    let new: Environment
    let tables: Tables
    do throws(LMDBError) {
      var settings = Surgery.settings
      settings.mapSizeBytes = try old.environment.info.mapSizeBytes
      settings.mode = UInt32(sharing.fileMode)
      settings.createsFiles = true
      // Nobody depends on it before it is synced as a whole.
      settings.unsafeNoSync = true
      new = try Environment.open(directory: path, options: settings)
      tables = try Tables.open(in: new, create: true)
    } catch {
      throw .failure(StorageError(lmdb: error))
    }
    defer { try? new.close() }
    let tell = options.onProgress
    var builder = GenerationBuilder(old, into: new, tables) { tell("rebuilding", $0, $1) }
    var built = try builder.build()
    if let upgrade {
      do throws(StorageError) {
        built.head = try record(upgrade, in: new, tables)
      } catch {
        throw .failure(error)
      }
    }
    return built
  }

  /// Reads the new generation back from its file, and compares it with the last checkpoint.
  private func prove(
    _ built: GenerationBuilder.Built, in path: String, _ directory: LedgerDirectory,
    _ identity: LedgerIdentity
  ) throws(RepairHalt) {
    let operation = "reading the new generation back"
    do throws(ReadingError) {
      let environment: Environment
      let tables: Tables
      do throws(LMDBError) {
        var settings = Surgery.settings
        settings.readOnly = true
        environment = try Environment.open(directory: path, options: settings)
        tables = try Tables.open(in: environment, create: false)
      } catch {
        throw ReadingError(lmdb: error)
      }
      defer { try? environment.close() }
      let tell = options.onProgress
      var proof = GenerationProof(environment, tables)
      _ = try proof.check(against: built) { tell("reading back", $0, $1) }
      try compare(environment, tables, directory, identity)
    } catch {
      guard case .behindCheckpoint(let what) = error.code else {
        throw .failure(StorageError(.reading(error), operation))
      }
      throw .damage(
        DoctorFinding(
          .behindCheckpoint, .damage, path: directory.checkpointFile, what,
          advice: Advice.restore))
    }
  }

  private func compare(
    _ environment: Environment, _ tables: Tables, _ directory: LedgerDirectory,
    _ identity: LedgerIdentity
  ) throws(ReadingError) {
    guard
      let checkpoint = try LedgerReader.readCheckpoint(directory, identity, environment, tables)
    else { return }
    try environment.read { (transaction) throws(ReadingError) in
      let snapshot = try Snapshot(transaction.loan, tables)
      let operation = "comparing with the last checkpoint"
      guard checkpoint.size <= snapshot.size.value else {
        throw ReadingError(
          .behindCheckpoint(
            "there are \(snapshot.size.value) events, and the last checkpoint is of "
              + "\(checkpoint.size): events are gone"), operation)
      }
      guard try snapshot.root(at: LedgerSize(checkpoint.size)) == checkpoint.root else {
        throw ReadingError(
          .behindCheckpoint(
            "the first \(checkpoint.size) events are not those that the last checkpoint signed"),
          operation)
      }
    }
  }

  /// Signs the head of the new generation. The door is held.
  private func sign(
    _ directory: LedgerDirectory, _ identity: LedgerIdentity
  ) -> CheckpointOutcome {
    let operation = "signing a checkpoint"
    let signer = CheckpointSigner(directory: directory, identity: identity)
    let basis: CheckpointSigner.Basis
    do throws(ReadingError) {
      basis = try Surgery.basis(signer, directory.generationDirectory(identity.generation))
    } catch {
      return .failed(StorageError(reading: error, operation))
    }
    do throws(StorageError) {
      let size = LedgerSize(basis.checkpoint.size)
      if basis.isPublished, let note = basis.published { return .signed(note, size: size) }
      let note = try signer.sign(basis).note
      try signer.publish(note, basis)
      return .signed(note, size: size)
    } catch {
      return .failed(error)
    }
  }

  private static func basis(
    _ signer: CheckpointSigner, _ path: String
  ) throws(ReadingError) -> CheckpointSigner.Basis {
    let environment: Environment
    let tables: Tables
    do throws(LMDBError) {
      var settings = Surgery.settings
      settings.readOnly = true
      environment = try Environment.open(directory: path, options: settings)
      tables = try Tables.open(in: environment, create: false)
    } catch {
      throw ReadingError(lmdb: error)
    }
    defer { try? environment.close() }
    return try environment.read { (transaction) throws(ReadingError) in
      try signer.basis(try Snapshot(transaction.loan, tables))
    }
  }

  // MARK: Parts

  private static var settings: Environment.Options {
    var settings = Environment.Options()
    settings.maximumTables = Tables.names.count + 4
    return settings
  }

  private func openOld(
    _ directory: LedgerDirectory, _ generation: UInt64, _ operation: String
  ) throws(RepairHalt) -> Environment {
    try halting(operation) { () throws(DirectoryError) in
      try directory.checkGeneration(generation)
    }
    do throws(LMDBError) {
      var settings = Surgery.settings
      settings.readOnly = true
      return try Environment.open(
        directory: directory.generationDirectory(generation), options: settings)
    } catch {
      throw RepairHalt(lmdb: error)
    }
  }

  private func requireSpace(
    _ directory: LedgerDirectory, _ generation: UInt64
  ) throws(DirectoryError) {
    let size = statusOfLink(directory.dataFile(generation)).map { UInt64(max(0, $0.st_size)) } ?? 0
    try SpaceCheck.check(
      size + SpaceCheck.leastFree, free: try SpaceCheck.free(in: directory), directory)
  }

  /// Puts the new file on the disk and reads it from there, where that is possible.
  private static func sync(_ path: String) throws(DirectoryError) -> DiskEvidence {
    let operation = "sync the new generation"
    let file = try Descriptor.open(path, O_RDWR, for: operation)
    guard fsync(file.number) == 0 else { throw .system(operation, path) }
    let evidence = try DiskEvidence.gather(path)
    if case .differs(let offset, _) = evidence {
      throw DirectoryError(
        .inputOutput, operation, path,
        "the disk does not hold what was written to it at byte \(offset)",
        whatNext: "look at the disk and its free space; the ledger is as it was",
        systemError: EIO)
    }
    return evidence
  }

  private func halting<R: ~Copyable>(
    _ operation: String, _ body: () throws(DirectoryError) -> R
  ) throws(RepairHalt) -> R {
    do throws(DirectoryError) { return try body() } catch {
      throw .failure(StorageError(.directory(error), operation))
    }
  }
}
