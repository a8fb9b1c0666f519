// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Makes the records of one section of a PROV document, an event at a time.
struct ProvRecords {
  struct Record {
    var id: String
    var value: JSONValue
  }

  let section: ProvSection
  let names: ProvNames
  /// The subject that the document is about; nil for all.
  let subject: SubjectID?
  /// What was made and not yet written.
  var waiting: [Record] = []
  private var data: Set<Digest> = []
  private var agents: Set<ActorID> = []
  /// Of relations: the event they come from, and how many came from it.
  private var origin = Position(0)
  private var ordinal = 0

  init(section: ProvSection, names: ProvNames, about subject: SubjectID?) {
    self.section = section
    self.names = names
    self.subject = subject
  }

  /// Adds what an event makes of this section.
  mutating func take(
    _ event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    (origin, ordinal) = (event.position, 0)
    switch section {
    case .entity: try entities(of: event, &history, in: snapshot)
    case .activity: try activity(of: event, &history, in: snapshot)
    case .agent: agent(event.actor)
    case .used: try usage(of: event, &history, in: snapshot)
    case .wasGeneratedBy:
      guard let job = event.job, let made = made(by: event) else { return }
      relate(event) { object, names in
        object.put("prov:entity", made)
        object.put("prov:activity", names.job(job))
        object.put("prov:time", event.time)
      }
    case .wasDerivedFrom: try derivations(of: event, &history, in: snapshot)
    case .wasAssociatedWith:
      guard let job = event.job else { return }
      relate(event) { object, names in
        object.put("prov:activity", names.job(job))
        object.put("prov:agent", names.member(event.actor.id))
        object.put("jl:authentication", event.actor.authentication.rawValue)
      }
    case .actedOnBehalfOf:
      guard let job = event.job, let person = event.actor.actsFor else { return }
      relate(event) { object, names in
        object.put("prov:delegate", names.member(event.actor.id))
        object.put("prov:responsible", names.member(person))
        object.put("prov:activity", names.job(job))
      }
    case .wasInformedBy: try communication(of: event, &history, in: snapshot)
    case .wasInvalidatedBy:
      guard case .deploymentRetired(let fact) = event.fact else { return }
      relate(event) { object, names in
        object.put("prov:entity", names.deployment(fact.deployment))
        object.put("prov:activity", event.job.map { names.job($0) })
        object.put("prov:time", event.time)
      }
    }
  }

  private mutating func relate(
    _ event: Event, _ fill: (inout DocumentObject, ProvNames) -> Void
  ) {
    var object = DocumentObject()
    fill(&object, names)
    object.put("jl:position", event.position)
    waiting.append(
      Record(id: "_:\(section.rawValue)\(origin.value)-\(ordinal)", value: object.json))
    ordinal += 1
  }

  /// The thing that an event says was made.
  private func made(by event: Event) -> String? {
    switch event.fact {
    case .versionTrained, .versionImported: event.versionID.map { names.version($0) }
    case .versionEvaluated: names.evaluation(event.position)
    case .versionApproved, .versionRejected: names.decision(event.position)
    case .versionDeployed(let fact): names.deployment(fact.deployment)
    case .predictionCompleted(let made), .runCompleted(let made):
      names.data(made.outputs.digest)
    default: nil
    }
  }

  // MARK: Things

  private mutating func add(_ id: String, _ type: String, _ object: DocumentObject) {
    var object = object
    object.put("prov:type", ProvNames.qualified("jl:" + type))
    waiting.append(Record(id: id, value: object.json))
  }

