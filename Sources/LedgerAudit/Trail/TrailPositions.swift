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
  /// Where to go on: a position, or a revision of the subject.
  private var next: UInt64 = 0
  private var isDone = false

  init(_ scope: TrailScope, asOf size: LedgerSize) {
    self.scope = scope
    self.size = size
  }

  /// The next ones, in order, some of them perhaps outside the scope; nil after the last.
  mutating func batch(_ snapshot: Snapshot) throws(ReadingError) -> [Position]? {
    if isDone { return nil }
    switch scope {
    // A name may have been given to schedules of several subjects, one after the other.
    case .ledger, .project, .schedule: return try stretch(snapshot)
    case .subject(let id), .deployment(_, let id): return try revisions(of: id, snapshot)
    case .version(let id): return try revisions(of: id.subject, snapshot)
    case .job(let id):
      var found: [Position] = []
      try snapshot.forEachPosition(of: id, asOf: size, from: Position(next)) { position in
        found.append(position)
        return found.count < TrailPositions.count
      }
      if let last = found.last { next = last.value + 1 }
      isDone = found.count < TrailPositions.count
      return found
    }
  }

  private mutating func revisions(
    of subject: SubjectID, _ snapshot: Snapshot
  ) throws(ReadingError) -> [Position] {
    var found: [Position] = []
    try snapshot.forEachPosition(of: subject, asOf: size, from: Revision(next)) { position in
      found.append(position)
      return found.count < TrailPositions.count
    }
    next += UInt64(found.count)
    isDone = found.count < TrailPositions.count
    return found
  }

  /// The events of all types in a stretch of the log; one seek a type.
  private mutating func stretch(_ snapshot: Snapshot) throws(ReadingError) -> [Position] {
    let end = min(size.value, next + TrailPositions.stretch)
    var found: [Position] = []
    for type in FactCode.allCases where type.isIndexed {
      try snapshot.forEachPosition(of: type, asOf: LedgerSize(end), from: Position(next)) {
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
