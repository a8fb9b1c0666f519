// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// The ledger that a backup is made of.
struct BackupSource {
  /// Opened for writing only to sign; nil where that cannot be, as on read-only media.
  private let ledger: Ledger?
  private let reader: LedgerReader
  private let whyUnwritable: String
  let isPoisoned: Bool

  init(_ path: String, _ options: Backup.Options) throws(BackupError) {
    do throws(StorageError) {
      let ledger = try Ledger.open(
        path, options: Ledger.Options(clock: options.clock, deadline: options.deadline))
      self.ledger = ledger
      reader = ledger.reader
      whyUnwritable = ""
    } catch {
      // What cannot be opened at all says so a second time.
      do throws(ReadingError) { reader = try LedgerReader.open(path) } catch let reading {
        throw BackupError(StorageError(.reading(reading), "opening the ledger"), path)
      }
      ledger = nil
      whyUnwritable = "\(error)"
    }
    do throws(DirectoryError) {
      isPoisoned = try PoisonState.read(reader.directory).isPoisoned
    } catch {
      if let ledger { ledger.close() } else { reader.close() }
      throw BackupError(error)
    }
  }

  /// Lets go of the ledger.
  func close() { if let ledger { ledger.close() } else { reader.close() } }

  // MARK: The copy

  /// Copies the database as of one moment into a ledger of its own at `scratch`, without stored
  /// files and keys, with a checkpoint of it.
  func copy(
    into scratch: String, _ options: Backup.Options
  ) throws(BackupError) -> BackupDraft {
    let stored = try storedCheckpoint()
    // A rotation destroys the old key, and the copy may be of before it.
    let before = logKeys()
    let directory = LedgerDirectory(unchecked: scratch, sharing: .owner)
    let folder = directory.generationDirectory(LedgerCreation.generation)
    try backing { () throws(DirectoryError) in
      for path in [directory.databaseDirectory, folder] {
        try DurableFile.makeDirectory(path, mode: 0o700)
      }
    }
    options.onProgress("copying the database", 0, 1)
    let began = Environment.boottimeMicroseconds()
    try copyDatabase(to: folder)
    let held = Environment.boottimeMicroseconds() - began
    let copy = try CopiedLedger(folder)
    if copy.owesScrub { try CopiedLedger.scrub(folder) }
    guard copy.state.id == reader.identity.id else {
      throw BackupError(
        StorageError(.reading(ReadingError(.headDamaged, "reading the copy")), "backing up"),
        scratch)
    }
    let (note, why) = checkpoint(of: copy, stored: stored)
    let (size, digest) = try BackupSource.digest(of: folder + "/data.mdb")
    let key = logKey(of: copy.state, among: before + logKeys())
    let manifest = BackupManifest(
      id: copy.state.id, origin: copy.state.origin.string, vkey: reader.identity.vkey,
      generation: reader.identity.generation, size: copy.head.size,
      root: copy.head.frontier.root(), checkpoint: note.map { LedgerSize($0.size) },
      created: options.clock.read().time, tool: options.tool, databaseBytes: size,
      databaseDigest: digest, hasSigningKey: options.includesSigningKey && key != nil)
    try makeLedger(of: directory, manifest, note?.bytes)
    return BackupDraft(
      manifest: manifest, checkpoint: note?.bytes, logKey: key, readingMicroseconds: held,
      unsigned: why)
  }

  private func copyDatabase(to folder: String) throws(BackupError) {
    do throws(LMDBError) {
      do throws(LMDBError) {
        try reader.environment.copy(to: folder, compacting: true)
      } catch {
        // LMDB refuses to compact where pages were lost track of, which harms nothing else.
        guard error.code == .incompatible else { throw error }
        try reader.environment.copy(to: folder, compacting: false)
      }
    } catch {
      throw BackupError(StorageError(.database(error), "copying the database"), folder)
    }
  }

  /// What `verify` opens: a whole ledger but for its stored files.
  private func makeLedger(
    of directory: LedgerDirectory, _ manifest: BackupManifest, _ note: [UInt8]?
  ) throws(BackupError) {
    try backing { () throws(DirectoryError) in
      for path in [directory.turnstileFile, directory.namespaceFile] {
        try DurableFile.create(path, [], mode: 0o600)
      }
      try DurableFile.create(directory.doorFile, DoorLayout.page(), mode: 0o600)
      if let note { try DurableFile.create(directory.checkpointFile, note, mode: 0o600) }
      try LedgerIdentity(
        id: manifest.id, origin: manifest.origin, vkey: manifest.vkey,
        generation: LedgerCreation.generation
      ).write(directory)
    }
  }

  private static func digest(of path: String) throws(BackupError) -> (UInt64, Digest) {
    let file = try backing { () throws(DirectoryError) in
      try Descriptor.open(path, O_RDONLY, for: "read the copy")
    }
    var running = RunningDigest()
    var size = 0
    while let piece = file.read(BackupReader.piece, at: size) {
      if piece.isEmpty { return (UInt64(size), Digest(running.finish())) }
      running.update(piece)
      size += piece.count
    }
    throw BackupError(.system("read the copy", path))
  }

