// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// Makes the CycloneDX 1.6 bill of materials of one version; of a model's, with its model card.
///
/// The version is the component that the bill is about; its files and the data that it was made
/// from and measured on are components, each with its SHA-256 where there is one. Metrics are the
/// latest completed evaluation's; what else is known, decisions and deployments before all, are
/// properties whose names begin with `jobledger:`.
public enum CycloneDXExporter {
  /// The bill, canonical JSON and a line feed; nil where there is no such version at that size.
  ///
  /// Events are held against the tree. `tool` is the program's version.
  public static func export(
    _ version: VersionID, asOf size: LedgerSize, of reader: LedgerReader, tool: String
  ) throws -> [UInt8]? {
    let value = try reader.read { (snapshot) throws(ReadingError) -> JSONValue? in
      var documents = Documents(
        snapshot, asOf: size, directory: reader.directory, verifying: true)
      guard let document = try documents.version(version) else { return nil }
      let job = try documents.job(document.version.job)
      let form = ModelBill(
        document: document, job: job, origin: reader.identity.origin,
        ledger: reader.identity.id, asOf: try documents.asOf(), tool: tool,
        lists: documents.blobs, erasures: try documents.erasureMarks())
      return form.json
    }
    return try value.map { try CanonicalJSON.encode($0) + [0x0A] }
  }
}

/// The shapes of a bill of materials for one version.
private struct ModelBill {
  let document: VersionDocument
  let job: JobDocument?
  let origin: String
  let ledger: String
  let asOf: ResolvedSize
  let tool: String
  let lists: BlobReader?
  let erasures: ErasureMarks

  private var id: VersionID { document.version.id }
  private var reference: String { "version:\(id)" }

  var json: JSONValue {
    let data = self.data
    var object = DocumentObject()
    object.put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json")
    object.put("bomFormat", "CycloneDX")
    object.put("specVersion", "1.6")
    object.put(
      "serialNumber",
      "urn:uuid:" + URIText.uuid(of: ledger, id.description, "\(asOf.size.value)"))
    object.put(number: "version", 1)
    object.put("metadata", metadata(data))
    let components = files + data.map(\.component)
    object.put("components", .array(components))
    let names = components.compactMap { $0.object?["bom-ref"] }
    var dependency = DocumentObject()
    dependency.put("ref", reference)
    if !names.isEmpty { dependency.put("dependsOn", .array(names)) }
    object.put("dependencies", .array([dependency.json]))
    return object.json
  }

  private func metadata(_ data: [DataComponent]) -> JSONValue {
    var program = DocumentObject()
    program.put("type", "application")
    program.put("name", "jobledger-replay")
    program.put("version", tool)
    var tools = DocumentObject()
    tools.put("components", .array([program.json]))
    var object = DocumentObject()
    object.put("timestamp", asOf.time)
    object.put("tools", tools.json)
    object.put("component", component(data))
    object.put(
      "properties",
      properties([
        ("ledger", ledger), ("origin", origin), ("size", "\(asOf.size.value)"),
      ]))
    return object.json
  }

  private func component(_ data: [DataComponent]) -> JSONValue {
    var object = DocumentObject()
    // A feature task is a program of its own, and has no card.
    let isModel = document.version.kind == .model
    object.put("type", isModel ? "machine-learning-model" : "application")
    object.put("bom-ref", reference)
    object.put("group", id.subject.project)
    object.put("name", id.subject.name)
    object.put("version", "\(id.number.value)")
    object.put("description", document.words.string(.rationale))
    if isModel { object.put("modelCard", modelCard(data)) }
    object.put("properties", properties(isModel ? facts : facts + cardFacts))
    return object.json
  }

  // MARK: The model card

  private func modelCard(_ data: [DataComponent]) -> JSONValue {
    var parameters = DocumentObject()
    if !data.isEmpty {
      let references = data.map { data -> JSONValue in
        var object = DocumentObject()
        object.put("ref", data.reference)
        return object.json
      }
      parameters.put("datasets", .array(references))
    }
    var card = DocumentObject()
    card.put("bom-ref", "card:\(id)")
    card.put("modelParameters", parameters.json)
    let metrics = document.version.metrics
    if !metrics.isEmpty {
      let shown = metrics.map { metric -> JSONValue in
        var object = DocumentObject()
        object.put("type", metric.name)
        object.put("value", Words.number(metric.value))
        return object.json
      }
      var analysis = DocumentObject()
      analysis.put("performanceMetrics", .array(shown))
      card.put("quantitativeAnalysis", analysis.json)
    }
    card.put("properties", properties(cardFacts))
    return card.json
  }

