// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Moments — what changed between two sizes, and which event set what stands there now.
// Reads: rows as of sizes, indexes between them, the events it names held against the tree.
// Never: a fold from event 0; that is Rebuild's.
// Invariant: a difference lists a value if and only if it is another one at the two sizes.
// Start at: Difference.forEachEntity, Blame.init. Tests: DifferenceTests, BlameTests in LedgerAuditTests.

import LedgerDomain
public import LedgerReading

/// What changed in a ledger between two moments, entity by entity.
///
/// Costs what happened between them: each event is read once, but for log lines, and each entity that
/// one of them touched is looked at in all its states between.
public struct Difference: Sendable {
  /// How many entities are looked at in one read transaction.
  private static let batch = 128

  /// Whose values come first; it may be the later of the two.
  public let from: ResolvedSize
  /// Whose values come second.
  public let to: ResolvedSize
  /// What is looked at; a ledger, project, subject or version.
  public let scope: TrailScope
  private let reader: LedgerReader

  /// Describes a difference; nothing is read yet. Neither size is beyond the ledger's.
  public init(
    _ reader: LedgerReader, from: ResolvedSize, to: ResolvedSize, in scope: TrailScope = .ledger
  ) {
    self.reader = reader
    self.from = from
    self.to = to
    self.scope = scope
  }

  /// Whether it is shown against the course of time: then what was done shows as undone.
  public var isBackwards: Bool { to.size < from.size }
  private var earlier: LedgerSize { min(from.size, to.size) }
  private var later: LedgerSize { max(from.size, to.size) }

  /// Calls `body` with each entity that differs, in order of kinds, then of names.
  public func forEachEntity(_ body: (EntityDifference) throws -> Void) throws {
    let keys = try touched()
    var next = 0
    while next < keys.count {
      let end = min(next + Difference.batch, keys.count)
      var found: [EntityDifference] = []
      try reader.withSnapshot { snapshot in
        var documents = Documents(
          snapshot, asOf: later, directory: reader.directory, verifying: true)
        for key in keys[next..<end] {
          if let difference = try difference(of: key, &documents) { found.append(difference) }
        }
      }
      for difference in found { try body(difference) }
      next = end
    }
  }

  /// The entities that events between the two sizes touched, sorted.
  private func touched() throws -> [EntityKey] {
    var found: Set<EntityKey> = []
    var positions = TrailPositions(scope, asOf: later, from: Position(earlier.value))
    var followed = TrailFollowed()
    var isDone = earlier >= later
    while !isDone {
      try reader.withSnapshot { snapshot in
        guard let batch = try positions.batch(snapshot) else {
          isDone = true
          return
        }
        for position in batch where !earlier.includes(position) {
          let event = try snapshot.event(at: position)
          guard scope.includes(event, &followed) else { continue }
          found.formUnion(try TouchedViews.touched(by: event, in: snapshot))
        }
      }
    }
    let keyed = found.map { key in (key, order: Difference.order(key)) }
    return keyed.sorted { $0.order.lexicographicallyPrecedes($1.order) }.map(\.0)
  }

  /// Kinds as people tell them, then the order of the stored keys.
  private static func order(_ key: EntityKey) -> [UInt8] {
    let kinds = [
      "ledger", "policy", "project", "subject", "version", "job", "deployment", "target",
      "schedule", "member", "holds",
    ]
    var bytes = [UInt8(kinds.firstIndex(of: key.kind) ?? kinds.count)]
    RowKey.prefix(of: key, into: &bytes)
    return bytes
  }

  private func difference(
    of key: EntityKey, _ documents: inout Documents
  ) throws(ReadingError) -> EntityDifference? {
    var memory = WordMemory()
    let before = try documents.fields(of: key, asOf: earlier, &memory)
    // Each state between, and which values its event set.
    var states: [(position: Position, state: Entity)] = []
    try documents.snapshot.forEachState(of: key, from: Position(earlier.value), asOf: later) {
      states.append(($0, $1))
      return true
    }
    var setters: [String: [Position]] = [:]
    var known = Values(before)
    var after = before
    for (position, state) in states {
      after = try documents.fields(of: state, &memory)
      let values = Values(after)
      for name in known.names(differingFrom: values) { setters[name, default: []].append(position) }
      known = values
    }
    let existed = try documents.snapshot.entity(key, asOf: earlier) != nil
    var fields: [FieldDifference] = []
    let old = Values(before)
    func add(_ name: String) {
      guard old[name] != known[name] else { return }
      fields.append(
        FieldDifference(
          name: name, before: isBackwards ? known[name] : old[name],
          after: isBackwards ? old[name] : known[name], events: setters[name] ?? []))
    }
    for field in after { add(field.name) }
    for field in before where known[field.name] == nil { add(field.name) }
    guard !fields.isEmpty else { return nil }
    var events: [EventCause] = []
    for position in Set(fields.flatMap(\.events)).sorted() {
      events.append(try documents.cause(at: position))
    }
    let change: EntityDifference.Change =
      existed || key == .policy || key == .holds ? .changed : isBackwards ? .gone : .new
    return EntityDifference(key: key, change: change, fields: fields, events: events)
  }
}

/// The fields of a state by their names.
private struct Values {
  private var values: [String: JSONValue] = [:]

  init(_ fields: [Field]) {
    values.reserveCapacity(fields.count)
    for field in fields { values[field.name] = field.value }
  }

  subscript(name: String) -> JSONValue? { values[name] }

  /// The names whose value is another one there, or is on one side alone.
  func names(differingFrom other: Values) -> [String] {
    values.keys.filter { values[$0] != other.values[$0] }
      + other.values.keys.filter { values[$0] == nil }
  }
}
