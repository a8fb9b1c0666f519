// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerRunner

/// `jobledger work`
struct Work: LedgerCommand {
  static let configuration = CommandConfiguration(
    commandName: "work",
    abstract: "Run queued jobs and what schedules are due, until stopped.",
    discussion: """
      Any number of these may run on one ledger: each job and each tick is run once. A queued job runs \
      with the inputs, the code and the environment that it was queued with; where they changed \
      since, it fails and says so. A tick that nobody has started within a minute was missed.

      The first SIGINT or SIGTERM lets running jobs end and takes no others; the second stops \
      them. Jobs that end are printed; see what they say with 'jobledger logs'.

        jobledger work --parallel 4
        jobledger train churn-lr --queue && jobledger work --until-idle
      """)

  @Option(help: ArgumentHelp("How many jobs run at once.", valueName: "number"))
  var parallel = 1
  @Flag(help: "End when nothing waits, runs or is due.") var untilIdle = false
  @OptionGroup var hook: HookOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    guard (1...256).contains(parallel) else {
      throw ValidationError("--parallel is a number from 1 to 256")
    }
    if global.request != nil {
      throw ValidationError("'work' knows no --request: what it runs has keys of its own")
    }
  }

  func run(_ session: Session) throws -> Int32 {
    Interrupts.shared.catchSignals()
    let console = session.console
    let remark: @Sendable (String) -> Void = {
      console.remark("jobledger: \(TerminalText.escape($0))")
    }
    let worker = Worker(
      ledger: try session.ledger(), caller: try session.caller(), tool: Session.tool,
      options: Worker.Options(
        parallel: parallel, untilIdle: untilIdle, remark: remark),
      running: JobRunner.Options(
        grace: hook.duration, ledgerPatience: try session.patience() ?? .seconds(60)),
      observer: JobObserver(
        started: { job, version in
          console.remark("\(job) started" + (version.map { ": \($0)" } ?? ""))
        }, remark: remark))
    do {
      // Whoever reads no more keeps no job from running.
      try worker.run { try? session.printReport($0) }
    } catch {
      throw Failure(anything: error).attempting("work", on: "the queue")
    }
    return 0
  }
}
