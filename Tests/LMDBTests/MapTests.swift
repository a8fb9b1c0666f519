// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import Testing

@Suite struct MapTests {
  private let directory = TemporaryDirectory()
  private static let kibibyte = [UInt8](repeating: 0x5A, count: 1_024)

  private func fill(
    _ loan: WriteLoan, _ table: Table, _ numbers: Range<UInt64>
  ) throws(LMDBError) {
    for number in numbers {
      try loan.put(table, BigEndianKey(number), Self.kibibyte, mode: .append)
    }
  }

  @Test func `a full map fails the body, and nothing of it is stored`() throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    let failure = #expect(throws: WriteFailure<LMDBError>.self) {
      try environment.write { (transaction) throws(LMDBError) in
        try fill(transaction.loan, table, 0..<1_000)
      }
    }
    #expect(failure == .body(LMDBError(.mapFull, in: "mdb_put")))
    #expect(try environment.statistics(table).entries == 0)
    try environment.write { (transaction) throws in try fill(transaction.loan, table, 0..<50) }
    #expect(try environment.statistics(table).entries == 50)
  }

  @Test func `with growing, the body runs again on a larger map and is stored once`() throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    var runs = 0
    try environment.write(growing: true) { (transaction) throws(LMDBError) in
      runs += 1
      try fill(transaction.loan, table, 0..<4_000)
    }
    #expect(runs > 3)
    #expect(try environment.statistics(table).entries == 4_000)
    let grown = try environment.info.mapSizeBytes
    #expect(grown >= 4 << 20)
    try environment.close()
    // The size is kept in the file.
    let (again, _) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    #expect(try again.info.mapSizeBytes == grown)
  }

  @Test func `a failed call that the body hides still makes the map grow`() throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    try environment.write(growing: true) { transaction in
      try? fill(transaction.loan, table, 0..<1_000)
    }
    #expect(try environment.statistics(table).entries == 1_000)
  }

  @Test func `a thread with a snapshot open is told instead of waiting for itself`() throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    try environment.read { (_) throws in
      expectError(.transactionOpen) { try environment.grow(toAtLeast: 1 << 30) }
      let failure = #expect(throws: WriteFailure<LMDBError>.self) {
        try environment.write(growing: true) { (transaction) throws(LMDBError) in
          try fill(transaction.loan, table, 0..<1_000)
        }
      }
      #expect(failure == .body(LMDBError(.mapFull, in: "mdb_put")))
    }
    #expect(try environment.grow(toAtLeast: 1 << 20) >= 1 << 20)
    #expect(try environment.grow(toAtLeast: 1) >= 1 << 20)
  }

  @Test func `a size that no process can map is refused and the environment stays usable`() throws {
    let (environment, table) = try openQuickly(directory.path)
    let before = try environment.info.mapSizeBytes
    expectError(.outOfMemory) { try environment.grow(toAtLeast: 1 << 50) }
    expectError(.outOfMemory) { try environment.grow(toAtLeast: Int.max) }
    #expect(try environment.info.mapSizeBytes == before)
    try environment.write { (transaction) throws in try fill(transaction.loan, table, 0..<10) }
  }

  @Test func `the map grows among many readers and each sees whole states`() async throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 128 << 10)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          do {
            for _ in 0..<400 {
              try environment.read { (transaction) throws in
                let count = try transaction.loan.entryCount(table)
                #expect(count % 100 == 0)
                if count > 0 {
                  let last = BigEndianKey(UInt64(count - 1))
                  #expect(try transaction.loan.bytes(table, last) == Self.kibibyte)
                }
                // A read inside a read must not wait for a change of the map.
                try environment.read { (inner) throws in
                  #expect(try inner.loan.entryCount(table) >= count)
                }
              }
            }
          } catch {
            Issue.record("\(error)")
          }
        }
      }
      group.addTask {
        do {
          for batch in UInt64(0)..<40 {
            try environment.write(growing: true) { (transaction) throws in
              try fill(transaction.loan, table, batch * 100..<(batch + 1) * 100)
            }
          }
        } catch {
          Issue.record("\(error)")
        }
      }
    }
    #expect(try environment.statistics(table).entries == 4_000)
  }

  @Test func `a map that another process made larger is taken over`() async throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 256 << 10)
    // Leaves an idle reader behind, which is renewed later.
    try environment.read { (transaction) throws in
      #expect(try transaction.loan.entryCount(table) == 0)
    }
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let (other, table) = try openQuickly(path, mapSizeBytes: 4 << 20)
      try other.write { (transaction) throws in
        for number in UInt64(0)..<2_000 {
          try transaction.loan.put(
            table, BigEndianKey(number), [UInt8](repeating: 0x5A, count: 1_024), mode: .append)
        }
      }
    }
    try environment.read { (transaction) throws in
      #expect(try transaction.loan.entryCount(table) == 2_000)
      #expect(try transaction.loan.bytes(table, BigEndianKey(1_999)) == Self.kibibyte)
    }
    #expect(try environment.info.mapSizeBytes >= 4 << 20)
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let (other, table) = try openQuickly(path, mapSizeBytes: 32 << 20)
      try other.write { (transaction) throws in
        for number in UInt64(2_000)..<8_000 {
          try transaction.loan.put(
            table, BigEndianKey(number), [UInt8](repeating: 0x5A, count: 1_024), mode: .append)
        }
      }
    }
    try environment.write { (transaction) throws in
      try fill(transaction.loan, table, 8_000..<8_001)
    }
    #expect(try environment.statistics(table).entries == 8_001)
  }
}
