// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
public import LedgerDomain
import LedgerReading

extension JobRunner {
  /// Trains a model by its manifest's command; what that leaves in its output folder becomes a new
  /// version. The model is registered by its first training.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func train(
    _ model: SubjectID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping {
      let (task, source) = try task(of: model, named: "train") { $0.train }
      let prepared = try prepare(
        task, of: source, fact: JobCreated(kind: .training, trigger: settings.trigger),
        number: nil, settings)
      return try perform(prepared, settings) { job, _ in try result(of: prepared, job) }
    }
  }

  /// Evaluates a version by its manifest's command; the metrics that it writes are recorded.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func evaluate(
    _ version: VersionID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping {
      let (task, source) = try task(of: version.subject, named: "evaluate") { $0.evaluate }
      let state = try context.state(of: version)
      guard !task.inputs.isEmpty else {
        throw JobError.badInput(
          "the evaluation of '\(version.subject.name)' names no input: add its data to "
            + "\(source.folder)/\(Manifest.fileName), such as inputs: {test: data/test.csv}")
      }
      var prepared = try prepare(
        task, of: source, fact: JobCreated(kind: .evaluation, trigger: settings.trigger),
        number: version.number, settings)
      prepared.model = state
      return try perform(prepared, settings) { job, _ in try result(of: prepared, job) }
    }
  }

  /// A command of a model in its project's manifest, kept as a blob.
  func task(
    of model: SubjectID, named word: String, _ choose: (Manifest.Model) -> Manifest.Task?
  ) throws -> (Manifest.Task, Source) {
    let (manifest, folder) = try context.manifest(of: model.project)
    let file = "\(folder)/\(Manifest.fileName)"
    guard let entry = manifest.models[model.name] else {
      let known = manifest.models.keys.sorted().map(\.string).joined(separator: ", ")
      throw JobError.notFound(
        "\(file) has no model '\(model.name)'" + (known.isEmpty ? "" : " (it has \(known))"))
    }
    guard let task = choose(entry) else {
      throw JobError.notFound(
        "\(file) tells no '\(word)' of model '\(model.name)': add a line such as "
          + "\(word): {run: [python3, \(word).py]}")
    }
    return (task, try source(of: model, manifest, folder))
  }

  /// What all commands of a model share. The manifest is kept, since its digest is recorded.
  func source(
    of model: SubjectID, _ manifest: Manifest, _ folder: String
  ) throws -> Source {
    let file = "\(folder)/\(Manifest.fileName)"
    let kept = try blobs.put(folder: AT_FDCWD, name: file, path: Manifest.fileName)
    guard kept.digest == manifest.digest else {
      throw JobError.badInput("\(file) changed while it was read: try again")
    }
    return Source(
      project: model.project, subject: SubjectReference(kind: .model, name: model.name),
      folder: folder, variables: manifest.environment, code: manifest.code,
      manifestDigest: manifest.digest)
  }
}