  // MARK: The checkpoint

  private struct SizedNote {
    var bytes: [UInt8]
    var size: UInt64
  }

  /// The last checkpoint before the copy, signed now if that can be.
  private func storedCheckpoint() throws(BackupError) -> SizedNote? {
    _ = ledger?.signCheckpoint()
    let bytes = try backing { () throws(DirectoryError) in
      try CheckpointFile.read(reader.directory)
    }
    guard let bytes, let note = try? UnverifiedCheckpoint(bytes) else { return nil }
    return SizedNote(bytes: bytes, size: note.unchecked.size)
  }

  /// A checkpoint of exactly the copy's size, else the last one before it, and why it is not that.
  private func checkpoint(
    of copy: CopiedLedger, stored: SizedNote?
  ) -> (SizedNote?, why: String) {
    let size = copy.head.size
    if let stored, stored.size == size.value { return (stored, "") }
    let reason: String
    if let ledger {
      switch ledger.signCheckpoint(of: size, root: copy.head.frontier.root()) {
      case .signed(let note, _): return (SizedNote(bytes: note, size: size.value), "")
      case .failed(let error): reason = "\(error)"
      }
    } else {
      reason = whyUnwritable
    }
    return (stored, reason)
  }

  /// The private keys that are in the ledger's directory now: that in use, and its successor.
  private func logKeys() -> [[UInt8]] {
    let path = reader.directory.logKeyFile
    return [path, path + ".next"].compactMap { try? reader.directory.key($0) }
  }

  /// The one among them that signs for what comes after the copy.
  private func logKey(of state: LedgerState, among keys: [[UInt8]]) -> [UInt8]? {
    guard let current = state.keys.last?.vkey.string,
      let name = try? KeyName(reader.identity.origin)
    else { return nil }
    return keys.first { secret in
      guard let key = try? SigningKey(rawRepresentation: secret) else { return false }
      return NoteSigner(name: name, key: key).verifierKey.description.utf8
        .elementsEqual(current.utf8)
    }
  }

  /// Where the key in use is kept, when not inside. While it moves there are two places.
  private func keyPlace(isInside: Bool) throws(DirectoryError) -> [UInt8]? {
    let path = reader.directory.keyPlaceFile
    let next = statusOfLink(path + ".next") != nil
    if next, isInside { return nil }
    let file = next ? path + ".next" : path
    guard statusOfLink(file) != nil else { return nil }
    return try DurableFile.read(file, limit: 1 << 16, for: "back up")
  }

  // MARK: The archive

  /// Writes the archive; its length, what stored files are in it, and which were left out.
  func write(
    _ draft: BackupDraft, from scratch: String, to place: borrowing BackupPlace,
    _ options: Backup.Options
  ) throws(BackupError) -> (length: UInt64, blobs: (digests: [Digest], damaged: [Digest])) {
    var tar = TarWriter(try place.open(), at: place.beside, time: draft.manifest.created)
    let directory = reader.directory
    var damaged: [Digest] = []
    let length: UInt64
    do throws(DirectoryError) {
      try tar.add(.manifest, try bytes(of: draft.manifest))
      if let note = draft.checkpoint { try tar.add(.checkpoint, note) }
      if draft.manifest.hasSigningKey, let key = draft.logKey { try tar.add(.logKey, key) }
      if let place = try keyPlace(isInside: draft.logKey != nil) {
        try tar.add(.keyPlace, place)
      }
      try tar.add(.requestKey, try directory.key(directory.requestKeyFile))
      let copy = LedgerDirectory(unchecked: scratch, sharing: .owner)
      let data = try Descriptor.open(
        copy.dataFile(LedgerCreation.generation), O_RDONLY, for: "read the copy")
      let whole = try tar.copy(
        .database, from: data, size: draft.manifest.databaseBytes,
        expecting: draft.manifest.databaseDigest)
      guard whole != nil else {
        throw DirectoryError(
          .inputOutput, "read the copy", scratch, "it changed while it was read")
      }
      try forEachBlob { (digest, path) throws(DirectoryError) in
        if try !add(digest, path, to: &tar) { damaged.append(digest) }
        options.onProgress("writing", tar.offset, 0)
      }
      for (member, path) in try receipts(through: draft.manifest.size) {
        try tar.add(member, try DurableFile.read(path, limit: 1 << 18, for: "back up"))
      }
      length = try tar.finish()
    } catch {
      throw BackupError(error)
    }
    return (length, (tar.blobs, damaged))
  }

  private func bytes(of manifest: BackupManifest) throws(DirectoryError) -> [UInt8] {
    do throws(CodecError) { return try manifest.bytes() } catch {
      throw DirectoryError(.damaged, "describe the backup", reader.directory.path, "\(error)")
    }
  }

