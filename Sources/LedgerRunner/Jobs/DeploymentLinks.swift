// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerDomain
public import LedgerReading

/// What is in production as files: `deployments/<target>/<project>/<subject>` is a link to a folder
/// with the artifacts of the active deployment's version, read-only.
///
/// Derived from the views and never read as truth; the next write repairs what is wrong. A link is
/// replaced by a rename, so that a reader finds the old folder or the new one, both whole.
public struct DeploymentLinks: Sendable {
  private let directory: LedgerDirectory
  private let reader: LedgerReader
  private let blobs: BlobStore

  /// The links of a ledger.
  public init(_ reader: LedgerReader) {
    directory = reader.directory
    self.reader = reader
    blobs = BlobStore(reader.directory)
  }

  /// Where the link of a subject on a target is, or would be.
  public func path(_ subject: SubjectID, target: Name) -> String {
    "\(root)/\(target)/\(subject.project)/\(subject.name)"
  }

  /// Where the files of artifacts are, or would be.
  public func folder(_ artifacts: Digest) -> String { "\(store)/\(artifacts.hex)" }

  /// Makes the links what the views say, reading only what is wrong; what was wrong, in words.
  ///
  /// Errors: `JobError`; then some links may be repaired and others not. Cost without faults: one
  /// seek an occupied target, and a look at each link.
  @discardableResult
  public func repair() throws(JobError) -> [String] {
    // Asked once without the lock, which only writers of links need.
    let wanted = try wanted()
    if wanted.allSatisfy({ isRight($0.key, $0.value) }), existing() == Set(wanted.keys) {
      return []
    }
    for digest in Set(wanted.values) { try materialise(digest) }
    let lock = try lock()
    defer { _ = lock }
    // Once more: whoever held the lock may have recorded and linked something newer.
    return try update(try self.wanted())
  }

  /// Makes a folder of artifacts, unless it is there and its bytes are right.
  func materialise(_ artifacts: Digest, verifying: Bool = false) throws(JobError) {
    let folder = folder(artifacts)
    do throws(FilesError) {
      if statusOfLink(folder) != nil {
        guard verifying else { return }
        if try ArtifactFolder.digest(folder).summary.digest == artifacts { return }
        // Somebody changed it. Its name is given up first, so that nobody finds half of it.
        let aside = beside("damaged")
        guard rename(folder, aside) == 0 else { throw FilesError.system("set aside", folder) }
        ArtifactFolder.remove(aside)
      }
      try make(store)
      let list = try ArtifactFolder.list(artifacts, in: blobs)
      let new = beside("new")
      try ArtifactFolder.materialise(list, from: blobs, into: new)
      try share(list, new)
      // Somebody may have been quicker, with the same bytes.
      guard rename(new, folder) == 0 || errno == EEXIST || errno == ENOTEMPTY else {
        let error = FilesError.system("name", folder)
        ArtifactFolder.remove(new)
        throw error
      }
      ArtifactFolder.remove(new)
    } catch {
      throw BlobErasure(reader).explain(error, of: artifacts)
    }
  }

  /// Removes folders that no active deployment uses and that nobody made within the last hour: the
  /// files of something retired a moment ago may still be open.
  func prune() {
    guard let wanted = try? wanted() else { return }
    let used = Set(wanted.values.map(\.hex))
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    for name in names(in: store) where !used.contains(name) {
      let path = "\(store)/\(name)"
      guard let status = statusOfLink(path), status.st_ctim.tv_sec + 3600 < now.tv_sec else {
        continue
      }
      ArtifactFolder.remove(path)
    }
  }

  // MARK: What ought to be

  private struct Slot: Hashable {
    var subject: SubjectID
    var target: Name
  }

  /// What was deployed, but for what was erased since in another history than the one that deployed
  /// it (`restore --erasures`): nothing can be linked there.
  private func wanted() throws(JobError) -> [Slot: Digest] {
    do throws(ReadingError) {
      var wanted = try reader.read { (snapshot) throws(ReadingError) in
        var wanted: [Slot: Digest] = [:]
        try snapshot.forEachEntity(of: .slot, asOf: snapshot.size) {
          (entity) throws(ReadingError) in
          guard case .slot(let slot) = entity, let occupant = slot.occupant,
            case .deployment(let deployment)? = try snapshot.entity(
              .deployment(occupant), asOf: snapshot.size)
          else { return true }
          wanted[Slot(subject: slot.subject, target: slot.target)] =
            deployment.fact.artifactsDigest
          return true
        }
        return wanted
      }
      let erasures = BlobErasure(reader)
      for (slot, artifacts) in wanted where statusOfLink(folder(artifacts)) == nil {
        if try erasures.erasure(of: artifacts) != nil { wanted[slot] = nil }
      }
      return wanted
    } catch {
      throw .reading(error)
    }
  }

  // MARK: What is

  private var root: String { directory.deploymentsDirectory }
  private var store: String { root + "/.store" }

