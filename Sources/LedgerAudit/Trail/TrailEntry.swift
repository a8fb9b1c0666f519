// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// One event of a trail.
public struct TrailEntry: Equatable, Sendable {
  /// The event.
  public var event: Event
  /// The stored name of its type.
  public var type: String
  /// The version or subject that it is about, as it is written.
  public var label: String?
  /// What happened, in a few words of ours.
  public var what: String
  /// Its words.
  public var words: DisclosedText
  /// Whether its words are gone though no erasure names them.
  public var isMissing: Bool
  /// Who erased its words; nil where they are there, or nobody did.
  public var erasure: ErasureMark?
  /// What it changed.
  public var changes: [Change]
  /// The event that it followed from.
  public var cause: EventCause?
  /// What is counted of its job's log, where the job ends with it.
  public var log: LogCounts?
  /// The hash of its leaf, base64: what proofs are about.
  public var leafHash: String

  /// Why: the reason, or the words that stand for it.
  public var why: Text? {
    for member in [TextMember.reason, .rationale, .note, .error] {
      if let text = words.string(member) { return text }
    }
    return nil
  }

  /// The digest of the artifacts that it is about.
  public var artifactsDigest: Digest? {
    switch event.fact {
    case .versionTrained(let fact), .versionImported(let fact): fact.artifacts.digest
    case .versionApproved(let fact), .versionRejected(let fact): fact.artifactsDigest
    case .versionDeployed(let fact): fact.artifactsDigest
    case .deploymentRetired(let fact): fact.artifactsDigest
    case .predictionCompleted(let fact), .runCompleted(let fact): fact.outputs.digest
    default: nil
    }
  }

  /// What a decision rests on.
  public var decision: Decided? {
    switch event.fact {
    case .versionApproved(let fact), .versionRejected(let fact): fact
    default: nil
    }
  }

  /// A line of `--json`.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", event.position)
    object.put("time", event.time)
    object.put("occurred", event.occurred)
    object.put("clock", event.clock)
    object.put("type", type)
    object.put("actor", event.actor)
    object.put("project", event.project)
    object.put("subject", event.subject)
    object.put("number", event.number.map { .integer($0.value) })
    object.put("about", label)
    object.put("revision", event.revision.map { .integer($0.value) })
    object.put("job", event.job)
    object.put("cause", event.cause)
    object.put("causedBy", cause?.json)
    object.put("request", event.request?.key.string)
    object.put("marks", .array(marks.map { .string($0.rawValue) }))
    object.put("what", what)
    object.put("why", why)
    if case .values(let text) = words {
      var members = JSONObject()
      for (member, value) in text.values { members[Text(member.name.description)] = value }
      object.put("words", .object(members))
    }
    if words == .erased { object.put(isMissing ? "missing" : "erased", true) }
    object.put("erasure", erasure?.json)
    if !changes.isEmpty { object.put("changes", .array(changes.map(\.json))) }
    if let decision {
      object.put("evidence", decision.evidence.json)
      object.put("exceptions", .array(decision.exceptions.map { .string($0.rawValue) }))
      object.put("validUntil", decision.validUntil)
    }
    object.put(event.fact.signature)
    object.put("artifactsDigest", artifactsDigest)
    object.put("lines", log?.lines.json)
    object.put("records", log?.records.json)
    object.put("leafHash", leafHash)
    return object.json
  }
}

/// One value that an event changed.
public struct Change: Equatable, Sendable {
  /// Of what, such as `version churn/churn-lr@3`.
  public var of: String
  /// Which value, such as `status`.
  public var name: String
  /// What it was; nil when there was none.
  public var before: JSONValue?
  /// What it is from here on; nil when there is none.
  public var after: JSONValue?

  var json: JSONValue {
    var object = DocumentObject()
    object.put("of", of)
    object.put("name", name)
    object.put("before", before)
    object.put("after", after)
    return object.json
  }
}

extension Documents {
  /// The entry of the event at a position, which is below the size.
  mutating func trailEntry(at position: Position) throws(ReadingError) -> TrailEntry {
    try trailEntry(of: try event(at: position))
  }

  /// The entry of an event that was read here.
  mutating func trailEntry(of event: Event) throws(ReadingError) -> TrailEntry {
    let label = try self.label(of: event)
    let words = try snapshot.text(of: event)
    let erasure = words == .erased ? try self.erasure(of: event) : nil
    var log: LogCounts?
    switch event.fact {
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      if let job = event.job {
        log = try snapshot.logSummary(of: job, asOf: LedgerSize(after: event.position))?.counts
      }
    default: break
    }
    let hash = try snapshot.leaf(at: event.position) { (bytes) throws(ReadingError) in
      MerkleTree.leafHash(of: bytes)
    }
    return TrailEntry(
      event: event, type: EventType(event.fact).name.description, label: label,
      what: EventPhrase(event, about: label).words, words: words,
      isMissing: words == .erased && erasure == nil, erasure: erasure,
      changes: try changes(by: event),
      cause: try cause(of: event),
      log: log, leafHash: hash.base64)
  }
}
