// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc

/// Which file something is, whatever its name.
struct FileIdentity: Hashable, Sendable {
  let device: UInt
  let inode: UInt

  init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
  }
}

/// Looks at a data file by pread(2) before LMDB maps it.
///
/// Reading a mapped page that the file does not reach ends the process with SIGBUS, and a page
/// size of zero with SIGFPE; here both become errors. Offsets are those of `MDB_page`, `MDB_meta`
/// and `MDB_db` in mdb.c 0.9.24 on a 64-bit machine.
package struct DataFile {
  /// One of the two meta pages.
  package struct Meta: Equatable {
    package let pageSize: Int
    let mapSize: Int
    let freeRoot: UInt64
    let mainRoot: UInt64
    package let lastPage: UInt64
    package let transaction: UInt64
  }

  static let noPage = UInt64.max
  static let headerSize = 16
  private static let largestPage = 65_536

  package let descriptor: Int32

  /// Looks at an open file, which stays the caller's.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// The meta page that a transaction wrote; nil when two later ones have used both pages since.
  package func meta(ofTransaction number: UInt64) throws(LMDBError) -> Meta? {
    let first = try meta(at: 0)
    if first.transaction == number { return first }
    let second = try meta(at: first.pageSize)
    return second.transaction == number ? second : nil
  }

  /// Checks that every page in use is in the file, and returns the meta page that LMDB will use.
  ///
  /// Errors: `invalid` (empty, or not LMDB's), `versionMismatch`, `truncated`, `corrupted`.
  func check() throws(LMDBError) -> Meta {
    var before = try newestMeta()
    // Another process may commit while the free list is being read; then it is read again.
    for _ in 0..<100 {
      let pages = try size() / UInt64(before.pageSize)
      if pages > before.lastPage { return before }
      let complete = Self.allFree(
        pages...before.lastPage, in: try? freePages(before, within: pages))
      if complete { return before }
      let after = try newestMeta()
      if after == before { break }
      before = after
    }
    throw LMDBError(.truncated, in: "pread")
  }

  package func size() throws(LMDBError) -> UInt64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw LMDBError(status: errno, in: "fstat") }
    return UInt64(max(0, status.st_size))
  }

  private func newestMeta() throws(LMDBError) -> Meta {
    let first = try meta(at: 0)
    let second = try meta(at: first.pageSize)
    guard second.pageSize == first.pageSize else { throw LMDBError(.invalid, in: "pread") }
    let newest = second.transaction > first.transaction ? second : first
    for root in [newest.freeRoot, newest.mainRoot]
    where root != Self.noPage && (root < 2 || root > newest.lastPage) {
      throw LMDBError(.corrupted, in: "pread")
    }
    return newest
  }

  private func meta(at offset: Int) throws(LMDBError) -> Meta {
    let bytes = try read(152, at: offset)
    guard bytes.count == 152 else {
      throw LMDBError(try size() == 0 ? .invalid : .truncated, in: "pread")
    }
    let metaPage: UInt16 = 0x08
    guard bytes.number(UInt16.self, at: 10) & metaPage != 0,
      bytes.number(UInt32.self, at: 16) == 0xBEEF_C0DE
    else { throw LMDBError(.invalid, in: "pread") }
    guard bytes.number(UInt32.self, at: 20) == 1 else {
      throw LMDBError(.versionMismatch, in: "pread")
    }
    let pageSize = Int(bytes.number(UInt32.self, at: 40))
    guard (256...Self.largestPage).contains(pageSize), pageSize & (pageSize - 1) == 0 else {
      throw LMDBError(.invalid, in: "pread")
    }
    let lastPage = bytes.number(UInt64.self, at: 136)
    guard lastPage >= 1, lastPage < 1 << 48 else { throw LMDBError(.corrupted, in: "pread") }
    return Meta(
      pageSize: pageSize, mapSize: Int(clamping: bytes.number(UInt64.self, at: 32)),
      freeRoot: bytes.number(UInt64.self, at: 80), mainRoot: bytes.number(UInt64.self, at: 128),
      lastPage: lastPage, transaction: bytes.number(UInt64.self, at: 144))
  }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  package func read(_ count: Int, at offset: Int) throws(LMDBError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, offset + filled)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    if failure != 0 { throw LMDBError(status: failure, in: "pread") }
    return bytes
  }
}

