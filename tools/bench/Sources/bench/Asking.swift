// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading

/// A question asked again and again of a ledger that is open, as a service would: its answer as JSON.
enum Asking {
  static func run(_ arguments: [String]) {
    guard arguments.count == 4, let size = UInt64(arguments[2]), let rounds = Int(arguments[3]),
      let question = Question.allCases.first(where: { $0.name == arguments[1] })
    else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      defer { reader.close() }
      var times: [Double] = []
      for _ in 0...rounds {
        let start = core()
        var bytes = 0
        try reader.withSnapshot { snapshot in
          let size = size == 0 ? snapshot.size : LedgerSize(size)
          var inquiry = Inquiry(
            about: .ledger, at: try snapshot.time(at: Position(size.value - 1)),
            in: Documents(snapshot, asOf: size, directory: reader.directory),
            checkpoint: reader.checkpoint)
          var object = ObjectStream { bytes += $0.count }
          try inquiry.answer(question).write(to: &object)
          try object.finish()
        }
        times.append(core() - start)
      }
      // The first round maps the pages that the others find.
      let later = times.dropFirst().sorted()
      print("seconds \(later[later.count / 2])")
    } catch {
      Bench.fail(error)
    }
  }

  /// How long this process kept a core busy so far, with all its threads, in seconds.
  private static func core() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
