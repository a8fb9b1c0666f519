// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Eight jobs that write at once, without making all lines beforehand: what the memory is for.
enum Flood {
  static func run(_ arguments: [String]) {
    guard arguments.count == 2, let count = Int(arguments[1]) else { Bench.usage() }
    do {
      let ledger = try Ledger.create(
        at: arguments[0], origin: "example.org/bench", by: Populate.alice, tool: "bench")
      let jobs = Ingest.startJobs(ledger, Populate.alice, count: 8)
      let share = count / jobs.count
      let threads = jobs.map { job in
        Thread.start {
          for first in stride(from: 1, through: share, by: 1000) {
            Ingest.append(
              Ingest.batch(job, from: first, count: min(1000, share - first + 1)), to: ledger)
          }
        }
      }
      for thread in threads { thread.join() }
      print("stored \(try stored(ledger.reader))")
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }

  /// The bytes of all leaves and texts.
  private static func stored(_ reader: LedgerReader) throws(ReadingError) -> Int {
    try reader.read { (snapshot) throws(ReadingError) in
      var bytes = 0
      for table in [snapshot.tables.leaves, snapshot.tables.texts] {
        do throws(LMDBError) {
          bytes += try snapshot.loan.withCursor(table) { (cursor) throws(LMDBError) in
            var sum = 0
            while let entry = try cursor.next() { sum += entry.value.count }
            return sum
          }
        } catch {
          throw ReadingError(lmdb: error)
        }
      }
      return bytes
    }
  }
}

/// One finished job with many lines, for `jobledger logs` and `jobledger show`.
enum LongLog {
  static func run(_ arguments: [String]) {
    guard arguments.count == 2, let count = Int(arguments[1]) else { Bench.usage() }
    do {
      let ledger = try Ledger.open(arguments[0])
      let created = Populate.accept(
        ledger, Populate.alice,
        .createJob(
          CreateJob(
            project: Populate.project, fact: JobCreated(kind: .exec), runner: Populate.runner)))
      guard let job = created.last?.job else { Bench.fail("no job") }
      for first in stride(from: 1, through: count, by: 1000) {
        Ingest.append(Ingest.batch(job, from: first, count: 1000), to: ledger)
      }
      Populate.accept(
        ledger, Populate.alice,
        .endJob(EndJob(job: job, status: .completed, ending: JobEnding(exit: 0))))
      print("job \(job)")
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }
}
