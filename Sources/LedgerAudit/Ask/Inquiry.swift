// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading
public import Transparency

/// What is asked about, and where the answers are read: one snapshot, as of a size.
public struct Inquiry {
  /// The whole ledger, a project, a subject or a version.
  public let scope: TrailScope
  /// Lists of events leave out what came before this size. Views are as of the size, whatever this is.
  public let since: LedgerSize
  /// When it is asked about: deadlines before it have passed.
  public let moment: Timestamp
  /// Reads things and events; whether each event is held against the tree, it says.
  public var documents: Documents
  /// The last signed checkpoint; nil where there is none.
  public let checkpoint: VerifiedCheckpoint?
  /// Name and version of the program that asks; told where it is asked what makes the same again.
  public var tool: Text?
  /// How many events an answer lists one by one; above it, some questions gather them.
  public var rowLimit = 10_000
  /// How many positions one thread passes at a time where two gather what is in them.
  public var stretchLength = 262_144
  /// What was read for one question and may serve the next.
  var memory = InquiryMemory()

  /// Begins to ask.
  ///
  /// - Parameters:
  ///   - scope: the ledger, a project, a subject or a version: other scopes are answered as the ledger.
  ///   - moment: not before the last event of the size; the clock's reading where somebody asks about now.
  ///   - documents: of the snapshot, as of the size that is asked about.
  ///   - checkpoint: the last signed one.
  public init(
    about scope: TrailScope, since: LedgerSize = LedgerSize(0), at moment: Timestamp,
    in documents: Documents, checkpoint: VerifiedCheckpoint? = nil
  ) {
    self.scope = scope
    self.since = since
    self.moment = moment
    self.documents = documents
    self.checkpoint = checkpoint
  }

  /// The answer to a question.
  public mutating func answer(_ question: Question) throws(ReadingError) -> Answer {
    var answer = Answer(
      question: question, scope: scope, since: since, asOf: try documents.asOf(),
      moment: moment, isHashed: documents.isVerifying, columns: question.inquiry.columns)
    answer.notAnswerable = try whyNotAnswerable(fedBy: question.inquiry.fedBy)
    guard answer.notAnswerable == nil else { return answer }
    try question.inquiry.answer(&self, into: &answer)
    answer.sortExceptions()
    return answer
  }

  // MARK: What questions are answered from

  var snapshot: Snapshot { documents.snapshot }
  var size: LedgerSize { documents.size }

  /// The subject, where one or a version of it is asked about.
  var subject: SubjectID? {
    switch scope {
    case .subject(let id): id
    case .version(let id): id.subject
    default: nil
    }
  }

  /// Whether something about a subject belongs to what is asked about; of a version, all of its subject.
  func includes(_ subject: SubjectID?, in project: Name?) -> Bool {
    switch scope {
    case .project(let name): project == name
    case .subject(let id): subject == id
    case .version(let id): subject == id.subject
    default: true
    }
  }

  /// Whether something about a version belongs to what is asked about.
  func includes(_ version: VersionID) -> Bool {
    if case .version(let id) = scope { return id == version }
    return includes(version.subject, in: version.subject.project)
  }

  /// Whether an event does: what is about a subject only, not about a version, does not belong to one.
  func includes(_ event: Event) -> Bool {
    if case .version(let id) = scope { return event.versionID == id }
    return includes(event.subjectID, in: event.project)
  }

  /// Calls `body` with each version in scope as of the size, by project, name and number.
  ///
  /// One seek a version of the subject, where it is about one; else those of the ledger are passed.
  func forEachVersion(
    _ body: (Version) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    switch scope {
    case .version(let id):
      if case .version(let version)? = try snapshot.entity(.version(id), asOf: size) {
        try body(version)
      }
    case .subject(let subject):
      var number: UInt32 = 1
      while case .version(let version)? = try snapshot.entity(
        .version(VersionID(subject: subject, number: VersionNumber(number))), asOf: size)
      {
        try body(version)
        number += 1
      }
    default:
      try snapshot.forEachEntity(of: .version, asOf: size) { (entity) throws(ReadingError) in
        if case .version(let version) = entity, includes(version.id) { try body(version) }
        return true
      }
    }
  }

  /// The versions in scope as of the size, by project, name and number.
  func versions() throws(ReadingError) -> [Version] {
    var versions: [Version] = []
    try forEachVersion { versions.append($0) }
    return versions
  }

  /// Which versions there are in scope as of the size, in the same order; of a ledger, their rows are not
  /// read.
  func versionIDs() throws(ReadingError) -> [VersionID] {
    switch scope {
    case .version, .subject: return try versions().map(\.id)
    default:
      var ids: [VersionID] = []
      try snapshot.forEachRow(of: .version, asOf: size) { (key, _) throws(ReadingError) in
        guard case (.version(let id), _)? = RowKey.parse(key) else {
          throw ReadingError(.rowDamaged("a version's key is damaged"), "reading a view")
        }
        if includes(id) { ids.append(id) }
        return true
      }
      return ids
    }
  }

  /// The deployments in scope as of the size, oldest first; of one status, or of both.
  func deployments(_ status: DeploymentStatus? = nil) throws(ReadingError) -> [Deployment] {
    var found: [Deployment] = []
    // Most have ended: what is not asked for is not kept until all are found.
    func add(_ one: Deployment) {
      if one.status == status ?? one.status { found.append(one) }
    }
    switch scope {
    case .version, .subject:
      let versions = try versions().filter { status != .active || $0.activeDeployments > 0 }
      for id in versions.flatMap(\.deployments) {
        guard case .deployment(let one)? = try snapshot.entity(.deployment(id), asOf: size) else {
          throw Documents.missing("deployment \(id)")
        }
        add(one)
      }
    default:
      try snapshot.forEachEntity(of: .deployment, asOf: size) { (entity) throws(ReadingError) in
        if case .deployment(let one) = entity, includes(one.version) { add(one) }
        return true
      }
    }
    found.sort { $0.since.position < $1.since.position }
    return found
  }
}
