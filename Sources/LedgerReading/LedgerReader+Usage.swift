// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
public import LedgerDomain
import Transparency

/// The bytes that the parts of a ledger take.
public struct LedgerUsage: Equatable, Sendable {
  /// One table of the database.
  public struct Table: Equatable, Sendable {
    /// Its name, such as `leaves`.
    public var name: String
    /// How many entries it has.
    public var entries: UInt64
    /// The bytes of its pages.
    public var bytes: UInt64
  }
  /// The tables of the database, the largest first.
  public var tables: [Table]
  /// The bytes of database pages in use.
  public var databaseUsed: UInt64
  /// The bytes of database pages that are free and will be used again.
  public var databaseFree: UInt64
  /// The bytes that the data file takes on disk.
  public var databaseAllocated: UInt64
  /// Content-addressed files: their bytes.
  public var blobBytes: UInt64
  /// Content-addressed files: their number.
  public var blobs: UInt64
  /// The working folders and locks of jobs: their bytes.
  public var runnerBytes: UInt64
  /// Links and folders of what is deployed: their bytes.
  public var deploymentBytes: UInt64
  /// What anchors answered: the bytes of their receipts.
  public var receiptBytes: UInt64
}

extension LedgerReader {
  /// The size that the last signed checkpoint was read to have at opening; nil when there is none.
  public var signedSize: LedgerSize? { checkpoint.map { LedgerSize($0.size) } }

  /// Adds up what the ledger takes. Walks every file of it.
  public func usage() throws(ReadingError) -> LedgerUsage {
    let operation = "adding up the ledger's bytes"
    var parts: [LedgerUsage.Table] = []
    var allocated: UInt64 = 0
    let names = Tables.names
    let all: [Table?] = [
      tables.leaves, tables.texts, tables.tree, tables.rows, tables.revisions, tables.jobs,
      tables.types, tables.logs, tables.requests, tables.head, tables.words,
    ]
    var used: UInt64 = 0
    var total: UInt64 = 0
    do throws(LMDBError) {
      for case (let name, let table?) in zip(names, all) {
        let figures = try environment.statistics(table)
        let taken = figures.branchPages + figures.leafPages + figures.overflowPages
        let bytes = UInt64(taken) * UInt64(figures.pageSizeBytes)
        parts.append(
          LedgerUsage.Table(name: name, entries: UInt64(figures.entries), bytes: bytes))
        used += bytes
        let pages = try environment.info.lastPage + 1
        total = UInt64(pages) * UInt64(figures.pageSizeBytes)
      }
    } catch {
      throw ReadingError(.database(error), operation)
    }
    var status = stat()
    if stat(directory.dataFile(identity.generation), &status) == 0 {
      allocated = UInt64(status.st_blocks) * 512
    }
    let blobs = FolderSize.of(directory.blobsDirectory)
    return LedgerUsage(
      tables: parts.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }, databaseUsed: used,
      databaseFree: total > used ? total - used : 0, databaseAllocated: allocated,
      blobBytes: blobs.bytes, blobs: blobs.files,
      runnerBytes: FolderSize.of(directory.runnersDirectory).bytes,
      deploymentBytes: FolderSize.of(directory.deploymentsDirectory).bytes,
      receiptBytes: FolderSize.of(directory.receiptsDirectory).bytes)
  }
}

/// Adds up regular files below a folder, following no link. What vanishes meanwhile is nothing.
private enum FolderSize {
  static func of(_ path: String) -> (bytes: UInt64, files: UInt64) {
    var sum: (bytes: UInt64, files: UInt64) = (0, 0)
    // Folders still to be looked at, so that no depth is too deep.
    var waiting = [path]
    while let folder = waiting.popLast() {
      guard let listing = opendir(folder) else { continue }
      defer { closedir(listing) }
      while let entry = readdir(listing) {
        guard let name = Self.name(of: entry) else { continue }
        let path = "\(folder)/\(name)"
        var status = stat()
        guard lstat(path, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: waiting.append(path)
        case S_IFREG:
          sum.bytes += UInt64(status.st_blocks) * 512
          sum.files += 1
        default: break
        }
      }
    }
    return sum
  }

  /// The name of an entry; nil for the folder itself, the one above, and names that are no UTF-8.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let bytes = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
    if strcmp(bytes, ".") == 0 || strcmp(bytes, "..") == 0 { return nil }
    return String(validatingCString: bytes)
  }
}
