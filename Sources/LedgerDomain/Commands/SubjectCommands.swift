// SPDX-License-Identifier: Apache-2.0

// What is asked of subjects, members, and in remarks.

/// A subject, or one version of it.
public struct VersionOrSubject: Equatable, Sendable {
  /// The subject.
  public var subject: SubjectID
  /// The version; nil for the subject as a whole.
  public var number: VersionNumber?
  /// Pairs the two.
  public init(subject: SubjectID, number: VersionNumber?) {
    self.subject = subject
    self.number = number
  }
}

/// Tells what is known of a subject.
public struct DescribeSubject: Equatable, Sendable {
  /// The subject.
  public var subject: SubjectID
  /// Its kind, needed to register it.
  public var kind: SubjectKind
  /// All that is known from here.
  public var described: SubjectDescribed
  /// Description and rationale.
  public var text: EventText
  /// Gathers the members.
  public init(
    subject: SubjectID, kind: SubjectKind, described: SubjectDescribed, text: EventText
  ) {
    self.subject = subject
    self.kind = kind
    self.described = described
    self.text = text
  }
}

/// Grants roles.
public struct GrantRoles: Equatable, Sendable {
  /// To whom.
  public var member: ActorID
  /// In which project; nil for the whole ledger.
  public var project: Name?
  /// Which roles, in addition to those already granted in this scope.
  public var roles: [Role]
  /// The least authentication that they are for.
  public var leastAuth: Authentication
  /// Fingerprints of the keys in the text, in addition to those already there.
  public var keyFingerprints: [Text]
  /// Keys, display name and reason.
  public var text: EventText
  /// Gathers the members.
  public init(
    member: ActorID, project: Name? = nil, roles: [Role], leastAuth: Authentication = .os,
    keyFingerprints: [Text] = [], text: EventText = EventText()
  ) {
    self.member = member
    self.project = project
    self.roles = roles
    self.leastAuth = leastAuth
    self.keyFingerprints = keyFingerprints
    self.text = text
  }
}

/// Adds a remark.
public struct AddNote: Equatable, Sendable {
  /// What it is on, in its full written form.
  public var on: Text
  /// The project of that.
  public var project: Name?
  /// The subject of that.
  public var subject: SubjectReference?
  /// The version of that.
  public var number: VersionNumber?
  /// The job of that.
  public var job: JobID?
  /// The remark.
  public var note: Text
  /// Gathers the members.
  public init(
    on: Text, project: Name? = nil, subject: SubjectReference? = nil,
    number: VersionNumber? = nil, job: JobID? = nil, note: Text
  ) {
    self.on = on
    self.project = project
    self.subject = subject
    self.number = number
    self.job = job
    self.note = note
  }
}
