// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerDomain
public import LedgerReading

/// Takes away the stored files that `artifact.erased` names.
///
/// The event comes first: a crash leaves a file that should be gone, never one that is gone and
/// was not erased. What is left is found again by looking at the events.
public struct BlobErasure: Sendable {
  private let directory: LedgerDirectory
  private let reader: LedgerReader
  private let blobs: BlobStore

  /// The stored files of a ledger.
  public init(_ reader: LedgerReader) {
    directory = reader.directory
    self.reader = reader
    blobs = BlobStore(reader.directory)
  }

  /// The files that were erased and are there all the same. One look at each file ever erased; where
  /// one is there, the events and lists that could have named it anew since are read.
  public func owed() throws(ReadingError) -> [Digest] {
    try reader.read { (snapshot) throws(ReadingError) in
      let erased = try Self.erased(snapshot)
      let there = erased.filter { statusOfLink(blobs.path($0.key)) != nil }
      let survey = try BlobSurvey(snapshot, directory, of: Set(there.keys))
      return there.filter { digest, position in
        // What was made again after it was erased belongs to whoever made it.
        (survey.owners[digest]?.last?.position ?? Position(0)) < position
      }.keys.sorted { $0.hex.utf8.lexicographicallyPrecedes($1.hex.utf8) }
    }
  }

  /// The event that erased a list of artifacts, or a file on it, so that it is not there; nil where
  /// nothing of them was erased, or all is there again.
  func erasure(of artifacts: Digest) throws(ReadingError) -> Position? {
    let erased = try reader.read { (snapshot) throws(ReadingError) in try Self.erased(snapshot) }
    if erased.isEmpty { return nil }
    let files = try? ArtifactFolder.list(artifacts, in: blobs).entries.map(\.digest)
    return ([artifacts] + (files ?? [])).lazy
      .filter { statusOfLink(blobs.path($0)) == nil }.compactMap { erased[$0] }.first
  }

  /// Says of artifacts that could not be had that they were erased, where they were.
  func explain(_ error: any Error, of artifacts: Digest) -> JobError {
    guard (error as? FilesError)?.code == .missing, let event = try? erasure(of: artifacts) else {
      return JobError(error)
    }
    return .notFound("files of the version were erased: event #\(event.value) says why")
  }

  private static func erased(
    _ snapshot: Snapshot
  ) throws(ReadingError) -> [Digest: Position] {
    var erased: [Digest: Position] = [:]
    var positions: [Position] = []
    try snapshot.forEachPosition(of: .artifactErased, asOf: snapshot.size) { position in
      positions.append(position)
      return true
    }
    for position in positions {
      guard case .artifactErased(let fact) = try snapshot.event(at: position).fact else {
        continue
      }
      for digest in fact.digests { erased[digest] = position }
    }
    return erased
  }

  /// Removes what is owed, and the copies in `deployments`; how many files went.
  ///
  /// A file is overwritten before it loses its name, unless it has a second one somewhere.
  public func finish() throws(JobError) -> Int {
    let owed: [Digest]
    do throws(ReadingError) { owed = try self.owed() } catch { throw .reading(error) }
    if owed.isEmpty { return 0 }
    do throws(FilesError) {
      removeFolders(of: Set(owed))
      for digest in owed { try remove(blobs.path(digest)) }
      removeUnfinished()
    } catch {
      throw JobError(error)
    }
    return owed.count
  }

  private func remove(_ path: String) throws(FilesError) {
    let descriptor = clinux_openat(AT_FDCWD, path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    if descriptor >= 0 {
      let file = Descriptor(owning: descriptor)
      guard let status = file.status() else { throw .system("erase", path) }
      if status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 {
        try overwrite(file, Int(status.st_size), path)
      }
    } else if errno == ENOENT {
      return
    }
    guard unlink(path) == 0 || errno == ENOENT else { throw .system("erase", path) }
    do throws(DirectoryError) {
      try DurableFile.syncDirectory(DurableFile.parent(of: path), for: "erase")
    } catch {
      throw .system("erase", path, error.systemError)
    }
  }

  private func overwrite(
    _ file: borrowing Descriptor, _ size: Int, _ path: String
  ) throws(FilesError) {
    let zeros = [UInt8](repeating: 0, count: min(size, 1 << 20))
    var offset = 0
    while offset < size {
      let count = min(zeros.count, size - offset)
      let piece = count == zeros.count ? zeros : Array(zeros.prefix(count))
      guard file.write(piece, at: offset) else { throw .system("overwrite", path) }
      offset += count
    }
    guard fsync(file.number) == 0 else { throw .system("overwrite", path) }
  }

  /// Copies of versions one of whose files, or whose list, goes. Nothing in production is among
  /// them: its files cannot be erased.
  private func removeFolders(of digests: Set<Digest>) {
    let store = directory.deploymentsDirectory + "/.store"
    for name in Self.names(in: store) {
      guard let list = Digest("sha256:\(name)") else { continue }
      let files = try? ArtifactFolder.list(list, in: blobs)
      let isConcerned =
        digests.contains(list) || files?.entries.contains { digests.contains($0.digest) } ?? false
      if isConcerned { ArtifactFolder.remove("\(store)/\(name)") }
    }
  }

  /// What processes that are gone left of files they were storing: nobody knows what is in it.
  private func removeUnfinished() {
    let root = DurableFile.parent(
      of: DurableFile.parent(of: blobs.path(Digest(words: (0, 0, 0, 0)))))
    for name in Self.names(in: root) where name.hasPrefix("new-") {
      let words = name.split(separator: "-")
      guard words.count == 4, let pid = Int32(words[1]), let ticks = UInt64(words[2]) else {
        continue
      }
      let maker = ProcessIdentity(pid: pid, startTicks: ticks, boot: Machine.boot)
      if !maker.isAlive { unlink("\(root)/\(name)") }
    }
  }

  private static func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let item = readdir(listing) {
      if let name = String(validating: FolderWalk.name(item), as: UTF8.self) { names.append(name) }
    }
    return names.filter { $0 != "." && $0 != ".." }
  }
}
