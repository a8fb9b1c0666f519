// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerDomain

/// The directory of one ledger, checked: nobody else could have put links or files into it.
public struct LedgerDirectory: Hashable, Sendable {
  /// The absolute path; its last component is no symbolic link.
  public let path: String
  /// Who may write, as the directory's mode says.
  public let sharing: LedgerSharing

  /// Names a directory that the caller has just made or checked.
  package init(unchecked path: String, sharing: LedgerSharing) {
    self.path = path
    self.sharing = sharing
  }

  /// Identity, origin, key, format and generation: ``LedgerIdentity``.
  public var identityFile: String { path + "/ledger.json" }
  /// The last signed checkpoint: ``CheckpointFile``.
  public var checkpointFile: String { path + "/checkpoint" }
  /// The queue before the door.
  public var turnstileFile: String { path + "/turnstile" }
  /// The lock for writing, and the poison mark.
  public var doorFile: String { path + "/door" }
  /// The pid namespace of those who have the ledger open: ``NamespaceLock``.
  public var namespaceFile: String { path + "/namespace" }
  /// The parent of the generations.
  public var databaseDirectory: String { path + "/db" }
  /// The content-addressed files.
  public var blobsDirectory: String { path + "/blobs" }
  /// The secret keys.
  public var keysDirectory: String { path + "/keys" }
  /// The Ed25519 key of the log, 32 bytes, unless it is kept elsewhere.
  public var logKeyFile: String { path + "/keys/log" }
  /// Where the key of the log is kept, when not in ``logKeyFile``.
  public var keyPlaceFile: String { path + "/keys/place" }
  /// The key of the request digests, 32 bytes.
  public var requestKeyFile: String { path + "/keys/request" }
  /// One lock file for each job that runs.
  public var runnersDirectory: String { path + "/runners" }
  /// What anchors answered: ``Receipts``.
  public var receiptsDirectory: String { path + "/receipts" }
  /// Links to the deployed artifacts.
  public var deploymentsDirectory: String { path + "/deployments" }

  /// The LMDB environment of a generation.
  public func generationDirectory(_ generation: UInt64) -> String { path + "/db/\(generation)" }
  /// The data file of a generation.
  public func dataFile(_ generation: UInt64) -> String { path + "/db/\(generation)/data.mdb" }
  /// The lock file of a generation. LMDB alone opens it: closing it would drop its locks.
  public func lockFile(_ generation: UInt64) -> String { path + "/db/\(generation)/lock.mdb" }
  /// The file of a blob: `blobs/sha256/aa/` and all 64 digits of its digest.
  public func blobFile(_ digest: Digest) -> String {
    let digits = digest.description.dropFirst("sha256:".count)
    return path + "/blobs/sha256/\(digits.prefix(2))/\(digits)"
  }
  /// The lock file of a job's runner.
  public func runnerFile(_ job: JobID) -> String { path + "/runners/\(job.string)" }

  /// Reads a key of 32 bytes.
  public func key(_ path: String) throws(DirectoryError) -> [UInt8] {
    let bytes = try DurableFile.read(path, limit: 32, for: "read the key")
    guard bytes.count == 32 else {
      throw DirectoryError(
        .damaged, "read the key", path, "it has \(bytes.count) bytes, not 32",
        whatNext: "restore it from a backup of the ledger")
    }
    return bytes
  }
}

extension LedgerDirectory {
  /// Checks a ledger's directory and what lies in it, following no symbolic link. About 15 lstat.
  ///
  /// Refuses what is no ledger (`notFound`), lacks a part (`damaged`), belongs to a stranger, is
  /// a link or writable by strangers (`unsafe`), or lies on a network (`unsupported`). Reads no
  /// file; the generation is checked by ``checkGeneration(_:)``.
  public static func open(_ path: String) throws(DirectoryError) -> LedgerDirectory {
    let path = try absolute(path)
    guard let status = statusOfLink(path) else {
      if errno == ENOENT || errno == ENOTDIR {
        throw DirectoryError(
          .notFound, openLedger, path, "it does not exist",
          whatNext: "make a ledger with 'jobledger init', or name one with --ledger",
          systemError: ENOENT)
      }
      throw .system(openLedger, path)
    }
    let sharing = try LedgerDirectory.sharing(of: status, at: path)
    let directory = LedgerDirectory(unchecked: path, sharing: sharing)
    try directory.checkFileSystem()
    try directory.checkParts()
    return directory
  }

  /// Checks the LMDB files of a generation: present, regular, no links.
  ///
  /// A missing directory or data file is `damaged`; a missing lock file is fine, LMDB makes it.
  /// After a swap the generation just read may be gone: read ``LedgerIdentity`` again first.
  public func checkGeneration(_ generation: UInt64) throws(DirectoryError) {
    try check(generationDirectory(generation), .directory)
    try check(dataFile(generation), .file)
    try check(lockFile(generation), .file, optional: true)
  }

  private static let openLedger = "open the ledger"

  package func checkFileSystem() throws(DirectoryError) {
    let directory = try Descriptor.open(
      path, O_RDONLY | O_DIRECTORY, for: LedgerDirectory.openLedger)
    if let remote = FileSystemKind.remote(directory, at: path) {
      throw DirectoryError(
        .unsupported, LedgerDirectory.openLedger, path,
        "it lies on a network file system (\(remote)), where locks do not hold",
        whatNext: "keep the ledger on a local disk")
    }
  }

