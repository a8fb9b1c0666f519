// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// What is shown of an approval or rejection.
public struct DecisionDocument: Document {
  /// The event.
  public var event: Event
  /// What was decided.
  public var verdict: Verdict
  /// What it rests on.
  public var fact: Decided
  /// The version, as it is written.
  public var version: String
  /// Reason, conditions, printed name and meaning.
  public var words: DisclosedText
  /// Who erased its words; nil where they are there, or nobody did.
  public var erasure: ErasureMark?

  /// Why; nil when it was erased.
  public var reason: Text? { words.string(.reason) }

  /// The shape of a decision (DESIGN §7), with more members behind it.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", event.position)
    object.put("project", event.project)
    object.put("subject", event.subject)
    object.put("version", version)
    object.put(number: "number", event.number?.value)
    object.put("verdict", verdict.rawValue)
    object.put("reason", reason)
    object.put("actor", event.actor)
    object.put("time", event.time)
    object.put("evidence", fact.evidence.json)
    object.put("exceptions", .array(fact.exceptions.map { .string($0.rawValue) }))
    object.put("job", event.job)
    object.put(fact.signature)
    object.put("artifactsDigest", fact.artifactsDigest)
    object.put("validUntil", fact.validUntil)
    object.put("conditions", words.string(.conditions))
    object.put("printedName", words.string(.printedName))
    object.put("meaning", words.string(.meaning))
    if words == .erased { object.put("erased", true) }
    object.put("erasure", erasure?.json)
    return object.json
  }
}

extension Documents {
  /// The decision at a position; nil when the event there is none.
  public mutating func decision(
    at position: Position
  ) throws(ReadingError) -> DecisionDocument? {
    guard size.includes(position) else { return nil }
    let event = try event(at: position)
    let (verdict, fact): (Verdict, Decided)
    switch event.fact {
    case .versionApproved(let decided): (verdict, fact) = (.approved, decided)
    case .versionRejected(let decided): (verdict, fact) = (.rejected, decided)
    default: return nil
    }
    guard let version = event.versionID else { return nil }
    let words = try snapshot.text(of: event)
    return DecisionDocument(
      event: event, verdict: verdict, fact: fact, version: try label(of: version),
      words: words, erasure: words == .erased ? try erasure(of: event) : nil)
  }

  /// The positions of all decisions, in the order of the log.
  public func decisionPositions() throws(ReadingError) -> [Position] {
    try snapshot.decisions(asOf: size)
  }
}
