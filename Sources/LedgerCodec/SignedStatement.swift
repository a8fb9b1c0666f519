// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What a person signs who decides, deploys, retires, sets the policy or erases: canonical JSON
/// without free text, made from the event alone, so that it can be made again from the ledger.
///
/// Every statement has `jobledger` (1), `origin`, `verdict`, `meaning` and `signedAt`; `project`,
/// `subject`, `number` and `text` (the salted digest of the words) as far as the event has them; and
///
/// - `approved`, `rejected`: `artifactsDigest`, `evidence`, and `exceptions`, `validUntil` if any;
/// - `deployed`: `artifactsDigest`, `decision`, `target`, `engine`, and `replaces` if any;
/// - `retired`: `artifactsDigest`, `deployment`, `target`;
/// - `policy-set`: `policy`, whole;
/// - `erased`: `basis`, and `ranges` or `digests`.
public enum SignedStatement {
  /// The statement of an event; nil for one that nobody signs.
  public static func make(
    origin: Text, project: Name?, subject: SubjectReference?, number: VersionNumber?, fact: Fact,
    text: Digest?, signedAt: Timestamp
  ) -> JSONObject? {
    guard var object = particulars(of: fact) else { return nil }
    object.put(Wire.jobledger, .integer(UInt64(1)))
    object.put(Wire.origin, .string(origin))
    object.put(Wire.project, project.map { .string($0.string) })
    object.put(Wire.subject, subject?.json)
    object.put(Wire.number, number.map { .integer($0.value) })
    object.put(Wire.text, text.map { .string($0.base64url) })
    object.put(Wire.signedAt, .string(signedAt.description))
    return object
  }

  /// The statement of a recorded event; nil where it bears no signature with a time.
  public static func make(of event: Event, origin: Text) -> JSONObject? {
    guard let signedAt = event.fact.signature?.signedAt else { return nil }
    return make(
      origin: origin, project: event.project, subject: event.subject, number: event.number,
      fact: event.fact, text: event.text, signedAt: signedAt)
  }

  /// When a statement says that it was signed; nil where it does not.
  public static func signedAt(of statement: JSONObject) -> Timestamp? {
    guard let words = statement[Text(Wire.signedAt.description)]?.text?.string else { return nil }
    return Timestamp(words)
  }

  /// The first member in which two statements differ, the weightiest first; nil where in none.
  public static func difference(_ left: JSONObject, _ right: JSONObject) -> String? {
    let names = left.members.map(\.name) + right.members.map(\.name)
    let weight: [Text] = [
      "jobledger", "origin", "verdict", "meaning", "project", "subject", "number",
      "artifactsDigest",
    ]
    for name in weight + names where left[name] != right[name] { return name.string }
    return nil
  }

  private static func particulars(of fact: Fact) -> JSONObject? {
    var object = JSONObject()
    switch fact {
    case .versionApproved(let fact):
      object.says("approved", "approval")
      object.put(fact)
    case .versionRejected(let fact):
      object.says("rejected", "rejection")
      object.put(fact)
    case .versionDeployed(let fact):
      object.says("deployed", "deployment")
      object.put(Wire.artifactsDigest, .string(fact.artifactsDigest.description))
      object.put(Wire.decision, .integer(fact.decision.value))
      object.put(Wire.engine, .string(fact.engine.rawValue))
      object.put(Wire.target, .string(fact.target.string))
      object.put(Wire.replaces, fact.replaces.map { .string($0.string) })
    case .deploymentRetired(let fact):
      object.says("retired", "retirement")
      object.put(Wire.artifactsDigest, .string(fact.artifactsDigest.description))
      object.put(Wire.deployment, .string(fact.deployment.string))
      object.put(Wire.target, .string(fact.target.string))
    case .policySet(let fact):
      object.says("policy-set", "policy")
      object.put(Wire.policy, .object(fact.policy.json))
    case .textErased(let fact):
      object.says("erased", "erasure")
      object.put(Wire.basis, .string(fact.basis.rawValue))
      object.put(
        Wire.ranges,
        .array(fact.ranges.map { .array([.integer($0.from.value), .integer($0.to.value)]) }))
    case .artifactErased(let fact):
      object.says("erased", "erasure")
      object.put(Wire.basis, .string(fact.basis.rawValue))
      object.put(Wire.digests, .array(fact.digests.map { .string($0.description) }))
    default: return nil
    }
    return object
  }
}

extension JSONObject {
  /// Adds a member, unless there is no value.
  fileprivate mutating func put(_ name: StaticString, _ value: JSONValue?) {
    if let value { self[Text(name.description)] = value }
  }

  fileprivate mutating func says(_ verdict: String, _ meaning: String) {
    put(Wire.verdict, .string(verdict))
    put(Wire.meaning, .string(meaning))
  }

  fileprivate mutating func put(_ fact: Decided) {
    put(Wire.artifactsDigest, .string(fact.artifactsDigest.description))
    put(Wire.evidence, fact.evidence.json)
    if !fact.exceptions.isEmpty {
      put(Wire.exceptions, .array(fact.exceptions.map { .string($0.rawValue) }))
    }
    put(Wire.validUntil, fact.validUntil.map { .string($0.description) })
  }
}

extension Digest {
  /// The 43 base64url characters by which a leaf names a disclosure.
  public var base64url: String {
    String(unsafeUninitializedCapacity: 43) { target in
      guard let start = target.baseAddress else { return 0 }
      ByteBuffer.write(base64url: self, to: start)
      return 43
    }
  }
}
