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
      var found: [Position] = []
      for position in try stretch(from: start, snapshot)
      where try names(id, at: position, snapshot) { found.append(position) }
      return found
    case .subject(let id): return try revisions(of: id, from: start, snapshot)
    case .version(let id): return try revisions(of: id.subject, from: start, snapshot)
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

  /// Whether a leaf holds a name between quotes, as that of an actor stands in it: what does not is
  /// not decoded.
  private func names(
    _ id: ActorID, at position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> Bool {
    let quoted = Array("\"\(id.string)\"".utf8)
    return try snapshot.leaf(at: position) { (leaf) throws(ReadingError) in
      quoted.withUnsafeBytes { quoted in
        var start = 0
        while start + quoted.count <= leaf.count {
          var index = 0
          while index < quoted.count, leaf[start + index] == quoted[index] { index += 1 }
          if index == quoted.count { return true }
          start += 1
        }
        return false
      }
    }
  }
}
