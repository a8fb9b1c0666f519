// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerStorage

/// Log lines of 60 bytes into a new ledger.
enum Ingest {
  static let actor = Actor(
    id: ActorID("runner")!, authentication: .system, host: "gpu7",
    os: OSUser(login: "alice", uid: 1000), actsFor: ActorID("alice"))

  static func run(_ arguments: [String]) {
    guard arguments.count >= 3, let count = Int(arguments[1]), let perCommit = Int(arguments[2])
    else { Bench.usage() }
    let writers = arguments.count > 3 ? Int(arguments[3])! : 1
    let alice = Actor(
      id: ActorID("alice")!, authentication: .os, host: "gpu7",
      os: OSUser(login: "alice", uid: 1000))
    do {
      let ledger = try Ledger.create(
        at: arguments[0], origin: "example.org/bench", by: alice, tool: "bench")
      let jobs = startJobs(ledger, alice, count: writers)
      let seconds =
        writers == 1
        ? single(ledger, jobs[0], count: count, perCommit: perCommit)
        : concurrent(ledger, jobs, count: count, perCommit: perCommit)
      print("seconds \(seconds)")
      print("rate \(Double(count) / seconds)")
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }

  static func startJobs(_ ledger: Ledger, _ alice: Actor, count: Int) -> [JobID] {
    let runner = RunnerIdentity(
      machine: "bench", pid: 1, startTicks: 1, pidNamespace: 1, boot: "bench", tool: "bench")
    _ = ledger.append(
      Submission(
        Command(
          actor: alice,
          intent: .addProject(Name("bench")!, text: EventText([.path: .string("/bench")])))))
    return (0..<count).map { _ in
      let outcome = ledger.append(
        Submission(
          Command(
            actor: alice,
            intent: .createJob(
              CreateJob(
                project: Name("bench"), fact: JobCreated(kind: .exec), runner: runner)))))
      guard case .accepted(let events) = outcome, let job = events.last?.job else {
        Bench.fail(outcome)
      }
      return job
    }
  }

  /// A batch of lines that begins with a given line number.
  static func batch(_ job: JobID, from first: Int, count: Int) -> LogBatch {
    var batch = LogBatch(job: job, actor: actor)
    for line in first..<first + count {
      let text = Array("epoch \(line) loss 0.\(line % 1000) step \(line &* 7)".utf8)
      let offset = batch.bytes.count
      batch.bytes += text + Array(repeating: UInt8(ascii: "."), count: max(0, 60 - text.count))
      batch.lines.append(
        LogBatch.Line(
          fact: LogLine(
            stream: .stdout, line: UInt64(line), level: line % 97 == 0 ? .warning : .info,
            detector: 1),
          offset: offset, count: batch.bytes.count - offset))
    }
    return batch
  }

  static func single(_ ledger: Ledger, _ job: JobID, count: Int, perCommit: Int) -> Double {
    // The lines are made before the clock starts: a runner reads them from a pipe.
    let batches = stride(from: 0, to: count, by: perCommit).map {
      batch(job, from: $0 + 1, count: min(perCommit, count - $0))
    }
    let start = Bench.now()
    for batch in batches { append(batch, to: ledger) }
    return Bench.now() - start
  }

  static func concurrent(
    _ ledger: Ledger, _ jobs: [JobID], count: Int, perCommit: Int
  ) -> Double {
    let share = count / jobs.count
    let batches = jobs.map { job in
      stride(from: 0, to: share, by: perCommit).map {
        batch(job, from: $0 + 1, count: min(perCommit, share - $0))
      }
    }
    let start = Bench.now()
    let threads = batches.map { mine in
      Thread.start { for batch in mine { append(batch, to: ledger) } }
    }
    for thread in threads { thread.join() }
    return Bench.now() - start
  }

  static func append(_ batch: LogBatch, to ledger: Ledger) {
    let outcome = ledger.append(batch)
    guard case .accepted = outcome else { Bench.fail(outcome) }
  }
}
