// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading

/// The two onlookers of a stop: the command that is to end, and who waits for the ledger to say so.
enum Obeying {
  /// As a job's command: tells which job it is, waits for SIGTERM, and writes down when it came.
  static func command(_ arguments: [String]) {
    guard arguments.count == 1, let job = getenv("JOBLEDGER_JOB") else { Bench.usage() }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigprocmask(SIG_BLOCK, &signals, nil)
    print(String(cString: job))
    fflush(nil)
    sigwaitinfo(&signals, nil)
    let moment = "\(Bench.now())\n"
    let file = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0, moment.withCString({ write(file, $0, moment.utf8.count) }) > 0 else {
      Bench.fail(arguments[0])
    }
  }

  /// Waits until a job's end is committed, looking every half millisecond, and tells when that was.
  static func wait(_ arguments: [String]) {
    guard arguments.count == 2, let job = JobID(arguments[1]) else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      defer { reader.close() }
      print("ready 1")
      fflush(nil)
      while true {
        let state = try reader.read { (snapshot) throws(ReadingError) in
          try snapshot.entity(.job(job), asOf: snapshot.size)
        }
        if case .job(let state)? = state, state.status.isFinal { break }
        usleep(500)
      }
      print("ended \(Bench.now())")
    } catch {
      Bench.fail(error)
    }
  }
}