  private mutating func entities(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    var object = DocumentObject()
    object.put("jl:position", event.position)
    switch event.fact {
    case .jobCreated: return try inputs(of: event, &history, in: snapshot)
    case .versionTrained(let made), .versionImported(let made):
      guard let id = event.versionID else { return }
      object.put("prov:label", id.description)
      object.put("jl:artifactsDigest", made.artifacts.digest)
      object.put(number: "jl:files", made.artifacts.count)
      object.put(number: "jl:bytes", made.artifacts.bytes)
      object.put("jl:format", made.format)
      try say([.rationale, .externalId, .origin], of: event, history, in: snapshot, &object)
      add(
        names.version(id), event.subject?.kind == .feature ? "FeatureVersion" : "ModelVersion",
        object)
    case .versionEvaluated(let fact):
      object.put("jl:metrics", try ProvRecords.json(Metric.json(fact.metrics)))
      try say([.procedure], of: event, history, in: snapshot, &object)
      add(names.evaluation(event.position), "Evaluation", object)
      known(fact.dataDigest)
    case .versionApproved(let fact):
      try decision(.approved, fact, event, history, in: snapshot, &object)
    case .versionRejected(let fact):
      try decision(.rejected, fact, event, history, in: snapshot, &object)
    case .versionDeployed(let fact):
      object.put("jl:target", fact.target)
      object.put("jl:engine", fact.engine.rawValue)
      object.put("jl:artifactsDigest", fact.artifactsDigest)
      try say([.reason], of: event, history, in: snapshot, &object)
      add(names.deployment(fact.deployment), "Deployment", object)
    case .predictionCompleted(let made), .runCompleted(let made): known(made.outputs.digest)
    case .statisticsComputed(let fact): known(fact.dataDigest)
    default: return
    }
  }

  private mutating func decision(
    _ verdict: Verdict, _ fact: Decided, _ event: Event, _ history: VerifiedHistory,
    in snapshot: Snapshot, _ object: inout DocumentObject
  ) throws(ReadingError) {
    object.put("jl:verdict", verdict.rawValue)
    object.put("jl:artifactsDigest", fact.artifactsDigest)
    // Several are one attribute with several values.
    if !fact.exceptions.isEmpty {
      object.put("jl:exception", .array(fact.exceptions.map { .string($0.rawValue) }))
    }
    try say([.reason, .conditions], of: event, history, in: snapshot, &object)
    add(names.decision(event.position), "Decision", object)
  }

  private mutating func inputs(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard let story = try story(of: event, &history, in: snapshot) else { return }
    for input in history.inputs(of: story) {
      if let digest = input.digest {
        known(digest)
      } else {
        var object = DocumentObject()
        object.put("jl:undigested", true)
        object.put("jl:location", input.location)
        if input.location == nil { ProvRecords.mark(story.words, &object) }
        add(names.undigested(input.name, of: story.id), "Data", object)
      }
    }
  }

  /// Data is one thing, however often it is named.
  private mutating func known(_ digest: Digest) {
    guard data.insert(digest).inserted else { return }
    var object = DocumentObject()
    object.put("jl:digest", digest)
    add(names.data(digest), "Data", object)
  }

  private mutating func activity(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard let story = try story(of: event, &history, in: snapshot) else { return }
    var object = DocumentObject()
    object.put("prov:startTime", (story.started ?? story.created).time)
    object.put("prov:endTime", story.ended?.time)
    object.put("prov:label", story.name)
    object.put("prov:type", ProvNames.qualified("jl:" + story.request.kind.rawValue))
    object.put("jl:position", event.position)
    object.put("jl:status", (story.status ?? (story.started == nil ? .created : .running)).rawValue)
    object.put("jl:trigger", story.request.trigger.rawValue)
    object.put("jl:commit", story.request.commit)
    if let nominal = story.request.nominalTime {
      object.put("jl:nominalTime", ProvNames.time(nominal))
    }
    for member in [TextMember.command, .parameters] {
      if let value = story.words[member] {
        object.put(Text("jl:\(member.name)"), try ProvRecords.json(value))
      }
    }
    ProvRecords.mark(story.words, &object)
    waiting.append(Record(id: names.job(story.id), value: object.json))
  }

  private mutating func agent(_ actor: Actor) {
    for id in [actor.id, actor.actsFor].compactMap({ $0 }) where agents.insert(id).inserted {
      var object = DocumentObject()
      let isProgram = id == actor.id && actor.authentication == .system
      object.put("prov:label", id.string)
      object.put("prov:type", ProvNames.qualified(isProgram ? "prov:SoftwareAgent" : "prov:Person"))
      waiting.append(Record(id: names.member(id), value: object.json))
    }
  }

  // MARK: Relations

  private mutating func usage(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard let story = try story(of: event, &history, in: snapshot) else { return }
    let job = names.job(story.id)
    if let version = event.versionID, !story.request.kind.makesVersion {
      relate(event) { object, names in
        object.put("prov:activity", job)
        object.put("prov:entity", names.version(version))
      }
    }
    for input in history.inputs(of: story) {
      relate(event) { object, names in
        object.put("prov:activity", job)
        object.put("prov:entity", names.input(input, of: story.id))
        object.put("prov:role", input.name)
        object.put("jl:location", input.location)
        if input.location == nil { ProvRecords.mark(story.words, &object) }
      }
    }
  }

