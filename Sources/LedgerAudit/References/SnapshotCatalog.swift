// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// The entities of a ledger as of one size, for looking references up.
public struct SnapshotCatalog: ReferenceCatalog {
  /// What fails is the reading.
  public typealias Failure = ReadingError

  private let snapshot: Snapshot
  /// The size as of which it answers.
  public let size: LedgerSize

  /// Answers as of a size that the snapshot has reached.
  public init(_ snapshot: Snapshot, asOf size: LedgerSize) {
    self.snapshot = snapshot
    self.size = size
  }

  /// Whether the entity exists. One seek.
  public func contains(_ key: EntityKey) throws(ReadingError) -> Bool {
    try snapshot.entity(key, asOf: size) != nil
  }

  /// The greatest version number of a subject. One seek.
  public func latestNumber(of subject: SubjectID) throws(ReadingError) -> UInt32? {
    guard case .subject(let state)? = try snapshot.entity(.subject(subject), asOf: size) else {
      return nil
    }
    return state.latestNumber
  }

  /// Calls `body` with every referent of a kind; a schedule that was removed is one too.
  public func forEach(
    _ kind: ReferentKind, _ body: (Referent) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    let entities: EntityKind
    switch kind {
    case .job: entities = .job
    case .version: entities = .version
    case .deployment: entities = .deployment
    case .subject: entities = .subject
    case .schedule: entities = .schedule
    case .project: entities = .project
    case .event: return
    }
    // Only the keys are looked at: rows need no decoding.
    try snapshot.forEachRow(of: entities, asOf: size) { (key, _) throws(ReadingError) in
      guard let (entity, _) = RowKey.parse(key) else {
        throw ReadingError(.rowDamaged("a row's key is damaged"), "looking a reference up")
      }
      if let referent = Referent(entity) { try body(referent) }
      return true
    }
  }
}

extension Reference {
  /// What a list is asked about as of a size: also what came only later, of which the list is then
  /// empty. What is not there at the head either is an error of its own.
  public func resolve(
    _ kinds: [ReferentKind], listedIn snapshot: Snapshot, asOf size: LedgerSize
  ) throws(ReadingError) -> Resolution {
    let found = try resolve(kinds, in: SnapshotCatalog(snapshot, asOf: size))
    guard case .failed(.notFound) = found, size < snapshot.size,
      case .found(let later) = try resolve(
        kinds, in: SnapshotCatalog(snapshot, asOf: snapshot.size))
    else { return found }
    return .found(later)
  }
}

extension Referent {
  /// What an entity's key names; nil for what no reference leads to.
  fileprivate init?(_ key: EntityKey) {
    switch key {
    case .job(let id): self = .job(id)
    case .version(let id): self = .version(id)
    case .deployment(let id): self = .deployment(id)
    case .subject(let id): self = .subject(id)
    case .schedule(let project, let name): self = .schedule(project: project, name: name)
    case .project(let name): self = .project(name)
    case .ledger, .policy, .holds, .slot, .member: return nil
    }
  }
}
