// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// Rebuilds every view from event 0, without looking at the stored ones.
///
/// Two threads read and decode, the caller's folds and encodes as well. Memory grows with the number
/// of entities, not of events; each read transaction covers a stretch of the log and no more.
public enum Rebuild {
  /// A state that an event made, as it would be stored. Its bytes are lent for the call alone.
  public struct Row {
    /// The key in the table of rows.
    public var key: UnsafeRawBufferPointer
    /// The encoded state.
    public var value: UnsafeRawBufferPointer
    /// The event.
    public var position: Position
    /// The state.
    public var entity: Entity
  }

  /// What came of a rebuild.
  public struct Result: Sendable {
    /// The state of everything after the last event.
    public var views = MemoryViews()
    /// How many events were folded; log lines are not among those that the index let skip.
    public var events: UInt64 = 0
    /// How many rows they made; 0 when those were not encoded.
    public var rows: UInt64 = 0
  }

  /// Folds the events 0…size−1 and hands over each row that they make, in order of positions.
  ///
  /// With `skippingLogs` the index of the logs tells where runs of log lines end, and those lines
  /// are neither read nor checked: fast, and to be trusted as far as that index is. Throws
  /// ``ReadingError``, a ``FoldFailure`` for a history that cannot be, and what `onRow` throws.
  @discardableResult
  public static func fold(
    _ reader: LedgerReader, through size: LedgerSize, skippingLogs: Bool = false,
    onRow: (Row) throws -> Void
  ) throws -> Result {
    try fold(reader, through: size, skippingLogs: skippingLogs, ViewFolder(), onRow)
  }

  /// Folds the events 0…size−1 into views, without encoding the rows that they make.
  @discardableResult
  public static func fold(
    _ reader: LedgerReader, through size: LedgerSize, skippingLogs: Bool = false
  ) throws -> Result {
    try fold(
      reader, through: size, skippingLogs: skippingLogs, ViewFolder(encodesRows: false)
    ) { _ in }
  }

  private static func fold(
    _ reader: LedgerReader, through size: LedgerSize, skippingLogs: Bool,
    _ folder: consuming ViewFolder, _ onRow: (Row) throws -> Void
  ) throws -> Result {
    var folder = folder
    var events: UInt64 = 0
    let walk = LeafWalk(LedgerSource(reader), end: size.value, skippingLogs: skippingLogs)
    try Pipeline.inOrder(walk.count) { index in
      try walk.batch(index)
    } consume: { (batch: LeafWalk.Batch) in
      events += batch.count
      for event in batch.events { try folder.fold(event, onRow) }
    }
    return Result(views: folder.views, events: events, rows: folder.rows)
  }
}

/// Folds events into views and encodes what changed.
struct ViewFolder {
  private(set) var views = MemoryViews()
  private(set) var rows: UInt64 = 0
  private var value: [UInt8] = []
  private let encodesRows: Bool
  private let edition: ReducerEdition

  init(encodesRows: Bool = true, edition: ReducerEdition = .current) {
    self.encodesRows = encodesRows
    self.edition = edition
  }

  /// Folds one event; calls `onRow` once for each entity that it changed, if rows are encoded.
  mutating func fold(_ event: Event, _ onRow: (Rebuild.Row) throws -> Void) throws {
    try edition.fold(event, &views)
    guard !views.changes.isEmpty else { return }
    guard encodesRows else { return views.changes.removeAll(keepingCapacity: true) }
    defer { views.changes.removeAll(keepingCapacity: true) }
    // By index: a copy of the list would make emptying it allocate another.
    for index in views.changes.indices {
      let entity = views.changes[index]
      let key = entity.key
      // Stored once as it was in the end, as the row of an event is.
      if views.changes[(index + 1)...].contains(where: { $0.key == key }) { continue }
      value.removeAll(keepingCapacity: true)
      edition.encode(entity, &value)
      rows += 1
      try withRowKey(key, at: event.position) { (key: UnsafeRawBufferPointer) throws in
        try value.withUnsafeBytes { value in
          try onRow(
            Rebuild.Row(key: key, value: value, position: event.position, entity: entity))
        }
      }
    }
  }
}

