// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Transparency

/// Writes the members of a backup, one after the other, to a file that can be taken back to where
/// a member began. Memory is bounded.
struct TarWriter: ~Copyable {
  private let file: Descriptor
  private let path: String
  private let time: UInt64
  private(set) var offset: UInt64 = 0
  private var sums: [(member: BackupMember, digest: Digest)] = []
  private(set) var blobBytes: UInt64 = 0

  /// Takes an open, empty file; `path` is for errors.
  init(_ file: consuming Descriptor, at path: String, time: Timestamp) {
    self.file = file
    self.path = path
    self.time = UInt64(max(0, time.microseconds / 1_000_000))
  }

  /// The stored files that were written, by digest.
  var blobs: [Digest] {
    sums.compactMap { if case .blob(let digest) = $0.member { digest } else { nil } }
  }

  /// Writes a small member.
  mutating func add(_ member: BackupMember, _ bytes: [UInt8]) throws(DirectoryError) {
    try begin(member, UInt64(bytes.count))
    try write(bytes)
    try end(member, UInt64(bytes.count), Digest(MerkleTree.sha256(bytes)))
  }

  /// Copies a file; nil, and nothing written, when its bytes are not those of `expected`.
  mutating func copy(
    _ member: BackupMember, from source: borrowing Descriptor, size: UInt64,
    expecting expected: Digest
  ) throws(DirectoryError) -> Digest? {
    let start = offset
    try begin(member, size)
    var running = RunningDigest()
    var done: UInt64 = 0
    while done < size {
      guard
        let piece = source.read(
          Int(min(size - done, UInt64(BackupReader.piece))), at: Int(done))
      else { throw .system("read", member.name) }
      if piece.isEmpty { break }
      running.update(piece)
      try write(piece)
      done += UInt64(piece.count)
    }
    let digest = Digest(running.finish())
    guard done == size, digest == expected else {
      // What follows overwrites it; the file is cut to what counts at the end.
      offset = start
      return nil
    }
    try end(member, size, digest)
    if case .blob = member { blobBytes += size }
    return digest
  }

  /// Writes the sums and the end; the file is then complete, and on disk. Returns its length.
  mutating func finish() throws(DirectoryError) -> UInt64 {
    let length = sums.reduce(UInt64(0)) { $0 + UInt64($1.member.sumLine($1.digest).count) }
    try begin(.sums, length)
    var lines: [UInt8] = []
    for (member, digest) in sums {
      lines += member.sumLine(digest)
      if lines.count >= BackupReader.piece {
        try write(lines)
        lines.removeAll(keepingCapacity: true)
      }
    }
    try write(lines)
    try write([UInt8](repeating: 0, count: TarHeader.padding(after: length)))
    try write([UInt8](repeating: 0, count: 2 * TarHeader.length))
    guard ftruncate(file.number, off_t(offset)) == 0, fsync(file.number) == 0 else {
      throw .system("write the backup", path)
    }
    // What is read back next comes from the disk then, as far as the kernel follows advice.
    _ = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
    return offset
  }

  private mutating func begin(_ member: BackupMember, _ size: UInt64) throws(DirectoryError) {
    try write(TarHeader(name: BackupMember.folder + member.name, size: size, time: time).bytes)
  }

  private mutating func end(
    _ member: BackupMember, _ size: UInt64, _ digest: Digest
  ) throws(DirectoryError) {
    try write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
    sums.append((member, digest))
  }

  private mutating func write(_ bytes: [UInt8]) throws(DirectoryError) {
    guard file.write(bytes, at: Int(offset)) else { throw .system("write the backup", path) }
    offset += UInt64(bytes.count)
  }
}
