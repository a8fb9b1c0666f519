// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
public import LedgerStorage

/// Runs jobs against a ledger: from the request to the terminal event, on the calling thread.
///
/// Each call blocks until the job has ended. What goes wrong before the job exists is thrown and
/// leaves nothing; what goes wrong later ends the job and stands in the report.
public struct JobRunner: Sendable {
  /// What may be chosen about running.
  public struct Options: Sendable {
    /// How a guard is started.
    public var launcher: GuardLauncher
    /// How long a stopped command may take to end before it is killed.
    public var grace: Duration
    /// How long the runner tries again where the ledger cannot be written.
    public var ledgerPatience: Duration
    /// How often the ledger is asked whether somebody wants the job stopped.
    public var stopPollInterval: Duration
    /// The signals that stop a job.
    public var interrupts: Interrupts
    /// The standard choices.
    public init(
      launcher: GuardLauncher = GuardLauncher(), grace: Duration = .seconds(10),
      ledgerPatience: Duration = .seconds(60), stopPollInterval: Duration = .milliseconds(100),
      interrupts: Interrupts = .shared
    ) {
      self.launcher = launcher
      self.grace = grace
      self.ledgerPatience = ledgerPatience
      self.stopPollInterval = stopPollInterval
      self.interrupts = interrupts
    }
  }

  var context: JobContext

  /// A runner for one person; `tool` is name and version of the program.
  public init(
    ledger: Ledger, caller: CallerIdentity, tool: String, options: Options = Options(),
    observer: JobObserver = JobObserver()
  ) {
    context = JobContext(
      ledger: ledger, caller: caller, identity: .current(tool: tool), options: options,
      observer: observer)
  }
}
