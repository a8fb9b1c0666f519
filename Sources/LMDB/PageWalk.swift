// SPDX-License-Identifier: Apache-2.0

/// Every page that one state of the file uses, found by following its trees by pread(2).
///
/// Offsets are those of `MDB_page`, `MDB_node` and `MDB_db` in mdb.c 0.9.24 on a 64-bit machine. The
/// state must stay as it is meanwhile: a read transaction holds it, or the write transaction after
/// it keeps everybody else from writing.
package struct PageWalk {
  /// A stretch of the file in a page that is used, which belongs to no entry.
  package struct Slack {
    /// Where it begins in the file.
    package let offset: Int
    /// How long it is.
    package let count: Int
  }

  /// One record of the free list.
  package struct FreeRecord {
    /// The transaction that freed the pages, or a later one that put them back.
    package let transaction: UInt64
    /// Their numbers.
    package let pages: [UInt64]
  }

  /// The pages that the state uses.
  package private(set) var used: PageSet
  /// The free list.
  package private(set) var free: [FreeRecord] = []
  /// The meta page that it begins with.
  package let meta: DataFile.Meta
  private let file: DataFile
  private let pages: UInt64

  /// Follows all trees below a meta page and calls `slack` for what lies between their entries.
  package init(
    _ file: DataFile, _ meta: DataFile.Meta, slack: (Slack) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    self.file = file
    self.meta = meta
    pages = min(try file.size() / UInt64(meta.pageSize), meta.lastPage + 1)
    used = PageSet(count: meta.lastPage + 1)
    used.insert(0)
    used.insert(1)
    try follow(meta.freeRoot, .free, depth: 0, slack)
    try follow(meta.mainRoot, .main, depth: 0, slack)
  }

  private enum Tree { case free, main, table }

  private static let damaged = LMDBError(.corrupted, in: "pread")

  private mutating func follow(
    _ page: UInt64, _ tree: Tree, depth: Int, _ slack: (Slack) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    if page == DataFile.noPage { return }
    guard page >= 2, page < pages, depth < 32, used.insert(page) else { throw Self.damaged }
    let start = Int(page) * meta.pageSize
    let bytes = try file.read(meta.pageSize, at: start)
    guard bytes.count == meta.pageSize, bytes.number(UInt64.self, at: 0) == page else {
      throw Self.damaged
    }
    let kind = bytes.number(UInt16.self, at: 10) & 0x2F
    let lower = Int(bytes.number(UInt16.self, at: 12))
    let upper = Int(bytes.number(UInt16.self, at: 14))
    guard kind == 1 || kind == 2, lower >= DataFile.headerSize, lower <= upper,
      upper <= bytes.count
    else { throw Self.damaged }
    if bytes[lower..<upper].contains(where: { $0 != 0 }) {
      try slack(Slack(offset: start + lower, count: upper - lower))
    }
    for index in 0..<(lower - DataFile.headerSize) / 2 {
      let node = Int(bytes.number(UInt16.self, at: DataFile.headerSize + 2 * index))
      guard node >= upper, node + 8 <= bytes.count else { throw Self.damaged }
      if kind == 1 {
        let child =
          UInt64(bytes.number(UInt32.self, at: node))
          | UInt64(bytes.number(UInt16.self, at: node + 4)) << 32
        try follow(child, tree, depth: depth + 1, slack)
      } else {
        try take(bytes, node, tree, slack)
      }
    }
  }

  /// One entry of a leaf page.
  private mutating func take(
    _ bytes: [UInt8], _ node: Int, _ tree: Tree, _ slack: (Slack) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    let size = Int(bytes.number(UInt32.self, at: node))
    let flags = bytes.number(UInt16.self, at: node + 4)
    let keySize = Int(bytes.number(UInt16.self, at: node + 6))
    let value = node + 8 + keySize
    let isLong = flags & 0x01 != 0
    guard value + (isLong ? 8 : size) <= bytes.count else { throw Self.damaged }
    var long: UInt64?
    if isLong {
      let first = bytes.number(UInt64.self, at: value)
      try takeLong(first, size, slack)
      long = first
    }
    switch tree {
    case .table: break
    case .main:
      // A named table: `MDB_db`, whose root stands last.
      guard flags & 0x02 != 0 else { return }
      guard size == 48, !isLong else { throw Self.damaged }
      try follow(bytes.number(UInt64.self, at: value + 40), .table, depth: 0, slack)
    case .free:
      guard keySize == 8 else { throw Self.damaged }
      let number = bytes.number(UInt64.self, at: node + 8)
      let record: [UInt8]
      if let long {
        record = try file.read(size, at: Int(long) * meta.pageSize + DataFile.headerSize)
        guard record.count == size else { throw Self.damaged }
      } else {
        record = Array(bytes[value..<value + size])
      }
      free.append(FreeRecord(transaction: number, pages: try DataFile.pages(in: record[...])))
    }
  }

  /// A value with pages of its own.
  private mutating func takeLong(
    _ first: UInt64, _ size: Int, _ slack: (Slack) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    let count = (DataFile.headerSize - 1 + size) / meta.pageSize + 1
    guard first >= 2, first < pages, UInt64(count) <= pages - first else { throw Self.damaged }
    for page in first..<first + UInt64(count) {
      guard used.insert(page) else { throw Self.damaged }
    }
    let start = Int(first) * meta.pageSize
    let header = try file.read(DataFile.headerSize, at: start)
    guard header.count == DataFile.headerSize, header.number(UInt64.self, at: 0) == first,
      header.number(UInt16.self, at: 10) & 0x04 != 0,
      Int(header.number(UInt32.self, at: 12)) == count
    else { throw Self.damaged }
    let end = DataFile.headerSize + size
    let rest = try file.read(count * meta.pageSize - end, at: start + end)
    if rest.contains(where: { $0 != 0 }) {
      try slack(Slack(offset: start + end, count: rest.count))
    }
  }
}

/// A set of page numbers below a bound: one bit each.
package struct PageSet {
  private var words: [UInt64]
  private let count: UInt64

  /// None of `count` pages.
  package init(count: UInt64) {
    self.count = count
    words = [UInt64](repeating: 0, count: Int(count / 64) + 1)
  }

  /// Whether a page is in it; false beyond the bound.
  package func contains(_ page: UInt64) -> Bool {
    page < count && words[Int(page / 64)] & 1 << (page % 64) != 0
  }

  /// Adds a page; false when it was there, or lies beyond the bound.
  @discardableResult
  package mutating func insert(_ page: UInt64) -> Bool {
    guard page < count, !contains(page) else { return false }
    words[Int(page / 64)] |= 1 << (page % 64)
    return true
  }
}
