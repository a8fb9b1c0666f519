// SPDX-License-Identifier: Apache-2.0

/// One past fact with all that its leaf carries. Immutable once stored.
public struct Event: Equatable, Sendable {
  /// Its place in the log.
  public var position: Position
  /// When it was recorded; never before the event at position−1.
  public var time: Timestamp
  /// What the clock read, where that differs from `time`.
  public var clock: Timestamp?
  /// When it happened, where that was more than a second before it was recorded.
  public var occurred: Timestamp?
  /// Who acted.
  public var actor: Actor
  /// The project that it belongs to.
  public var project: Name?
  /// The model or feature task that it is about, with its kind.
  public var subject: SubjectReference?
  /// The version that it is about.
  public var number: VersionNumber?
  /// Its place among the events of its subject; nil for the types that are exempt.
  public var revision: Revision?
  /// The job that it belongs to.
  public var job: JobID?
  /// The event that caused this one.
  public var cause: Position?
  /// The caller's key and the digest of what it asked; on the first event of a result only.
  public var request: RequestMark?
  /// The salted digest of the words that belong to it.
  public var text: Digest?
  /// What happened.
  public var fact: Fact

  /// Gathers the members; what does not apply is nil.
  public init(
    position: Position, time: Timestamp, clock: Timestamp? = nil, occurred: Timestamp? = nil,
    actor: Actor, project: Name? = nil, subject: SubjectReference? = nil,
    number: VersionNumber? = nil, revision: Revision? = nil, job: JobID? = nil,
    cause: Position? = nil, request: RequestMark? = nil, text: Digest? = nil, fact: Fact
  ) {
    self.position = position
    self.time = time
    self.clock = clock
    self.occurred = occurred
    self.actor = actor
    self.project = project
    self.subject = subject
    self.number = number
    self.revision = revision
    self.job = job
    self.cause = cause
    self.request = request
    self.text = text
    self.fact = fact
  }

  /// The subject with its project, where the event is about one.
  public var subjectID: SubjectID? {
    guard let project, let subject else { return nil }
    return SubjectID(project: project, name: subject.name)
  }

  /// The version, where the event is about one.
  public var versionID: VersionID? {
    guard let subjectID, let number else { return nil }
    return VersionID(subject: subjectID, number: number)
  }
}

/// A subject as a leaf names it; the project stands in the envelope.
public struct SubjectReference: Hashable, Sendable {
  /// Model or feature task.
  public var kind: SubjectKind
  /// Its name within the project.
  public var name: Name
  /// Pairs kind and name.
  public init(kind: SubjectKind, name: Name) {
    self.kind = kind
    self.name = name
  }
}

/// The key of a request, at most 128 bytes of `[A-Za-z0-9._:/-]`; its scope is the actor.
public struct RequestKey: Hashable, Sendable {
  /// The ASCII characters.
  public let string: String
  /// Accepts exactly the grammar above; nil for anything else.
  public init?(_ string: some StringProtocol) {
    guard (1...128).contains(string.utf8.count),
      string.utf8.allSatisfy({ Name.isAlphanumeric($0) || "._:/-".utf8.contains($0) })
    else { return nil }
    self.string = String(string)
  }
}

/// What makes a repeated request recognisable.
public struct RequestMark: Hashable, Sendable {
  /// The caller's key.
  public var key: RequestKey
  /// HMAC-SHA-256 of the command's canonical JSON under the ledger's request key.
  public var digest: Digest
  /// Pairs key and digest.
  public init(key: RequestKey, digest: Digest) {
    self.key = key
    self.digest = digest
  }
}

/// The words of an event, held beside the leaf. Which members each type has: DESIGN, event types.
public enum TextMember: CaseIterable, Hashable, Sendable {
  /// Why.
  case reason
  /// A log line.
  case message
  /// An argument vector.
  case command
  /// The parameters of a job.
  case parameters
  /// The inputs of a job by name.
  case inputs
  /// The folders of a job.
  case paths
  /// What a job is for.
  case purpose
  /// The folder of a project.
  case path
  /// What something is.
  case description
  /// Public keys of a member.
  case keys
  /// The name a member is shown by.
  case displayName
  /// Why it was made so.
  case rationale
  /// What progress is counted in.
  case unit
  /// The name of a version in another system.
  case externalId
  /// Where an imported model comes from.
  case origin
  /// How an evaluation was done.
  case procedure
  /// Conditions of an approval.
  case conditions
  /// The decider's name as signed.
  case printedName
  /// What a signature means.
  case meaning
  /// What went wrong.
  case error
  /// A remark.
  case note
  /// The name of a bare command.
  case name
  /// What a worker is to do for a queued job.
  case task
}

/// The words of one event. Empty means that the event has no disclosure.
public struct EventText: Equatable, Sendable {
  /// The value of each member.
  public var values: [TextMember: JSONValue]
  /// Gathers members.
  public init(_ values: [TextMember: JSONValue] = [:]) { self.values = values }
  /// Whether there is nothing to disclose.
  public var isEmpty: Bool { values.isEmpty }
  /// A member that is a string.
  public func string(_ member: TextMember) -> Text? { values[member]?.text }
  /// The value of a member; setting nil removes it.
  public subscript(_ member: TextMember) -> JSONValue? {
    get { values[member] }
    set { values[member] = newValue }
  }
}
