// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Which events' words, and which blobs, `text.erased` and `artifact.erased` name.
public struct Erasures: Sendable {
  /// A range of positions, both ends included, of one job or of all events.
  struct Range: Sendable {
    var from: UInt64
    var to: UInt64
    var job: JobID?
    var by: Position
    var basis: ErasureBasis
  }

  private(set) var ranges: [Range] = []
  /// The blobs, with the event that names them.
  public private(set) var artifacts: [Digest: Position] = [:]
  /// How many erasure events were noted.
  public private(set) var events: UInt64 = 0

  /// Nothing was erased.
  public init() {}

  /// Looks up every erasure up to the head; O(erasures).
  public init(_ snapshot: Snapshot) throws(ReadingError) {
    for type in [FactCode.textErased, .artifactErased] {
      var found: [Position] = []
      try snapshot.forEachPosition(of: type, asOf: snapshot.size) { (position) in
        found.append(position)
        return true
      }
      for position in found { note(try snapshot.event(at: position)) }
    }
  }

  /// Takes what an event erased.
  public mutating func note(_ event: Event) {
    switch event.fact {
    case .textErased(let fact):
      events += 1
      for range in fact.ranges {
        ranges.append(
          Range(
            from: range.from.value, to: range.to.value, job: event.job, by: event.position,
            basis: fact.basis))
      }
    case .artifactErased(let fact):
      events += 1
      for digest in fact.digests where artifacts[digest] == nil {
        artifacts[digest] = event.position
      }
    default: break
    }
  }

  /// Takes what others erased besides.
  mutating func add(_ others: Erasures) {
    ranges += others.ranges
    artifacts.merge(others.artifacts) { mine, _ in mine }
    events += others.events
  }

  /// The first erasure that names the words of an event of `job` at `position`; nil for none.
  /// O(ranges).
  public func erasure(of position: Position, job: JobID?) -> Position? {
    range(of: position, job: job)?.by
  }

  /// The range of that erasure, with its ground. O(ranges).
  func range(of position: Position, job: JobID?) -> Range? {
    // An erasure names only what was there before it.
    ranges.first {
      $0.from <= position.value && position.value <= $0.to && ($0.job == nil || $0.job == job)
        && position < $0.by
    }
  }
}
