// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerReading

/// Builds the next generation of the database beside the present one, and puts it in its place.
///
/// A data file is never replaced inside its directory: whoever still locks the old lock file would
/// write past the others. All of it happens with the door held. Dropped without ``commit(_:)``,
/// what was built is removed and the ledger is as before.
public struct GenerationSwap: ~Copyable {
  private let ledger: LedgerDirectory
  private let identity: LedgerIdentity
  private var isCommitted = false

  /// The number of the generation being built.
  public var generation: UInt64 { identity.generation }
  /// Its directory, empty at first; the caller makes a whole LMDB environment there, verifies it
  /// and closes it before ``commit(_:)``.
  public var path: String { ledger.generationDirectory(generation) }

  /// Makes `db/<n+1>`, removing what an interrupted attempt left there.
  public init(_ door: Door, _ pass: borrowing DoorPass) throws(DirectoryError) {
    let ledger = door.directory
    var next = pass.identity
    next.generation += 1
    let path = ledger.generationDirectory(next.generation)
    try GenerationSwap.remove(path)
    try DurableFile.makeDirectory(
      path, mode: ledger.sharing.directoryMode, for: "make a new generation")
    self.ledger = ledger
    self.identity = next
  }

  deinit { if !isCommitted { try? GenerationSwap.remove(path) } }

  /// Makes the new generation the ledger's; the old one stays for those who still read it.
  ///
  /// Returns the new identity. After an error the ledger has the old generation or, when only the
  /// last sync failed, the new one: read ``LedgerIdentity`` again.
  public consuming func commit(_ pass: borrowing DoorPass) throws(DirectoryError) -> LedgerIdentity
  {
    let data = ledger.dataFile(generation)
    let file = try Descriptor.open(data, O_RDWR, for: "sync the new generation")
    guard let status = file.status(), status.st_size > 0 else {
      throw DirectoryError(.damaged, "sync the new generation", data, "it is empty")
    }
    guard fchmod(file.number, ledger.sharing.fileMode) == 0, fsync(file.number) == 0 else {
      throw .system("sync the new generation", data)
    }
    let lock = ledger.lockFile(generation)
    // By path: LMDB alone opens its lock file. Its mode was cut by the umask.
    guard chmod(lock, ledger.sharing.fileMode) == 0 || errno == ENOENT else {
      throw .system("set the mode of", lock)
    }
    try DurableFile.syncDirectory(path)
    try DurableFile.syncDirectory(ledger.databaseDirectory)
    // A crash up to here leaves the old generation in force and a new one that the next attempt
    // removes. The rename inside decides; both generations are whole before and after it.
    isCommitted = true
    try identity.write(ledger)
    return identity
  }

  /// Removes every generation but the one in force; open readers keep the files they have.
  ///
  /// Each is renamed first, so that an opener finds a whole environment or none at all.
  public static func removeOthers(
    _ door: Door, _ pass: borrowing DoorPass
  ) throws(DirectoryError) {
    let ledger = door.directory
    let current = try LedgerIdentity.read(ledger).generation
    for name in try names(in: ledger.databaseDirectory) where name != String(current) {
      let isGeneration = name.utf8.allSatisfy { (0x30...0x39).contains($0) }
      guard isGeneration || name.hasSuffix(".old") else { continue }
      try remove("\(ledger.databaseDirectory)/\(name)")
    }
    try DurableFile.syncDirectory(ledger.databaseDirectory)
  }

  private static func remove(_ path: String) throws(DirectoryError) {
    guard statusOfLink(path) != nil else { return }
    let old = path.hasSuffix(".old") ? path : path + ".old"
    if old != path {
      try? remove(old)
      guard rename(path, old) == 0 else { throw .system("remove", path) }
    }
    for name in try names(in: old) {
      guard unlink("\(old)/\(name)") == 0 else { throw .system("remove", "\(old)/\(name)") }
    }
    guard rmdir(old) == 0 else { throw .system("remove", old) }
  }

  static func names(in path: String) throws(DirectoryError) -> [String] {
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, for: "list")
    let copy = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let listing = fdopendir(copy) else { throw .system("list", path) }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
