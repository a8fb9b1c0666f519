// SPDX-License-Identifier: Apache-2.0
// bench — times the ledger's own code; ../run puts it beside the baselines.
// Prints figures as `name value` lines, one measurement a run. Never part of the product.

import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage

@main enum Bench {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let command = arguments.first else { usage() }
    let rest = Array(arguments.dropFirst())
    switch command {
    case "ingest": Ingest.run(rest)
    case "populate": Populate.run(rest)
    case "estate": Estate.run(rest)
    case "read": Reading.run(rest)
    case "rebuild": Reading.rebuildOnly(rest)
    case "state": Reading.stateOnly(rest)
    case "proofs": Proofs.run(rest)
    case "verify": Verifying.run(rest)
    case "sign": Signing.run(rest)
    case "flood": Flood.run(rest)
    case "longlog": LongLog.run(rest)
    case "table": Tables.make(rest)
    case "statistics": Tables.statistics(rest)
    case "reasons": Reasons.populate(rest)
    case "search": Reasons.search(rest)
    case "ask": Asking.run(rest)
    case "obey": Obeying.command(rest)
    case "ended": Obeying.wait(rest)
    default: usage()
    }
  }

  static func usage() -> Never {
    print("bench ingest LEDGER EVENTS PER_COMMIT [WRITERS]")
    print("bench populate LEDGER EVENTS")
    print("bench estate LEDGER EVENTS [SEED]")
    print("bench read LEDGER")
    print("bench rebuild LEDGER")
    print("bench state LEDGER")
    print("bench proofs LEDGER COUNT")
    print("bench verify LEDGER tree|texts|everything")
    print("bench sign LEDGER COUNT")
    print("bench flood LEDGER EVENTS")
    print("bench longlog LEDGER LINES")
    print("bench table FILE ROWS")
    print("bench statistics FILE")
    print("bench reasons LEDGER DECISIONS")
    print("bench search LEDGER")
    print("bench ask LEDGER QUESTION SIZE ROUNDS")
    print("bench obey FILE")
    print("bench ended LEDGER JOB")
    exit(64)
  }

  /// Seconds of CLOCK_MONOTONIC.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func fail(_ what: Any) -> Never {
    print("error: \(what)")
    exit(1)
  }
}
