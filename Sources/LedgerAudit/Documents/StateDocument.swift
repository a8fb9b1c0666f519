// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
import LedgerReading

/// Everything as of one size.
public struct StateDocument: Document {
  /// The size.
  public var asOf: ResolvedSize
  /// Projects by name.
  public var projects: [ProjectDocument] = []
  /// Subjects by project and name.
  public var subjects: [SubjectDocument] = []
  /// Jobs, oldest first.
  public var jobs: [JobDocument] = []
  /// Versions by subject and number.
  public var versions: [VersionDocument] = []
  /// Deployments, oldest first.
  public var deployments: [DeploymentDocument] = []
  /// Schedules by project and name.
  public var schedules: [ScheduleDocument] = []
  /// Members by name.
  public var members: [MemberDocument] = []
  /// The holds in force.
  public var holds: [HoldDocument] = []
  /// The policy in force.
  public var policy: PolicyDocument

  /// The shape of a state (DESIGN §7).
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("asOf", asOf.json)
    object.put("projects", .array(projects.map(\.json)))
    object.put("subjects", .array(subjects.map(\.json)))
    object.put("jobs", .array(jobs.map(\.json)))
    object.put("versions", .array(versions.map(\.json)))
    object.put("deployments", .array(deployments.map(\.json)))
    object.put("schedules", .array(schedules.map(\.json)))
    object.put("members", .array(members.map(\.json)))
    object.put("holds", .array(holds.map(\.json)))
    object.put("policy", policy.json)
    return object.json
  }
}

extension Documents {
  /// Everything as of the size.
  public mutating func state() throws -> StateDocument {
    var state = StateDocument(asOf: try asOf(), policy: try policy())
    state.projects = try projects()
    state.subjects = try subjects()
    try forEachJob { document in state.jobs.append(document) }
    try forEachVersion { document in state.versions.append(document) }
    try forEachDeployment { document in state.deployments.append(document) }
    state.schedules = try schedules()
    state.members = try members()
    state.holds = try holds()
    return state
  }

  /// The same as JSON, thing by thing: memory does not grow with the ledger. `resolved` is what the
  /// size was resolved from.
  public mutating func writeState<Sink: ObjectSink>(
    to sink: inout Sink, asOf resolved: ResolvedSize? = nil
  ) throws {
    try sink.put("asOf", try (resolved ?? asOf()).json)
    try sink.beginArray("deployments")
    try forEachDeployment { try sink.add($0.json) }
    try sink.endArray()
    try sink.put("holds", each: try holds().lazy.map(\.json))
    try sink.beginArray("jobs")
    try forEachJob { try sink.add($0.json) }
    try sink.endArray()
    try sink.put("members", each: try members().lazy.map(\.json))
    try sink.put("policy", try policy().json)
    try sink.put("projects", each: try projects().lazy.map(\.json))
    try sink.put("schedules", each: try schedules().lazy.map(\.json))
    try sink.put("subjects", each: try subjects().lazy.map(\.json))
    try sink.beginArray("versions")
    try forEachVersion { try sink.add($0.json) }
    try sink.endArray()
  }
}
