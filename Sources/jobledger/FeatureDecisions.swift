// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerConsole

/// A command of models under `jobledger feature`: the very same, with a help of its own.
protocol FeatureForm: LedgerCommand {
  associatedtype ModelForm: LedgerCommand
  /// The command that is meant: its arguments are parsed, and it is what runs.
  var model: ModelForm { get }
}

extension FeatureForm {
  static var hasRows: Bool { ModelForm.hasRows }
  var global: GlobalOptions { model.global }

  func run(_ session: Session) throws -> Int32 { try model.run(session) }
}

/// `jobledger feature approve`
struct FeatureApprove: FeatureForm {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Approve a version of a feature task, so that it may be deployed.",
    discussion: """
      It needs an approver other than who took it in, and a completed run. On a terminal the \
      evidence is shown first, unless --seen says what you looked at; a decision without either is \
      marked as made without it.

        jobledger show tenure-buckets@1
        jobledger feature approve tenure-buckets@1 --seen 41 \\
              --reason 'Agrees with the report'
      """)

  @OptionGroup var model: Approve
}

/// `jobledger feature reject`
struct FeatureReject: FeatureForm {
  static let configuration = CommandConfiguration(
    commandName: "reject",
    abstract: "Reject a version of a feature task, and keep the reason.",
    discussion: """
        jobledger feature reject tenure-buckets@1 --reason 'Two buckets overlap'
      """)

  @OptionGroup var model: Reject
}

/// `jobledger feature deploy`
struct FeatureDeploy: FeatureForm {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Put an approved version of a feature task into production on a target.",
    discussion: """
      The manifest's deploy hook acts first, where there is one. Without one, \
      deployments/TARGET/PROJECT/TASK in the ledger points at the files. A hook that fails means \
      no deployment.

        jobledger feature deploy tenure-buckets@1 --target production
        jobledger feature deploy tenure-buckets@2 --target production --replace \\
              --reason 'Finer buckets'
      """)

  @OptionGroup var model: Deploy
}

/// `jobledger feature retire`
struct FeatureRetire: FeatureForm {
  static let configuration = CommandConfiguration(
    commandName: "retire",
    abstract: "Take a deployed feature task out of production.",
    discussion: """
      The manifest's retire hook acts first, where there is one; if it fails, the deployment \
      stays.

        jobledger deployments --status active
        jobledger feature retire deploy-7k2pqx --reason 'Its model is retired'
      """)

  @OptionGroup var model: Retire
}
