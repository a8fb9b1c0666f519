// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner

/// `jobledger deploy`
struct Deploy: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Put an approved version into production on a target.",
    discussion: """
      The manifest's deploy hook acts first, where there is one. Without one, \
      deployments/TARGET/PROJECT/MODEL in the ledger points at the artifacts. A hook that fails \
      means no deployment.

        jobledger deploy churn-lr@3 --target production
        jobledger deploy churn-lr@4 --target production --replace \\
              --reason 'Fewer false alarms'
      """)

  @Argument(help: "The version.") var version: String
  @Option(help: "Where.") var target: String
  @Option(help: "How it is run.") var engine: Engine = .batch
  @Flag(help: "Take out what is in production there.") var replace = false
  @Option(help: "Why; needed with --replace.") var reason: String?
  @OptionGroup var signing: SigningOptions
  @OptionGroup var job: EffectOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    guard case .version(let id) = try session.resolve(version, [.version]) else { return 70 }
    let place = try checkedName(target, "a target's name")
    let attempt = Attempt(
      "deploy", on: "\(id) to \(place)",
      [
        ("version", .string(id.description)), ("target", .string(place.string)),
        ("engine", .string(engine.rawValue)), ("replace", replace ? .bool(true) : nil),
        ("reason", reason.map { .string($0) }),
      ])
    let signed = try session.sign(
      .deploy(
        PromoteVersion(
          version: id, target: place, engine: engine, replaces: replace,
          reason: reason.map { Text($0) }, runner: .current(tool: Session.tool))),
      attempt, signing
    ).signed
    let request = DeployRequest(
      version: id, target: place, engine: engine, replaces: replace,
      reason: reason.map { Text($0) }, signed: signed, withoutHook: job.withoutHook)
    return try session.runEffect(attempt, job) { settings in
      var request = request
      request.settings = settings
      return .deploy(request)
    }
  }
}

/// `jobledger retire`
struct Retire: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire",
    abstract: "Take a deployment out of production.",
    discussion: """
      The manifest's retire hook acts first, where there is one; if it fails, the deployment \
      stays.

        jobledger deployments --status active
        jobledger retire deploy-7k2pqx --reason 'The product ends on 30 June'
      """)

  @Argument(help: "The deployment.") var deployment: String
  @Option(help: "Why.") var reason: String
  @OptionGroup var signing: SigningOptions
  @OptionGroup var job: EffectOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(_ session: Session) throws -> Int32 {
    _ = try session.ledger()
    guard case .deployment(let id) = try session.resolve(deployment, [.deployment]) else {
      return 70
    }
    let attempt = Attempt(
      "retire", on: id.string,
      [("deployment", .string(id.string)), ("reason", .string(reason))])
    let signed = try session.sign(
      .retire(
        RetireDeployment(
          deployment: id, reason: Text(reason), runner: .current(tool: Session.tool))),
      attempt, signing
    ).signed
    return try session.runEffect(attempt, job) {
      .retire(
        RetireRequest(
          deployment: id, reason: Text(reason), signed: signed,
          withoutHook: job.withoutHook, settings: $0))
    }
  }
}
