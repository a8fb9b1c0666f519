// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerReading
import Transparency

/// A folder of results that is there whole or not at all: made beside its place, synced, renamed.
///
/// Only its owner may read it (0700, files 0600): it holds the words of a ledger. Dropped without
/// ``finish()``, what was made is removed.
final class BundleFolder {
  /// Where it will be.
  let path: String
  /// The files so far: their paths inside it, and their digests, in the order of writing.
  private(set) var sums: [(path: String, digest: MerkleHash)] = []

  private let beside: String
  private var folders: [String] = []
  private var isFinished = false

  /// Begins a folder. 73 (`cannotCreate`) where something stands already, or none can be made.
  init(_ output: String) throws(DirectoryError) {
    var trimmed = Substring(output)
    while trimmed.utf8.count > 1, trimmed.utf8.last == 0x2F { trimmed.removeLast() }
    path = String(trimmed)
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw DirectoryError(.cannotCreate, "write the folder", output, "that is no path")
    }
    guard statusOfLink(path) == nil else {
      throw DirectoryError(
        .cannotCreate, "write the folder", path, "it exists already",
        whatNext: "name one that does not", systemError: EEXIST)
    }
    var template = (path + ".new-XXXXXX").utf8CString.map { $0 }
    let isMade = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
    guard isMade else {
      throw DirectoryError(
        .cannotCreate, "write the folder", path, String(cString: strerror(errno)),
        systemError: errno)
    }
    beside = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    guard !isFinished else { return }
    for file in sums { unlink("\(beside)/\(file.path)") }
    for folder in folders.reversed() { rmdir("\(beside)/\(folder)") }
    rmdir(beside)
  }

  /// Writes a file, and the folders that its path names.
  func write(_ name: String, _ bytes: [UInt8]) throws(DirectoryError) {
    let file = try open(name)
    try file.write(bytes)
    try close(file)
  }

  /// Begins a file that is written piece by piece, until ``close(_:)``.
  func open(_ name: String) throws(DirectoryError) -> BundleFile {
    var parent = ""
    for part in name.split(separator: "/").dropLast() {
      parent += parent.isEmpty ? String(part) : "/\(part)"
      // Paths of tiles come in order, so the folder made last is nearly always the one.
      guard folders.last != parent, !folders.contains(parent) else { continue }
      guard mkdir("\(beside)/\(parent)", 0o700) == 0 else {
        throw .system("write the folder", path)
      }
      folders.append(parent)
    }
    let file = try BundleFile(name, at: "\(beside)/\(name)", in: path)
    sums.append((name, MerkleTree.emptyRoot))
    return file
  }

  /// Ends a file and notes its digest.
  func close(_ file: BundleFile) throws(DirectoryError) {
    let digest = try file.finish()
    guard let index = sums.lastIndex(where: { $0.path.utf8.elementsEqual(file.name.utf8) }) else {
      preconditionFailure("a file is closed by the folder that opened it")
    }
    sums[index].digest = digest
  }

  /// What `sha256sum -c` reads: all files so far, in the order of their paths' bytes.
  func sumsText() -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(sums.count * 100)
    for file in sums.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      text += "\(file.digest.hex)  \(file.path)\n".utf8
    }
    return text
  }

  /// Makes what was written durable and puts it in place.
  func finish() throws(DirectoryError) {
    let parent = DurableFile.parent(of: path)
    let made = try Descriptor.open(beside, O_RDONLY | O_DIRECTORY, for: "write the folder")
    // One call for some thousand files. A crash up to the rename leaves an unused folder beside.
    guard clinux_sync_file_system(made.number) == 0 else {
      throw .system("write the folder", path)
    }
    guard statusOfLink(path) == nil, rename(beside, path) == 0 else {
      throw DirectoryError(
        .cannotCreate, "write the folder", path, "something was put in its place meanwhile",
        systemError: EEXIST)
    }
    isFinished = true
    try DurableFile.syncDirectory(parent, for: "write the folder")
  }
}

/// A file of such a folder in the making.
final class BundleFile {
  /// Its path inside the folder.
  let name: String
  private let folder: String
  private let descriptor: Descriptor
  private var buffer: [UInt8] = []
  private var offset = 0
  private var running = RunningDigest()

  private static let capacity = 1 << 18

  fileprivate init(_ name: String, at path: String, in folder: String) throws(DirectoryError) {
    self.name = name
    self.folder = folder
    descriptor = try Descriptor.open(
      path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, for: "write the folder")
  }

  /// Adds bytes.
  func write(_ bytes: [UInt8]) throws(DirectoryError) {
    bytes.withUnsafeBytes { running.update($0) }
    buffer += bytes
    if buffer.count >= BundleFile.capacity { try flush() }
  }

  private func flush() throws(DirectoryError) {
    guard descriptor.write(buffer, at: offset) else { throw .system("write the folder", folder) }
    offset += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  fileprivate func finish() throws(DirectoryError) -> MerkleHash {
    try flush()
    return running.finish()
  }
}
