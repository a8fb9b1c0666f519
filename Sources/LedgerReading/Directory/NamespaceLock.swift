// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Keeps processes of different pid namespaces from having one ledger open together.
///
/// LMDB tells live readers from dead ones by process number, which means nothing in another
/// namespace. Openers hold a shared flock on `namespace`; whoever gets it alone writes its own
/// namespace there. Held until ``release()`` or the end of the value.
public struct NamespaceLock: ~Copyable, Sendable {
  private let file: Descriptor?

  /// Whether the lock is really held; false on read-only media, where nobody can write.
  public var isHeld: Bool { file != nil }

  /// Takes the shared lock; waits at most half a second for openers that are just coming or going.
  ///
  /// `otherNamespace` when processes of another pid namespace have the ledger open; `busy` when
  /// somebody keeps the lock exclusively. A file that cannot be opened for writing is tolerated.
  public init(_ directory: LedgerDirectory) throws(DirectoryError) {
    try self.init(directory, namespace: try NamespaceLock.current())
  }

  init(
    _ directory: LedgerDirectory, namespace: String, attempts: Int = 250
  ) throws(DirectoryError) {
    let path = directory.namespaceFile
    let file: Descriptor
    do throws(DirectoryError) {
      file = try Descriptor.open(path, O_RDWR, for: "open the ledger")
    } catch {
      guard error.systemError == EROFS || error.systemError == EACCES else { throw error }
      self.file = nil
      return
    }
    var found: String?
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(2000) }
      if file.lock(LOCK_EX | LOCK_NB) {
        try NamespaceLock.write(namespace, to: file, at: path)
      }
      // Downgrading is not atomic: another may write in between, so the file is read afterwards.
      guard file.lock(LOCK_SH | LOCK_NB) else {
        guard errno == EWOULDBLOCK else { throw .system("lock", path) }
        continue
      }
      found = try NamespaceLock.read(file, at: path)
      if found == namespace {
        self.file = consume file
        return
      }
      // Others of our namespace may be looking at the same stale line; one of us gets it alone.
      _ = file.lock(LOCK_UN)
    }
    guard let found else {
      throw DirectoryError(
        .busy, "open the ledger", path, "another process keeps it locked",
        whatNext: "try again; 'fuser \(path)' names the process", systemError: EWOULDBLOCK)
    }
    throw DirectoryError(
      .otherNamespace, "open the ledger", path,
      "processes of another pid namespace (\(found.isEmpty ? "unknown" : found)) have it open; "
        + "this one is in \(namespace)",
      whatNext: "use it from one container or host at a time")
  }

  deinit { if let number = file?.number { _ = Descriptor.lock(number, LOCK_UN) } }

  /// Lets go.
  public consuming func release() {}

  // One line of 64 bytes, padded with spaces, so that it is always written in place and whole.
  private static let length = 64

  private static func write(
    _ namespace: String, to file: borrowing Descriptor, at path: String
  ) throws(DirectoryError) {
    var line = Array(namespace.utf8.prefix(length - 1))
    line += Array(repeating: UInt8(ascii: " "), count: length - 1 - line.count) + [0x0A]
    if file.read(length, at: 0) == line { return }
    guard file.write(line, at: 0) else { throw .system("write", path) }
  }

  private static func read(
    _ file: borrowing Descriptor, at path: String
  ) throws(DirectoryError) -> String {
    guard let bytes = file.read(length, at: 0) else { throw .system("read", path) }
    return String(decoding: bytes.prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
  }

  /// The pid namespace of this process, such as `pid:[4026531836]`.
  static func current() throws(DirectoryError) -> String {
    let link = "/proc/self/ns/pid"
    var buffer = [UInt8](repeating: 0, count: 63)
    let count = buffer.withUnsafeMutableBytes {
      readlink(link, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count > 0 else {
      throw DirectoryError(
        .unsupported, "open the ledger", link, "it does not tell the pid namespace",
        whatNext: "mount /proc", systemError: errno)
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
