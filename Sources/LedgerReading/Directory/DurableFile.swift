// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// Small files that are either the old or the new whole after any crash.
///
/// The last component of a path is never followed when it is a symbolic link.
public enum DurableFile {
  /// Reads a regular file of at most `limit` bytes; larger ones are `damaged`, none `notFound`.
  public static func read(
    _ path: String, limit: Int, for operation: String = "read"
  ) throws(DirectoryError) -> [UInt8] {
    let file: Descriptor
    do throws(DirectoryError) {
      // Non-blocking: opening a FIFO planted in the file's place must not wait for a writer.
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: operation)
    } catch {
      guard error.systemError == ENOENT else { throw error }
      throw DirectoryError(.notFound, operation, path, "it does not exist", systemError: ENOENT)
    }
    guard let status = file.status() else { throw .system(operation, path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DirectoryError(.damaged, operation, path, "it is not a regular file")
    }
    guard let bytes = file.read(limit + 1, at: 0) else { throw .system(operation, path) }
    guard bytes.count <= limit else {
      throw DirectoryError(.damaged, operation, path, "it is larger than \(limit) bytes")
    }
    return bytes
  }

  /// Replaces a file by new bytes: written beside, synced, renamed, directory synced.
  ///
  /// The caller keeps other writers of the same path away. After an error the file is the old
  /// one, except when only the last step failed: then it is the new one, but a power cut may
  /// still bring the old one back. Either is whole.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: mode_t, for operation: String = "write"
  ) throws(DirectoryError) {
    let beside = path + ".new"
    // What a crash left there is of no use, and may be a planted link: O_EXCL follows none.
    if unlink(beside) != 0, errno != ENOENT { throw .system(operation, beside) }
    do throws(DirectoryError) {
      try create(beside, bytes, mode: mode, for: operation)
      // A crash up to here leaves the old file, and at most an unused one beside it.
      if rename(beside, path) != 0 { throw DirectoryError.system(operation, path) }
    } catch {
      _ = unlink(beside)
      throw error
    }
    // A crash here leaves the old or the new file; once the directory is synced, the new one.
    try syncDirectory(parent(of: path), for: operation)
  }

  /// Makes a file that did not exist, with exactly this mode, and syncs it (not its directory).
  public static func create(
    _ path: String, _ bytes: [UInt8], mode: mode_t, for operation: String = "create"
  ) throws(DirectoryError) {
    let file = try Descriptor.open(
      path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, for: operation)
    // fchmod, because the mode given to open is cut by the umask.
    guard fchmod(file.number, mode) == 0, file.write(bytes, at: 0), fsync(file.number) == 0
    else { throw .system(operation, path) }
  }

  /// Makes one directory with exactly this mode; `inputOutput` with EEXIST when it is there.
  public static func makeDirectory(
    _ path: String, mode: mode_t, for operation: String = "make the directory"
  ) throws(DirectoryError) {
    guard mkdir(path, 0o700) == 0, chmod(path, mode) == 0 else { throw .system(operation, path) }
  }

  /// Makes the names in a directory durable.
  public static func syncDirectory(
    _ path: String, for operation: String = "sync"
  ) throws(DirectoryError) {
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, for: operation)
    guard fsync(directory.number) == 0 else { throw .system(operation, path) }
  }

  /// The directory of a path: everything before the last slash, or `.`.
  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
