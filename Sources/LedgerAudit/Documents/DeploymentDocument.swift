// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// What is shown of a deployment.
public struct DeploymentDocument: Document {
  /// Its state.
  public var deployment: Deployment
  /// The version, as it is written.
  public var version: String
  /// Why it was put there.
  public var deployReason: Text?
  /// Why it was taken out.
  public var retireReason: Text?

  /// The outputs of its latest prediction or batch run.
  public var outputs: OutputsMade?
  /// How far its data and predictions had moved when that was measured last.
  public var drift: DriftDocument?
  /// How its performance compared with the approval's when that was measured last.
  public var performance: DriftDocument?
  /// The latest answer to an alert.
  public var answer: AnswerDocument?

  /// The latest of the two reasons.
  public var reason: Text? { deployment.until == nil ? deployReason : retireReason }

  /// The shape of a deployment (DESIGN §7), with more members behind it.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("deployment", deployment.id)
    object.put("project", deployment.version.subject.project)
    object.put("subject", deployment.reference)
    object.put("version", version)
    object.put(number: "number", deployment.version.number.value)
    object.put("target", deployment.target)
    object.put("engine", deployment.fact.engine.rawValue)
    object.put("status", deployment.status.rawValue)
    object.put("since", deployment.since.time)
    object.put("until", deployment.until?.time)
    object.put("deployedBy", deployment.deployedBy)
    object.put("retiredBy", deployment.retiredBy)
    object.put("reason", reason)
    object.put("deployReason", deployReason)
    object.put("retireReason", retireReason)
    object.put("artifactsDigest", deployment.fact.artifactsDigest)
    object.put("decision", deployment.fact.decision)
    object.put("position", deployment.since.position)
    object.put("retired", deployment.until?.position)
    object.put("replaces", deployment.fact.replaces)
    object.put("replacedBy", deployment.replacedBy)
    object.put("lastPrediction", deployment.lastPrediction?.position)
    object.put(number: "lastRows", outputs?.rows)
    object.put("lastDrift", deployment.lastDrift?.position)
    object.put("drift", drift?.json)
    object.put("performance", performance?.json)
    object.put("openAlert", deployment.openAlert?.position)
    object.put("lastAnswer", answer?.json)
    return object.json
  }
}

extension Documents {
  /// A deployment, by its identifier.
  public mutating func deployment(
    _ id: DeploymentID
  ) throws(ReadingError) -> DeploymentDocument? {
    guard case .deployment(let state)? = try snapshot.entity(.deployment(id), asOf: size) else {
      return nil
    }
    return try document(of: state)
  }

  /// Every deployment, oldest first.
  public mutating func forEachDeployment<Failure: Error>(
    _ body: (DeploymentDocument) throws(Failure) -> Void
  ) throws {
    for position in try positions(of: .versionDeployed) {
      guard case .versionDeployed(let fact) = try event(at: position).fact,
        let document = try deployment(fact.deployment)
      else { throw Documents.missing("the deployment of event #\(position.value)") }
      try body(document)
    }
  }

  /// Joins reasons, figures and answers to the state of a deployment. About ten seeks.
  public mutating func document(
    of deployment: Deployment
  ) throws(ReadingError) -> DeploymentDocument {
    var document = DeploymentDocument(
      deployment: deployment, version: try label(of: deployment.version),
      deployReason: try words(at: deployment.since.position).string(.reason),
      retireReason: try deployment.until.map { mark throws(ReadingError) in
        try words(at: mark.position)
      }?.string(.reason))
    if let last = deployment.lastPrediction {
      switch try event(at: last.position).fact {
      case .predictionCompleted(let made), .runCompleted(let made): document.outputs = made
      default: break
      }
    }
    if let last = deployment.lastDrift { document.drift = try drift(at: last.position) }
    if let last = deployment.lastPerformance {
      document.performance = try drift(at: last.position)
    }
    if let last = deployment.lastAnswer { document.answer = try self.document(of: last) }
    return document
  }
}
