// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Transparency

/// Writes the members of a backup to where a ledger has them.
struct Unpacking {
  private let directory: LedgerDirectory
  private let generation: UInt64
  /// Whose names are to be made durable.
  private var folders: Set<String> = []
  private static let operation = "restore"

  init(_ directory: LedgerDirectory, generation: UInt64) {
    self.directory = directory
    self.generation = generation
    folders = [
      directory.path, directory.keysDirectory, directory.databaseDirectory,
      directory.generationDirectory(generation), directory.blobsDirectory,
    ]
  }

  /// Reads the backup to its end.
  mutating func take(
    _ reader: inout BackupReader, _ tell: (String, UInt64, UInt64) -> Void
  ) throws(BackupError) {
    var done: UInt64 = 0
    while let (member, _) = try reader.next() {
      guard let place = try place(of: member) else {
        try reader.copy { (_) throws(BackupError) in }
        continue
      }
      let file = try backing { () throws(DirectoryError) in
        try Descriptor.open(
          place.path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, for: Unpacking.operation)
      }
      var offset = 0
      let length = reader.length
      try reader.copy { (piece) throws(BackupError) in
        guard file.write(Array(piece), at: offset) else {
          throw BackupError(.system(Unpacking.operation, place.path))
        }
        offset += piece.count
        done += UInt64(piece.count)
        tell("unpacking", done, length)
      }
      guard fchmod(file.number, place.mode) == 0, fsync(file.number) == 0 else {
        throw BackupError(.system(Unpacking.operation, place.path))
      }
    }
    try reader.finish()
  }

  private mutating func place(
    of member: BackupMember
  ) throws(BackupError) -> (path: String, mode: mode_t)? {
    let sharing = directory.sharing
    switch member {
    case .manifest, .sums: return nil
    case .checkpoint: return (directory.checkpointFile, sharing.fileMode)
    case .logKey: return (directory.logKeyFile, sharing.keyMode)
    case .keyPlace: return (directory.keyPlaceFile, sharing.fileMode)
    case .requestKey: return (directory.requestKeyFile, sharing.keyMode)
    case .database: return (directory.dataFile(generation), sharing.fileMode)
    case .blob(let digest):
      let path = directory.blobFile(digest)
      let folder = DurableFile.parent(of: path)
      try make(DurableFile.parent(of: folder))
      try make(folder)
      return (path, sharing.fileMode)
    case .receipt(let anchor, let file):
      let folder = directory.path + "/receipts/\(anchor)"
      try make(DurableFile.parent(of: folder))
      try make(folder)
      return ("\(folder)/\(file)", sharing.fileMode)
    }
  }

  private mutating func make(_ folder: String) throws(BackupError) {
    guard folders.insert(folder).inserted else { return }
    try backing { () throws(DirectoryError) in
      try DurableFile.makeDirectory(
        folder, mode: directory.sharing.directoryMode, for: Unpacking.operation)
    }
  }

  /// Puts a key that was kept apart where the ledger has it.
  func add(signingKey: [UInt8]) throws(BackupError) {
    try backing { () throws(DirectoryError) in
      try DurableFile.create(
        directory.logKeyFile, signingKey, mode: directory.sharing.keyMode,
        for: Unpacking.operation)
    }
  }

  /// Makes all names durable.
  func sync() throws(BackupError) {
    for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) {
      try backing { () throws(DirectoryError) in try DurableFile.syncDirectory(folder) }
    }
  }
}
