// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// What is shown of a version.
public struct VersionDocument: Document {
  /// A completed evaluation of a model, or run of a feature task.
  public struct Evaluation: Equatable, Sendable {
    /// The event.
    public var mark: Mark
    /// The job.
    public var job: JobID?
    /// What it found; nil for a run.
    public var fact: VersionEvaluated?
    /// How it was done.
    public var procedure: Text?
    /// Who did it.
    public var actor: Actor
  }

  /// Its state.
  public var version: Version
  /// How it is written.
  public var label: String
  /// Its files as `{"bytes","digest","path"}`; nil when they are not at hand.
  public var artifacts: [JSONValue]?
  /// Who erased the list of its files; nil where it is there, or nobody did.
  public var artifactsErasure: ErasureMark?
  /// Where it comes from, and why it was made so.
  public var words: DisclosedText
  /// Completed evaluations or runs, oldest first.
  public var evaluations: [Evaluation]
  /// The latest decision.
  public var decision: DecisionDocument?
  /// Its deployments, oldest first.
  public var deployments: [DeploymentDocument]

  /// The shape of a version (DESIGN §7), with more members behind it.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("version", label)
    object.put(number: "number", version.id.number.value)
    object.put("subject", version.reference)
    object.put("project", version.id.subject.project)
    object.put("status", version.status.rawValue)
    object.put("createdBy", version.maker)
    object.put("created", version.created.time)
    object.put("job", version.job)
    object.put("artifacts", artifacts.map { .array($0) })
    object.put("artifactsErasure", artifactsErasure?.json)
    object.put("artifactsDigest", version.made?.artifacts.digest)
    object.put(number: "files", version.made?.artifacts.count)
    object.put(number: "bytes", version.made?.artifacts.bytes)
    object.put("format", version.made?.format)
    object.put(number: "parent", version.made?.parent?.value)
    object.put("externalId", words.string(.externalId))
    object.put("origin", words.string(.origin))
    object.put("rationale", words.string(.rationale))
    object.put("metrics", Metric.json(version.metrics))
    object.put("evaluations", .array(evaluations.map(\.json)))
    object.put("decision", decision?.json)
    object.put("deployments", .array(deployments.map(\.json)))
    return object.json
  }
}

extension VersionDocument.Evaluation {
  /// `{"position","time","job","actor","metrics","dataDigest","procedure",…}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", mark.position)
    object.put("time", mark.time)
    object.put("job", job)
    object.put("actor", actor)
    object.put("metrics", fact.map { Metric.json($0.metrics) })
    object.put("dataDigest", fact?.dataDigest)
    object.put("reportDigest", fact?.reportDigest)
    object.put("responsible", fact?.responsible)
    object.put("procedure", procedure)
    return object.json
  }
}

extension Documents {
  /// A version.
  public mutating func version(_ id: VersionID) throws(ReadingError) -> VersionDocument? {
    guard case .version(let state)? = try snapshot.entity(.version(id), asOf: size) else {
      return nil
    }
    return try document(of: state)
  }

  /// Every version, in order of project, name and number.
  public mutating func forEachVersion<Failure: Error>(
    _ body: (VersionDocument) throws(Failure) -> Void
  ) throws {
    var ids: [VersionID] = []
    try forEach(.version) { (entity) throws(ReadingError) in
      if case .version(let version) = entity { ids.append(version.id) }
    }
    for id in ids {
      guard let document = try version(id) else { throw Documents.missing("version \(id)") }
      try body(document)
    }
  }

  /// Joins files, words, evaluations, decision and deployments to the state of a version.
  public mutating func document(of version: Version) throws(ReadingError) -> VersionDocument {
    var document = VersionDocument(
      version: version, label: try label(of: version.id), words: .none, evaluations: [],
      deployments: [])
    if let made = version.made {
      document.artifacts = blobs?.list(made.artifacts.digest)
      if let position = try madePosition(of: version) {
        document.words = try words(at: position)
        try markErased(&document, made.artifacts.digest, at: position)
      }
    }
    for evaluation in version.evaluations {
      let event = try event(at: evaluation.mark.position)
      var fact: VersionEvaluated?
      if case .versionEvaluated(let evaluated) = event.fact { fact = evaluated }
      document.evaluations.append(
        VersionDocument.Evaluation(
          mark: evaluation.mark, job: evaluation.job, fact: fact,
          procedure: try snapshot.text(of: event).string(.procedure), actor: event.actor))
    }
    if let decision = version.decision {
      document.decision = try self.decision(at: decision.mark.position)
    }
    for id in version.deployments {
      guard let deployment = try deployment(id) else {
        throw Documents.missing("deployment \(id)")
      }
      document.deployments.append(deployment)
    }
    return document
  }

  /// Says of the files, and of their list, which were erased since.
  private mutating func markErased(
    _ document: inout VersionDocument, _ list: Digest, at position: Position
  ) throws(ReadingError) {
    let marks = try erasureMarks()
    document.artifactsErasure = marks.mark(of: list, namedAt: position)
    document.artifacts = document.artifacts?.map { file in
      guard case .object(var object) = file,
        let digest = object["digest"]?.text.flatMap({ Digest($0.string) }),
        let mark = marks.mark(of: digest, namedAt: position)
      else { return file }
      object["erasure"] = mark.json
      return .object(object)
    }
  }

  /// Where `version.trained` or `version.imported` is: among the events of the job that made it.
  mutating func madePosition(of version: Version) throws(ReadingError) -> Position? {
    var positions: [Position] = []
    try snapshot.forEachPosition(of: version.job, asOf: size) { position in
      positions.append(position)
      return true
    }
    for position in positions.reversed() {
      switch try event(at: position).fact {
      case .versionTrained, .versionImported: return position
      default: continue
      }
    }
    return nil
  }
}