  private mutating func derivations(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard let made = made(by: event) else { return }
    var sources: [(entity: String, isRevision: Bool)] = []
    switch event.fact {
    case .versionTrained(let fact), .versionImported(let fact):
      if let story = try story(of: event, &history, in: snapshot) {
        sources += history.inputs(of: story).map { (names.input($0, of: story.id), false) }
      }
      // A number may have been given to what was never made.
      if let number = fact.parent, let subject = event.subjectID {
        let parent = VersionID(subject: subject, number: number)
        if try history.artifacts(of: parent, before: event.position, in: snapshot) != nil {
          sources.append((names.version(parent), true))
        }
      }
    case .versionEvaluated(let fact):
      sources += event.versionID.map { [(names.version($0), false)] } ?? []
      sources.append((names.data(fact.dataDigest), false))
    case .versionApproved(let fact), .versionRejected(let fact):
      sources += event.versionID.map { [(names.version($0), false)] } ?? []
      // A feature task is decided on by its runs, which are activities and no evaluations.
      for position in fact.evidence.evaluations where position < event.position {
        if case .versionEvaluated = try history.event(at: position, in: snapshot).fact {
          sources.append((names.evaluation(position), false))
        }
      }
    case .versionDeployed(let fact):
      sources += event.versionID.map { [(names.version($0), false)] } ?? []
      if fact.decision < event.position {
        switch try history.event(at: fact.decision, in: snapshot).fact {
        case .versionApproved, .versionRejected:
          sources.append((names.decision(fact.decision), false))
        default: break
        }
      }
    default: sources += event.versionID.map { [(names.version($0), false)] } ?? []
    }
    for source in sources {
      relate(event) { object, names in
        object.put("prov:generatedEntity", made)
        object.put("prov:usedEntity", source.entity)
        object.put("prov:activity", event.job.map { names.job($0) })
        if source.isRevision { object.put("prov:type", ProvNames.qualified("prov:Revision")) }
      }
    }
  }

  private mutating func communication(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) {
    guard let job = event.job else { return }
    var informants: [JobID] = []
    if let cause = event.cause, cause < event.position,
      let before = try history.event(at: cause, in: snapshot).job
    {
      informants.append(before)
    }
    if case .jobCreated(let request) = event.fact {
      informants += [request.retryOf, request.deployment].compactMap { $0 }
    }
    for before in informants where before != job {
      // A job of another subject is not in a document about one.
      if let subject {
        guard case .job(let other)? = try snapshot.entity(.job(before), asOf: history.size),
          other.subjectID == subject
        else { continue }
      }
      relate(event) { object, names in
        object.put("prov:informed", names.job(job))
        object.put("prov:informant", names.job(before))
      }
    }
  }

  // MARK: Words

  private func story(
    of event: Event, _ history: inout VerifiedHistory, in snapshot: Snapshot
  ) throws(ReadingError) -> JobStory? {
    guard let job = event.job else { return nil }
    return try history.story(of: job, asOf: history.size, in: snapshot)
  }

  private func say(
    _ members: [TextMember], of event: Event, _ history: VerifiedHistory, in snapshot: Snapshot,
    _ object: inout DocumentObject
  ) throws(ReadingError) {
    let words = try history.words(of: event, in: snapshot)
    for member in members { object.put(Text("jl:\(member.name)"), words.string(member)) }
    ProvRecords.mark(words, &object)
  }

  private static func mark(_ words: ExportedWords, _ object: inout DocumentObject) {
    switch words {
    case .none, .values: break
    case .erased(let position):
      object.put("jl:erased", true)
      object.put("jl:erasedBy", position)
    case .missing: object.put("jl:missing", true)
    }
  }

  /// A value as text: names that people chose are no names of attributes.
  private static func json(_ value: JSONValue) throws(ReadingError) -> String {
    do throws(CodecError) {
      return String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    } catch {
      throw ReadingError(.rowDamaged("\(error)"), "exporting what an event says")
    }
  }
}
