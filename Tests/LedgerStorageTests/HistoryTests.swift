// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// Random valid histories through a real store.
@Suite struct HistoryTests {
  @Test(arguments: UInt64(0)..<6)
  func `a ledger records what the rules decide in memory, reopened at any moment`(
    seed: UInt64
  ) throws {
    let store = try HistoryStore(HistoryGenerator.history(seed: 9000 + seed, length: 350))
    var random = SplitMix64(seed: seed)
    for step in store.steps {
      try store.play(step)
      if random.oneIn(40) {
        if random.oneIn(3) {
          store.close()
          let report = try checkWholeLedger(store.path)
          #expect(report.size == LedgerSize(UInt64(step.events.upperBound)))
        }
        try store.reopen()
      }
    }
    guard case .signed = store.ledger.signCheckpoint() else {
      Issue.record("no checkpoint")
      return
    }
    store.close()
    let report = try checkWholeLedger(store.path)
    #expect(report.size == LedgerSize(UInt64(store.history.events.count)))
    #expect(report.checkpoint?.size == report.size)
  }

  @Test(arguments: UInt64(0)..<4)
  func `the rows as of any size are those of folding that many events`(seed: UInt64) throws {
    let store = try HistoryStore(HistoryGenerator.history(seed: 9100 + seed, length: 400))
    for step in store.steps { try store.play(step) }
    var random = SplitMix64(seed: seed)
    try store.ledger.reader.read { (snapshot) throws(ReadingError) in
      var events: [Event] = []
      for position in 0..<snapshot.size.value {
        events.append(try snapshot.event(at: Position(position)))
      }
      var sizes: Set<UInt64> = [0, 1, 2, snapshot.size.value]
      while sizes.count < 40 { sizes.insert(UInt64(random.below(events.count))) }
      var views = MemoryViews()
      for size in 0...events.count {
        if sizes.contains(UInt64(size)) {
          try expectRows(of: views, in: snapshot, asOf: LedgerSize(UInt64(size)))
        }
        guard size < events.count else { break }
        do throws(FoldFailure) { try Reducer.fold(events[size], into: &views) } catch {
          Issue.record("\(error)")
        }
      }
    }
  }

  private func expectRows(
    of views: MemoryViews, in snapshot: Snapshot, asOf size: LedgerSize
  ) throws(ReadingError) {
    var count = 0
    for kind in EntityKind.allCases {
      try snapshot.forEachRow(of: kind, asOf: size) { (key, row) throws(ReadingError) in
        count += 1
        guard let (entity, _) = RowKey.parse(key), let folded = views.current[entity] else {
          Issue.record("a row as of \(size.value) that no event made")
          return true
        }
        var expected: [UInt8] = []
        RowCodec.encode(folded, into: &expected)
        #expect(row.elementsEqual(expected), "\(entity) as of \(size.value)")
        return true
      }
    }
    #expect(count == views.current.count, "as of \(size.value)")
  }
}
