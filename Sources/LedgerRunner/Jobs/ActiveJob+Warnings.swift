// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// What a reviewer should know of a command beside how it ended. It ends the job's log, on the
/// stream of errors, so that what the command printed stays what its standard output has.
extension ActiveJob {
  /// Records what became of the command's inputs, and what it left running. A job's status does
  /// not depend on either.
  func warn(of inputs: Inputs, _ outcome: CommandOutcome) {
    guard let result = outcome.result, outcome.logFailure == nil else { return }
    var lines = inputs.changes().map { change in
      (change.isDoubtful ? LogLevel.warning : .info, Text("jobledger: \(change.words)"))
    }
    // At a stop, and where the guard was lost, all that runs is ended, and nobody is surprised.
    if outcome.stop == nil, !result.guardLost, result.killed > 0 {
      let holders = result.heldPipe > 0 ? ", \(result.heldPipe) of them holding its output" : ""
      let processes = result.killed == 1 ? "1 process" : "\(result.killed) processes"
      lines.append(
        (
          .warning,
          Text(
            "jobledger: ended \(processes) that its command had left behind\(holders); what is to "
              + "live on must be started by something else")
        ))
    }
    do { try log(lines, on: .stderr) } catch {
      // The end of the job, which comes next, waits longer for the ledger than a line does.
      for line in lines { context.observer.remark("\(line.1.string) (not recorded: \(error))") }
    }
  }
}