// MARK: - The free list

// A page that was made and freed within one transaction counts as used in the meta page but is
// never written (mdb_page_flush skips P_LOOSE), so that a sound file may end before its last page.
// What is missing must then be in the free list, which is a tree of its own.

extension DataFile {
  private static func allFree(_ missing: ClosedRange<UInt64>, in free: Set<UInt64>?) -> Bool {
    guard let free, missing.count <= free.count else { return false }
    return missing.allSatisfy(free.contains)
  }

  /// The numbers in the free list. Only the first `pages` pages are in the file.
  private func freePages(_ meta: Meta, within pages: UInt64) throws(LMDBError) -> Set<UInt64> {
    var found: Set<UInt64> = []
    var budget = pages
    if meta.freeRoot != Self.noPage {
      try collect(meta.freeRoot, meta, within: pages, depth: 0, budget: &budget, into: &found)
    }
    return found
  }

  private func collect(
    _ page: UInt64, _ meta: Meta, within pages: UInt64, depth: Int, budget: inout UInt64,
    into found: inout Set<UInt64>
  ) throws(LMDBError) {
    let damaged = LMDBError(.corrupted, in: "pread")
    guard page < pages, depth < 32, budget > 0 else { throw damaged }
    budget -= 1
    let bytes = try read(meta.pageSize, at: Int(page) * meta.pageSize)
    guard bytes.count == meta.pageSize else { throw damaged }
    let flags = bytes.number(UInt16.self, at: 10)
    let lower = Int(bytes.number(UInt16.self, at: 12))
    guard flags & 0x03 == 1 || flags & 0x03 == 2, lower >= Self.headerSize, lower <= bytes.count
    else { throw damaged }
    for index in 0..<(lower - Self.headerSize) / 2 {
      let node = Int(bytes.number(UInt16.self, at: Self.headerSize + 2 * index))
      guard node >= lower, node + 8 <= bytes.count else { throw damaged }
      let low = UInt64(bytes.number(UInt32.self, at: node))
      let nodeFlags = bytes.number(UInt16.self, at: node + 4)
      if flags & 0x03 == 1 {
        let child = low | UInt64(nodeFlags) << 32
        try collect(
          child, meta, within: pages, depth: depth + 1, budget: &budget, into: &found)
        continue
      }
      let data = node + 8 + Int(bytes.number(UInt16.self, at: node + 6))
      let size = Int(low)
      if nodeFlags & 0x01 == 0 {
        guard data + size <= bytes.count else { throw damaged }
        try Self.add(bytes[data..<data + size], to: &found)
      } else {
        guard data + 8 <= bytes.count else { throw damaged }
        let overflow = bytes.number(UInt64.self, at: data)
        guard overflow < pages, size < Int(pages) * meta.pageSize else { throw damaged }
        let list = try read(size, at: Int(overflow) * meta.pageSize + Self.headerSize)
        guard list.count == size else { throw damaged }
        try Self.add(list[...], to: &found)
      }
    }
  }

  /// Adds one record of the free list: a count and that many page numbers.
  private static func add(
    _ record: ArraySlice<UInt8>, to found: inout Set<UInt64>
  ) throws(LMDBError) {
    for page in try pages(in: record) { found.insert(page) }
  }

  /// The page numbers of one record of the free list.
  static func pages(in record: ArraySlice<UInt8>) throws(LMDBError) -> [UInt64] {
    let bytes = Array(record)
    guard bytes.count >= 8, bytes.number(UInt64.self, at: 0) <= UInt64(bytes.count / 8 - 1) else {
      throw LMDBError(.corrupted, in: "pread")
    }
    return (0..<Int(bytes.number(UInt64.self, at: 0))).map {
      bytes.number(UInt64.self, at: 8 * ($0 + 1))
    }
  }
}

extension [UInt8] {
  func number<N: FixedWidthInteger & BitwiseCopyable>(
    _ type: N.Type, at offset: Int
  ) -> N {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }
}
