// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain

/// From a request to a job that can be created: everything is digested, stored and synced here,
/// before an event names it.
extension JobRunner {
  /// Runs `body` and gives what it throws its place among the errors of jobs.
  func wrapping<R>(_ body: () throws -> R) throws(JobError) -> R {
    do { return try body() } catch { throw JobError(error) }
  }

  /// What a task of a manifest needs beside its words.
  struct Source {
    var project: Name
    var subject: SubjectReference
    var folder: String
    var variables: Manifest.Variables
    var code: [String]
    var manifestDigest: Digest?
  }

  /// Prepares one of a manifest's commands.
  func prepare(
    _ task: Manifest.Task, of source: Source, fact: JobCreated, number: VersionNumber?,
    _ settings: RunSettings
  ) throws -> PreparedJob {
    var prepared = PreparedJob(
      create: CreateJob(
        project: source.project, subject: source.subject, number: number, fact: fact,
        manifestDigest: source.manifestDigest),
      arguments: task.run, folder: source.folder, variables: source.variables,
      parameters: try ParameterSetting.merge(settings.set, into: task.parameters))
    prepared.predicts = task.predicts
    try describeInputs(task.inputs, &prepared)
    let code = try CodeDigest.digest(
      projectFolder: source.folder, globs: source.code,
      environment: context.environment)
    if !code.files.entries.isEmpty {
      let digest = try blobs.put(code.files.canonical)
      prepared.create.fact.code = ListDigest(
        count: UInt64(code.files.entries.count), digest: digest)
    }
    prepared.create.fact.commit = code.commit
    prepared.create.fact.dirty = code.isDirty
    try describe(&prepared, settings, inputs: task.inputs)
    return prepared
  }

  /// Digests the inputs and keeps their list.
  func describeInputs(_ locations: [Name: String], _ prepared: inout PreparedJob) throws {
    guard !locations.isEmpty else { return }
    let inputs = try Inputs.digest(locations, projectFolder: prepared.folder)
    let list = try blobs.put(inputs.canonical)
    prepared.create.fact.inputs = ListDigest(count: UInt64(inputs.inputs.count), digest: list)
    prepared.inputs = inputs
    prepared.dataDigest = list
    // One input is named by its own digest, so that the same data is recognised elsewhere.
    if inputs.inputs.count == 1, let only = inputs.inputs.first {
      switch only.content {
      case .file(_, let digest): prepared.dataDigest = digest
      case .folder(let files): prepared.dataDigest = files.digest
      case .uri: break
      }
    }
  }

  /// The words of `job.created`, known forms of secrets masked, and a description of what the
  /// command will find in its environment.
  func describe(
    _ prepared: inout PreparedJob, _ settings: RunSettings, inputs: [Name: String] = [:]
  ) throws {
    var text = EventText([
      .command: .array(Redaction.arguments(prepared.arguments).map { .string($0) }),
      .paths: .object(
        JSONObject(sorted: [JSONObject.Member(name: "folder", value: .string(prepared.folder))])),
    ])
    if !prepared.parameters.members.isEmpty {
      text[.parameters] = .object(Redaction.object(prepared.parameters))
    }
    if !inputs.isEmpty {
      // Names of a dictionary are unique.
      let members = inputs.map { name, location in
        JSONObject.Member(name: Text(name.string), value: .string(Redaction.text(location)))
      }
      text[.inputs] = JSONObject(members).map { .object($0) }
    }
    if let purpose = settings.purpose { text[.purpose] = .string(purpose) }
    prepared.create.text = text
    prepared.create.fact.environmentDigest = try describeEnvironment(prepared, settings)
  }

  private func describeEnvironment(
    _ prepared: PreparedJob, _ settings: RunSettings
  ) throws -> Digest {
    let environment = try JobEnvironment(
      caller: context.environment, manifest: prepared.variables,
      secretNames: settings.secrets, job: [:], inputs: prepared.inputs.values)
    let members = environment.variables.compactMap { name, value in
      name.utf8.starts(with: "JOBLEDGER_".utf8)
        ? nil
        : JSONObject.Member(
          name: Text(name), value: environment.secrets[name] == nil ? .string(value) : .null)
    }
    let description = JSONObject(members) ?? JSONObject()
    return try blobs.put(try CanonicalJSON.encode(.object(description)))
  }
}
