// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerConsole

/// The root command: help grouped by what people come for.
struct JobLedger: ParsableCommand {
  /// The version of this program.
  static let version = ProgramVersion.current

  static let configuration = CommandConfiguration(
    commandName: "jobledger",
    abstract:
      "Runs the jobs that carry models through their life, and records every step for good.",
    discussion: """
      A ledger is one directory. Every action on a job (created, started, each log line, approved \
      and why, deployed, retired, stopped) is an event that is never changed; everything shown is \
      rebuilt from the events, now or as of any earlier moment.

      A first session, in a folder that holds a project with its jobledger.yaml:

        jobledger init
        jobledger project add .
        jobledger train churn-lr
        jobledger evaluate churn-lr@1
        jobledger approve churn-lr@1 --reason 'It is better'   # somebody else
        jobledger deploy churn-lr@1 --target production

      'jobledger NAME …' runs 'jobledger-NAME …' where NAME is none of these commands: \
      'jobledger replay' audits a ledger without being able to change it. JOBLEDGER_WAIT is the \
      number of seconds to wait for a ledger that others are writing (default: 30).
      """,
    version: version,
    groupedSubcommands: [
      CommandGroup(
        name: "Set up a ledger",
        subcommands: [
          Init.self, ProjectCommand.self, MemberCommand.self, PolicyCommand.self,
        ]),
      CommandGroup(
        name: "Run jobs",
        subcommands: [
          Train.self, Evaluate.self, Import.self, Statistics.self, Predict.self,
          FeatureCommand.self, Exec.self, Retry.self, Stop.self, ScheduleCommand.self, Work.self,
        ]),
      CommandGroup(
        name: "Decide, and go into production",
        subcommands: [
          Approve.self, Reject.self, Deploy.self, Retire.self,
        ]),
      CommandGroup(
        name: "Look around, now or as of any moment",
        subcommands: [
          Status.self, Jobs.self, Show.self, Logs.self, Versions.self, Deployments.self,
          Subjects.self, Events.self,
        ]),
      CommandGroup(
        name: "Write down what no job tells",
        subcommands: [
          Answer.self, Note.self, SubjectCommand.self, ChangeCommand.self, HoldCommand.self,
        ]),
      CommandGroup(
        name: "Look after a ledger",
        subcommands: [
          Whoami.self, Checkpoint.self, KeyCommand.self, AnchorCommand.self, BackupCommand.self,
          RestoreCommand.self, EraseCommand.self, DiskUsage.self, Doctor.self, ClockCommand.self,
        ]),
    ]
  )
}
