// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// "Rejected, and then?": what became of a version after a decision, as of a size.
public struct DecisionSequel: Equatable, Sendable {
  /// The first that applies.
  public enum Outcome: String, CaseIterable, Sendable {
    /// The version itself was decided on again.
    case decidedAgain = "decided-again"
    /// A later version was approved.
    case replaced = "replaced"
    /// A later version was made, by training or import, and none approved.
    case retrained = "retrained"
    /// None of these.
    case nothing = "nothing"
  }

  /// The next decision about the same version.
  public var decision: DecisionDocument?
  /// The first approval of a later version.
  public var approval: DecisionDocument?
  /// The first later version that was made: its name, and the event.
  public var made: (version: String, event: Event)?

  /// The first that applies.
  public var outcome: Outcome {
    if decision != nil { return .decidedAgain }
    if approval != nil { return .replaced }
    return made == nil ? .nothing : .retrained
  }

  /// Compares members.
  public static func == (left: DecisionSequel, right: DecisionSequel) -> Bool {
    left.decision == right.decision && left.approval == right.approval
      && left.made?.event == right.made?.event
  }

  /// `{"outcome","decision":{"position","verdict","actor","time"},"approved":{"version","position",
  /// "actor","time"},"made":{"version","position","time"}}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("outcome", outcome.rawValue)
    if let decision {
      var next = DocumentObject()
      next.put("position", decision.event.position)
      next.put("verdict", decision.verdict.rawValue)
      next.put("actor", decision.event.actor)
      next.put("time", decision.event.time)
      object.put("decision", next.json)
    }
    if let approval {
      var later = DocumentObject()
      later.put("version", approval.version)
      later.put("position", approval.event.position)
      later.put("actor", approval.event.actor)
      later.put("time", approval.event.time)
      object.put("approved", later.json)
    }
    if let made {
      var later = DocumentObject()
      later.put("version", made.version)
      later.put("position", made.event.position)
      later.put("time", made.event.time)
      object.put("made", later.json)
    }
    return object.json
  }

  /// One clause for people.
  public var words: String {
    switch outcome {
    case .decidedAgain:
      decision.map {
        "\($0.verdict.rawValue) again at #\($0.event.position.value) by \($0.event.actor.id)"
      } ?? ""
    case .replaced:
      approval.map { "\($0.version) approved at #\($0.event.position.value)" } ?? ""
    case .retrained:
      made.map { "\($0.version) made at #\($0.event.position.value), not approved" } ?? ""
    case .nothing: "nothing"
    }
  }
}

/// Tells what became of versions; remembers what it read of each subject.
///
/// One step for each event of a subject, once, however many of its decisions are asked about.
public struct DecisionSequels {
  private enum Kind { case approved, rejected, made }
  private struct Step {
    var position: Position
    var number: VersionNumber
    var kind: Kind
  }
  private var steps: [SubjectID: [Step]] = [:]

  /// Nothing read yet.
  public init() {}

  /// What became of the version after a decision.
  public mutating func sequel(
    of decision: DecisionDocument, in documents: inout Documents
  ) throws(ReadingError) -> DecisionSequel {
    var sequel = DecisionSequel()
    guard let version = decision.event.versionID else { return sequel }
    let all = try steps(of: version.subject, documents)
    let later = all.drop { $0.position <= decision.event.position }
    if let next = later.first(where: { $0.number == version.number && $0.kind != .made }) {
      sequel.decision = try documents.decision(at: next.position)
    }
    if let next = later.first(where: { $0.number > version.number && $0.kind == .approved }) {
      sequel.approval = try documents.decision(at: next.position)
    }
    if let next = later.first(where: { $0.number > version.number && $0.kind == .made }) {
      let id = VersionID(subject: version.subject, number: next.number)
      sequel.made = (try documents.label(of: id), try documents.event(at: next.position))
    }
    return sequel
  }

  private mutating func steps(
    of subject: SubjectID, _ documents: Documents
  ) throws(ReadingError) -> [Step] {
    if let known = steps[subject] { return known }
    var found: [Step] = []
    let snapshot = documents.snapshot
    let kinds: [(FactCode, Kind)] = [
      (.versionApproved, .approved), (.versionRejected, .rejected), (.versionTrained, .made),
      (.versionImported, .made),
    ]
    try snapshot.forEachPosition(of: subject, asOf: documents.size) {
      (position) throws(ReadingError) in
      for (code, kind) in kinds where try snapshot.isIndexed(position, as: [code]) {
        if let number = try snapshot.event(at: position).number {
          found.append(Step(position: position, number: number, kind: kind))
        }
        break
      }
      return true
    }
    steps[subject] = found
    return found
  }
}
