// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// What is shown of a model or feature task.
public struct SubjectDocument: Document {
  /// Its state.
  public var subject: Subject
  /// How it is written.
  public var label: String
  /// What it is, and why.
  public var words: DisclosedText

  /// `{"subject","project","owner","tier","reviewBy","modelType","description","latest",…}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("subject", subject.reference)
    object.put("project", subject.id.project)
    object.put("name", label)
    object.put("owner", subject.described.owner)
    object.put("tier", subject.described.tier)
    object.put("reviewBy", subject.described.reviewBy)
    object.put("modelType", subject.described.modelType)
    object.put("manifestDigest", subject.described.manifestDigest)
    object.put("description", words.string(.description))
    object.put("rationale", words.string(.rationale))
    object.put(number: "latest", subject.latestNumber == 0 ? nil : subject.latestNumber)
    object.put("registered", subject.registered.time)
    object.put("changed", subject.changed.time)
    return object.json
  }
}

/// What is shown of a project.
public struct ProjectDocument: Document {
  /// Its state.
  public var project: Project
  /// Where it is, and what.
  public var words: DisclosedText

  /// `{"project","path","description","created","changed"}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("project", project.name)
    object.put("path", words.string(.path))
    object.put("description", words.string(.description))
    object.put("created", project.created.time)
    object.put("changed", project.described.time)
    return object.json
  }
}

/// What is shown of a member.
public struct MemberDocument: Document {
  /// Its state.
  public var member: Member
  /// Keys and display name.
  public var words: DisclosedText

  /// `{"member","displayName","roles","grants","since","changed","active"}` and
  /// `formerKeyFingerprints`, where keys were revoked; `roles` are those of the whole ledger.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("member", member.id)
    object.put("displayName", words.string(.displayName))
    let roles = member.grants.filter { $0.project == nil }.flatMap(\.roles)
    object.put("roles", .array(roles.map { .string($0.rawValue) }))
    object.put("grants", .array(member.grants.map(\.json)))
    object.put("since", member.since.time)
    object.put("changed", member.changed.time)
    object.put("active", member.isActive)
    if !member.formerKeys.isEmpty {
      object.put("formerKeyFingerprints", .array(member.formerKeys.map { .string($0) }))
    }
    return object.json
  }
}

extension Member.Grant {
  /// `{"project","roles","leastAuth","keyFingerprints"}`
  fileprivate var json: JSONValue {
    var object = DocumentObject()
    object.put("project", project)
    object.put("roles", .array(roles.map { .string($0.rawValue) }))
    object.put("leastAuth", leastAuth.rawValue)
    object.put("keyFingerprints", .array(keyFingerprints.map { .string($0) }))
    return object.json
  }
}

/// What is shown of the policy in force.
public struct PolicyDocument: Document {
  /// Its state.
  public var state: PolicyState
  /// Who set it; nil while the defaults are in force.
  public var actor: Actor?
  /// Why it was set.
  public var reason: Text?

  /// The rules as a leaf holds them, and `set`: `{"position","time","actor","reason"}`.
  public var json: JSONValue {
    var object = DocumentObject(state.policy.json)
    if let set = state.set {
      var origin = DocumentObject()
      origin.put("position", set.position)
      origin.put("time", set.time)
      origin.put("actor", actor)
      origin.put("reason", reason)
      object.put("set", origin.json)
    }
    return object.json
  }
}

extension Documents {
  /// A model or feature task.
  public mutating func subject(_ id: SubjectID) throws(ReadingError) -> SubjectDocument? {
    guard case .subject(let state)? = try snapshot.entity(.subject(id), asOf: size) else {
      return nil
    }
    return try document(of: state)
  }

  /// Joins the words to the state of a subject.
  public mutating func document(of subject: Subject) throws(ReadingError) -> SubjectDocument {
    SubjectDocument(
      subject: subject, label: try label(of: subject.id),
      words: try words(at: subject.changed.position))
  }

  /// A project.
  public mutating func project(_ name: Name) throws(ReadingError) -> ProjectDocument? {
    guard case .project(let state)? = try snapshot.entity(.project(name), asOf: size) else {
      return nil
    }
    return try document(of: state)
  }

  /// Joins the words to the state of a project.
  public mutating func document(of project: Project) throws(ReadingError) -> ProjectDocument {
    ProjectDocument(project: project, words: try words(at: project.described.position))
  }

  /// A member, revoked or not.
  public mutating func member(_ id: ActorID) throws(ReadingError) -> MemberDocument? {
    guard case .member(let state)? = try snapshot.entity(.member(id), asOf: size) else {
      return nil
    }
    return try document(of: state)
  }

  /// Joins the words to the state of a member.
  public mutating func document(of member: Member) throws(ReadingError) -> MemberDocument {
    MemberDocument(member: member, words: try words(at: member.changed.position))
  }

  /// The policy in force; the default one where none was set.
  public mutating func policy() throws(ReadingError) -> PolicyDocument {
    guard case .policy(let state)? = try snapshot.entity(.policy, asOf: size) else {
      return PolicyDocument(state: .initial)
    }
    guard let set = state.set else { return PolicyDocument(state: state) }
    let event = try event(at: set.position)
    return PolicyDocument(
      state: state, actor: event.actor,
      reason: try snapshot.text(of: event).string(.reason))
  }

  /// Every model and feature task, in order of project and name.
  public mutating func subjects() throws(ReadingError) -> [SubjectDocument] {
    var documents: [SubjectDocument] = []
    for case .subject(let state) in try states(of: .subject) {
      documents.append(try document(of: state))
    }
    return documents
  }

  /// Every project, in order of names.
  public mutating func projects() throws(ReadingError) -> [ProjectDocument] {
    var documents: [ProjectDocument] = []
    for case .project(let state) in try states(of: .project) {
      documents.append(try document(of: state))
    }
    return documents
  }

  /// Every member, revoked ones too, in order of names.
  public mutating func members() throws(ReadingError) -> [MemberDocument] {
    var documents: [MemberDocument] = []
    for case .member(let state) in try states(of: .member) {
      documents.append(try document(of: state))
    }
    return documents
  }
}
