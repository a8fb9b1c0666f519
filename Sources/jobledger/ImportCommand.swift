// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerRunner

/// `jobledger import`
struct Import: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take in a model that was made elsewhere, as a new version.",
    discussion: """
      The files are copied and digested, never loaded, run or unpacked; any format will do.

        jobledger import churn-lr model.pmml --origin 'vendor X' --external-id 4711
        jobledger import churn/churn-lr model.onnx tokenizer.json --format onnx
      """)

  @Argument(help: "The model. Its project goes before it, PROJECT/MODEL, unless there is one only.")
  var model: String
  @Argument(help: "The files.") var files: [String]
  @Option(help: "Its format, such as pmml, onnx or pickle; otherwise the files tell it.")
  var format: String?
  @Option(help: "What it is called where it comes from.") var externalId: String?
  @Option(help: "Where it comes from.") var origin: String?
  @Option(help: "Why it is taken in.") var rationale: String?
  @Option(help: ArgumentHelp("The most bytes that a file may have.", valueName: "bytes"))
  var limit: UInt64 = ImportRequest.standardLimitBytes
  @OptionGroup var job: ImportJobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    let subject = try session.subjectToMake(model, .model, for: "import")
    let attempt = Attempt(
      "import", on: subject.description,
      [
        ("subject", .string(subject.description)),
        ("files", .array(files.map { .string($0) })),
        ("format", format.map { .string($0) }), ("externalId", externalId.map { .string($0) }),
        ("origin", origin.map { .string($0) }), ("rationale", rationale.map { .string($0) }),
      ] + job.content)
    let folder = ProcessEnvironment.workingDirectory()
    let request = ImportRequest(
      subject: subject, kind: .model,
      files: files.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" },
      format: try format.map { try checkedName($0, "a format") },
      externalID: externalId.map { Text($0) }, origin: origin.map { Text($0) },
      rationale: rationale.map { Text($0) }, limitBytes: limit)
    return try session.runImport(attempt, job, request)
  }
}

/// What a job that runs no command can be given.
struct ImportJobOptions: ParsableArguments {
  @Option(help: "What the job is for.") var purpose: String?
  @Flag(help: "Leave it to 'jobledger work'.") var queue = false

  /// What a request key is bound to.
  var content: [(Text, JSONValue?)] {
    [
      ("purpose", purpose.map { .string($0) }), ("queue", queue ? .bool(true) : nil),
    ]
  }
}

extension Session {
  /// Takes in files and prints the version that they became.
  func runImport(
    _ attempt: Attempt, _ options: ImportJobOptions, _ request: ImportRequest
  ) throws -> Int32 {
    try runJob(attempt, options) { settings in
      var request = request
      request.settings = settings
      return .importFiles(request)
    }
  }
}
