// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerDomain
public import LedgerReading
import Synchronization

/// Bytes kept under the name of their SHA-256: `blobs/sha256/aa/<64 digits>`.
///
/// A blob is written beside, synced, renamed, and its directory synced before `put` returns, so an
/// event may name it at once. Blobs are written once and verified whenever they are used. Several
/// processes may put at the same time.
public struct BlobStore: Sendable {
  private let root: String
  private let sharing: LedgerSharing

  /// The blobs of a ledger.
  public init(_ directory: LedgerDirectory) {
    root = directory.blobsDirectory + "/sha256"
    sharing = directory.sharing
  }

  /// The blobs below `folder`, which exists.
  public init(folder: String, sharing: LedgerSharing = .owner) {
    root = folder + "/sha256"
    self.sharing = sharing
  }

  /// Where a blob is, or would be.
  public func path(_ digest: Digest) -> String {
    let digits = digest.hex
    return "\(root)/\(digits.prefix(2))/\(digits)"
  }

  /// Stores bytes; the digest by which they are found.
  @discardableResult
  public func put(_ bytes: [UInt8]) throws(FilesError) -> Digest {
    let digest = Hashing.digest(bytes)
    if try has(digest, bytes: UInt64(bytes.count)) { return digest }
    var writer = try writer()
    try bytes.withUnsafeBufferPointer { raw throws(FilesError) in
      try writer.write(UnsafeRawBufferPointer(raw))
    }
    try writer.keep()
    return digest
  }

  /// Stores a file, reading it once; what it is, under `path`.
  ///
  /// `folder` and `name` as for openat(2). Refuses links and what is no regular file (65), and a
  /// file that changes while it is read. `check` is called often, and ends it by what it throws.
  public func put(
    folder: Int32, name: String, path: String, check: () throws(FilesError) -> Void = {}
  ) throws(FilesError) -> FileList.Entry {
    var writer = try writer()
    let size = try SteadyFile.read(folder, name, path: path, for: "store") {
      piece throws(FilesError) in
      try check()
      try writer.write(piece)
    }
    let digest = try writer.keep()
    return FileList.Entry(path: path, bytes: size, digest: digest)
  }

  /// Whether something has a blob's name; its content is verified on use.
  public func contains(_ digest: Digest) -> Bool { statusOfLink(path(digest)) != nil }

  /// Whether a blob of this size is there; one of another size is damaged and will be replaced by
  /// the next `put`. Its content is verified on use.
  func has(_ digest: Digest, bytes: UInt64) throws(FilesError) -> Bool {
    let path = path(digest)
    guard let status = statusOfLink(path) else {
      if errno == ENOENT { return false }
      throw .system("look for the blob", path)
    }
    guard status.st_mode & S_IFMT == S_IFREG, UInt64(status.st_size) == bytes else { return false }
    // Whoever put it may not have come to this yet, and the caller is about to name it.
    try sync(directory(of: digest))
    return true
  }

  /// The bytes of a blob of at most `limit` bytes, verified.
  ///
  /// `missing` when there is none, `damaged` when the bytes are not those of the digest.
  public func read(_ digest: Digest, atMost limit: Int = 64 * 1024 * 1024) throws(FilesError)
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    try use(digest) { piece throws(FilesError) in
      guard bytes.count + piece.count <= limit else {
        throw FilesError(
          .tooMuch, "read the blob", digest.description, "it is larger than \(limit) bytes")
      }
      bytes.append(contentsOf: piece)
    }
    return bytes
  }

  /// Calls `take` with the pieces of a blob. Only when this returns without error were they the
  /// blob's bytes: what was made of them before must be given up otherwise.
  public func use(
    _ digest: Digest, _ take: (UnsafeRawBufferPointer) throws(FilesError) -> Void
  ) throws(FilesError) {
    var hashing = Hashing()
    let path = path(digest)
    try SteadyFile.read(AT_FDCWD, path, path: path, for: "read the blob") {
      piece throws(FilesError) in
      hashing.update(piece)
      try take(piece)
    }
    guard hashing.digest() == digest else {
      throw FilesError(
        .damaged, "read the blob", path, "its bytes are not those of its digest",
        whatNext: "restore it from a backup")
    }
  }

  private func directory(of digest: Digest) -> String { "\(root)/\(digest.hex.prefix(2))" }

  private func sync(_ path: String) throws(FilesError) {
    let descriptor = clinux_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { throw .system("sync", path) }
    let directory = Descriptor(owning: descriptor)
    guard fsync(directory.number) == 0 else { throw .system("sync", path) }
  }

  /// Makes a directory if it is not there, and its name durable.
  private func make(_ path: String, in parent: String) throws(FilesError) {
    if mkdir(path, 0o700) == 0 {
      guard chmod(path, sharing.directoryMode) == 0 else { throw .system("make", path) }
      // A crash here leaves an empty directory at worst.
      try sync(parent)
    } else if errno != EEXIST {
      throw .system("make", path)
    }
  }

  private func writer() throws(FilesError) -> Writer {
    try make(root, in: DurableFile.parent(of: root))
    return try Writer(store: self)
  }

  private static let serial = Atomic<UInt64>(0)

  /// A blob on its way in.
  private struct Writer: ~Copyable {
    private let store: BlobStore
    private let beside: String
    private let file: Descriptor
    private var hashing = Hashing()
    private var size: UInt64 = 0
    private var kept = false

    init(store: BlobStore) throws(FilesError) {
      self.store = store
      let number = BlobStore.serial.add(1, ordering: .relaxed).newValue
      // Of one boot, process and call: whatever a crash left under this name is nobody's.
      let beside = "\(store.root)/new-\(getpid())-\(ProcessIdentity.current.startTicks)-\(number)"
      _ = unlink(beside)
      let descriptor = clinux_openat(
        AT_FDCWD, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { throw .system("store", beside) }
      self.beside = beside
      file = Descriptor(owning: descriptor)
    }

    deinit { if !kept { _ = unlink(beside) } }

    mutating func write(_ piece: UnsafeRawBufferPointer) throws(FilesError) {
      hashing.update(piece)
      size += UInt64(piece.count)
      var sent = 0
      while sent < piece.count {
        let count = Glibc.write(file.number, piece.baseAddress! + sent, piece.count - sent)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .system("store", beside, count < 0 ? errno : ENOSPC) }
        sent += count
      }
    }

    /// Gives the bytes their name, unless they have it already.
    @discardableResult
    mutating func keep() throws(FilesError) -> Digest {
      let digest = hashing.digest()
      if try store.has(digest, bytes: size) { return digest }
      guard fchmod(file.number, store.sharing.fileMode) == 0, fsync(file.number) == 0
      else { throw .system("store", beside) }
      try store.make(store.directory(of: digest), in: store.root)
      guard rename(beside, store.path(digest)) == 0 else {
        throw .system("store", store.path(digest))
      }
      kept = true
      // A crash here may lose the name, but then nothing names the blob yet.
      try store.sync(store.directory(of: digest))
      return digest
    }
  }
}
