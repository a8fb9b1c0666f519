// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerReading

/// Whether what a walk along a table comes upon is found by a search as well.
///
/// A search goes by the keys that stand between pages, and a walk never looks at them: where one is
/// wrong, what stands on one side of it is there and not found, and words would pass for erased. A
/// search for the last entry of each page, and for the first of the next, tells of every such key.
struct SearchCheck {
  private let what: String
  private var page: UInt?
  /// The latest entry of the page that was not searched for.
  private var waiting: UInt64?

  /// `what` is what an entry is, in one word.
  init(_ what: String) { self.what = what }

  /// Takes the entry of a position, in order. Two searches a page.
  mutating func pass(
    _ entry: Entry, _ position: UInt64, _ table: Table, _ snapshot: Snapshot,
    _ findings: inout FindingList
  ) throws(ReadingError) {
    // Where pages are larger than this there are just more searches.
    let page = UInt(bitPattern: entry.key.baseAddress) >> 12
    guard page != self.page else {
      waiting = position
      return
    }
    try end(table, snapshot, &findings)
    try search(position, table, snapshot, &findings)
    self.page = page
  }

  /// Ends a walk, or a page.
  mutating func end(
    _ table: Table, _ snapshot: Snapshot, _ findings: inout FindingList
  ) throws(ReadingError) {
    guard let position = waiting else { return }
    waiting = nil
    try search(position, table, snapshot, &findings)
  }

  private func search(
    _ position: UInt64, _ table: Table, _ snapshot: Snapshot, _ findings: inout FindingList
  ) throws(ReadingError) {
    let isFound = try moving { () throws(LMDBError) in
      try snapshot.loan.contains(table, BigEndianKey(position))
    }
    if isFound { return }
    findings.add(
      .table, position,
      "the \(what) of #\(position) is stored, and whoever looks for it does not find it")
  }
}
