// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// What is shown of a hold in force.
public struct HoldDocument: Document {
  /// One placing of it.
  public struct Placing: Equatable, Sendable {
    /// The event.
    public var mark: Mark
    /// Who placed it.
    public var actor: Actor
    /// Why; nil when that was erased.
    public var reason: Text?
  }
  /// What is held.
  public var target: HoldTarget
  /// When, by whom and why, oldest first.
  public var placings: [Placing]

  /// `{"scope","kind","placed":[{"position","time","actor","reason"}]}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("scope", target.written)
    object.put("kind", target.kind)
    object.put(
      "placed",
      .array(
        placings.map { placing in
          var object = DocumentObject()
          object.put("position", placing.mark.position)
          object.put("time", placing.mark.time)
          object.put("actor", placing.actor)
          object.put("reason", placing.reason)
          return object.json
        }))
    return object.json
  }
}

extension HoldTarget {
  /// What it is, in one word.
  public var kind: String {
    switch self {
    case .ledger: "ledger"
    case .project: "project"
    case .subject: "subject"
    case .version: "version"
    case .job: "job"
    }
  }
}

extension Documents {
  /// The holds in force.
  public func holdState() throws(ReadingError) -> HoldState {
    if case .holds(let state)? = try snapshot.entity(.holds, asOf: size) { return state }
    return HoldState()
  }

  /// The holds in force, in the order in which they were placed.
  public mutating func holds() throws(ReadingError) -> [HoldDocument] {
    try documents(of: try holdState().holds)
  }

  /// The holds that keep something from being erased: those on it and around it.
  public mutating func holds(on referent: Referent) throws(ReadingError) -> [HoldDocument] {
    let state = try holdState()
    if state.holds.isEmpty { return [] }
    let holds: [Hold]
    switch referent {
    case .project(let name): holds = state.covering(project: name)
    case .subject(let id): holds = state.covering(project: id.project, subject: id)
    case .version(let id):
      holds = state.covering(project: id.subject.project, subject: id.subject, version: id)
    case .job(let id), .deployment(let id):
      guard case .job(let job)? = try snapshot.entity(.job(id), asOf: size) else { return [] }
      holds = state.covering(
        project: job.project, subject: job.subjectID, version: job.versionID, job: id)
    case .schedule(let project, _): holds = state.covering(project: project)
    case .event(let position):
      let event = try event(at: position)
      var version = event.versionID
      var subject = event.subjectID
      var project = event.project
      if let id = event.job, case .job(let job)? = try snapshot.entity(.job(id), asOf: size) {
        (project, subject) = (project ?? job.project, subject ?? job.subjectID)
        version = version ?? job.versionID
      }
      holds = state.covering(
        project: project, subject: subject, version: version, job: event.job)
    }
    return try documents(of: holds)
  }

  private mutating func documents(of holds: [Hold]) throws(ReadingError) -> [HoldDocument] {
    var documents: [HoldDocument] = []
    for hold in holds {
      var document = HoldDocument(target: hold.target, placings: [])
      for mark in hold.placed {
        let event = try event(at: mark.position)
        document.placings.append(
          HoldDocument.Placing(
            mark: mark, actor: event.actor, reason: try snapshot.text(of: event).string(.reason)))
      }
      documents.append(document)
    }
    return documents
  }
}
