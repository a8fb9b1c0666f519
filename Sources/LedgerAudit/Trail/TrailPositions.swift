// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Finds the events of a scope by the indexes, some at a time: never log lines or progress.
struct TrailPositions {
  /// How many are found at a time, and how long a stretch of a whole ledger is searched at once.
  private static let count = 512
  private static let stretch: UInt64 = 16_384

  private let scope: TrailScope
  private let size: LedgerSize
  /// What comes before it is not asked for.
  private let start: Position
  /// Where to go on: a position, or a revision of the subject; nil before the first batch.
  private var next: UInt64?
  private var isDone = false

  /// Of deployments and schedules all is found, whatever the start: what belongs to them is told by
  /// what was before.
  init(_ scope: TrailScope, asOf size: LedgerSize, from start: Position = Position(0)) {
    self.scope = scope
    self.size = size
    self.start = start
  }

  /// The next ones, in order, some of them perhaps outside the scope; nil after the last.
  mutating func batch(_ snapshot: Snapshot) throws(ReadingError) -> [Position]? {
    if isDone { return nil }
    switch scope {
    // A name may have been given to schedules of several subjects, one after the other.
    case .ledger, .project: return try stretch(from: start, snapshot)
    case .schedule: return try stretch(from: Position(0), snapshot)
    case .actor(let id):
      return try snapshot.positions(
        of: stretch(from: start, snapshot), holding: Array("\"\(id.string)\"".utf8))
    case .subject(let id): return try revisions(of: id, from: start, snapshot)
    case .version(let id):
      return try snapshot.positions(
        of: revisions(of: id.subject, from: start, snapshot),
        holding: Array("\"number\":\(id.number.value),".utf8))
    case .deployment(_, let id): return try revisions(of: id, from: Position(0), snapshot)
    case .job(let id):
      var found: [Position] = []
      try snapshot.forEachPosition(of: id, asOf: size, from: Position(next ?? start.value)) {
        position in
        found.append(position)
        return found.count < TrailPositions.count
      }
      if let last = found.last { next = last.value + 1 }
      isDone = found.count < TrailPositions.count
      return found
    }
  }

  private mutating func revisions(
    of subject: SubjectID, from start: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> [Position] {
    var found: [Position] = []
    let first: UInt64
    if let next {
      first = next
    } else if start.value == 0 {
      first = 0
    } else {
      first = try snapshot.revisionCount(of: subject, asOf: LedgerSize(start.value))
    }
    try snapshot.forEachPosition(of: subject, asOf: size, from: Revision(first)) { position in
      found.append(position)
      return found.count < TrailPositions.count
    }
    next = first + UInt64(found.count)
    isDone = found.count < TrailPositions.count
    return found
  }

  /// The events of all types in a stretch of the log; one seek a type.
  private mutating func stretch(
    from start: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> [Position] {
    let first = next ?? start.value
    let end = max(first, min(size.value, first + TrailPositions.stretch))
    var found: [Position] = []
    for type in FactCode.allCases where type.isIndexed {
      try snapshot.forEachPosition(of: type, asOf: LedgerSize(end), from: Position(first)) {
        position in
        found.append(position)
        return true
      }
    }
    next = end
    isDone = end >= size.value
    return found.sorted()
  }
}

extension Snapshot {
  /// Those of some positions at which the leaf holds some bytes, as the name of an actor stands in it
  /// between its quotes: what does not is neither held against the tree nor decoded.
  fileprivate func positions(
    of places: [Position], holding bytes: [UInt8]
  ) throws(ReadingError) -> [Position] {
    var found: [Position] = []
    for position in places {
      let holds = try leaf(at: position) { (leaf) throws(ReadingError) in
        bytes.withUnsafeBytes { leaf.contains($0) }
      }
      if holds { found.append(position) }
    }
    return found
  }
}

extension UnsafeRawBufferPointer {
  /// Whether some bytes stand in these.
  fileprivate func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while start + bytes.count <= count {
      var index = 0
      while index < bytes.count, self[start + index] == bytes[index] { index += 1 }
      if index == bytes.count { return true }
      start += 1
    }
    return false
  }
}
