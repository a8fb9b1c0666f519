// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerReading

/// A file of results that is either the old one or the new one whole: written beside, renamed.
///
/// Only its owner may read it (0600): it holds the words of a ledger. Dropped without
/// ``finish()``, what was written is removed.
public struct ReplacingFile: ~Copyable {
  private let path: String
  /// Where it is until then, for what opens files by name; let go of before ``finish()``.
  public let beside: String
  private let file: Descriptor
  private var isFinished = false

  /// Begins a file that will replace `path`. 73 (`cannotCreate`) where none can be made, and where
  /// something is that a file must not replace: a folder, a link, a device.
  public init(_ path: String) throws(DirectoryError) {
    let beside = path + ".new"
    var status = stat()
    // Told now, and not by the rename when all the work is done.
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw DirectoryError(
        .cannotCreate, "write", path, isFolder ? "it is a folder" : "it is no ordinary file",
        whatNext: isFolder
          ? "name a file in it, or elsewhere"
          : "name another file; without --output, standard output is written to")
    }
    if unlink(beside) != 0, errno != ENOENT {
      throw DirectoryError(
        .cannotCreate, "write", path, String(cString: strerror(errno)), systemError: errno)
    }
    do throws(DirectoryError) {
      file = try Descriptor.open(
        beside, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, for: "write")
    } catch {
      throw DirectoryError(
        .cannotCreate, "write", path, error.reason, systemError: error.systemError)
    }
    self.path = path
    self.beside = beside
  }

  deinit { if !isFinished { unlink(beside) } }

  /// Where to write, until ``finish()``.
  public var descriptor: Int32 { file.number }

  /// Makes what was written durable and puts it in place.
  public consuming func finish() throws(DirectoryError) {
    // A crash up to the rename leaves the old file, and at most an unused one beside it.
    guard fchmod(file.number, 0o600) == 0, fsync(file.number) == 0, rename(beside, path) == 0
    else { throw .system("write", path) }
    isFinished = true
    let folder = path.utf8.lastIndex(of: 0x2F).map { String(path[..<$0]) } ?? "."
    try DurableFile.syncDirectory(folder.isEmpty ? "/" : folder, for: "write")
  }
}
