// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain

extension JobRunner {
  /// Runs a command that no manifest names, and records it.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is recorded of it.
  public func exec(_ request: ExecRequest) throws(JobError) -> JobReport {
    try wrapping {
      let prepared = try prepare(request)
      return try perform(prepared, request.settings) { job, _ in
        try result(of: prepared, job)
      }
    }
  }

  private func prepare(_ request: ExecRequest) throws -> PreparedJob {
    guard let program = request.arguments.first, !program.isEmpty else {
      throw JobError.usage("exec needs a command after '--'")
    }
    guard request.kind == .exec || request.kind == .training else {
      throw JobError.usage(
        "a command of one's own is recorded as exec or training, not as \(request.kind.rawValue)")
    }
    if request.kind == .training, request.subject == nil {
      throw JobError.usage("a training is of a model: name it with --subject")
    }
    var prepared = PreparedJob(
      create: CreateJob(
        project: request.project, subject: request.subject, number: request.number,
        fact: JobCreated(kind: request.kind, trigger: request.settings.trigger)),
      arguments: request.arguments, folder: request.folder,
      parameters: try ParameterSetting.merge(request.settings.set, into: JSONObject()))
    try describe(&prepared, request.settings)
    if let name = request.name { prepared.create.text[.name] = .string(name) }
    return prepared
  }
}
