// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerRunner

@main struct Main {
  static func main() {
    // Before anything else: a guard must stay small, single-threaded and quick to start.
    GuardMain.runIfAsked(CommandLine.arguments)
    JobLedger.main()
  }
}

struct JobLedger: ParsableCommand {}
