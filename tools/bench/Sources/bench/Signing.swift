// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerStorage

/// How long it takes to sign and publish the head; baselines/signing.c is what that cannot do without.
enum Signing {
  /// Arguments: LEDGER COUNT. Appends a line before each, so that there is something new to sign.
  static func run(_ arguments: [String]) {
    guard arguments.count == 2, let count = Int(arguments[1]), count > 0 else { Bench.usage() }
    do {
      let ledger = try Ledger.open(arguments[0])
      let created = Populate.accept(
        ledger, Populate.alice,
        .createJob(
          CreateJob(
            project: Populate.project, fact: JobCreated(kind: .exec), runner: Populate.runner)))
      guard let job = created.last?.job else { Bench.fail("no job") }
      var times: [Double] = []
      for line in 1...count {
        Ingest.append(Ingest.batch(job, from: line, count: 1), to: ledger)
        let start = Bench.now()
        guard case .signed = ledger.signCheckpoint() else { Bench.fail("no checkpoint") }
        times.append(Bench.now() - start)
      }
      times.sort()
      print("each \(times[count / 2])")
      Populate.accept(
        ledger, Populate.alice,
        .endJob(EndJob(job: job, status: .completed, ending: JobEnding(exit: 0))))
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }
}
