// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger stop`
struct Stop: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Ask jobs to stop: the ones named, or all that run.",
    discussion: """
      The command is asked to end, and is killed when its grace is over. This waits for that for \
      a while; --no-wait returns at once.

        jobledger stop train-7k2pqx --reason 'Diverged'
        jobledger stop --all --project churn --reason 'The machine is needed'
      """)

  @Argument(help: "The jobs.") var jobs: [String] = []
  @Flag(help: "All jobs that have not ended.") var all = false
  @Option(help: ArgumentHelp("With --all: only jobs of this project.", valueName: "project"))
  var project: String?
  @Option(help: "Why.") var reason: String
  @Flag(inversion: .prefixedNo, help: "Wait until they have ended, at most 30 s.")
  var wait = true
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if all == !jobs.isEmpty { throw ValidationError("name jobs, or say --all") }
    if project != nil, !all { throw ValidationError("--project goes with --all") }
    if global.request != nil, jobs.count != 1 {
      throw ValidationError("--request goes with exactly one job")
    }
  }

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let wanted = try session.readingHead { view -> [JobID] in
      if !all { return try jobs.map { try view.job($0) } }
      let scope = try view.project(project)
      return try view.runningJobs().filter { scope == nil || $0.project == scope }.map(\.id)
    }
    if wanted.isEmpty { session.console.remark("no job runs") }
    var refused: (any Error)?
    var asked: [JobID] = []
    for job in wanted {
      do {
        _ = try session.submit(
          .requestStop(job, reason: Text(reason)),
          Attempt(
            "stop", on: job.string, [("job", .string(job.string)), ("reason", .string(reason))]))
        asked.append(job)
      } catch {
        // One that cannot be stopped keeps none of the others running.
        if let refused { session.tell(refused) }
        refused = error
      }
    }
    if wait { try session.wait(for: asked) }
    for job in asked { try session.printStopped(job) }
    if let refused { throw refused }
  }
}

extension Session {
  /// Tells a failure that does not end the command.
  fileprivate func tell(_ error: any Error) {
    try? console.err.write(Failure(anything: error).text(program: "jobledger"))
  }

  /// Waits until the jobs have ended.
  fileprivate func wait(for jobs: [JobID]) throws {
    var waiting = jobs
    for round in 0..<600 where !waiting.isEmpty {
      waiting = try readingHead { view in
        try waiting.filter { id in
          if case .job(let state)? = try view.entity(.job(id)) { return !state.status.isFinal }
          return false
        }
      }
      if round == 20, let first = waiting.first {
        console.remark("waiting for \(first) to end")
      }
      if !waiting.isEmpty { usleep(50_000) }
    }
  }

  /// Prints a job that was asked to stop.
  fileprivate func printStopped(_ id: JobID) throws {
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.job(id) else { return }
      let status = document.job.status
      try console.print(
        json: document.json,
        text: status.isFinal ? "\(id) \(status.rawValue)\n" : "\(id) was asked to stop\n")
    }
  }
}
