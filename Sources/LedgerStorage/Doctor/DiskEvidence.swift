// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerReading

/// What a file's blocks on the disk say, read past the page cache.
///
/// After a failed sync Linux marks pages clean that never reached the disk: the cache shows what
/// was written, the disk something else, until the file is next read from it.
public enum DiskEvidence: Equatable, Sendable {
  /// All these bytes are the same on the disk.
  case agrees(bytes: UInt64)
  /// The disk holds something else, first at this offset; so many blocks of 4,096 bytes differ.
  case differs(offset: UInt64, blocks: UInt64)
  /// The file system tells nothing about the disk this way.
  case skipped(String)

  private static let pieceLength = 1 << 20
  private static let blockLength = 4096

  /// Compares a file with its blocks on the disk. The caller keeps writers away.
  ///
  /// Only ext4 and XFS are believed: others serve direct reads from memory or not at all.
  public static func gather(_ path: String) throws(DirectoryError) -> DiskEvidence {
    let operation = "read past the page cache"
    let cached = try Descriptor.open(path, O_RDONLY, for: operation)
    switch clinux_file_system_type(cached.number) {
    // ext4 and XFS, as in linux/magic.h.
    case 0xEF53, 0x5846_5342: break
    default: return .skipped("only ext4 and XFS tell what their disks hold")
    }
    let number = clinux_open_direct(path)
    guard number >= 0 else {
      if errno == EINVAL { return .skipped("direct reading is not possible here") }
      throw .system(operation, path)
    }
    return try compare(cached, Descriptor(owning: number), path)
  }

  private static func compare(
    _ cached: borrowing Descriptor, _ direct: borrowing Descriptor, _ path: String
  ) throws(DirectoryError) -> DiskEvidence {
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: pieceLength, alignment: blockLength)
    defer { piece.deallocate() }
    var offset = 0
    var differing: (first: UInt64, count: UInt64)?
    while true {
      let count = pread(direct.number, piece.baseAddress, pieceLength, offset)
      if count < 0, errno == EINTR { continue }
      guard count >= 0, let seen = cached.read(max(count, 1), at: offset) else {
        throw .system("read past the page cache", path)
      }
      if count == 0, seen.isEmpty { break }
      guard count > 0 else {
        // The cache knows of bytes that the disk's file does not reach.
        differing = (differing?.first ?? UInt64(offset), (differing?.count ?? 0) + 1)
        break
      }
      for start in stride(from: 0, to: count, by: blockLength) {
        let length = min(blockLength, count - start)
        let isSame = seen.withUnsafeBytes {
          start + length <= $0.count
            && memcmp($0.baseAddress! + start, piece.baseAddress! + start, length) == 0
        }
        if !isSame {
          differing = (differing?.first ?? UInt64(offset + start), (differing?.count ?? 0) + 1)
        }
      }
      offset += count
      // A direct read that stops off a block boundary stopped at the end of the file.
      if count % blockLength != 0 { break }
    }
    if let differing { return .differs(offset: differing.first, blocks: differing.count) }
    return .agrees(bytes: UInt64(offset))
  }
}
