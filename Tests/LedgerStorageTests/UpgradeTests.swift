// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// Views that another version of the reducer made: an older one's are read and built anew, a newer
/// one's are left alone.
@Suite struct UpgradeTests {
  /// Makes the views those of another version: the same rows under its name.
  private func age(_ path: String, to version: UInt32) throws {
    let generation = path + "/db/1"
    let environment = try Environment.open(
      directory: generation, options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    let other = try environment.openTables(["rows-\(version)"], create: true)[0]
    _ = try environment.write { (transaction) throws(LMDBError) in
      let loan = transaction.loan
      var entries: [([UInt8], [UInt8])] = []
      try loan.withCursor(tables.rows) { (cursor) throws(LMDBError) in
        var entry = try cursor.first()
        while let found = entry {
          entries.append((Array(found.key), Array(found.value)))
          entry = try cursor.next()
        }
      }
      for (key, value) in entries { try loan.put(other, key, value, mode: .insert) }
      try loan.clear(tables.rows)
      let stored = try loan.get(tables.head, HeadKey.head) { Head($0) }
      guard var head = stored ?? nil else { throw LMDBError(.notFound, in: "head") }
      head.reducer = version
      try loan.put(tables.head, HeadKey.head, head.bytes, mode: .overwrite)
    }
    try environment.close()
  }

  private var upgrade: Doctor.Upgrade { Doctor.Upgrade(actor: .alice, tool: "jobledger/next") }

  private func isOlder(_ body: () throws(StorageError) -> Ledger) -> Bool {
    do throws(StorageError) {
      try body().close()
      return false
    } catch {
      return error == StorageError(.reading(ReadingError(.olderViews(0), "")), "")
    }
  }

  @Test func `older views are read, written only once they are built anew, which is recorded`()
    throws
  {
    let site = try BackupSite(seed: 51)
    let path = site.store.path
    let before = try dump(path + "/db/1")
    try age(path, to: 0)
    // As it is, it can be read, and verified as a whole.
    let reader = try LedgerReader.open(path)
    let (size, jobs) = try reader.read { (snapshot) throws(ReadingError) -> (LedgerSize, Int) in
      var count = 0
      try snapshot.forEachEntity(of: .job, asOf: snapshot.size) { (_) throws(ReadingError) in
        count += 1
        return true
      }
      return (snapshot.size, count)
    }
    reader.close()
    #expect(jobs > 0)
    try checkWholeLedger(path)
    let options = Ledger.Options(clock: site.clock)
    #expect(isOlder { () throws(StorageError) in try Ledger.open(path, options: options) })
    #expect(try Doctor.examine(path).map(\.code.rawValue).contains("views"))
    let repair = try Doctor.repair(
      path, options: Doctor.Treatment(clock: site.clock, upgrade: upgrade))
    guard case .rebuilt(let rebuilt) = repair.outcome else {
      Issue.record("\(repair)")
      return
    }
    #expect(rebuilt.size.value == size.value + 1)
    let after = try dump(path + "/db/2")
    #expect(after["rows-1"] == before["rows-1"])
    let ledger = try Ledger.open(path, options: options)
    let event = try ledger.reader.read { (snapshot) throws(ReadingError) in
      try snapshot.event(at: Position(size.value))
    }
    ledger.close()
    #expect(
      event.fact == .ledgerUpgraded(LedgerUpgraded(tool: "jobledger/next", reducers: 1)))
    #expect(event.actor == .alice)
    try checkWholeLedger(path)
    // Nothing is left to do.
    let again = try Doctor.repair(
      path, options: Doctor.Treatment(clock: site.clock, upgrade: upgrade))
    #expect(again.outcome == .untouched)
  }

  @Test func `an upgrade waits while a job runs, and changes nothing`() throws {
    let site = try BackupSite(seed: 52, length: 60)
    let path = site.store.path
    try age(path, to: 0)
    let before = try dump(path + "/db/1")
    let lock = try RunnerLock(LedgerDirectory.open(path), JobID("train-7k2pqx")!)
    let treatment = Doctor.Treatment(clock: site.clock, upgrade: upgrade)
    do throws(StorageError) {
      _ = try Doctor.repair(path, options: treatment)
      Issue.record("upgraded while a job ran")
    } catch {
      guard case .directory(let cause) = error.code else { throw error }
      #expect(cause.code.exitCode == 75)
    }
    #expect(TemporaryFolder.names(in: path + "/db") == ["1"])
    #expect(try dump(path + "/db/1") == before)
    lock.release()
    guard case .rebuilt = try Doctor.repair(path, options: treatment).outcome else {
      Issue.record("not upgraded")
      return
    }
    try checkWholeLedger(path)
  }

  @Test func `newer views are refused by who reads, writes, verifies, or backs up`() throws {
    let site = try BackupSite(seed: 53, length: 60)
    let path = site.store.path
    try age(path, to: 2)
    let newer = ReadingError(.newerViews(2), "")
    #expect(throws: newer) { try LedgerReader.open(path) }
    #expect(throws: newer) { _ = try Auditor.audit(path) }
    #expect(newer.exitCode == 69 && !newer.isDamage)
    #expect(throws: StorageError(.reading(newer), "")) {
      try Ledger.open(path, options: Ledger.Options(clock: site.clock))
    }
    do throws(BackupError) {
      try site.backUp()
      Issue.record("backed up")
    } catch {
      #expect(error.code == .storage(StorageError(.reading(newer), "")))
    }
    #expect(try Doctor.examine(path).filter { $0.code == .views }.map(\.severity) == [.warning])
    #expect(TemporaryFolder.names(in: site.folder.path) == ["ledger"])
  }

  @Test func `a backup of older views is restored, and its views are built anew`() throws {
    let site = try BackupSite(seed: 54)
    let before = try dump(site.store.path + "/db/1")
    try age(site.store.path, to: 0)
    let made = try site.backUp()
    #expect(!made.unsigned.isEmpty || made.manifest.checkpoint == made.manifest.size)
    let recorded = try site.restore()
    #expect(recorded.restored.position.value == made.manifest.size.value)
    let after = try dump(site.place + "/db/2")
    #expect(after["rows-1"] == before["rows-1"])
    #expect(after["leaves"]?.count == before["leaves"].map { $0.count + 2 })
    try checkWholeLedger(site.place)
    let ledger = try Ledger.open(site.place, options: Ledger.Options(clock: site.clock))
    ledger.close()
  }
}