  private func checkParts() throws(DirectoryError) {
    guard statusOfLink(identityFile) != nil else {
      let isRest = [doorFile, turnstileFile, databaseDirectory].contains { statusOfLink($0) != nil }
      guard isRest else {
        throw DirectoryError(
          .notFound, LedgerDirectory.openLedger, path, "it is a directory but no ledger",
          whatNext: "make a ledger with 'jobledger init', or name one with --ledger",
          systemError: ENOENT)
      }
      throw DirectoryError(
        .damaged, LedgerDirectory.openLedger, identityFile, "it is missing",
        whatNext: "restore ledger.json from a backup; if 'init' was interrupted here, remove "
          + "'\(path)' and run it again",
        systemError: ENOENT)
    }
    for file in [identityFile, turnstileFile, doorFile, namespaceFile] { try check(file, .file) }
    try check(databaseDirectory, .directory)
    for name in [
      keysDirectory, blobsDirectory, runnersDirectory, deploymentsDirectory, receiptsDirectory,
    ] {
      try check(name, .directory, optional: true)
    }
    for file in [checkpointFile, logKeyFile, keyPlaceFile, requestKeyFile] {
      try check(file, .file, optional: true)
    }
  }

  private enum Kind { case file, directory }

  private func check(
    _ part: String, _ kind: Kind, optional: Bool = false
  ) throws(DirectoryError) {
    let operation = LedgerDirectory.openLedger
    guard let status = statusOfLink(part) else {
      guard errno == ENOENT else { throw .system(operation, part) }
      if optional { return }
      throw DirectoryError(
        .damaged, operation, part, "it is missing",
        whatNext: "restore the ledger from a backup, or let 'jobledger doctor' look at it",
        systemError: ENOENT)
    }
    try LedgerDirectory.refuseLink(status, at: part)
    guard status.st_mode & S_IFMT == (kind == .file ? S_IFREG : S_IFDIR) else {
      throw DirectoryError(
        .damaged, operation, part, "it is not a \(kind == .file ? "regular file" : "directory")")
    }
    guard kind == .directory || status.st_nlink == 1 else {
      // A second name would let a second ledger lock the same file elsewhere.
      throw DirectoryError(
        .unsafe, operation, part, "it has a second name (a hard link)",
        whatNext: "copy the ledger's files, never link them")
    }
    let strangersWrite: mode_t = sharing == .owner ? 0o022 : 0o002
    guard status.st_mode & strangersWrite == 0 else {
      throw LedgerDirectory.writable(part, status)
    }
    guard sharing != .owner || LedgerDirectory.isTrusted(status.st_uid) else {
      throw LedgerDirectory.foreign(part, status)
    }
  }

  private static func sharing(
    of status: stat, at path: String
  ) throws(DirectoryError) -> LedgerSharing {
    try refuseLink(status, at: path)
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw DirectoryError(
        .notFound, openLedger, path, "it is not a directory", systemError: ENOTDIR)
    }
    // Group-writable is meant only together with the set-group-ID bit, as `init --shared` sets it.
    let isShared = status.st_mode & 0o2020 == 0o2020
    guard status.st_mode & 0o002 == 0, isShared || status.st_mode & 0o020 == 0 else {
      throw writable(path, status)
    }
    guard isTrusted(status.st_uid) || (isShared && isMember(of: status.st_gid)) else {
      throw foreign(path, status)
    }
    return isShared ? .group(status.st_gid) : .owner
  }

  private static func refuseLink(_ status: stat, at path: String) throws(DirectoryError) {
    guard status.st_mode & S_IFMT != S_IFLNK else {
      throw .system(openLedger, path, error: ELOOP)
    }
  }

  private static func isTrusted(_ owner: uid_t) -> Bool { owner == geteuid() || owner == 0 }

  private static func isMember(of group: gid_t) -> Bool {
    if getegid() == group { return true }
    let count = getgroups(0, nil)
    guard count > 0 else { return false }
    var groups = [gid_t](repeating: 0, count: Int(count))
    let filled = getgroups(count, &groups)
    return filled > 0 && groups.prefix(Int(filled)).contains(group)
  }

  private static func writable(_ path: String, _ status: stat) -> DirectoryError {
    let mode = String(status.st_mode & 0o7777, radix: 8)
    return DirectoryError(
      .unsafe, openLedger, path, "others may write to it (mode \(mode))",
      whatNext: "take the right away with 'chmod go-w', after making sure nobody used it")
  }

  private static func foreign(_ path: String, _ status: stat) -> DirectoryError {
    DirectoryError(
      .unsafe, openLedger, path, "it belongs to user \(status.st_uid), not to you or root",
      whatNext: "run this as its owner")
  }

  /// The path with its parents' links resolved, and its last component as it is.
  package static func absolute(_ path: String) throws(DirectoryError) -> String {
    var trimmed = Substring(path)
    // `link/` and `link/.` would be followed by lstat.
    while trimmed.utf8.count > 1, trimmed.hasSuffix("/") || trimmed.hasSuffix("/.") {
      trimmed.removeLast()
    }
    guard !trimmed.isEmpty, !trimmed.utf8.contains(0) else {
      throw DirectoryError(.notFound, openLedger, path, "that is no path", systemError: ENOENT)
    }
    let name = trimmed.split(separator: "/").last.map(String.init) ?? "/"
    if name == "." || name == ".." || name == "/" {
      return try resolved(String(trimmed), original: path)
    }
    let parent = try resolved(DurableFile.parent(of: String(trimmed)), original: path)
    return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  private static func resolved(
    _ path: String, original: String
  ) throws(DirectoryError) -> String {
    guard let real = realpath(path, nil) else {
      guard errno == ENOENT || errno == ENOTDIR else { throw .system(openLedger, original) }
      throw DirectoryError(
        .notFound, openLedger, original, "'\(path)' does not exist",
        whatNext: "make a ledger with 'jobledger init', or name one with --ledger",
        systemError: ENOENT)
    }
    defer { free(real) }
    return String(cString: real)
  }
}
