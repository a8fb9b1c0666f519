// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerReading
import Synchronization

/// The data and lock file of an open LMDB environment, as this process has them open.
///
/// LMDB does not notice when its lock file is deleted: others then lock a new one, and
/// acknowledged entries are lost. So paths are compared with open files before each write.
public final class EnvironmentFiles: Sendable {
  /// What `ledger.json` said when the environment was opened.
  public let identity: LedgerIdentity
  private let data: OpenFile
  private let lock: OpenFile
  private let lockHeader: [UInt8]
  /// The largest size of the data file seen; it never shrinks.
  private let grown: Atomic<UInt64>

  private struct OpenFile: Sendable {
    let path: String
    let number: Int32
    let identity: FileIdentity
    let size: UInt64
  }

  /// Finds the two files among this process's descriptors, which stay LMDB's own.
  ///
  /// To be called after the environment was opened with its lock file, and dropped before the
  /// environment is closed. `moved` when a path no longer leads to an open file.
  public init(_ directory: LedgerDirectory, _ identity: LedgerIdentity) throws(DirectoryError) {
    self.identity = identity
    let numbers = try EnvironmentFiles.openNumbers()
    data = try EnvironmentFiles.find(directory.dataFile(identity.generation), among: numbers)
    lock = try EnvironmentFiles.find(directory.lockFile(identity.generation), among: numbers)
    lockHeader = try EnvironmentFiles.header(lock)
    grown = Atomic(data.size)
  }

  /// Checks that the paths lead to the open files and that neither was cut or overwritten.
  ///
  /// Six system calls. Any difference is `moved`.
  public func check() throws(DirectoryError) {
    for file in [data, lock] {
      guard let extent = FileExtent(at: file.path) else {
        guard errno == ENOENT else { throw .system("check", file.path) }
        throw EnvironmentFiles.moved(file.path, "it was removed while the ledger was open")
      }
      guard extent.identity == file.identity else {
        throw EnvironmentFiles.moved(file.path, "it was replaced while the ledger was open")
      }
      let isData = file.identity == data.identity
      let least = isData ? grown.load(ordering: .relaxed) : file.size
      guard extent.size >= least else {
        throw EnvironmentFiles.moved(file.path, "it was cut while the ledger was open")
      }
      if isData { grown.store(extent.size, ordering: .relaxed) }
    }
    guard try EnvironmentFiles.header(lock) == lockHeader else {
      throw EnvironmentFiles.moved(lock.path, "it was overwritten while the ledger was open")
    }
  }

  /// LMDB's magic number and lock format, the first eight bytes.
  ///
  /// Read through LMDB's own descriptor: closing one of ours would drop its record locks.
  private static func header(_ file: OpenFile) throws(DirectoryError) -> [UInt8] {
    var status = stat()
    guard fstat(file.number, &status) == 0, FileIdentity(status) == file.identity else {
      throw moved(file.path, "the environment was closed")
    }
    var bytes = [UInt8](repeating: 0, count: 8)
    guard pread(file.number, &bytes, 8, 0) == 8 else {
      throw moved(file.path, "it was cut while the ledger was open")
    }
    return bytes
  }

  private static func find(
    _ path: String, among numbers: [Int32]
  ) throws(DirectoryError) -> OpenFile {
    guard let status = statusOfLink(path) else {
      guard errno == ENOENT else { throw .system("check", path) }
      throw moved(path, "it was removed while the ledger was opened")
    }
    let identity = FileIdentity(status)
    for number in numbers {
      var open = stat()
      if fstat(number, &open) == 0, FileIdentity(open) == identity {
        return OpenFile(
          path: path, number: number, identity: identity, size: UInt64(status.st_size))
      }
    }
    throw moved(path, "it was replaced while the ledger was opened")
  }

  static func openNumbers() throws(DirectoryError) -> [Int32] {
    let path = "/proc/self/fd"
    guard let listing = opendir(path) else { throw .system("list", path) }
    defer { closedir(listing) }
    var numbers: [Int32] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
  }

  private static func moved(_ path: String, _ reason: String) -> DirectoryError {
    DirectoryError(
      .moved, "write to the ledger", path, reason,
      whatNext: "end every process that has the ledger open, then try again; nobody may touch "
        + "the files in db/")
  }
}
