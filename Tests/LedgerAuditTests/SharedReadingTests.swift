// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@testable import LedgerAudit

/// Work that two threads do together.
@Suite struct SharedReadingTests {
  private let store: Store
  private let reader: LedgerReader

  init() throws {
    store = try Store(HistoryGenerator.history(seed: 5120, length: 60))
    reader = try #require(store.ledger).reader
  }

  /// What each thread read, part by part, where a part is an event.
  private func read(
    _ snapshot: Snapshot, _ count: Int
  ) throws(ReadingError) -> [[Position: Timestamp]] {
    try snapshot.share(count) { (snapshot, parts) throws(ReadingError) in
      var times: [Position: Timestamp] = [:]
      while let part = parts.next() {
        let position = Position(UInt64(part))
        times[position] = try snapshot.time(at: position)
      }
      return times
    }
  }

  @Test func `each part is done once, by one of two threads`() throws {
    try reader.read { (snapshot) throws(ReadingError) in
      let count = Int(snapshot.size.value)
      for _ in 0..<100 {
        let both = try read(snapshot, count)
        #expect(both.count == 2)
        #expect(both.reduce(0) { $0 + $1.count } == count)
        for (position, time) in both.flatMap({ $0 }) {
          #expect(try snapshot.time(at: position) == time)
        }
      }
      #expect(try read(snapshot, 1).map(\.count) == [1])
      #expect(try read(snapshot, 0).map(\.count) == [0])
    }
  }

  @Test func `one thread does everything when something was committed meanwhile`() throws {
    try reader.withSnapshot { snapshot in
      let count = Int(snapshot.size.value)
      let key = BigEndianKey(snapshot.size.value)
      try reader.environment.write { (transaction) throws(LMDBError) in
        try transaction.loan.put(reader.tables.leaves, key, [0], mode: .append)
      }
      #expect(try read(snapshot, count).map(\.count) == [count])
    }
  }

  @Test func `what fails on either thread ends the work, and is thrown`() throws {
    let missing = try reader.read { (snapshot) throws(ReadingError) in Int(snapshot.size.value) }
    for _ in 0..<20 {
      #expect(throws: ReadingError.self) {
        try reader.read { (snapshot) throws(ReadingError) in
          // Behind the last event there are some more parts, and no event.
          _ = try read(snapshot, missing + 3)
        }
      }
    }
  }
}
