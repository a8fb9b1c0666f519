// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain

/// `jobledger policy …`
struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Set the rules that decisions must meet, or show them.",
    subcommands: [PolicyShow.self, PolicySet.self])
}

/// `jobledger policy show`
struct PolicyShow: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the policy in force, in the form of its file.",
    discussion: """
        jobledger policy show > policy.yaml
        jobledger policy show --as-of 2026-06-30
      """)

  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    try moment.requireRecordedClock(for: "policy show")
    try session.reading(moment) { view in
      let state = try view.policy()
      if session.console.isJSON { return try session.console.print(view.documents.policyJSON()) }
      if let set = state.set {
        session.console.remark("in force since event #\(set.position.value), \(set.time)")
      } else {
        session.console.remark("the defaults: no policy was set")
      }
      try session.console.out.write(PolicyFile.write(state.policy))
    }
  }
}

/// `jobledger policy set`
struct PolicySet: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Set the whole policy from a file; what it leaves out has its default.",
    discussion: """
      The file, with every default:

        claims: false                 # may --as be used at all
        fourEyes: true                # maker and decider are two persons
        requireEvaluation: true
        decisionAuth: os              # least authentication: claimed, os, token, ssh
        signed: []                    # approved, rejected, retired, erased
        thresholds: {}                # {churn-lr: {accuracy: {min: 0.9}}}
        drift: {psi: 0.2}
        retention: {minimumDays: 180}

      Anchors are given each checkpoint, or one every so often (every: 6h):

        anchors:
          - {name: usb, file: /mnt/usb/churn.checkpoint}
          - {name: mail, command: [./send-note]}       # the note on its standard input
          - {name: tsa, timestamp: {url: http://tsa.example/, authority: tsa-ca.pem}}
          - {name: witness, witness: http://witness.example/, vkey: name+hash+key}

      They are run by processes of the user who set the policy, and by nobody else's. The policy is \
      part of the events for ever: no secret belongs in it.

      Then:

        jobledger policy set policy.yaml --reason 'Recall matters more than accuracy'
      """)

  @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml"])) var file: String
  @Option(help: "Why.") var reason: String
  @OptionGroup var signing: SigningOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let bytes = try UserFile.read(file, limit: 1 << 20, for: "read the policy")
    let policy = try PolicyFile.read(bytes, file: file)
    let made = try session.submit(
      .setPolicy(policy, reason: Text(reason)),
      Attempt(
        "set", on: "the policy",
        [("policy", .string(PolicyFile.write(policy))), ("reason", .string(reason))]),
      signing)
    session.remarkNothing(made)
    try session.readingHead { view in
      let state = try view.policy()
      if session.console.isJSON { return try session.console.print(view.documents.policyJSON()) }
      let place = state.set.map { "event #\($0.position.value)" } ?? "the defaults"
      try session.console.print("policy in force: \(place)")
    }
  }
}
