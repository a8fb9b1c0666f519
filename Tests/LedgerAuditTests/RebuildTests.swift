// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Rebuilding from event 0 gives the stored views, at every prefix.
@Suite struct RebuildTests {
  struct StoredRow: Hashable {
    var key: [UInt8]
    var value: [UInt8]
  }

  /// The stored rows below a size, in order of keys.
  private func storedRows(_ reader: LedgerReader, below size: UInt64) throws -> Set<StoredRow> {
    try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.rows) { (cursor) throws(ReadingError) in
        var rows: Set<StoredRow> = []
        do throws(LMDBError) {
          var entry = try cursor.first()
          while let row = entry {
            if RowKey.position(row.key) < size {
              rows.insert(StoredRow(key: Array(row.key), value: Array(row.value)))
            }
            entry = try cursor.next()
          }
        } catch { throw ReadingError(lmdb: error) }
        return rows
      }
    }
  }

  @Test(arguments: UInt64(0)..<6, [false, true])
  func `a rebuild gives the same rows byte for byte at every prefix`(
    seed: UInt64, skippingLogs: Bool
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 900 + seed, length: 260), rotations: true)
    let reader = try #require(store.ledger?.reader)
    let size = try store.head().size.value
    for prefix in 0...size {
      var rebuilt: Set<StoredRow> = []
      let result = try Rebuild.fold(
        reader, through: LedgerSize(prefix), skippingLogs: skippingLogs
      ) { row in
        rebuilt.insert(StoredRow(key: Array(row.key), value: Array(row.value)))
      }
      #expect(result.rows == UInt64(rebuilt.count))
      let stored = try storedRows(reader, below: prefix)
      try #require(rebuilt == stored, "seed \(seed), prefix \(prefix)")
    }
  }

  @Test func `skipping logs reads fewer events and folds the same`() throws {
    let store = try Store(HistoryGenerator.history(seed: 950, length: 900))
    let reader = try #require(store.ledger?.reader)
    let size = try store.head().size
    let all = try Rebuild.fold(reader, through: size)
    let skipping = try Rebuild.fold(reader, through: size, skippingLogs: true)
    #expect(all.events == size.value)
    #expect(skipping.events <= all.events)
    #expect(skipping.views.current == all.views.current)
    #expect(skipping.rows == all.rows)
  }

  @Test func `a log of many stretches is rebuilt by two threads in order`() throws {
    let house = try House()
    try house.live()
    let line = Array("one of very many".utf8)
    for _ in 0..<4 {
      let training = try house.job(try house.ask(.olga, Scenario.job(.training)))
      try house.log(
        training,
        (1...5000).map {
          (LogLine(stream: .stdout, line: UInt64($0), level: .info, detector: 1), line)
        })
      try house.ask(
        .olga, .endJob(EndJob(job: training, status: .failed, ending: JobEnding(exit: 1))))
    }
    let reader = house.ledger.reader
    let size = try house.size
    for skippingLogs in [false, true] {
      var rebuilt: Set<StoredRow> = []
      var last: UInt64 = 0
      let result = try Rebuild.fold(reader, through: size, skippingLogs: skippingLogs) { row in
        #expect(row.position.value >= last)
        last = row.position.value
        rebuilt.insert(StoredRow(key: Array(row.key), value: Array(row.value)))
      }
      #expect(try storedRows(reader, below: size.value) == rebuilt)
      #expect(skippingLogs ? result.events < 500 : result.events == size.value)
    }
    struct Enough: Error {}
    for stop in [0, 5000, 10_000, 20_000] as [UInt64] {
      #expect(throws: Enough.self) {
        try Rebuild.fold(reader, through: size) { row in
          if row.position.value > stop { throw Enough() }
        }
      }
    }
  }

  @Test func `what the caller throws ends a rebuild`() throws {
    struct Enough: Error {}
    let store = try Store(HistoryGenerator.history(seed: 951, length: 400))
    let reader = try #require(store.ledger?.reader)
    let size = try store.head().size
    #expect(throws: Enough.self) {
      try Rebuild.fold(reader, through: size) { row in
        if row.position.value > 50 { throw Enough() }
      }
    }
    #expect(throws: ReadingError.self) {
      try Rebuild.fold(reader, through: LedgerSize(size.value + 1))
    }
  }
}
