// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

extension JobRunner {
  /// Trains a model by its manifest's command; what that leaves in its output folder becomes a new
  /// version. The model is registered by its first training.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func train(
    _ model: SubjectID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping {
      let reference = SubjectReference(kind: .model, name: model.name)
      let (task, source) = try task(of: reference, in: model.project, for: .train)
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
      try use(try context.state(of: version), for: .evaluate, as: .evaluation, settings)
    }
  }

  /// Runs a version of a feature task by its manifest's command; its outputs are recorded.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func run(
    feature version: VersionID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping { try use(try context.state(of: version), for: .run, as: .run, settings) }
  }

  /// Scores a batch with a deployed version of a model; its outputs are recorded.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func predict(
    _ deployment: DeploymentID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping { try use(deployment, for: .predict, as: .prediction, settings) }
  }

  /// Runs the deployed version of a feature task; its outputs are recorded.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func batchRun(
    _ deployment: DeploymentID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping { try use(deployment, for: .run, as: .batchRun, settings) }
  }

  // MARK: Parts

  private func use(
    _ id: DeploymentID, for step: Manifest.Step, as kind: JobKind, _ settings: RunSettings
  ) throws -> JobReport {
    let deployment = try context.state(ofDeployment: id)
    let version = try context.state(of: deployment.version)
    return try use(version, deployed: id, for: step, as: kind, settings)
  }

  /// Runs one of a manifest's commands with the artifacts of a version.
  private func use(
    _ version: Version, deployed deployment: DeploymentID? = nil, for step: Manifest.Step,
    as kind: JobKind, _ settings: RunSettings
  ) throws -> JobReport {
    guard kind.subjectKinds.contains(version.kind) else {
      throw JobError.usage(
        "there is no \(kind.rawValue) of a \(version.kind.rawValue), which \(version.id) is")
    }
    let (task, source) = try task(
      of: version.reference, in: version.id.subject.project, for: step)
    if kind == .evaluation, task.inputs.isEmpty {
      context.observer.remark(
        "the evaluation of '\(version.id.subject.name)' names no input, so no data stands beside its "
          + "metrics: add it to \(source.folder)/\(Manifest.fileName), such as "
          + "inputs: {test: data/test.csv}")
    }
    let fact = JobCreated(kind: kind, deployment: deployment, trigger: settings.trigger)
    var prepared = try prepare(
      task, of: source, fact: fact, number: version.id.number, settings)
    prepared.model = version
    return try perform(prepared, settings) { job, _ in try result(of: prepared, job) }
  }
}
