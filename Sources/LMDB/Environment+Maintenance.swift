// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc

/// Figures about an environment.
public struct EnvironmentInfo: Equatable, Sendable {
  /// The size of this process's map.
  public let mapSizeBytes: Int
  /// The last page in use; the file is about this many pages long.
  public let lastPage: Int
  /// The last committed transaction.
  public let lastTransaction: UInt
  /// Reader slots of all processes.
  public let maximumReaders: Int
  /// Reader slots that were ever in use since the lock file was made.
  public let readersUsed: Int
}

/// One reader slot that is taken.
public struct Reader: Equatable, Sendable {
  /// The process that took it.
  public let processID: Int32
  /// The thread that took it, as pthread_self(3) tells.
  public let threadID: UInt
  /// The state that it looks at; nil while it looks at none.
  public let transactionID: UInt?
}

extension Environment {
  /// Figures about the environment; constant cost.
  public var info: EnvironmentInfo {
    get throws(LMDBError) {
      try using { (handle) throws(LMDBError) in
        var figures = MDB_envinfo()
        try succeed(mdb_env_info(handle, &figures), "mdb_env_info")
        return EnvironmentInfo(
          mapSizeBytes: figures.me_mapsize, lastPage: figures.me_last_pgno,
          lastTransaction: UInt(figures.me_last_txnid),
          maximumReaders: Int(figures.me_maxreaders), readersUsed: Int(figures.me_numreaders))
      }
    }
  }

  /// Figures about a table as it was committed last.
  public func statistics(_ table: Table) throws(LMDBError) -> TableStatistics {
    try read { (transaction) throws(LMDBError) in try transaction.loan.statistics(table) }
  }

  /// The reader slots that are taken, of every process.
  public func readers() throws(LMDBError) -> [Reader] {
    try using { (handle) throws(LMDBError) in
      var lines: [String] = []
      // mdb_reader_list tells its table as text only.
      let status = withUnsafeMutablePointer(to: &lines) { lines in
        mdb_reader_list(
          handle,
          { line, context in
            guard let line, let context else { return -1 }
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: line))
            return 0
          }, lines)
      }
      guard status >= 0 else { throw LMDBError(status: status, in: "mdb_reader_list") }
      return lines.compactMap(Self.reader)
    }
  }

  private static func reader(_ line: String) -> Reader? {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 3, let process = Int32(words[0]), let thread = UInt(words[1], radix: 16)
    else { return nil }
    return Reader(processID: process, threadID: thread, transactionID: UInt(words[2]))
  }

  /// The slots whose process is gone. They hold back the reuse of pages until they are cleared.
  public func staleReaders() throws(LMDBError) -> [Reader] {
    try readers().filter { kill($0.processID, 0) != 0 && errno == ESRCH }
  }

  /// Frees the slots of processes that are gone and returns how many there were.
  @discardableResult
  public func clearStaleReaders() throws(LMDBError) -> Int {
    try using { (handle) throws(LMDBError) in
      var dead: Int32 = 0
      try succeed(mdb_reader_check(handle, &dead), "mdb_reader_check")
      return Int(dead)
    }
  }

  /// Writes a consistent copy to `data.mdb` in `directory`, which is made if it is missing, and
  /// syncs file and directory.
  ///
  /// Holds a snapshot meanwhile. `compacting` leaves out free pages and renumbers the others.
  /// On failure, `fileExists` apart, the file that was begun is removed. Throws `transactionOpen`
  /// when the calling thread has one open.
  public func copy(to directory: String, compacting: Bool) throws(LMDBError) {
    guard !gate.isHeldByThisThread else { throw LMDBError(.transactionOpen, in: "mdb_env_copy") }
    if mkdir(directory, 0o700) == 0 {
      try Self.synchronise(Self.parent(of: directory))
    } else if errno != EEXIST {
      throw LMDBError(status: errno, in: "mkdir")
    }
    let file = directory + "/data.mdb"
    let descriptor = Glibc.open(
      file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw LMDBError(status: errno, in: "open") }
    defer { Glibc.close(descriptor) }
    do throws(LMDBError) {
      try using { (handle) throws(LMDBError) in
        try succeed(
          mdb_env_copyfd2(handle, descriptor, compacting ? UInt32(MDB_CP_COMPACT) : 0),
          "mdb_env_copy")
      }
      // LMDB does not sync a copy. A crash before this leaves a file that must not be trusted.
      guard fsync(descriptor) == 0 else { throw LMDBError(status: errno, in: "fsync") }
      try Self.synchronise(directory)
    } catch {
      unlink(file)
      throw error
    }
  }

  private static func parent(of directory: String) -> String {
    let parts = directory.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
    let start = directory.utf8.first == UInt8(ascii: "/") ? "/" : "./"
    return start + parts.dropLast().map { String($0) ?? "" }.joined(separator: "/")
  }

  /// fsync(2) of a directory.
  private static func synchronise(_ directory: String) throws(LMDBError) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LMDBError(status: errno, in: "open") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw LMDBError(status: errno, in: "fsync") }
  }
}
