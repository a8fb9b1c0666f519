// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// The shapes of in-toto statements v1 and of their predicates.
struct InTotoStatements {
  let origin: String
  let ledger: String
  let tool: String

  /// What an event states of a version; nil for an event that states nothing.
  func statement(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) -> JSONValue? {
    guard let version = event.versionID, let job = event.job,
      let story = try history.story(of: job, asOf: history.size, in: snapshot)
    else { return nil }
    let words = try history.words(of: event, in: snapshot)
    let type: String
    let predicate: JSONValue
    let artifacts: Digest?
    switch event.fact {
    case .versionTrained(let made), .versionImported(let made):
      type = "https://slsa.dev/provenance/v1"
      predicate = provenance(of: made, event, words, story, history)
      artifacts = made.artifacts.digest
    case .versionEvaluated(let fact):
      type = URIText.vocabulary + "evaluation:v1"
      predicate = evaluation(fact, event, words, story)
      artifacts = try history.artifacts(of: version, before: event.position, in: snapshot)
    case .versionApproved(let fact):
      type = URIText.vocabulary + "decision:v1"
      predicate = decision(.approved, fact, event, words)
      artifacts = fact.artifactsDigest
    case .versionRejected(let fact):
      type = URIText.vocabulary + "decision:v1"
      predicate = decision(.rejected, fact, event, words)
      artifacts = fact.artifactsDigest
    default: return nil
    }
    guard let artifacts else { return nil }
    var object = DocumentObject()
    object.put("_type", "https://in-toto.io/Statement/v1")
    object.put("subject", .array(subjects(version, artifacts, at: event.position, history)))
    object.put("predicateType", type)
    object.put("predicate", predicate)
    return object.json
  }

  // MARK: Subjects

  /// The files of a version; where their list is erased, empty or not at hand, the list itself.
  private func subjects(
    _ version: VersionID, _ digest: Digest, at position: Position, _ history: VerifiedHistory
  ) -> [JSONValue] {
    let files = (history.list(digest, namedAt: position) ?? []).compactMap { file -> JSONValue? in
      guard let name = file["path"]?.text,
        let digest = file["digest"]?.text.flatMap({ Digest($0.string) })
      else { return nil }
      return subject(name, digest)
    }
    return files.isEmpty ? [subject(Text("\(version) (list of its files)"), digest)] : files
  }

  private func subject(_ name: Text, _ digest: Digest) -> JSONValue {
    var object = DocumentObject()
    object.put("name", name)
    object.put("digest", InTotoStatements.digestSet(digest))
    return object.json
  }

  private static func digestSet(_ digest: Digest) -> JSONValue {
    var object = DocumentObject()
    object.put("sha256", digest.hex)
    return object.json
  }

  // MARK: Predicates

  private func provenance(
    of made: VersionMade, _ event: Event, _ words: ExportedWords, _ story: JobStory,
    _ history: VerifiedHistory
  ) -> JSONValue {
    var external = DocumentObject()
    external.put("subject", story.created.subjectID?.description)
    for member in [TextMember.command, .parameters, .inputs, .purpose] {
      external.put(Text(member.name.description), story.words[member])
    }
    story.words.mark(in: &external)
    var definition = DocumentObject()
    definition.put("buildType", URIText.vocabulary + "\(story.request.kind.rawValue):v1")
    definition.put("externalParameters", external.json)
    definition.put("internalParameters", facts(of: event, story, words, made: made))
    definition.put("resolvedDependencies", .array(dependencies(of: story, history)))
    var version = DocumentObject()
    version.put("jobledger", story.runner?.tool ?? Text(tool))
    var builder = DocumentObject()
    builder.put("id", "jobledger:" + URIText.reference(toOrigin: origin))
    builder.put("version", version.json)
    var metadata = DocumentObject()
    metadata.put("invocationId", story.id)
    metadata.put("startedOn", story.started?.time)
    metadata.put("finishedOn", event.time)
    var details = DocumentObject()
    details.put("builder", builder.json)
    details.put("metadata", metadata.json)
    var object = DocumentObject()
    object.put("buildDefinition", definition.json)
    object.put("runDetails", details.json)
    return object.json
  }

  private func facts(
    of event: Event, _ story: JobStory, _ words: ExportedWords, made: VersionMade
  ) -> JSONValue {
    var object = common(event)
    object.put("created", story.created.position)
    object.put("artifactsDigest", made.artifacts.digest)
    object.put("format", made.format)
    object.put(number: "parent", made.parent?.value)
    object.put("environmentDigest", story.request.environmentDigest)
    object.put("trigger", story.request.trigger.rawValue)
    object.put("dirty", story.request.dirty)
    for member in [TextMember.externalId, .origin, .rationale] {
      object.put(Text(member.name.description), words[member])
    }
    words.mark(in: &object)
    return object.json
  }

  private func dependencies(of story: JobStory, _ history: VerifiedHistory) -> [JSONValue] {
    var found: [JSONValue] = []
    for input in history.inputs(of: story) {
      var object = DocumentObject()
      object.put("name", input.name)
      // A location that is no URI is a path in the project's folder, which is no place to fetch from.
      if let location = input.location, input.digest == nil { object.put("uri", location) }
      object.put("digest", input.digest.map(InTotoStatements.digestSet))
      found.append(object.json)
    }
    if let code = story.request.code {
      var object = DocumentObject()
      object.put("name", "code")
      object.put("digest", InTotoStatements.digestSet(code.digest))
      found.append(object.json)
    }
    if let commit = story.request.commit {
      var digest = DocumentObject()
      digest.put("gitCommit", commit)
      var object = DocumentObject()
      object.put("name", "commit")
      object.put("digest", digest.json)
      found.append(object.json)
    }
    return found
  }

  private func evaluation(
    _ fact: VersionEvaluated, _ event: Event, _ words: ExportedWords, _ story: JobStory
  ) -> JSONValue {
    var object = common(event)
    object.put("metrics", Metric.json(fact.metrics))
    object.put("dataDigest", fact.dataDigest)
    object.put("reportDigest", fact.reportDigest)
    object.put("responsible", fact.responsible)
    object.put("commit", story.request.commit)
    object.put("procedure", words.string(.procedure))
    words.mark(in: &object)
    return object.json
  }

  private func decision(
    _ verdict: Verdict, _ fact: Decided, _ event: Event, _ words: ExportedWords
  ) -> JSONValue {
    var object = common(event)
    object.put("verdict", verdict.rawValue)
    object.put("artifactsDigest", fact.artifactsDigest)
    object.put("evidence", fact.evidence.json)
    object.put("exceptions", .array(fact.exceptions.map { .string($0.rawValue) }))
    object.put("validUntil", fact.validUntil)
    object.put(fact.signature)
    for member in [TextMember.reason, .conditions, .printedName, .meaning] {
      object.put(Text(member.name.description), words[member])
    }
    words.mark(in: &object)
    return object.json
  }

  /// Which event of which ledger says so, and who acted.
  private func common(_ event: Event) -> DocumentObject {
    var object = DocumentObject()
    object.put("ledger", ledger)
    object.put("origin", origin)
    object.put("position", event.position)
    object.put("time", event.time)
    object.put("version", event.versionID?.description)
    object.put("job", event.job)
    object.put("actor", event.actor)
    return object
  }
}
