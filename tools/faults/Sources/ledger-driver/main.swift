// SPDX-License-Identifier: Apache-2.0
// ledger-driver — what tools/faults kills, starves and cuts the power of: it writes a ledger through
// LedgerStorage, tells on standard output what it tried and what was acknowledged, and checks one.
// Never: a buffer between it and standard output, so that an acknowledgement is out when it is given.
// Start at: Driver.run. Run by: tools/faults/run.

import Glibc
import LedgerStorage

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  exit(try Driver.run(arguments))
} catch let error as StorageError {
  say("ERROR \(word(of: error)) \(error)")
  exit(74)
} catch {
  say("ERROR other \(error)")
  exit(74)
}
