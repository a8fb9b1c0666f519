// SPDX-License-Identifier: Apache-2.0
// Documents — what people and programs are shown of each thing, as of one size.
// Reads: one snapshot and the blobs it names. Never: a newer event than the size, or the clock.
// Invariant: a document as of a size is the same however much was appended since; only words and
// artifacts that were erased since are gone from it.
// Start at: Documents.init, then Documents+Jobs.swift and its neighbours. Tests: LedgerAuditTests.

public import LedgerDomain
public import LedgerReading

/// Makes documents from a snapshot as of a size, joining words and counts as it goes.
///
/// Valid as long as the snapshot. It remembers small things (names that need their project, what
/// was erased), so one is used for a whole list.
public struct Documents {
  /// The ledger.
  public let snapshot: Snapshot
  /// The size that all documents are about; at most that of the snapshot.
  public let size: LedgerSize
  /// Whether every event read is compared with the tree: for reports and proofs.
  public let isVerifying: Bool

  /// Where the ledger is; nil where its files are not asked about.
  let directory: LedgerDirectory?
  let blobs: BlobReader?
  var checker = BlockChecker()
  private var projectNames: [Name]?
  private var sharedNames: [Name: Bool] = [:]
  private var erasures: ErasureMarks?

  /// Begins with nothing remembered. Without a directory, artifacts are not listed.
  public init(
    _ snapshot: Snapshot, asOf size: LedgerSize, directory: LedgerDirectory? = nil,
    verifying: Bool = false
  ) {
    self.snapshot = snapshot
    self.size = size
    self.isVerifying = verifying
    self.directory = directory
    blobs = directory.map { BlobReader($0) }
  }

  /// `"asOf"` of an object: the size, and the time of the last event in it.
  public func asOf() throws(ReadingError) -> ResolvedSize { try ResolvedSize(size, in: snapshot) }

  // MARK: What documents are made of

  /// Reads an event; compared with the tree where that was asked for.
  mutating func event(at position: Position) throws(ReadingError) -> Event {
    isVerifying
      ? try snapshot.verifiedEvent(at: position, using: &checker)
      : try snapshot.event(at: position)
  }

  /// The words of the event at a position.
  mutating func words(at position: Position) throws(ReadingError) -> DisclosedText {
    try snapshot.text(of: try event(at: position))
  }

  /// Calls `body` with the state of every entity of a kind, in order of their keys.
  func forEach(
    _ kind: EntityKind, _ body: (Entity) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    try snapshot.forEachEntity(of: kind, asOf: size) { (entity) throws(ReadingError) in
      try body(entity)
      return true
    }
  }

  /// `churn-lr@3`, or `churn/churn-lr@3` where two projects share the name.
  public mutating func label(of version: VersionID) throws(ReadingError) -> String {
    "\(try label(of: version.subject))@\(version.number.value)"
  }

  /// `churn-lr`, or `churn/churn-lr` where two projects share the name. One seek a project, once
  /// a name.
  public mutating func label(of subject: SubjectID) throws(ReadingError) -> String {
    try isShared(subject.name) ? subject.description : subject.name.string
  }

  private mutating func isShared(_ name: Name) throws(ReadingError) -> Bool {
    if let known = sharedNames[name] { return known }
    if projectNames == nil {
      var found: [Name] = []
      try forEach(.project) { (entity) throws(ReadingError) in
        if case .project(let project) = entity { found.append(project.name) }
      }
      projectNames = found
    }
    var owners = 0
    for project in projectNames ?? [] {
      let key = EntityKey.subject(SubjectID(project: project, name: name))
      if try snapshot.entity(key, asOf: size) != nil { owners += 1 }
    }
    sharedNames[name] = owners > 1
    return owners > 1
  }

  /// The erasure, however late, that names the words of an event; nil for none.
  public mutating func erasure(of event: Event) throws(ReadingError) -> ErasureMark? {
    try erasureMarks().mark(of: event.position, job: event.job)
  }

  /// Every erasure up to the head.
  mutating func erasureMarks() throws(ReadingError) -> ErasureMarks {
    if let erasures { return erasures }
    var found: [Event] = []
    for position in try ErasureMarks.positions(snapshot) { found.append(try event(at: position)) }
    let marks = ErasureMarks(found)
    erasures = marks
    return marks
  }

  /// Whether some `text.erased`, however late, names the words of an event.
  mutating func isErased(_ event: Event) throws(ReadingError) -> Bool {
    try erasure(of: event) != nil
  }
}