  /// Whether the stored file was added; false when its bytes are not those of its name.
  private func add(
    _ digest: Digest, _ path: String, to tar: inout TarWriter
  ) throws(DirectoryError) -> Bool {
    let file: Descriptor
    do throws(DirectoryError) {
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "back up")
    } catch {
      // Erased since its name was read: then nothing is damaged, and it may be missing.
      if error.systemError == ENOENT { return true }
      throw error
    }
    guard let status = file.status(), status.st_mode & S_IFMT == S_IFREG else { return false }
    return try tar.copy(
      .blob(digest), from: file, size: UInt64(max(0, status.st_size)), expecting: digest) != nil
  }

  /// What anchors answered to checkpoints up to a size, in the order of their names. Those of later
  /// ones belong to a history that the backup does not have.
  private func receipts(
    through size: LedgerSize
  ) throws(DirectoryError) -> [(BackupMember, path: String)] {
    let root = reader.directory.path + "/receipts"
    guard statusOfLink(root) != nil else { return [] }
    var found: [(BackupMember, path: String)] = []
    for folder in try GenerationSwap.names(in: root) {
      guard let anchor = Name(folder), let status = statusOfLink("\(root)/\(folder)"),
        status.st_mode & S_IFMT == S_IFDIR
      else { continue }
      for name in try GenerationSwap.names(in: "\(root)/\(folder)") {
        guard let of = BackupMember.size(ofReceipt: name), of <= size.value else { continue }
        found.append((.receipt(anchor, name), "\(root)/\(folder)/\(name)"))
      }
    }
    return found.sorted { $0.0.name.utf8.lexicographicallyPrecedes($1.0.name.utf8) }
  }

  /// Calls `body` with every stored file, by its digest.
  private func forEachBlob(
    _ body: (Digest, String) throws(DirectoryError) -> Void
  ) throws(DirectoryError) {
    let root = reader.directory.blobsDirectory + "/sha256"
    guard statusOfLink(root) != nil else { return }
    for folder in try GenerationSwap.names(in: root) where folder.utf8.count == 2 {
      guard let status = statusOfLink("\(root)/\(folder)"), status.st_mode & S_IFMT == S_IFDIR
      else { continue }
      for name in try GenerationSwap.names(in: "\(root)/\(folder)") {
        guard let digest = Digest("sha256:" + name), name.hasPrefix(folder) else { continue }
        try body(digest, "\(root)/\(folder)/\(name)")
      }
    }
  }

  // MARK: What events name

  /// The stored files that events below a size name and nobody erased, and that are not among
  /// `present`, which is sorted.
  func missing(
    _ present: [Digest], through size: LedgerSize
  ) throws(BackupError) -> [Digest] {
    let present = Set(present)
    var lists: Set<Digest> = []
    var erased: Set<Digest> = []
    let kinds: [FactCode] = [
      .versionTrained, .versionImported, .predictionCompleted, .runCompleted, .artifactErased,
    ]
    for kind in kinds {
      try forEachEvent(of: kind, below: size) { event in
        switch event.fact {
        case .versionTrained(let fact), .versionImported(let fact):
          lists.insert(fact.artifacts.digest)
        case .predictionCompleted(let fact), .runCompleted(let fact):
          lists.insert(fact.outputs.digest)
        case .artifactErased(let fact): erased.formUnion(fact.digests)
        default: break
        }
      }
    }
    var missing: Set<Digest> = []
    for list in lists.subtracting(erased) {
      guard present.contains(list) else {
        missing.insert(list)
        continue
      }
      for file in try files(of: list) where !present.contains(file) && !erased.contains(file) {
        missing.insert(file)
      }
    }
    return missing.sorted { $0.hex < $1.hex }
  }

  private func forEachEvent(
    of kind: FactCode, below size: LedgerSize, _ body: (Event) -> Void
  ) throws(BackupError) {
    do throws(ReadingError) {
      try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.forEachPosition(of: kind, asOf: size) { (position) throws(ReadingError) in
          body(try snapshot.event(at: position))
          return true
        }
      }
    } catch {
      throw BackupError(
        StorageError(.reading(error), "looking for stored files"), reader.directory.path)
    }
  }

  /// The files of a stored list; none where it is no list, which verification tells.
  private func files(of list: Digest) throws(BackupError) -> [Digest] {
    let path = reader.directory.blobFile(list)
    guard let bytes = try? DurableFile.read(path, limit: 1 << 28, for: "back up"),
      let entries = (try? CanonicalJSON.decode(bytes))?.array
    else { return [] }
    return entries.compactMap { entry in
      entry.object?["digest"]?.text.flatMap { Digest($0.string) }
    }
  }
}

extension Environment {
  /// CLOCK_BOOTTIME in microseconds.
  static func boottimeMicroseconds() -> UInt64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_BOOTTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
