// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
public import LedgerReading
import Transparency

/// Folds a ledger from event 0 and compares every row with the stored one.
///
/// The events are believed; that they are those which were signed is what a verification shows. Memory
/// grows with the number of entities. Read transactions are short.
public struct RebuildComparison {
  private let reader: LedgerReader
  private let edition: ReducerEdition
  private var report: RebuildReport
  /// How many of the rows that were made are stored, as they are or otherwise.
  private var stored: UInt64 = 0

  /// Compares the views as of a size with what a version of the reducer makes of the events below it:
  /// the version that made them, unless another is given.
  ///
  /// Throws ``UnknownReducer`` where `editions` does not have it, and ``ReadingError``.
  public static func compare(
    _ reader: LedgerReader, asOf at: ResolvedSize, reducer version: UInt32? = nil,
    editions: [ReducerEdition] = ReducerEdition.all
  ) throws -> RebuildReport {
    let made = try reader.read { (snapshot) throws(ReadingError) in snapshot.head.reducer }
    let wanted = version ?? made
    guard let edition = editions.first(where: { $0.version == wanted }) else {
      throw UnknownReducer(version: wanted, known: editions.map(\.version))
    }
    var comparison = RebuildComparison(
      reader: reader, edition: edition,
      report: RebuildReport(asOf: at, stored: made, reducer: wanted))
    try comparison.run()
    return comparison.report
  }

  private var size: LedgerSize { report.asOf.size }

  private mutating func run() throws {
    var folder = ViewFolder(edition: edition)
    do {
      report.events = try Self.fold(reader, size, &folder) { row, snapshot throws(ReadingError) in
        try compare(row, snapshot)
      }
    } catch let failure as FoldFailure {
      report.rows = folder.rows
      report.differences += 1
      try reader.withSnapshot { snapshot in
        try note(.unfoldable(failure.reason.words), of: nil, at: failure.position, snapshot)
      }
      return
    }
    report.rows = folder.rows
    try lookForSurplus()
    for kind in EntityKind.allCases { try compareState(kind, folder.views) }
  }

  /// Hands over every row that the events make; returns how many events were read.
  @discardableResult
  private static func fold(
    _ reader: LedgerReader, _ size: LedgerSize, _ folder: inout ViewFolder,
    _ body: (Rebuild.Row, Snapshot) throws(ReadingError) -> Void
  ) throws -> UInt64 {
    let walk = LeafWalk(LedgerSource(reader), end: size.value, skippingLogs: true)
    var events: UInt64 = 0
    try Pipeline.inOrder(walk.count) { index in
      try walk.batch(index)
    } consume: { (batch: LeafWalk.Batch) in
      events += batch.count
      try reader.withSnapshot { snapshot in
        for event in batch.events {
          try folder.fold(event) { row in try body(row, snapshot) }
        }
      }
    }
    return events
  }

  private mutating func compare(
    _ row: Rebuild.Row, _ snapshot: Snapshot
  ) throws(ReadingError) {
    let found = try moving { () throws(LMDBError) in
      try snapshot.loan.get(snapshot.tables.rows, row.key) { $0.hasSameBytes(as: row.value) }
    }
    if found != nil { stored += 1 }
    if found == true { return }
    report.differences += 1
    guard report.first == nil else { return }
    let key = row.entity.key
    guard found != nil else { return try note(.missing, of: key, at: row.position, snapshot) }
    try note(try difference(of: row, snapshot), of: key, at: row.position, snapshot)
  }

  /// The first value in which a stored row is another one.
  private func difference(
    of row: Rebuild.Row, _ snapshot: Snapshot
  ) throws(ReadingError) -> RebuildReport.Mismatch.What {
    let bytes = try moving { () throws(LMDBError) in
      try snapshot.loan.get(snapshot.tables.rows, row.key) { Array($0) }
    }
    let stored: Entity?
    do throws(ReadingError) {
      stored = try snapshot.entity(row.entity.key, asOf: LedgerSize(after: row.position))
    } catch { return .unreadable("\(error)") }
    guard let stored else { return .missing }
    var documents = Documents(snapshot, asOf: LedgerSize(after: row.position))
    var memory = WordMemory()
    let rebuilt = try documents.fields(of: row.entity, &memory)
    let old: [Field]
    // A row may name events that are none, and words cannot be joined to it then.
    do throws(ReadingError) { old = try documents.fields(of: stored, &memory) } catch {
      return .unreadable("\(error)")
    }
    for field in rebuilt {
      let was = old.first { $0.name == field.name }?.value
      if was != field.value {
        return .differs(field: field.name, stored: was, rebuilt: field.value)
      }
    }
    for field in old where !rebuilt.contains(where: { $0.name == field.name }) {
      return .differs(field: field.name, stored: field.value, rebuilt: nil)
    }
    return .otherBytes(stored: bytes ?? [], rebuilt: Array(row.value))
  }

  /// Keeps a mismatch if its event comes before that of the one that is kept.
  private mutating func note(
    _ what: RebuildReport.Mismatch.What, of key: EntityKey?, at position: Position,
    _ snapshot: Snapshot
  ) throws(ReadingError) {
    if let first = report.first, first.position <= position { return }
    var documents = Documents(snapshot, asOf: size)
    report.first = RebuildReport.Mismatch(
      entity: key, event: try? documents.cause(at: position), position: position, what: what)
  }

  // MARK: Rows that no event makes

  private mutating func lookForSurplus() throws {
    var count: UInt64 = 0
    try forEachStoredRow { (_, position, _) in
      if size.includes(position) { count += 1 }
    }
    guard count > stored else { return }
    report.differences += count - stored
    // Rare enough to fold once more and remember every key.
    var keys: Set<[UInt8]> = []
    var folder = ViewFolder(edition: edition)
    try Self.fold(reader, size, &folder) { row, _ in keys.insert(Array(row.key)) }
    try forEachStoredRow { (key, position, snapshot) throws(ReadingError) in
      guard size.includes(position), !keys.contains(Array(key)) else { return }
      try note(.surplus, of: RowKey.parse(key)?.0, at: position, snapshot)
    }
  }

  private func forEachStoredRow(
    _ body: (UnsafeRawBufferPointer, Position, Snapshot) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    try LedgerSource(reader).forEach(in: reader.tables.rows) {
      (entry, snapshot) throws(ReadingError) in
      try body(entry.key, Position(RowKey.position(entry.key)), snapshot)
    }
  }

  // MARK: The state as of the size

  private mutating func compareState(_ kind: EntityKind, _ views: MemoryViews) throws {
    var stored = Frontier()
    try reader.withSnapshot { snapshot in
      try snapshot.forEachRow(of: kind, asOf: size) { (key, row) in
        stored.append(MerkleTree.leafHash(of: Array(key.dropLast(8)) + Array(row)))
        return true
      }
    }
    var keys: [(prefix: [UInt8], key: EntityKey)] = []
    for key in views.current.keys where EntityKind(key) == kind {
      var prefix: [UInt8] = []
      RowKey.prefix(of: key, into: &prefix)
      keys.append((prefix, key))
    }
    keys.sort { $0.prefix.lexicographicallyPrecedes($1.prefix) }
    var rebuilt = Frontier()
    for (prefix, key) in keys {
      guard let entity = views.current[key] else { continue }
      var leaf = prefix
      edition.encode(entity, &leaf)
      rebuilt.append(MerkleTree.leafHash(of: leaf))
    }
    report.kinds.append(
      RebuildReport.Kind(
        kind: kind, entities: stored.size, stored: Digest(stored.root()),
        rebuilt: Digest(rebuilt.root())))
  }
}
