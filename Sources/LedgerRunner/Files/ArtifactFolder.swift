// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerDomain
import LedgerReading

/// Folders of files that become artifacts, and copies of artifacts that become folders.
public enum ArtifactFolder {
  /// Stores every file below `folder`, and the list of them; the list, whose digest names a blob.
  ///
  /// Links, devices, sockets, FIFOs and names that are no UTF-8 or hold control characters are
  /// refused (65), as are more than 100,000 files; then some blobs may be stored that nothing
  /// names. Empty folders leave no trace. `check` is called often, and ends it by what it throws.
  public static func store(
    _ folder: String, in blobs: BlobStore, check: () throws(FilesError) -> Void = {}
  ) throws(FilesError) -> FileList {
    var entries: [FileList.Entry] = []
    var walk = FolderWalk("take in")
    try walk.run(folder) { parent, name, path throws(FilesError) in
      entries.append(try blobs.put(folder: parent, name: name, path: path, check: check))
    }
    let list = FileList(entries)
    try blobs.put(list.canonical)
    return list
  }

  /// Digests every file below `folder` by the same rules, storing nothing.
  public static func digest(_ folder: String) throws(FilesError) -> FileList {
    var entries: [FileList.Entry] = []
    var walk = FolderWalk("digest")
    try walk.run(folder) { parent, name, path throws(FilesError) in
      entries.append(try Self.entry(parent, name, path, shown: "\(folder)/\(path)"))
    }
    return FileList(entries)
  }

  /// Digests one file.
  static func entry(
    _ folder: Int32, _ name: String, _ path: String, shown: String
  ) throws(FilesError) -> FileList.Entry {
    var hashing = Hashing()
    let size = try SteadyFile.read(folder, name, path: shown, for: "digest") {
      piece throws(FilesError) in
      hashing.update(piece)
    }
    return FileList.Entry(path: path, bytes: size, digest: hashing.digest())
  }

  /// The list that a blob holds, verified.
  public static func list(_ digest: Digest, in blobs: BlobStore) throws(FilesError) -> FileList {
    try FileList(canonical: try blobs.read(digest))
  }

  /// Makes a private copy of artifacts in `folder`, which must not exist: files 0400, folders 0500.
  ///
  /// Each file's digest is verified while it is copied. After an error nothing is left of it.
  public static func materialise(
    _ list: FileList, from blobs: BlobStore, into folder: String
  ) throws(FilesError) {
    guard mkdir(folder, 0o700) == 0 else { throw .system("make", folder) }
    do throws(FilesError) {
      var folders: Set<[UInt8]> = []
      var made: [String] = [folder]
      for entry in list.entries {
        guard RelativePath.isSafe(entry.path) else {
          throw FilesError(.unsuitable, "copy", entry.path, "its path could leave the folder")
        }
        let parts = entry.path.utf8.split(separator: 0x2F)
        var parent: [UInt8] = []
        for part in parts.dropLast() {
          parent += [0x2F] + part
          guard folders.insert(parent).inserted else { continue }
          let path = folder + String(decoding: parent, as: UTF8.self)
          guard mkdir(path, 0o700) == 0 else { throw .system("make", path) }
          made.append(path)
        }
        try copy(entry, from: blobs, to: "\(folder)/\(entry.path)")
      }
      for path in made.reversed() where chmod(path, 0o500) != 0 { throw .system("protect", path) }
    } catch {
      remove(folder)
      throw error
    }
  }

  private static func copy(
    _ entry: FileList.Entry, from blobs: BlobStore, to path: String
  ) throws(FilesError) {
    let descriptor = clinux_openat(
      AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o400)
    guard descriptor >= 0 else { throw .system("copy to", path) }
    let file = Descriptor(owning: descriptor)
    let number = file.number
    var total: UInt64 = 0
    try blobs.use(entry.digest) { piece throws(FilesError) in
      total += UInt64(piece.count)
      var sent = 0
      while sent < piece.count {
        let count = write(number, piece.baseAddress! + sent, piece.count - sent)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .system("copy to", path, count < 0 ? errno : ENOSPC) }
        sent += count
      }
    }
    guard total == entry.bytes else {
      throw FilesError(.damaged, "copy", entry.path, "its size is not the recorded one")
    }
  }

  /// Removes a folder with everything in it, protected folders too; links are removed, not
  /// followed. What cannot be removed stays.
  public static func remove(_ folder: String) {
    let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/"))
    let parent = slash.map { $0 == folder.startIndex ? "/" : String(folder[..<$0]) } ?? "."
    let name = slash.map { String(folder[folder.utf8.index(after: $0)...]) } ?? folder
    let descriptor = clinux_openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    remove(descriptor, Array(name.utf8) + [0], 0)
  }

  private static func remove(_ parent: Int32, _ name: [UInt8], _ depth: Int) {
    name.withUnsafeBytes { raw in
      let name = raw.baseAddress!.assumingMemoryBound(to: CChar.self)
      if unlinkat(parent, name, 0) == 0 || errno == ENOENT || depth > 256 { return }
      let descriptor = clinux_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
      guard descriptor >= 0 else { return }
      fchmod(descriptor, 0o700)
      var names: [[UInt8]] = []
      if let directory = fdopendir(descriptor) {
        while let item = readdir(directory) {
          let name = FolderWalk.name(item)
          if name != [0x2E], name != [0x2E, 0x2E] { names.append(name + [0]) }
        }
        for name in names { remove(descriptor, name, depth + 1) }
        closedir(directory)
      } else {
        close(descriptor)
      }
      _ = unlinkat(parent, name, AT_REMOVEDIR)
    }
  }
}
