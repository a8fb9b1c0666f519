// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

extension Surgery {
  /// The upgrade, where one was offered and the views are those of an older program.
  ///
  /// `busy` while a job runs: its runner is of the older program, which could write no more.
  func upgradeNeeded(
    _ directory: LedgerDirectory, _ pass: borrowing DoorPass
  ) throws(DirectoryError) -> Doctor.Upgrade? {
    guard let upgrade = options.upgrade, let made = reducer(directory, pass.identity.generation),
      made < Reducer.version
    else { return nil }
    for name in try GenerationSwap.names(in: directory.runnersDirectory) {
      guard let job = JobID(name), try !RunnerLock.canBeTaken(directory, job) else { continue }
      throw DirectoryError(
        .busy, "upgrade the ledger", directory.path, "\(job.string) runs",
        whatNext: "wait until no job runs, or stop it with the program that started it")
    }
    return upgrade
  }

  /// Who made the views; nil when the head cannot tell, which the rebuild itself does then.
  private func reducer(_ directory: LedgerDirectory, _ generation: UInt64) -> UInt32? {
    do throws(LMDBError) {
      var settings = Environment.Options()
      settings.readOnly = true
      let environment = try Environment.open(
        directory: directory.generationDirectory(generation), options: settings)
      defer { try? environment.close() }
      let table = try environment.openTables(["head"], create: false)[0]
      let head = try environment.read { (transaction) throws(LMDBError) in
        try transaction.loan.get(table, HeadKey.head) { Head($0) }
      }
      return (head ?? nil)?.reducer
    } catch {
      return nil
    }
  }

  /// Appends `ledger.upgraded` to the new generation, before anybody sees it; the head after it.
  func record(
    _ upgrade: Doctor.Upgrade, in environment: Environment, _ tables: Tables
  ) throws(StorageError) -> Head {
    do throws(WriteFailure<StorageError>) {
      return try environment.write(growing: true) { (transaction) throws(StorageError) in
        let head: Head
        do throws(ReadingError) { head = try Snapshot(transaction.loan, tables).head } catch {
          throw StorageError(.reading(error), "recording the upgrade")
        }
        var appender = try Appender(
          transaction.loan, tables, head: head, reading: options.clock.read())
        var random = RandomSupply()
        _ = try appender.append(
          Draft(
            actor: upgrade.actor,
            fact: .ledgerUpgraded(
              LedgerUpgraded(tool: Text(upgrade.tool), reducers: Reducer.version))),
          request: nil, random: &random)
        try appender.finish()
        return appender.head
      }
    } catch {
      switch error {
      case .body(let error): throw error
      case .begin(let error), .refused(let error), .commit(let error):
        throw StorageError(lmdb: error)
      }
    }
  }
}
