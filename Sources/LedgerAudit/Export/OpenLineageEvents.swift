// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// The shapes of OpenLineage: run events, datasets and their facets.
///
/// Everything is in the namespace of the ledger's origin. A version is the dataset
/// `project/subject`, its number the dataset's version; data are `project/inputs/<location>`, what
/// predictions leave is `project/outputs/<subject>.<kind>`; the digest is their version. What lies elsewhere keeps
/// the namespace and name that its URI gives it.
struct OpenLineageEvents {
  private static let spec = "https://openlineage.io/spec"

  let origin: String
  let ledger: String
  private let producer: String

  init(origin: String, ledger: String, tool: String) {
    self.origin = origin
    self.ledger = ledger
    producer = URIText.vocabulary + URIText.escape(tool.utf8, keeping: ":")
  }

  /// What an event of a job's life is to a reader of lineage: one run event, or two.
  func events(
    of story: JobStory, at event: Event, _ history: VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) -> [JSONValue] {
    guard story.ended?.position == event.position else {
      return [runEvent("START", of: story, at: event, history)]
    }
    let type =
      switch story.status {
      case .completed: "COMPLETE"
      case .failed: "FAIL"
      default: "ABORT"
      }
    var error: JSONValue?
    if story.status != .completed {
      error = errorMessage(try history.words(of: event, in: snapshot), of: story)
    }
    let end = runEvent(type, of: story, at: event, history, error: error)
    if story.started != nil { return [end] }
    return [runEvent("START", of: story, at: story.created, history), end]
  }

  private func runEvent(
    _ type: String, of story: JobStory, at event: Event, _ history: VerifiedHistory,
    error: JSONValue? = nil
  ) -> JSONValue {
    var run = DocumentObject()
    run.put("runId", URIText.uuid(of: ledger, story.id.string))
    run.put("facets", runFacets(of: story, at: event, error: error))
    var job = DocumentObject()
    job.put("namespace", origin)
    job.put("name", story.name)
    job.put("facets", jobFacets(of: story))
    var object = DocumentObject()
    object.put("eventTime", event.occurred ?? event.time)
    object.put("eventType", type)
    object.put("producer", producer)
    object.put("schemaURL", OpenLineageEvents.spec + "/2-0-2/OpenLineage.json#/$defs/RunEvent")
    object.put("run", run.json)
    object.put("job", job.json)
    object.put("inputs", .array(inputs(of: story, history)))
    object.put("outputs", .array(type == "COMPLETE" ? outputs(of: story) : []))
    return object.json
  }

  // MARK: Facets

  private func facet(_ schema: String) -> DocumentObject {
    var object = DocumentObject()
    object.put("_producer", producer)
    object.put("_schemaURL", OpenLineageEvents.spec + "/" + schema)
    return object
  }

  private func facet(named name: String, version: String) -> DocumentObject {
    facet("facets/\(version)/\(name).json#/$defs/\(name)")
  }

  private func runFacets(
    of story: JobStory, at event: Event, error: JSONValue?
  ) -> JSONValue {
    var facets = DocumentObject()
    if let nominal = story.request.nominalTime {
      var facet = facet(named: "NominalTimeRunFacet", version: "1-0-1")
      facet.put("nominalStartTime", nominal)
      facets.put("nominalTime", facet.json)
    }
    if let runner = story.runner {
      var facet = facet(named: "ProcessingEngineRunFacet", version: "1-1-1")
      facet.put("name", "jobledger")
      facet.put("version", runner.tool)
      facets.put("processing_engine", facet.json)
    }
    facets.put("errorMessage", error)
    // Nothing publishes a schema of ours; the one of all run facets allows further members.
    var ours = facet("2-0-2/OpenLineage.json#/$defs/RunFacet")
    ours.put("ledger", ledger)
    ours.put("position", event.position)
    ours.put("created", story.created.position)
    ours.put("job", story.id)
    ours.put("kind", story.request.kind.rawValue)
    ours.put("actor", event.actor)
    ours.put("createdBy", story.created.actor)
    ours.put("status", (story.ended?.position == event.position ? story.status : nil)?.rawValue)
    ours.put("trigger", story.request.trigger.rawValue)
    ours.put("schedule", story.request.schedule)
    ours.put("deployment", story.request.deployment)
    ours.put("retryOf", story.request.retryOf)
    ours.put("commit", story.request.commit)
    ours.put("environmentDigest", story.request.environmentDigest)
    ours.put("command", story.words[.command])
    ours.put("parameters", story.words[.parameters])
    story.words.mark(in: &ours)
    facets.put("jobledger", ours.json)
    return facets.json
  }

  private func jobFacets(of story: JobStory) -> JSONValue {
    var facet = facet(named: "JobTypeJobFacet", version: "2-0-4")
    facet.put("processingType", "BATCH")
    facet.put("integration", "JOBLEDGER")
    facet.put("jobType", story.request.kind.rawValue.uppercased())
    var facets = DocumentObject()
    facets.put("jobType", facet.json)
    return facets.json
  }

