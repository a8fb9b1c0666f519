// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain

/// What the file system says of an input's files without reading them: where that is the same
/// later, nobody wrote to them in between (but for what fits into one tick of the kernel's clock).
struct InputStamp: Equatable, Sendable {
  /// One file. Moments are seconds and nanoseconds.
  struct File: Equatable, Sendable {
    /// Below the input; empty for the input itself.
    var path: [UInt8]
    var device: UInt64
    var inode: UInt64
    var size: Int64
    /// When its content was last written; can be set by anybody.
    var modified: [Int]
    /// When it was last changed in any way, its rights and links included; cannot be set.
    var changed: [Int]

    init(_ path: [UInt8], _ status: stat) {
      self.path = path
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  /// The files, sorted by the bytes of their paths.
  let files: [File]

  /// Looks at a file, or at every file below a folder. Cost: a call of stat each.
  init(_ path: String) throws(FilesError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system("look at", path) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      files = [File([], status)]
      return
    }
    var found: [File] = []
    var walk = FolderWalk("look at")
    try walk.run(path) { folder, name, relative throws(FilesError) in
      var status = stat()
      guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw .system("look at", "\(path)/\(relative)")
      }
      found.append(File(Array(relative.utf8), status))
    }
    files = found.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  /// What became of these files since: the paths of those that are new, gone, or of another size.
  func differences(to later: InputStamp) -> [(path: [UInt8], words: String)] {
    let before = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
    let after = Dictionary(later.files.map { ($0.path, $0) }) { first, _ in first }
    let gone = files.filter { after[$0.path] == nil }.map { ($0.path, "is gone") }
    let others = later.files.compactMap { file -> ([UInt8], String)? in
      guard let old = before[file.path] else { return (file.path, "is new") }
      return old.size == file.size
        ? nil : (file.path, "had \(old.size) bytes and now has \(file.size)")
    }
    return gone + others
  }

  /// Whether a file is another, or was written to, as far as can be told without its digest; a
  /// change of rights or links alone is none.
  func isWritten(since earlier: InputStamp) -> Bool {
    func content(_ file: File) -> File {
      var file = file
      file.changed = []
      return file
    }
    return files.map(content) != earlier.files.map(content)
  }
}