  /// What is known of the version itself.
  private var facts: [(String, String)] {
    var facts: [(String, String)] = [
      ("status", document.version.status.rawValue), ("job", document.version.job.string),
      ("createdBy", document.version.maker.id.string),
      ("created", document.version.created.time.description),
      ("position", "\(document.version.created.position.value)"),
    ]
    func add(_ name: String, _ value: String?) { if let value { facts.append((name, value)) } }
    add("artifactsDigest", document.version.made?.artifacts.digest.description)
    add("artifacts", document.artifactsErasure.map { "(\($0.words))" })
    add("format", document.version.made?.format?.string)
    add("parent", document.version.made?.parent.map { "\(id.subject)@\($0.value)" })
    add("externalId", document.words.string(.externalId)?.string)
    add("importedFrom", document.words.string(.origin)?.string)
    add("words", document.words == .erased ? "(erased)" : nil)
    guard let job else { return facts }
    add("commit", job.job.request.commit)
    add("codeDigest", job.job.request.code?.digest.description)
    add("environmentDigest", job.job.request.environmentDigest?.description)
    add("command", job.words[.command].flatMap(ModelBill.text))
    add("parameters", job.words[.parameters].flatMap(ModelBill.text))
    add("jobWords", job.erasure.map { "(\($0.words))" })
    return facts
  }

  /// What was found out about it, decided on it and done with it.
  private var cardFacts: [(String, String)] {
    var facts: [(String, String)] = []
    for evaluation in document.evaluations {
      facts.append(
        ("evaluation", "#\(evaluation.mark.position.value) \(evaluation.mark.time)"))
      if let procedure = evaluation.procedure {
        facts.append(("evaluation.procedure", procedure.string))
      }
    }
    if let decision = document.decision {
      facts += [
        ("decision", decision.verdict.rawValue),
        ("decision.position", "#\(decision.event.position.value)"),
        ("decision.time", decision.event.time.description),
        ("decision.actor", decision.event.actor.id.string),
        (
          "decision.reason",
          decision.reason?.string ?? decision.erasure.map { "(\($0.words))" } ?? "(missing)"
        ),
      ]
      for member in [TextMember.conditions] {
        if let text = decision.words.string(member) {
          facts.append(("decision.\(member.name)", text.string))
        }
      }
      if let until = decision.fact.validUntil {
        facts.append(("decision.validUntil", until.description))
      }
      for exception in decision.fact.exceptions {
        facts.append(("decision.exception", exception.rawValue))
      }
    }
    for deployment in document.deployments {
      let deployment = deployment.deployment
      let until = deployment.until.map { " until \($0.time)" } ?? ""
      facts.append(
        (
          "deployment",
          "\(deployment.id) \(deployment.target) since \(deployment.since.time)\(until)"
        ))
    }
    return facts
  }

  // MARK: What it is made of

  private struct DataComponent {
    var reference: String
    var component: JSONValue
  }

  private var files: [JSONValue] {
    (document.artifacts ?? []).enumerated().compactMap { index, file in
      guard let file = file.object, let path = file["path"]?.text else { return nil }
      var object = DocumentObject()
      object.put("type", "file")
      object.put("bom-ref", "file:\(index)")
      object.put("name", path)
      object.put("hashes", ModelBill.hashes(file["digest"]?.text))
      if file["erasure"] != nil { object.put("properties", properties([("file", "erased")])) }
      return object.json
    }
  }

  /// The training's inputs, and what evaluations measured on; each digest once.
  private var data: [DataComponent] {
    var found: [DataComponent] = []
    var seen: Set<Digest> = []
    if let inputs = job?.job.request.inputs,
      erasures.mark(of: inputs.digest, namedAt: job?.first ?? Position(0)) == nil
    {
      for entry in lists?.list(inputs.digest)?.compactMap(\.object) ?? [] {
        guard let name = entry["name"]?.text else { continue }
        let digest = entry["digest"]?.text.flatMap { Digest($0.string) }
        if let digest, !seen.insert(digest).inserted { continue }
        let location = job?.words[.inputs]?.object?[name]?.text
        found.append(
          dataset(
            "training", name: name, digest: digest,
            described: location.map { "training data \(name.string): \($0.string)" }
              ?? "training data \(name.string)", number: found.count))
      }
    }
    for evaluation in document.evaluations {
      guard let digest = evaluation.fact?.dataDigest, seen.insert(digest).inserted else { continue }
      let position = evaluation.mark.position.value
      found.append(
        dataset(
          "evaluation", name: Text("evaluation #\(position)"), digest: digest,
          described: "what evaluation #\(position) measured on", number: found.count))
    }
    return found
  }

  private func dataset(
    _ use: String, name: Text, digest: Digest?, described: String, number: Int
  ) -> DataComponent {
    let reference = "data:\(number)"
    var content = DocumentObject()
    content.put("type", "dataset")
    content.put("name", name)
    content.put("description", described)
    var object = DocumentObject()
    object.put("type", "data")
    object.put("bom-ref", reference)
    object.put("name", name)
    object.put("hashes", ModelBill.hashes(digest.map { Text($0.description) }))
    object.put("data", .array([content.json]))
    object.put("properties", properties([("use", use)]))
    return DataComponent(reference: reference, component: object.json)
  }

  // MARK: Parts

  private func properties(_ facts: [(String, String)]) -> JSONValue {
    .array(
      facts.map { name, value in
        var object = DocumentObject()
        object.put("name", "jobledger:" + name)
        object.put("value", value)
        return object.json
      })
  }

  private static func hashes(_ digest: Text?) -> JSONValue? {
    guard let digest = digest.flatMap({ Digest($0.string) }) else { return nil }
    var object = DocumentObject()
    object.put("alg", "SHA-256")
    object.put("content", digest.hex)
    return .array([object.json])
  }

  private static func text(_ value: JSONValue) -> String? {
    (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}
