// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

/// One value of a view.
public struct Field: Equatable, Sendable {
  /// Its name, that of the JSON shape where it has one: `status`, `metrics.accuracy`.
  public var name: String
  /// Its value; events are references (`#41`), actors objects.
  public var value: JSONValue
  /// Pairs the two.
  public init(name: String, value: JSONValue) {
    self.name = name
    self.value = value
  }
}

/// The fields of one state, as they are gathered; what is unknown is left out.
struct FieldList {
  private(set) var fields: [Field] = []

  mutating func put(_ name: String, _ value: JSONValue?) {
    if let value { fields.append(Field(name: name, value: value)) }
  }
  mutating func put(_ name: String, _ value: String?) { put(name, value.map { .string($0) }) }
  mutating func put(_ name: String, _ value: Text?) { put(name, value.map { .string($0) }) }
  mutating func put(_ name: String, _ value: Name?) { put(name, value?.string) }
  mutating func put(_ name: String, _ value: JobID?) { put(name, value?.string) }
  mutating func put(_ name: String, _ value: ActorID?) { put(name, value?.string) }
  mutating func put(_ name: String, _ value: Digest?) { put(name, value?.description) }
  mutating func put(_ name: String, _ value: Timestamp?) { put(name, value?.description) }
  mutating func put(_ name: String, _ value: CalendarDate?) { put(name, value?.description) }
  mutating func put(_ name: String, _ value: Bool?) { put(name, value.map { .bool($0) }) }
  mutating func put(_ name: String, _ value: Actor?) { put(name, value?.json) }
  mutating func put(_ name: String, _ value: Position?) {
    put(name, value.map { "#\($0.value)" })
  }
  mutating func put(number name: String, _ value: (some BinaryInteger)?) {
    put(name, value.map { .integer($0) })
  }

  /// Every value of an object under its path: `thresholds.churn.accuracy.min`.
  mutating func flatten(_ value: JSONValue, _ path: String) {
    guard let object = value.object else { return put(path, value) }
    for member in object.members {
      flatten(member.value, path.isEmpty ? member.name.string : "\(path).\(member.name.string)")
    }
  }
}

extension EntityKey {
  /// What it is, in one word.
  public var kind: String {
    switch self {
    case .ledger: "ledger"
    case .policy: "policy"
    case .holds: "holds"
    case .project: "project"
    case .subject: "subject"
    case .version: "version"
    case .job: "job"
    case .deployment: "deployment"
    case .slot: "target"
    case .member: "member"
    case .schedule: "schedule"
    }
  }

  /// Its full written form, of a target `churn/churn-lr production`; nil where there is only one.
  public var written: String? {
    switch self {
    case .ledger, .policy, .holds: nil
    case .project(let name): name.string
    case .subject(let id): id.description
    case .version(let id): id.description
    case .job(let id), .deployment(let id): id.string
    case .slot(let subject, let target): "\(subject) \(target)"
    case .member(let id): id.string
    case .schedule(let project, let name): "\(project)/\(name)"
    }
  }

  /// `{"kind","name"}`
  var json: JSONValue {
    var object = DocumentObject()
    object.put("kind", kind)
    object.put("name", written)
    return object.json
  }
}