  private func isRight(_ slot: Slot, _ artifacts: Digest) -> Bool {
    guard
      SmallFile.link(path(slot.subject, target: slot.target))?.utf8.elementsEqual(
        words(artifacts).utf8) == true
    else { return false }
    return statusOfLink(folder(artifacts)) != nil
  }

  /// What a link holds: relative, so that a ledger can be moved.
  private func words(_ artifacts: Digest) -> String { "../../.store/\(artifacts.hex)" }

  private func existing() -> Set<Slot> {
    var found: Set<Slot> = []
    for target in names(in: root) {
      guard let target = Name(target) else { continue }
      for project in names(in: "\(root)/\(target)") {
        guard let project = Name(project) else { continue }
        for subject in names(in: "\(root)/\(target)/\(project)") {
          guard let name = Name(subject) else { continue }
          found.insert(Slot(subject: SubjectID(project: project, name: name), target: target))
        }
      }
    }
    return found
  }

  private func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let item = readdir(listing) {
      if let name = String(validating: FolderWalk.name(item), as: UTF8.self) { names.append(name) }
    }
    return names.filter { $0.utf8.first != UInt8(ascii: ".") }
  }

  // MARK: Changing it

  private func update(_ wanted: [Slot: Digest]) throws(JobError) -> [String] {
    var repaired: [String] = []
    for (slot, artifacts) in wanted where !isRight(slot, artifacts) {
      try materialise(artifacts)
      try link(slot, artifacts)
      repaired.append("\(path(slot.subject, target: slot.target)) now leads to its deployment")
    }
    for slot in existing() where wanted[slot] == nil {
      let path = path(slot.subject, target: slot.target)
      guard unlink(path) == 0 || errno == ENOENT else {
        throw JobError(FilesError.system("remove", path))
      }
      repaired.append("\(path) was removed: nothing is deployed there")
      // Folders without links go with them; those that hold others stay.
      rmdir("\(root)/\(slot.target)/\(slot.subject.project)")
      rmdir("\(root)/\(slot.target)")
    }
    return repaired.sorted()
  }

  private func link(_ slot: Slot, _ artifacts: Digest) throws(JobError) {
    do throws(FilesError) {
      let parent = "\(root)/\(slot.target)/\(slot.subject.project)"
      try make(root)
      try make("\(root)/\(slot.target)")
      try make(parent)
      let new = beside("link")
      guard symlink(words(artifacts), new) == 0 else { throw FilesError.system("make", new) }
      let path = path(slot.subject, target: slot.target)
      guard rename(new, path) == 0 else {
        let error = FilesError.system("replace", path)
        unlink(new)
        throw error
      }
    } catch {
      throw JobError(error)
    }
  }

  private func make(_ folder: String) throws(FilesError) {
    if mkdir(folder, 0o700) == 0 {
      guard chmod(folder, directory.sharing.directoryMode) == 0 else {
        throw .system("make", folder)
      }
    } else if errno != EEXIST {
      throw .system("make", folder)
    }
  }

  /// Lets the group of a shared ledger read, too.
  private func share(_ list: FileList, _ folder: String) throws(FilesError) {
    guard directory.sharing != .owner else { return }
    var folders: Set<[UInt8]> = [[]]
    for entry in list.entries {
      var parent: [UInt8] = []
      for part in entry.path.utf8.split(separator: 0x2F).dropLast() {
        parent += [0x2F] + part
        folders.insert(parent)
      }
      guard chmod("\(folder)/\(entry.path)", 0o440) == 0 else {
        throw .system("share", entry.path)
      }
    }
    for path in folders {
      let path = folder + String(decoding: path, as: UTF8.self)
      guard chmod(path, 0o550) == 0 else { throw .system("share", path) }
    }
  }

  /// A name of this call's own in the store, where a crash leaves it for ``prune()``.
  private func beside(_ word: String) -> String {
    var random = SystemRandomNumberGenerator()
    let bits: UInt64 = random.next()
    return "\(store)/\(word)-\(getpid())-\(String(bits, radix: 16))"
  }

  /// Keeps others from renaming an older link over a newer one.
  private func lock() throws(JobError) -> LinkLock {
    do throws(FilesError) {
      try make(root)
      try make(store)
    } catch {
      throw JobError(error)
    }
    let path = "\(root)/.lock"
    let descriptor = clinux_openat(
      AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW, directory.sharing.fileMode)
    guard descriptor >= 0 else { throw JobError(FilesError.system("open", path)) }
    let file = SharedDescriptor(descriptor)
    var patience = Patience(.seconds(10))
    while clinux_flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK, patience.wait() else {
        throw .unavailable(
          "the links of deployments are being changed by somebody else: '\(path)' is locked. "
            + "The next command that writes will try again.")
      }
    }
    return LinkLock(file: file)
  }

  /// Held while it lives: closing the descriptor lets go, since nobody else has it.
  private struct LinkLock { let file: SharedDescriptor }
}