  private func errorMessage(_ words: ExportedWords, of story: JobStory) -> JSONValue {
    var facet = facet(named: "ErrorMessageRunFacet", version: "1-0-1")
    let ending: JobEnding? =
      switch story.ended?.fact {
      case .jobFailed(let ending), .jobStopped(let ending), .jobLost(let ending): ending
      default: nil
      }
    let told = words.string(.error) ?? words.string(.reason)
    let plain = [
      story.status?.rawValue, ending?.signal, ending?.exit.map { "exit \($0)" },
      words.isGone ? "(what was said of it is erased)" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    facet.put("message", told ?? Text(plain))
    facet.put("programmingLanguage", "unknown")
    words.mark(in: &facet)
    return facet.json
  }

  // MARK: Datasets

  private func inputs(of story: JobStory, _ history: VerifiedHistory) -> [JSONValue] {
    var sets: [JSONValue] = []
    // A version is used by every job about it but the one that makes it.
    if let version = story.version, !story.request.kind.makesVersion {
      sets.append(dataset(origin, version.subject.description, version: "\(version.number.value)"))
    }
    for input in history.inputs(of: story) {
      var ours = facet("2-0-2/OpenLineage.json#/$defs/DatasetFacet")
      ours.put("input", input.name)
      ours.put("digest", input.digest)
      ours.put("bytes", input.bytes)
      if input.location == nil { story.words.mark(in: &ours) }
      let (namespace, name) = place(of: input, in: story.created.project)
      sets.append(
        dataset(namespace, name, version: input.digest?.description, ours: ours))
    }
    return sets
  }

  private func outputs(of story: JobStory) -> [JSONValue] {
    var sets: [JSONValue] = []
    for result in story.results {
      switch result.fact {
      case .versionTrained(let made), .versionImported(let made):
        guard let version = result.versionID else { continue }
        var ours = facet("2-0-2/OpenLineage.json#/$defs/DatasetFacet")
        ours.put("position", result.position)
        ours.put("artifactsDigest", made.artifacts.digest)
        sets.append(
          dataset(
            origin, version.subject.description, version: "\(version.number.value)", ours: ours,
            statistics(of: made.artifacts)))
      case .predictionCompleted(let made), .runCompleted(let made):
        var ours = facet("2-0-2/OpenLineage.json#/$defs/DatasetFacet")
        ours.put("position", result.position)
        let about = result.subjectID.map { "\($0.project)/outputs/\($0.name)" } ?? "outputs"
        sets.append(
          dataset(
            origin, "\(about).\(story.request.kind.rawValue)",
            version: made.outputs.digest.description, ours: ours,
            statistics(of: made.outputs, rows: made.rows)))
      default: continue
      }
    }
    return sets
  }

  private func statistics(of files: FilesDigest, rows: UInt64? = nil) -> JSONValue {
    var facet = facet(named: "OutputStatisticsOutputDatasetFacet", version: "1-0-2")
    facet.put(number: "rowCount", rows)
    facet.put(number: "size", files.bytes)
    facet.put(number: "fileCount", files.count)
    return facet.json
  }

  private func dataset(
    _ namespace: String, _ name: String, version: String? = nil, ours: DocumentObject? = nil,
    _ statistics: JSONValue? = nil
  ) -> JSONValue {
    var facets = DocumentObject()
    if let version {
      var facet = facet(named: "DatasetVersionDatasetFacet", version: "1-0-1")
      facet.put("datasetVersion", version)
      facets.put("version", facet.json)
    }
    facets.put("jobledger", ours?.json)
    var object = DocumentObject()
    object.put("namespace", namespace)
    object.put("name", name)
    object.put("facets", facets.json)
    if let statistics {
      var facets = DocumentObject()
      facets.put("outputStatistics", statistics)
      object.put("outputFacets", facets.json)
    }
    return object.json
  }

  /// `s3://bucket/key` is `key` in `s3://bucket`; a file is a place in its project; data whose place
  /// was erased are called by their digest.
  private func place(of input: JobStory.Input, in project: Name?) -> (String, String) {
    let folder = (project.map { "\($0)/" } ?? "") + "inputs/"
    guard let location = input.location else {
      return (origin, folder + (input.digest?.description ?? input.name))
    }
    let bytes = Array(location.string.utf8)
    let mark = Array("://".utf8)
    guard let scheme = bytes.firstRange(of: mark), scheme.lowerBound > 0,
      let slash = bytes[scheme.upperBound...].firstIndex(of: 0x2F), slash + 1 < bytes.count
    else { return (origin, folder + location.string) }
    return (
      String(decoding: bytes[..<slash], as: UTF8.self),
      String(decoding: bytes[(slash + 1)...], as: UTF8.self)
    )
  }
}
