// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Transparency

/// Reads a backup from its beginning to its end, once; every byte of it is checked on the way.
///
/// Only what ``BackupMember`` lists may stand in it, in that order, with headers of one exact form.
/// Nothing of it is to be believed before ``finish()`` has returned. Memory is bounded.
struct BackupReader: ~Copyable {
  let path: String
  let manifest: BackupManifest
  /// The bytes of the file.
  let length: UInt64
  /// The digest of the file, once it was read whole.
  var digest: Digest { Digest(whole.finish()) }
  private let file: Descriptor
  private var offset: UInt64
  private var whole: RunningDigest
  /// Of what `SHA256SUMS` has to say.
  private var sums: RunningDigest
  private var sumsLength: UInt64
  private var current: (member: BackupMember, size: UInt64)
  private let time: UInt64
  private(set) var blobs: UInt64
  private(set) var blobBytes: UInt64
  /// The members that were met of which there is but one.
  private var singles: Set<BackupMember>
  var hasLogKey: Bool { singles.contains(.logKey) }

  static let piece = 1 << 20

  /// Opens a backup and reads its manifest.
  static func open(_ path: String) throws(BackupError) -> BackupReader {
    let file = try backing { () throws(DirectoryError) in
      do throws(DirectoryError) {
        return try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "read the backup")
      } catch {
        guard error.systemError == ENOENT else { throw error }
        throw DirectoryError(
          .notFound, "read the backup", path, "it does not exist", systemError: ENOENT)
      }
    }
    guard let status = file.status() else {
      throw BackupError(.system("read the backup", path))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw BackupError(.malformed, path, "it is no regular file")
    }
    let header = try BackupReader.header(file, at: 0, path)
    guard let header, header.name == BackupMember.folder + BackupMember.manifest.name,
      header.size <= BackupMember.manifest.sizeLimit!
    else {
      throw BackupError(.malformed, path, "it is no backup that 'jobledger backup' made")
    }
    guard let bytes = file.read(Int(header.size), at: TarHeader.length) else {
      throw BackupError(.system("read the backup", path))
    }
    let manifest: BackupManifest
    do throws(BackupManifest.Unreadable) { manifest = try BackupManifest(bytes) } catch {
      switch error {
      case .malformed(let why):
        throw BackupError(.malformed, path, "its 'backup.json' cannot be used: \(why)")
      case .newer(let format):
        throw BackupError(
          .newer, path, "its form is \(format); this program knows \(BackupManifest.currentFormat)")
      }
    }
    var reader = BackupReader(
      path, file, length: UInt64(max(0, status.st_size)), manifest, header)
    header.bytes.withUnsafeBytes { reader.whole.update($0) }
    try reader.copy { (_) throws(BackupError) in }
    return reader
  }

  private init(
    _ path: String, _ file: consuming Descriptor, length: UInt64, _ manifest: BackupManifest,
    _ first: TarHeader
  ) {
    self.path = path
    self.length = length
    self.manifest = manifest
    self.file = file
    time = first.time
    current = (.manifest, first.size)
    offset = UInt64(TarHeader.length)
    whole = RunningDigest()
    sums = RunningDigest()
    singles = []
    (sumsLength, blobs, blobBytes) = (0, 0, 0)
  }

  private static func header(
    _ file: borrowing Descriptor, at offset: UInt64, _ path: String
  ) throws(BackupError) -> TarHeader? {
    guard let bytes = file.read(TarHeader.length, at: Int(offset)) else {
      throw BackupError(.system("read the backup", path))
    }
    return TarHeader(bytes)
  }

  /// Goes to the next member; nil at the end, after the sums.
  mutating func next() throws(BackupError) -> (member: BackupMember, size: UInt64)? {
    if current.member == .sums { return nil }
    guard let header = try BackupReader.header(file, at: offset, path) else {
      guard offset + UInt64(TarHeader.length) <= length else { throw cut() }
      throw malformed("what stands at byte \(offset) is not what 'jobledger backup' writes")
    }
    guard let member = BackupMember(archived: header.name) else {
      throw malformed("it holds '\(header.name)', which no backup has")
    }
    guard member.mayFollow(current.member) else {
      throw malformed("it holds '\(member.name)' where it does not belong")
    }
    guard header.time == time else {
      throw malformed("what stands at byte \(offset) is not what 'jobledger backup' writes")
    }
    if let limit = member.sizeLimit, header.size > limit {
      throw malformed("'\(member.name)' has \(header.size) bytes, more than there can be")
    }
    guard header.size <= length - offset else { throw cut() }
    switch member {
    case .blob:
      blobs += 1
      blobBytes += header.size
    case .receipt: break
    default: singles.insert(member)
    }
    guard member != .sums || header.size == sumsLength else {
      throw malformed("its 'SHA256SUMS' does not list what it holds")
    }
    header.bytes.withUnsafeBytes { whole.update($0) }
    offset += UInt64(TarHeader.length)
    current = (member, header.size)
    return current
  }

  /// Passes the bytes of the member on, piece by piece, and compares their digest where it is known
  /// by now; returns it.
  @discardableResult
  mutating func copy(
    _ take: (UnsafeRawBufferPointer) throws(BackupError) -> Void
  ) throws(BackupError) -> Digest {
    var running = RunningDigest()
    var left = current.size
    while left > 0 {
      let count = Int(min(left, UInt64(BackupReader.piece)))
      let piece = try read(count)
      whole.update(piece)
      running.update(piece)
      try piece.withUnsafeBufferPointer { (bytes) throws(BackupError) in
        try take(UnsafeRawBufferPointer(bytes))
      }
      left -= UInt64(count)
    }
    try skip(zeros: TarHeader.padding(after: current.size))
    let digest = Digest(running.finish())
    try compare(digest)
    if current.member != .sums {
      let line = current.member.sumLine(digest)
      line.withUnsafeBytes { sums.update($0) }
      sumsLength += UInt64(line.count)
    }
    return digest
  }

  /// The bytes of a small member.
  mutating func bytes() throws(BackupError) -> [UInt8] {
    var all: [UInt8] = []
    try copy { (piece) throws(BackupError) in all.append(contentsOf: piece) }
    return all
  }

  private func compare(_ digest: Digest) throws(BackupError) {
    switch current.member {
    case .database:
      guard digest == manifest.databaseDigest, current.size == manifest.databaseBytes else {
        throw malformed("its database is not the one that it says")
      }
    case .blob(let name):
      guard digest == name else { throw malformed("the stored file \(name) was changed") }
    case .sums:
      guard digest == Digest(sums.finish()) else {
        throw malformed("something in it is not what its 'SHA256SUMS' says")
      }
    default: break
    }
  }

  /// Expects the end of the archive after the sums.
  mutating func finish() throws(BackupError) {
    guard current.member == .sums else { throw cut() }
    guard singles.isSuperset(of: [.requestKey, .database]),
      manifest.hasSigningKey == hasLogKey,
      (manifest.checkpoint != nil) == singles.contains(.checkpoint)
    else { throw malformed("it does not hold what it says") }
    try skip(zeros: 2 * TarHeader.length)
    guard offset == length else { throw malformed("something follows its end") }
  }

  private mutating func skip(zeros count: Int) throws(BackupError) {
    let bytes = try read(count)
    whole.update(bytes)
    guard bytes.allSatisfy({ $0 == 0 }) else {
      throw malformed("what stands before byte \(offset) is not what 'jobledger backup' writes")
    }
  }

  private mutating func read(_ count: Int) throws(BackupError) -> [UInt8] {
    guard let bytes = file.read(count, at: Int(offset)) else {
      throw BackupError(.system("read the backup", path))
    }
    guard bytes.count == count else { throw cut() }
    offset += UInt64(count)
    return bytes
  }

  private func cut() -> BackupError {
    malformed("it ends too early, after \(length) bytes")
  }

  private func malformed(_ why: String) -> BackupError { BackupError(.malformed, path, why) }
}

extension RunningDigest {
  mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
}
