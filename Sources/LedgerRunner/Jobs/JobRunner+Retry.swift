// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

extension JobRunner {
  /// Runs a job's command again, with the parameters and inputs that it had, as a new job.
  ///
  /// Words come from the ledger; what the inputs and the code are now is digested anew. Errors:
  /// `JobError`, also for a job that ran no command, still runs, or was recorded
  /// with a secret masked; then nothing ran and nothing is recorded of it.
  public func retry(
    _ id: JobID, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping {
      guard let job = try context.state(of: id) else {
        throw JobError.refused(.jobNotFound(id))
      }
      guard [.training, .evaluation, .run, .prediction, .batchRun, .exec].contains(job.kind) else {
        throw JobError.usage("a \(job.kind.rawValue) is not retried: ask for it again")
      }
      if job.status == .running { throw JobError.refused(.jobRunning(id)) }
      let recorded = try RecordedCommand(try context.request(of: job), of: id)
      var settings = settings
      if settings.purpose == nil { settings.purpose = recorded.purpose }
      let prepared = try prepare(recorded, of: job, settings)
      return try perform(prepared, settings) { job, _ in try result(of: prepared, job) }
    }
  }

  private func prepare(
    _ recorded: RecordedCommand, of job: Job, _ settings: RunSettings
  ) throws -> PreparedJob {
    let fact = JobCreated(
      kind: job.kind, deployment: job.request.deployment, trigger: settings.trigger,
      retryOf: job.id)
    let number = job.makesVersion ? nil : job.number
    var prepared: PreparedJob
    if let project = job.project, let subject = job.subject,
      job.request.inputs != nil
        || job.request.code != nil || (job.kind != .training && job.kind != .exec)
    {
      let (manifest, _) = try context.manifest(of: project)
      let source = try source(of: subject, in: project, manifest, recorded.folder)
      let task = Manifest.Task(
        run: recorded.command, inputs: recorded.inputs, parameters: recorded.parameters)
      prepared = try prepare(task, of: source, fact: fact, number: number, settings)
    } else {
      prepared = PreparedJob(
        create: CreateJob(project: job.project, subject: job.subject, number: number, fact: fact),
        arguments: recorded.command, folder: recorded.folder,
        parameters: try ParameterSetting.merge(settings.set, into: recorded.parameters))
      try describe(&prepared, settings)
    }
    if let name = recorded.name { prepared.create.text[.name] = .string(name) }
    if job.kind != .exec, !job.makesVersion, let version = job.versionID {
      prepared.model = try context.state(of: version)
    }
    return prepared
  }
}

/// What a job's first event says of its command.
struct RecordedCommand {
  var command: [String]
  var folder: String
  var parameters = JSONObject()
  var inputs: [Name: String] = [:]
  var purpose: Text?
  var name: Text?

  /// Reads the words of a job; refuses those that do not hold the whole command.
  init(_ text: EventText, of job: JobID) throws(JobError) {
    guard let words = text[.command]?.array?.map({ $0.text?.string }), !words.isEmpty,
      let folder = text[.paths]?.object?["folder"]?.text?.string
    else { throw .badInput("the ledger does not hold the command of \(job)") }
    command = words.compactMap { $0 }
    self.folder = folder
    if let parameters = text[.parameters]?.object { self.parameters = parameters }
    for member in text[.inputs]?.object?.members ?? [] {
      guard let name = Name(member.name.string), let location = member.value.text?.string else {
        throw .badInput("the inputs of \(job) cannot be understood")
      }
      inputs[name] = location
    }
    purpose = text.string(.purpose)
    name = text.string(.name)
    let isMasked =
      command.contains(where: RecordedCommand.isMasked)
      || inputs.values.contains(where: RecordedCommand.isMasked)
      || RecordedCommand.isMasked(.object(parameters))
    if isMasked {
      throw .badInput(
        "\(job) was recorded with a secret masked, so its command is not known in full: run it "
          + "anew, and pass secrets with --secret NAME")
    }
  }

  /// Whether words of a job's first event stand for others, which are not kept.
  static func isMasked(_ text: EventText) -> Bool {
    [TextMember.command, .parameters, .inputs].contains { text[$0].map(isMasked) ?? false }
  }

  private static func isMasked(_ words: String) -> Bool {
    // Bytes, because a pattern of Character would see clusters.
    let stars = Array(Redaction.stars.utf8)
    let bytes = Array(words.utf8)
    guard bytes.count >= stars.count else { return false }
    return (0...(bytes.count - stars.count)).contains { bytes[$0...].starts(with: stars) }
  }

  private static func isMasked(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): isMasked(text.string)
    case .array(let items): items.contains(where: isMasked)
    case .object(let object): object.members.contains { isMasked($0.value) }
    case .null, .bool, .number: false
    }
  }
}
