// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

extension Appender {
  /// How many decisions a transaction takes into the index of words besides its own: after an
  /// erasure, or behind a program that does not know the index.
  static let wordsBacklog = 4096

  /// Brings the index of words up to the decisions of this transaction; true when it reaches the
  /// last one. At most ``wordsBacklog`` decisions from before are taken along.
  @discardableResult
  mutating func indexWords() throws(StorageError) -> Bool {
    guard tables.words != nil else { return true }
    let limit = decisions + Appender.wordsBacklog
    let positions: [Position]
    do throws(ReadingError) {
      let snapshot = Snapshot(loan, tables, head: head)
      positions = try snapshot.decisions(
        from: Position(try snapshot.wordIndexEnd().value), asOf: head.size, limit: limit + 1)
    } catch {
      throw StorageError(.reading(error), "indexing the words of decisions")
    }
    guard !positions.isEmpty else { return true }
    for position in positions.prefix(limit) { try indexWords(at: position) }
    var end: [UInt8] = []
    RowKey.append(positions.prefix(limit).last.map { $0.value + 1 } ?? 0, to: &end)
    try put(tables.head, HeadKey.words, end, mode: .overwrite)
    return positions.count <= limit
  }

  private mutating func indexWords(at position: Position) throws(StorageError) {
    guard let table = tables.words else { return }
    let words: [[UInt8]]
    do throws(ReadingError) {
      let snapshot = Snapshot(loan, tables, head: head)
      let event = try snapshot.event(at: position)
      words = try WordIndex.words(of: event, in: snapshot) ?? []
    } catch {
      // What is damaged is for verification to tell, and no reason to refuse what is new.
      guard error.isDamage else {
        throw StorageError(.reading(error), "indexing the words of decisions")
      }
      return
    }
    for word in words {
      try put(table, WordIndex.key(word, position), [], mode: .overwrite)
    }
    scattered += UInt64(words.count)
  }

  /// Empties the index of words where a decision in these ranges is in it, so that it is built anew
  /// from the texts that are left: by ``Ledger/scrub(patience:)``, or with the next decision.
  ///
  /// Deleting the entries is not enough: inner pages have copies of keys, and keep them when the
  /// entries go. All pages of the table are free after this, and become zero as those of the text do.
  mutating func forgetWords(in ranges: [PositionRange]) throws(StorageError) {
    do throws(ReadingError) {
      let snapshot = Snapshot(loan, tables, head: head)
      guard let stored = try snapshot.storedWordIndexEnd() else { return }
      var isIndexed = false
      for range in ranges where !isIndexed {
        let end = stored.includes(range.to) ? LedgerSize(after: range.to) : stored
        isIndexed = try !snapshot.decisions(from: range.from, asOf: end, limit: 1).isEmpty
      }
      guard isIndexed else { return }
    } catch {
      throw StorageError(.reading(error), "erasing words")
    }
    guard let table = tables.words else {
      // Another process made the table since this one opened the ledger.
      throw StorageError(
        .directory(
          DirectoryError(
            .moved, "erase words", "the ledger",
            "its index of words was made after it was opened here",
            whatNext: "try again")), "erasing words")
    }
    do throws(LMDBError) {
      try loan.clear(table)
      try loan.delete(tables.head, HeadKey.words)
    } catch {
      throw StorageError(lmdb: error)
    }
    forgetsWords = true
  }
}
