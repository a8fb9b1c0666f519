// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerReading

/// Walks a folder by descriptors, so that nothing can lead it elsewhere while it walks.
struct FolderWalk {
  /// How much is taken.
  struct Limits {
    var files = 100_000
    var depth = 32
    var bytes: UInt64 = 1 << 50
  }

  /// What to do about what is no regular file or folder.
  enum Strangers {
    /// The walk fails.
    case refuse
    /// It is passed over.
    case skip
  }

  let operation: String
  var limits = Limits()
  var strangers = Strangers.refuse
  /// Folders not entered, by relative path.
  var excluded: @Sendable ([UInt8]) -> Bool = { _ in false }

  private var files = 0

  init(_ operation: String) { self.operation = operation }

  /// Calls `visit` for each regular file with the folder it is in, its name there, and its
  /// relative path; in no order.
  ///
  /// Names that are no UTF-8 or hold control characters are refused (65).
  mutating func run(
    _ root: String, _ visit: (Int32, String, String) throws(FilesError) -> Void
  ) throws(FilesError) {
    let descriptor = clinux_openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { throw .system(operation, root) }
    files = 0
    try walk(descriptor, root, "", 0, visit)
  }

  /// Closes `folder`.
  private mutating func walk(
    _ folder: Int32, _ root: String, _ prefix: String, _ depth: Int,
    _ visit: (Int32, String, String) throws(FilesError) -> Void
  ) throws(FilesError) {
    guard let directory = fdopendir(folder) else {
      close(folder)
      throw .system(operation, "\(root)/\(prefix)")
    }
    defer { closedir(directory) }
    guard depth <= limits.depth else {
      throw FilesError(
        .tooMuch, operation, "\(root)/\(prefix)", "it is nested deeper than \(limits.depth)",
        whatNext: "write flatter folders")
    }
    while true {
      errno = 0
      guard let item = readdir(directory) else {
        guard errno == 0 else { throw .system(operation, "\(root)/\(prefix)") }
        return
      }
      let raw = Self.name(item)
      if raw == [0x2E] || raw == [0x2E, 0x2E] { continue }
      if excluded(Array(prefix.utf8) + raw) { continue }
      guard let name = String(validating: raw, as: UTF8.self) else {
        let shown = String(decoding: raw, as: UTF8.self)
        throw FilesError(
          .unsuitable, operation, "\(root)/\(prefix)\(shown)", "its name is no UTF-8",
          whatNext: "rename it")
      }
      let path = prefix + name
      try look(folder, root, name, path, depth, visit)
    }
  }

  private mutating func look(
    _ folder: Int32, _ root: String, _ name: String, _ path: String, _ depth: Int,
    _ visit: (Int32, String, String) throws(FilesError) -> Void
  ) throws(FilesError) {
    let whole = "\(root)/\(path)"
    var status = stat()
    guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw .system(operation, whole)
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFDIR else {
      if strangers == .skip { return }
      throw FilesError(
        .unsuitable, operation, whole, "it is \(Self.words(kind))",
        whatNext: "only regular files and folders are taken: replace it by a file, or remove it")
    }
    guard !RelativePath.hasControl(name) else {
      throw FilesError(
        .unsuitable, operation, whole, "its name holds a control character", whatNext: "rename it")
    }
    guard path.utf8.count <= RelativePath.limit else {
      throw FilesError(
        .tooMuch, operation, whole, "its path is longer than \(RelativePath.limit) bytes",
        whatNext: "give shorter names")
    }
    if kind == S_IFDIR {
      let inner = clinux_openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
      guard inner >= 0 else { throw .system(operation, whole) }
      return try walk(inner, root, path + "/", depth + 1, visit)
    }
    files += 1
    guard files <= limits.files else {
      throw FilesError(
        .tooMuch, operation, root, "it holds more than \(limits.files) files",
        whatNext: "pack them, or write fewer")
    }
    try visit(folder, name, path)
  }

  static func name(_ item: UnsafeMutablePointer<dirent>) -> [UInt8] {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let start = (UnsafeRawPointer(item) + offset).assumingMemoryBound(to: UInt8.self)
    return Array(UnsafeBufferPointer(start: start, count: strlen(start)))
  }

  private static func words(_ kind: mode_t) -> String {
    switch kind {
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    case S_IFBLK, S_IFCHR: "a device"
    default: "no regular file"
    }
  }
}

/// Reads a regular file once, from begin to end, noticing when it changes meanwhile.
enum SteadyFile {
  /// Calls `take` with each piece; the size that was read.
  ///
  /// `folder` and `name` as for openat(2); links are not followed. `changed` when size, content
  /// time or identity differ before and after.
  @discardableResult
  static func read(
    _ folder: Int32, _ name: String, path: String, for operation: String,
    _ take: (UnsafeRawBufferPointer) throws(FilesError) -> Void
  ) throws(FilesError) -> UInt64 {
    // Non-blocking: opening a FIFO planted in the file's place must not wait for a writer.
    let descriptor = clinux_openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard descriptor >= 0 else {
      if errno == ELOOP {
        throw FilesError(
          .unsuitable, operation, path, "it is a symbolic link", whatNext: "name the file itself")
      }
      throw .system(operation, path)
    }
    let file = Descriptor(owning: descriptor)
    guard let before = file.status() else { throw .system(operation, path) }
    guard before.st_mode & S_IFMT == S_IFREG else {
      throw FilesError(.unsuitable, operation, path, "it is no regular file")
    }
    let size = 256 * 1024
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { buffer.deallocate() }
    var total: UInt64 = 0
    while true {
      let count = Glibc.read(file.number, buffer, size)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(operation, path) }
      if count == 0 { break }
      total += UInt64(count)
      try take(UnsafeRawBufferPointer(start: buffer, count: count))
    }
    guard let after = file.status(), same(before, after), total == UInt64(before.st_size) else {
      throw FilesError(
        .changed, operation, path, "it changed while it was read",
        whatNext: "let its writer finish, then try again")
    }
    return total
  }

  private static func same(_ one: stat, _ other: stat) -> Bool {
    one.st_size == other.st_size && one.st_mtim.tv_sec == other.st_mtim.tv_sec
      && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec
      && one.st_ctim.tv_sec == other.st_ctim.tv_sec
      && one.st_ctim.tv_nsec == other.st_ctim.tv_nsec
  }
}
