// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Who erased something, when, and on which ground.
public struct ErasureMark: Equatable, Sendable {
  /// The event that says so.
  public var position: Position
  /// When it was recorded.
  public var time: Timestamp
  /// Who did it.
  public var actor: Actor
  /// On which ground.
  public var basis: ErasureBasis

  /// `erased by alice, 2026-11-21T08:00:00.000000Z, gdpr-17, #57`.
  public var words: String {
    "erased by \(actor.person), \(time), \(basis.rawValue), #\(position.value)"
  }

  /// `{"actor","basis","position","time"}`.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("actor", actor)
    object.put("basis", basis.rawValue)
    object.put("position", position)
    object.put("time", time)
    return object.json
  }
}

/// Every erasure in a ledger, for telling whose words and which files are gone by which.
public struct ErasureMarks: Sendable {
  private struct Erasure {
    var mark: ErasureMark
    var ranges: [PositionRange]
    var job: JobID?
  }

  private var erasures: [Erasure] = []
  private var files: [Digest: ErasureMark] = [:]

  /// Looks up every erasure up to the head, however late. One read of each.
  public init(_ snapshot: Snapshot) throws(ReadingError) {
    for position in try Self.positions(snapshot) { note(try snapshot.event(at: position)) }
  }

  /// Takes the events at ``positions(_:)``.
  init(_ events: [Event]) { for event in events { note(event) } }

  /// Where the erasures are, in order.
  static func positions(_ snapshot: Snapshot) throws(ReadingError) -> [Position] {
    var positions: [Position] = []
    for type in [FactCode.textErased, .artifactErased] {
      try snapshot.forEachPosition(of: type, asOf: snapshot.size) { position in
        positions.append(position)
        return true
      }
    }
    return positions.sorted()
  }

  private mutating func note(_ event: Event) {
    func mark(_ basis: ErasureBasis) -> ErasureMark {
      ErasureMark(
        position: event.position, time: event.time, actor: event.actor, basis: basis)
    }
    switch event.fact {
    case .textErased(let fact):
      erasures.append(Erasure(mark: mark(fact.basis), ranges: fact.ranges, job: event.job))
    case .artifactErased(let fact):
      for digest in fact.digests { files[digest] = mark(fact.basis) }
    default: break
    }
  }

  /// The latest erasure of a stored file; nil for none, and where it came before what names it.
  public func mark(of file: Digest, namedAt position: Position) -> ErasureMark? {
    files[file].flatMap { $0.position > position ? $0 : nil }
  }

  /// The first erasure that names the words of an event of `job` at `position`; nil for none.
  /// O(ranges).
  public func mark(of position: Position, job: JobID?) -> ErasureMark? {
    for erasure in erasures
    where position < erasure.mark.position && (erasure.job == nil || erasure.job == job) {
      if erasure.ranges.contains(where: { $0.from <= position && position <= $0.to }) {
        return erasure.mark
      }
    }
    return nil
  }
}
