// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerRunner

/// `jobledger statistics`
struct Statistics: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Check a model against a data set, and keep the set's statistics.",
    discussion: """
      What the model wants is read from its file (PMML, ONNX, MOJO) and compared with the data's \
      columns. The statistics are what later scorings are compared with.

        jobledger statistics churn-lr@3 --data customers.csv
      """)

  @Argument(help: "The version.") var version: String
  @Option(help: ArgumentHelp("A CSV file with a header.", valueName: "file")) var data: String
  @OptionGroup var job: ImportJobOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    guard case .version(let id) = try session.resolve(version, [.version]) else { return 70 }
    let attempt = Attempt(
      "compute statistics of", on: "'\(data)' for \(id)",
      [
        ("version", .string(id.description)), ("data", .string(data)),
      ] + job.content)
    let path = data.hasPrefix("/") ? data : "\(ProcessEnvironment.workingDirectory())/\(data)"
    return try session.runJob(attempt, job) { .statistics(id, data: path, $0) }
  }
}
