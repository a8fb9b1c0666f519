// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger train`
struct Train: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model by its manifest's command; success makes a new version.",
    discussion: """
      The job exists from the moment training starts. Its log is shown and kept; what the command \
      leaves in its output folder becomes the version's artifacts.

        jobledger train churn-lr
        jobledger train churn-lr --set epochs=400 --set 'features=[age, tenure]'
        jobledger train churn-lr --detach
      """)

  @Argument(help: "The model, as its manifest names it.") var model: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    let subject = try session.model(model)
    let attempt = Attempt(
      "train", on: subject.description,
      [("subject", .string(subject.description))] + job.content)
    return try session.runJob(attempt, job) { .train(subject, $0) }
  }
}

/// `jobledger evaluate`
struct Evaluate: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a version by its manifest's command; its metrics are recorded.",
    discussion: """
        jobledger evaluate churn-lr@3
      """)

  @Argument(help: "The version.") var version: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    try session.runVersion(version, job, "evaluate") { .evaluate($0, $1) }
  }
}

/// `jobledger predict`
struct Predict: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Score a batch with a deployed version.",
    discussion: """
      The manifest's predict command finds the deployed artifacts in JOBLEDGER_MODEL, checked \
      against their digests; what it leaves in its output folder is kept.

        jobledger predict deploy-7k2pqx
      """)

  @Argument(help: "The deployment.") var deployment: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    try session.runDeployed(deployment, job, "predict") { .predict($0, $1) }
  }
}

/// `jobledger exec`
struct Exec: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run any command here, and record it with its output.",
    discussion: """
      Its streams are passed on as they come, and its exit code is this command's; 125 means that \
      jobledger itself failed. It reads what this command is given to read, unless that is a \
      terminal; nothing is recorded of it. Its environment is a clean one, with PATH, HOME and the \
      locale: -- env CI="$CI" make test passes on more, --secret a value that is not recorded.

        jobledger exec -- python3 explore.py --rows 1000
        jobledger exec --subject churn/churn-lr --name 'data check' -- ./check.sh
      """)

  @Option(help: "What it counts as.") var kind: JobKind = .exec
  @Option(help: "The model or feature task that it is about.") var subject: String?
  @Option(help: ArgumentHelp("The project that it belongs to.", valueName: "project"))
  var project: String?
  @Option(help: "A name for it.") var name: String?
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions
  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("Program and arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty { throw ValidationError("write the command after '--'") }
  }

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    var request = ExecRequest(
      arguments: command, folder: ProcessEnvironment.workingDirectory(), kind: kind,
      name: name.map { Text($0) })
    request.project = try project.map { try projectName($0) }
    if let subject {
      let id: SubjectID
      if kind.makesVersion {
        id = try session.model(subject)
        request.subject = SubjectReference(kind: .model, name: id.name)
      } else {
        guard case .subject(let found) = try session.resolve(subject, [.subject]),
          case .subject(let state)? = try session.entity(.subject(found))
        else { return 125 }
        id = found
        request.subject = state.reference
      }
      request.project = id.project
    }
    let attempt = Attempt(
      "exec", on: "'\(command[0])'",
      [
        ("command", .array(command.map { .string($0) })), ("kind", .string(kind.rawValue)),
        ("folder", .string(request.folder)),
        ("project", request.project.map { .string($0.string) }),
        ("subject", request.subject.map { .string($0.name.string) }),
        ("name", name.map { .string($0) }),
      ] + job.content)
    return try session.runExec(attempt, job) { settings in
      request.settings = settings
      return .exec(request)
    }
  }
}

/// `jobledger retry`
struct Retry: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Run a training, evaluation or exec again, as a new job, with what it had.",
    discussion: """
        jobledger retry train-7k2pqx
      """)

  @Argument(help: "The job to repeat.") var repeated: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    let id = try session.readingHead { try $0.job(repeated) }
    let attempt = Attempt("retry", on: id.string, [("job", .string(id.string))] + job.content)
    return try session.runJob(attempt, job) { .retry(id, $0) }
  }
}

extension Session {
  /// The model that a training means: one that is registered, else one that a manifest names.
  func model(_ text: String) throws -> SubjectID {
    try subjectToMake(text, .model, for: "train")
  }

  /// The subject that a new version is to be of: one that is registered, else one that a manifest
  /// names, else, for an import of a model, a new one of the only project.
  func subjectToMake(
    _ text: String, _ kind: SubjectKind, for operation: String
  ) throws -> SubjectID {
    if let known = try registered(text) { return known }
    let words = kind == .model ? "model" : "feature task"
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let name = try checkedName(String(parts.last ?? ""), "a \(words)'s name")
    if parts.count == 2 {
      return SubjectID(project: try projectName(String(parts[0])), name: name)
    }
    let manifests = try manifests(kind)
    let found = manifests.filter { $0.names.contains(name) }
    if found.count == 1 { return SubjectID(project: found[0].project, name: name) }
    if found.count > 1 {
      throw ReferenceError.ambiguous(
        text, candidates: found.map { "\($0.project)/\(name)" }, count: found.count)
    }
    let isImport = kind == .model && operation == "import"
    if isImport {
      let projects = try projects()
      if projects.count == 1 { return SubjectID(project: projects[0].project.name, name: name) }
    }
    let near = EditDistance.suggestions(
      for: text, among: manifests.flatMap { $0.names.map(\.string) })
    var next = "see the subjects: jobledger subjects; add a project: jobledger project add PATH"
    if !near.isEmpty { next = "did you mean \(near.joined(separator: " or "))?" }
    if isImport { next = "name its project, too: PROJECT/\(name)" }
    throw Failure(
      .notFound, code: "\(kind.rawValue)-not-found", what: operation, on: "'\(text)'",
      why: "no project's manifest has such a \(words)", next: next)
  }

  /// The subject of exactly this name; nil where there is none yet.
  private func registered(_ text: String) throws -> SubjectID? {
    try readingHead { view in
      let parts = text.split(separator: "/").compactMap { Name($0) }
      guard (1...2).contains(parts.count) else { return nil }
      var found: [SubjectID] = []
      try view.snapshot.forEachEntity(of: .subject, asOf: view.size) { entity in
        if case .subject(let state) = entity, state.id.name == parts.last,
          parts.count == 1 || state.id.project == parts[0]
        {
          found.append(state.id)
        }
        return true
      }
      if found.count > 1 {
        throw ReferenceError.ambiguous(
          text, candidates: found.map(\.description), count: found.count)
      }
      return found.first
    }
  }

  private func projects() throws -> [ProjectDocument] {
    try readingHead { view in
      var documents = view.documents
      return try documents.projects()
    }
  }

  /// What the manifests of the ledger's projects name; one that cannot be read names nothing.
  private func manifests(_ kind: SubjectKind) throws -> [(project: Name, names: [Name])] {
    try projects().compactMap { document in
      guard let path = document.words.string(.path)?.string,
        let manifest = try? Manifest.read(projectFolder: path)
      else { return nil }
      let names =
        kind == .model ? manifest.models.keys.sorted() : manifest.features.keys.sorted()
      return (document.project.name, names)
    }
  }
}
