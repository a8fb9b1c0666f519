// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger project …`
struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Add a project to the ledger, or tell where it moved.",
    subcommands: [ProjectAdd.self, ProjectUpdate.self])
}

/// `jobledger project add`
struct ProjectAdd: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Add the project of a folder with a jobledger.yaml.",
    discussion: """
      The manifest names the project and its models. A smallest one:

        project: churn
        models:
          churn-lr:
            train:    {run: [python3, train.py], inputs: {train: data/train.csv}}
            evaluate: {run: [python3, evaluate.py], inputs: {test: data/test.csv}}

      Then:

        jobledger project add .
        jobledger train churn-lr
      """)

  @Argument(help: "The project's folder.", completion: .directory) var path: String
  @Option(help: "What the project is for.") var description: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let folder = try ProjectFolder.resolve(path)
    let manifest = try Manifest.read(projectFolder: folder)
    var text = EventText([.path: .string(folder)])
    if let description { text[.description] = .string(description) }
    let made = try session.submit(
      .addProject(manifest.project, text: text),
      Attempt(
        "add", on: "the project \(manifest.project)",
        [
          ("project", .string(manifest.project.string)), ("path", .string(folder)),
          ("description", description.map { .string($0) }),
        ]))
    try session.printProject(manifest.project, made, verb: "added")
  }
}

/// `jobledger project update`
struct ProjectUpdate: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Tell where a project's folder is now, or what it is for.",
    discussion: """
        jobledger project update churn --path /srv/models/churn
      """)

  @Argument(help: "The project.") var project: String
  @Option(help: "Its folder.", completion: .directory) var path: String?
  @Option(help: "What it is for.") var description: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if path == nil, description == nil {
      throw ValidationError("say what changes: --path or --description")
    }
  }

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let name = try projectName(project)
    let folder = try path.map { try ProjectFolder.resolve($0) }
    if let folder {
      let manifest = try Manifest.read(projectFolder: folder)
      guard manifest.project == name else {
        throw Failure(
          .badInput, code: "project-mismatch", what: "update", on: "the project \(name)",
          why: "the manifest in '\(folder)' is of the project \(manifest.project)",
          next: "name the folder of \(name)")
      }
    }
    // The text is whole from here: what is not said stays as it was.
    var text = try session.describedText(ofProject: name)
    if let folder { text[.path] = .string(folder) }
    if let description { text[.description] = .string(description) }
    let made = try session.submit(
      .updateProject(name, text: text),
      Attempt(
        "update", on: "the project \(name)",
        [
          ("project", .string(name.string)), ("path", folder.map { .string($0) }),
          ("description", description.map { .string($0) }),
        ]))
    try session.printProject(name, made, verb: "updated")
  }
}

/// `jobledger subject …`
struct SubjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subject",
    abstract: "Say who owns a model, its risk tier, and when it is to be reviewed.",
    subcommands: [SubjectSet.self])
}

/// `jobledger subject set`
struct SubjectSet: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Set what is known of a model or feature task; what is not named stays.",
    discussion: """
        jobledger subject set churn-lr --owner alice --review-by 2027-06-30
      """)

  @Argument(help: "The model or feature task.") var subject: String
  @Option(help: ArgumentHelp("Who answers for it.", valueName: "member")) var owner: String?
  @Option(help: ArgumentHelp("The tier of its risk.", valueName: "word")) var tier: String?
  @Option(help: ArgumentHelp("The day by which it is to be reviewed.", valueName: "date"))
  var reviewBy: String?
  @Option(help: ArgumentHelp("The type of model.", valueName: "word")) var modelType: String?
  @Option(help: "What it is.") var description: String?
  @Option(help: "Why it was made so.") var rationale: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if owner == nil, tier == nil, reviewBy == nil, modelType == nil, description == nil,
      rationale == nil
    {
      throw ValidationError("say what to set: --owner, --tier, --review-by, …")
    }
  }

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    guard case .subject(let id) = try session.resolve(subject, [.subject]) else { return }
    guard case .subject(let state)? = try session.entity(.subject(id)) else { return }
    var described = state.described
    if let owner { described.owner = try actorID(owner) }
    if let tier { described.tier = try checkedName(tier, "a tier") }
    if let modelType { described.modelType = try checkedName(modelType, "a type of model") }
    if let reviewBy {
      guard let date = CalendarDate(reviewBy) else {
        throw Failure(
          .badInput, code: "date-malformed", what: "set the review date to", on: "'\(reviewBy)'",
          why: "it is no day of the calendar", next: "write it as 2027-06-30")
      }
      described.reviewBy = date
    }
    var text = EventText()
    if description != nil || rationale != nil {
      text = try session.text(at: state.changed.position)
      text = EventText(text.values.filter { $0.key == .description || $0.key == .rationale })
      if let description { text[.description] = .string(description) }
      if let rationale { text[.rationale] = .string(rationale) }
    }
    let made = try session.submit(
      .describeSubject(
        DescribeSubject(subject: id, kind: state.kind, described: described, text: text)),
      Attempt(
        "set", on: "what is known of \(id)",
        [
          ("subject", .string(id.description)), ("owner", owner.map { .string($0) }),
          ("tier", tier.map { .string($0) }), ("reviewBy", reviewBy.map { .string($0) }),
          ("modelType", modelType.map { .string($0) }),
          ("description", description.map { .string($0) }),
          ("rationale", rationale.map { .string($0) }),
        ]))
    try session.printSubject(id, made)
  }
}
