// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

extension Appender {
  /// The same, with what an erasure is about looked up again at the head: whoever asked saw an
  /// earlier state, and the rules go by what is there.
  func refreshed(_ submission: Submission) throws(StorageError) -> Submission {
    guard case .erase(var request) = submission.command.intent else { return submission }
    var submission = submission
    do throws(ReadingError) {
      let snapshot = Snapshot(loan, tables, head: head)
      var items: [ErasureItem] = []
      for item in request.items { items += try TextSurvey.refresh(item, snapshot) }
      request.items = items
    } catch {
      throw StorageError(.reading(error), "erasing words")
    }
    submission.command.intent = .erase(request)
    return submission
  }

  /// Takes away the words that an event of this transaction erases.
  ///
  /// Each is overwritten with zeros before it is deleted: deleting alone moves the bytes of
  /// neighbours and leaves these where they were, in a page that stays in use. What the pages of
  /// earlier states still hold is noted as owed, in this transaction.
  mutating func erase(_ event: Event) throws(StorageError) {
    guard case .textErased(let fact) = event.fact else { return }
    var count: UInt64 = 0
    for range in fact.ranges {
      var next = range.from.value
      while next <= range.to.value {
        let found = try texts(from: next, through: range.to.value)
        for text in found {
          if let name = event.job, try job(at: text.position) != name { continue }
          try remove(text)
          count += 1
        }
        guard let last = found.last, last.position.value < range.to.value else { break }
        next = last.position.value + 1
      }
    }
    guard count > 0 else { return }
    erased += count
    try forgetWords(in: fact.ranges)
    try owe(event.position)
  }

  private struct Stored {
    var position: Position
    var length: Int
  }

  /// The next few texts in a range: a cursor does not stay where it is while entries go.
  private func texts(from: UInt64, through: UInt64) throws(StorageError) -> [Stored] {
    do throws(LMDBError) {
      return try loan.withCursor(tables.texts) { (cursor) throws(LMDBError) in
        var found: [Stored] = []
        var entry = try cursor.seek(atOrAfter: BigEndianKey(from))
        while let text = entry, let position = BigEndianKey(text.key)?.number,
          position <= through, found.count < 4096
        {
          found.append(Stored(position: Position(position), length: text.value.count))
          entry = try cursor.next()
        }
        return found
      }
    } catch {
      throw StorageError(lmdb: error)
    }
  }

  private func job(at position: Position) throws(StorageError) -> JobID? {
    do throws(ReadingError) {
      return try Snapshot(loan, tables, head: head).event(at: position).job
    } catch {
      throw StorageError(.reading(error), "erasing words")
    }
  }

  private func remove(_ text: Stored) throws(StorageError) {
    let key = BigEndianKey(text.position.value)
    do throws(LMDBError) {
      try loan.reserve(tables.texts, key, count: text.length, mode: .overwrite) { bytes in
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
      }
      try loan.delete(tables.texts, key)
    } catch {
      throw StorageError(lmdb: error)
    }
  }

  private func owe(_ position: Position) throws(StorageError) {
    let earlier: OwedScrub?
    do throws(ReadingError) {
      earlier = try Snapshot(loan, tables, head: head).owedScrub()
    } catch {
      throw StorageError(.reading(error), "erasing words")
    }
    let owed = OwedScrub(
      transaction: UInt64(loan.transactionID), first: earlier?.first ?? position, last: position)
    try put(tables.head, HeadKey.scrub, owed.bytes, mode: .overwrite)
  }
}