/// Reads and decodes leaves, a stretch at a time, and keeps those that views depend on.
struct LeafWalk: Sendable {
  /// The events of a stretch, but for log lines and progress.
  struct Batch: Sendable {
    var events: [Event] = []
    /// How many leaves were read.
    var count: UInt64 = 0
  }

  /// How many positions a stretch has.
  private static let stretch: UInt64 = 4096

  private let source: LedgerSource
  private let end: UInt64
  private let skippingLogs: Bool

  init(_ source: LedgerSource, end: UInt64, skippingLogs: Bool = false) {
    self.source = source
    self.end = end
    self.skippingLogs = skippingLogs
  }

  /// How many stretches there are.
  var count: Int { Int((end + LeafWalk.stretch - 1) / LeafWalk.stretch) }

  /// Reads one of them.
  func batch(_ index: Int) throws(ReadingError) -> Batch {
    var batch = Batch()
    var decoder = LogLineDecoder()
    var position = UInt64(index) * LeafWalk.stretch
    let stop = min(end, position + LeafWalk.stretch)
    batch.events.reserveCapacity(Int(stop - position) / 8)
    try source.read { (snapshot) throws(ReadingError) in
      guard end <= snapshot.size.value else {
        throw ReadingError(
          .beyondHead(asked: LedgerSize(end), head: snapshot.size), "rebuilding the views")
      }
      try snapshot.loan.withCursor(snapshot.tables.leaves) { (cursor) throws(ReadingError) in
        var entry = try seek(&cursor, position)
        while position < stop {
          guard let leaf = entry, BigEndianKey(leaf.key)?.number == position else {
            throw ReadingError(.leafMissing(Position(position)), "rebuilding the views")
          }
          var last = position
          switch try LeafWalk.decode(leaf.value, at: position, with: &decoder) {
          case .line(let line):
            if skippingLogs { last = min(try endOfRun(line, in: snapshot), stop - 1) }
          case .event(let event):
            switch event.fact {
            case .jobLogged, .jobProgressed: break
            default: batch.events.append(event)
            }
          }
          batch.count += 1
          if last + 1 == stop { return }
          entry = last == position ? try step(&cursor) : try seek(&cursor, last + 1)
          position = last + 1
        }
      }
    }
    return batch
  }

  private func endOfRun(
    _ line: LoggedLine, in snapshot: Snapshot
  ) throws(ReadingError) -> UInt64 {
    let here = line.position.value
    let run = try snapshot.lastLogRun(of: line.job, asOf: LedgerSize(here + 1))
    guard let run, run.last.value > here else { return here }
    return run.last.value
  }

  private func seek(
    _ cursor: inout Cursor, _ position: UInt64
  ) throws(ReadingError) -> Entry? {
    do throws(LMDBError) { return try cursor.seek(exactly: BigEndianKey(position)) } catch {
      throw ReadingError(lmdb: error)
    }
  }

  private func step(_ cursor: inout Cursor) throws(ReadingError) -> Entry? {
    do throws(LMDBError) { return try cursor.next() } catch { throw ReadingError(lmdb: error) }
  }

  /// Decodes a leaf and checks that it says the position where it stands.
  static func decode(
    _ leaf: UnsafeRawBufferPointer, at position: UInt64, with decoder: inout LogLineDecoder
  ) throws(ReadingError) -> ReadLeaf {
    let read: ReadLeaf
    do throws(CodecError) { read = try decoder.read(leaf) } catch {
      throw ReadingError(
        .leafUndecodable(Position(position), error), "decoding event #\(position)")
    }
    guard read.position.value == position else {
      throw ReadingError(.leafAltered(Position(position)), "decoding event #\(position)")
    }
    return read
  }
}

extension ReadLeaf {
  /// Where the leaf says that it stands.
  var position: Position {
    switch self {
    case .line(let line): line.position
    case .event(let event): event.position
    }
  }

  /// The digest of its text.
  var text: Digest? {
    switch self {
    case .line(let line): line.text
    case .event(let event): event.text
    }
  }

  /// The job of the event.
  var job: JobID? {
    switch self {
    case .line(let line): line.job
    case .event(let event): event.job
    }
  }
}
