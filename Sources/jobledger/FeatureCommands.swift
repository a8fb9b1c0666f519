// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerRunner

/// `jobledger feature`: what is said of models without it. Decisions, deployments and retirements
/// are the very same commands (`FeatureForm`).
struct FeatureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feature",
    abstract: "Take in, run, decide on and deploy feature tasks.",
    discussion: """
      A feature task is code that makes features. Its versions go the way of a model's: taken in, \
      run, approved, deployed, run on a schedule, retired.

        jobledger feature import tenure-buckets
        jobledger feature run tenure-buckets@1
        jobledger feature approve tenure-buckets@1 --reason 'Agrees with the report'
        jobledger feature deploy tenure-buckets@1 --target production
        jobledger feature batch-run deploy-7k2pqx
      """,
    subcommands: [
      FeatureImport.self, FeatureRun.self, FeatureApprove.self, FeatureReject.self,
      FeatureDeploy.self, FeatureRetire.self, FeatureBatchRun.self,
    ])
}

/// `jobledger feature import`
struct FeatureImport: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take in the files of a feature task that its manifest names, as a new version.",
    discussion: """
        jobledger feature import tenure-buckets
      """)

  @Argument(help: "The feature task, as its manifest names it.") var task: String
  @Option(help: "Why it is taken in.") var rationale: String?
  @OptionGroup var job: ImportJobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    let subject = try session.subjectToMake(task, .feature, for: "import")
    let attempt = Attempt(
      "import", on: subject.description,
      [
        ("subject", .string(subject.description)), ("rationale", rationale.map { .string($0) }),
      ] + job.content)
    let request = ImportRequest(
      subject: subject, kind: .feature, rationale: rationale.map { Text($0) })
    return try session.runImport(attempt, job, request)
  }
}

/// `jobledger feature run`
struct FeatureRun: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a version of a feature task by its manifest's command.",
    discussion: """
      It runs the files that were taken in: a word of the command that names one of them means the \
      version's copy. What it leaves in its output folder is kept.

        jobledger feature run tenure-buckets@1
      """)

  @Argument(help: "The version.") var version: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    try session.runVersion(version, job, "run") { .runFeature($0, $1) }
  }
}

/// `jobledger feature batch-run`
struct FeatureBatchRun: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-run",
    abstract: "Run a deployed feature task.",
    discussion: """
        jobledger feature batch-run deploy-7k2pqx
      """)

  @Argument(help: "The deployment.") var deployment: String
  @OptionGroup var job: JobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    try session.runDeployed(deployment, job, "batch-run") { .batchRun($0, $1) }
  }
}
