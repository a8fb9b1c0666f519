// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

/// The views at the head inside a write transaction: reads rows as they are needed, and writes
/// each new state as a row at the position of the event being folded.
struct LiveViews: ViewStore {
  private let loan: WriteLoan
  private let snapshot: Snapshot
  /// States read or written, in this transaction or in earlier ones that nobody followed; nil
  /// inside means that there is none.
  private(set) var known: [EntityKey: Entity?]
  private var row: [UInt8] = []
  /// The position of the event being folded.
  var position = Position(0)
  /// The first failure; whoever decides or folds looks here before trusting an answer.
  private(set) var failure: StorageError?

  init(_ loan: WriteLoan, _ snapshot: Snapshot, known: [EntityKey: Entity?] = [:]) {
    self.loan = loan
    self.snapshot = snapshot
    self.known = known
  }

  mutating func entity(_ key: EntityKey) -> Entity? {
    if let known = known[key] { return known }
    do throws(ReadingError) {
      let entity = try snapshot.entity(key, asOf: LedgerSize(.max))
      known[key] = .some(entity)
      return entity
    } catch {
      if failure == nil { failure = StorageError(.reading(error), "reading the views") }
      return nil
    }
  }

  mutating func store(_ entity: Entity) {
    let key = entity.key
    known[key] = .some(entity)
    row.removeAll(keepingCapacity: true)
    RowCodec.encode(entity, into: &row)
    do throws(LMDBError) {
      try withRowKey(key, at: position) { (bytes) throws(LMDBError) in
        try loan.put(snapshot.tables.rows, bytes, row, mode: .overwrite)
      }
    } catch {
      if failure == nil { failure = StorageError(lmdb: error) }
    }
  }
}
