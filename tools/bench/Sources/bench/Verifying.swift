// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit

/// Verifications, in the process; baselines/verify.c is what they cannot do without.
enum Verifying {
  /// Arguments: LEDGER tree|texts|everything. Prints what it took.
  static func run(_ arguments: [String]) {
    let depths: [String: Auditor.Depth] = [
      "tree": .tree, "texts": .texts, "everything": .everything,
    ]
    guard arguments.count == 2, let depth = depths[arguments[1]] else { Bench.usage() }
    do {
      let start = (Bench.now(), processorTime())
      // The stored files of a made-up history are not there.
      let report = try Auditor.audit(
        arguments[0], options: Auditor.Options(checksArtifacts: false, depth: depth))
      print("seconds \(Bench.now() - start.0)")
      print("processor \(processorTime() - start.1)")
      print("root \(report.root.map { "\($0)" } ?? "none")")
      guard report.isOK else { Bench.fail(report.findings.first as Any) }
    } catch {
      Bench.fail(error)
    }
  }

  /// Seconds that all threads of this process have computed.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
