// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc
public import LMDB

// Bytes of what was deleted stay in the file in three places: in pages of the free list, in pages
// in use between the entries, and, in the writing process, in page buffers that LMDB uses again
// without clearing them (mdb_page_malloc in mdb.c 0.9.24) and then writes as a whole. Each has its
// own remedy here. All of it goes through LMDB's own descriptor: opening and closing another one of
// the same file would drop this process's record locks, if LMDB had any on it.

/// What became of the pages that nobody uses.
public struct FreePageScrub: Equatable, Sendable {
  /// How many were overwritten.
  public var overwritten: Int
  /// Whether none was left out, because a reader may still look at it.
  public var isComplete: Bool
}

extension Environment {
  /// Zeroes what lies between the entries of every page in use, and syncs the file. Returns the
  /// number of stretches that were not zero.
  ///
  /// A read transaction holds the state meanwhile, so that none of its pages is used again. Nobody
  /// reads these bytes: readers and writers go by the offsets in the page. A crash leaves any of
  /// them zeroed and every entry as it was. Cost: one read of every page that holds entries.
  public func scrubUsedPages() throws(LMDBError) -> Int {
    let descriptor = try dataDescriptor
    while true {
      let done = try read { (transaction) throws(LMDBError) -> Int? in
        let file = DataFile(descriptor: descriptor)
        let number = UInt64(transaction.loan.transactionID)
        // Two commits since have used both meta pages again: begin anew.
        guard let meta = try file.meta(ofTransaction: number) else { return nil }
        var count = 0
        _ = try PageWalk(file, meta) { (slack) throws(LMDBError) in
          try Self.zero(descriptor, slack.offset, slack.count)
          count += 1
        }
        return count
      }
      if let done {
        try Self.sync(descriptor)
        return done
      }
    }
  }

  /// Zeroes every page that is in no use, and what the file holds beyond its last page; syncs.
  ///
  /// Done under the write transaction, which changes nothing: only pages are touched that LMDB
  /// itself could use in this transaction, before its commit, so that a crash leaves what a crash
  /// inside of a commit may leave. A page stays as it is while a reader looks at a state before
  /// the transaction that freed it, or while the state before the last commit needs it;
  /// `isComplete` tells whether that kept any page that was freed by `transaction` or earlier.
  public func scrubFreePages(
    freedUpTo transaction: UInt
  ) throws(LMDBError) -> FreePageScrub {
    let descriptor = try dataDescriptor
    do throws(WriteFailure<LMDBError>) {
      return try write { (writing) throws(LMDBError) -> FreePageScrub in
        try scrubFreePages(
          before: UInt64(writing.loan.transactionID), upTo: UInt64(transaction), descriptor)
      }
    } catch {
      switch error {
      case .begin(let error), .body(let error), .refused(let error), .commit(let error):
        throw error
      }
    }
  }

  private func scrubFreePages(
    before writing: UInt64, upTo wanted: UInt64, _ descriptor: Int32
  ) throws(LMDBError) -> FreePageScrub {
    let file = DataFile(descriptor: descriptor)
    guard let meta = try file.meta(ofTransaction: writing - 1) else {
      throw LMDBError(.corrupted, in: "pread")
    }
    // As mdb_find_oldest does, which decides what mdb_page_alloc uses again.
    let latest = writing - 1
    let oldest = try readers().compactMap(\.transactionID).map { UInt64($0) }.min() ?? latest
    let limit = min(latest, oldest)
    let walk = try PageWalk(file, meta) { _ in }
    var known = PageSet(count: meta.lastPage + 1)
    var kept = PageSet(count: meta.lastPage + 1)
    var isComplete = true
    for record in walk.free {
      for page in record.pages {
        known.insert(page)
        if record.transaction >= limit { kept.insert(page) }
      }
      if record.transaction >= limit, record.transaction <= wanted { isComplete = false }
    }
    var overwritten = 0
    let pages = try file.size() / UInt64(meta.pageSize)
    for page in 2..<max(2, pages) where !walk.used.contains(page) && !kept.contains(page) {
      // In no tree and in no list: only a reader of an older state could know of it.
      if page <= meta.lastPage, !known.contains(page), limit < latest {
        isComplete = false
        continue
      }
      let offset = Int(page) * meta.pageSize
      if try file.read(meta.pageSize, at: offset).contains(where: { $0 != 0 }) {
        try Self.zero(descriptor, offset, meta.pageSize)
        overwritten += 1
      }
    }
    try Self.sync(descriptor)
    return FreePageScrub(overwritten: overwritten, isComplete: isComplete)
  }

  /// Clears the page buffers of this process, which LMDB keeps from one write to the next.
  ///
  /// `table` lends its name to what is written and never committed; `pages` is at least the number
  /// of pages that one transaction of this process ever changed. Buffers are taken in the order in
  /// which they were given back, so that each of three rounds takes others for its inner pages.
  public func clearBuffers(of table: Table, pages: Int) throws(LMDBError) {
    for _ in 0..<3 {
      do throws(WriteFailure<GivenUp>) {
        try write(growing: true) { (transaction) throws(GivenUp) -> Void in
          do throws(LMDBError) { try transaction.loan.fill(table, pages: pages) } catch {
            throw .failed(error)
          }
          throw .done
        }
      } catch {
        switch error {
        case .body(.done): continue
        case .body(.failed(let error)), .begin(let error), .refused(let error),
          .commit(let error):
          throw error
        }
      }
    }
  }

  /// Why a transaction ends without a commit.
  private enum GivenUp: Error {
    case done
    case failed(LMDBError)
  }

  private static func zero(_ descriptor: Int32, _ offset: Int, _ count: Int) throws(LMDBError) {
    let zeros = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let written = zeros.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw LMDBError(.init(rawValue: written < 0 ? errno : ENOSPC), in: "pwrite")
      }
      done += written
    }
  }

  private static func sync(_ descriptor: Int32) throws(LMDBError) {
    while fdatasync(descriptor) != 0 {
      if errno != EINTR { throw LMDBError(.init(rawValue: errno), in: "fdatasync") }
    }
  }
}

extension WriteLoan {
  /// Takes `pages` buffers and zeroes each, all but the 16 bytes of its header; then fills the leaf
  /// pages that were touched on the way.
  fileprivate func fill(_ table: Table, pages: Int) throws(LMDBError) {
    let room = try statistics(table).pageSizeBytes - 16
    for index in 0..<pages {
      try reserve(table, Self.key(0, index), count: room, mode: .insert) { bytes in
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
      }
    }
    for (group, size) in [(1, 512), (2, 64), (3, 2)] {
      for index in 0..<24 {
        try put(table, Self.key(group, index), [UInt8](repeating: 0, count: size), mode: .insert)
      }
    }
  }

  /// A key above all others: no name and no position begins so.
  private static func key(_ group: Int, _ index: Int) -> [UInt8] {
    [0xFF, 0xFF, UInt8(group)]
      + withUnsafeBytes(of: UInt32(truncatingIfNeeded: index).bigEndian) { Array($0) }
  }
}
