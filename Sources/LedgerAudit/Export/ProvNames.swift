// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What things of a ledger are called in a PROV document: qualified names, a prefix for each kind.
struct ProvNames {
  private let base: String

  init(origin: String) { base = "jobledger:" + URIText.reference(toOrigin: origin) + "/" }

  /// What the prefixes stand for.
  var prefixes: JSONValue {
    var object = DocumentObject()
    for kind in ["data", "decision", "deployment", "evaluation", "job", "member", "version"] {
      object.put(Text(kind), base + kind + "/")
    }
    object.put("jl", URIText.vocabulary + "ns:")
    object.put("prov", "http://www.w3.org/ns/prov#")
    object.put("xsd", "http://www.w3.org/2001/XMLSchema#")
    return object.json
  }

  func version(_ id: VersionID) -> String { "version:\(id)" }
  func job(_ id: JobID) -> String { "job:\(id)" }
  func deployment(_ id: DeploymentID) -> String { "deployment:\(id)" }
  func member(_ id: ActorID) -> String { "member:" + URIText.escape(id.string.utf8) }
  func data(_ digest: Digest) -> String { "data:" + digest.hex }
  func decision(_ position: Position) -> String { "decision:\(position.value)" }
  func evaluation(_ position: Position) -> String { "evaluation:\(position.value)" }

  /// Data that was not read: known by the job that names it alone.
  func undigested(_ name: String, of job: JobID) -> String {
    "data:\(job)/" + URIText.escape(name.utf8)
  }

  /// An input by its digest, else by its job.
  func input(_ input: JobStory.Input, of job: JobID) -> String {
    input.digest.map { data($0) } ?? undigested(input.name, of: job)
  }

  /// A name of PROV's, or ours, as a value.
  static func qualified(_ name: String) -> JSONValue { typed(name, as: "prov:QUALIFIED_NAME") }

  /// A moment as a value of an attribute.
  static func time(_ time: Timestamp) -> JSONValue { typed(time.description, as: "xsd:dateTime") }

  private static func typed(_ value: String, as type: String) -> JSONValue {
    var object = DocumentObject()
    object.put("$", value)
    object.put("type", type)
    return object.json
  }
}
