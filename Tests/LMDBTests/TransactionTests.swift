// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import Testing

@Suite struct TransactionTests {
  private let directory = TemporaryDirectory()

  private struct Stopped: Error, Equatable {}

  @Test func `what a write committed is seen by the next read`() throws {
    let (environment, table) = try openQuickly(directory.path)
    try environment.write { (transaction) throws in
      try transaction.loan.put(table, BigEndianKey(7), [1, 2, 3], mode: .append)
    }
    let value = try environment.read { (transaction) throws(LMDBError) in
      try transaction.loan.bytes(table, BigEndianKey(7))
    }
    #expect(value == [1, 2, 3])
  }

  @Test func `a snapshot does not see what is committed after it began`() throws {
    let (environment, table) = try openQuickly(directory.path)
    try environment.read { (transaction) throws in
      try environment.write { (writing) throws in
        try writing.loan.put(table, BigEndianKey(1), [1], mode: .insert)
      }
      #expect(try transaction.loan.contains(table, BigEndianKey(1)) == false)
      try environment.read { (later) throws in
        #expect(try later.loan.contains(table, BigEndianKey(1)))
        #expect(later.loan.transactionID == transaction.loan.transactionID + 1)
      }
    }
  }

  @Test func `a twin sees the same state, until something is committed`() throws {
    let (environment, table) = try openQuickly(directory.path)
    try environment.write { (transaction) throws in
      try transaction.loan.put(table, BigEndianKey(1), [1], mode: .insert)
      // What a writer has not committed is seen by nobody else.
      let twin = try transaction.loan.withTwin { (_) throws(LMDBError) in true }
      #expect(twin == nil)
    }
    try environment.read { (transaction) throws in
      let loan = transaction.loan
      let value = try loan.withTwin { (twin) throws(LMDBError) in
        #expect(twin !== loan && twin.transactionID == loan.transactionID)
        return try twin.bytes(table, BigEndianKey(1))
      }
      #expect(value == .some([1]))
      try environment.write { (writing) throws in
        try writing.loan.put(table, BigEndianKey(1), [2], mode: .overwrite)
      }
      #expect(try loan.withTwin { (_) throws(LMDBError) in true } == nil)
      #expect(try loan.bytes(table, BigEndianKey(1)) == [1])
    }
    #expect(try environment.readers().allSatisfy { $0.transactionID == nil })
  }

  @Test func `a body that throws aborts, and its error comes back typed`() throws {
    let (environment, table) = try openQuickly(directory.path)
    let failure = #expect(throws: WriteFailure<Stopped>.self) {
      try environment.write { (transaction) throws(Stopped) in
        do throws(LMDBError) {
          try transaction.loan.put(table, BigEndianKey(1), [1], mode: .insert)
        } catch {
          Issue.record("\(error)")
        }
        throw Stopped()
      }
    }
    #expect(failure == .body(Stopped()))
    #expect(failure?.outcomeIsUnknown == false)
    let count = try environment.read { (transaction) throws(LMDBError) in
      try transaction.loan.entryCount(table)
    }
    #expect(count == 0)
  }

  @Test func `a failed call that the body hides makes the commit refused, not unknown`() throws {
    let (environment, table) = try openQuickly(directory.path, mapSizeBytes: 128 << 10)
    let failure = #expect(throws: WriteFailure<Never>.self) {
      try environment.write { (transaction) throws(Never) in
        for number in 0..<1_000 {
          try? transaction.loan.put(
            table, BigEndianKey(UInt64(number)), [UInt8](repeating: 1, count: 1_000),
            mode: .append)
        }
      }
    }
    #expect(failure == .refused(LMDBError(.badTransaction, in: "mdb_txn_commit")))
    #expect(failure?.outcomeIsUnknown == false)
  }

  @Test func `append takes only keys above the last, insert only new ones`() throws {
    let (environment, table) = try openQuickly(directory.path)
    try environment.write { (transaction) throws in
      let loan = transaction.loan
      try loan.put(table, BigEndianKey(5), [5], mode: .append)
      expectError(.keyExists) { try loan.put(table, BigEndianKey(5), [6], mode: .append) }
      expectError(.keyExists) { try loan.put(table, BigEndianKey(4), [6], mode: .append) }
      expectError(.keyExists) { try loan.put(table, BigEndianKey(5), [6], mode: .insert) }
      #expect(try loan.bytes(table, BigEndianKey(5)) == [5])
      try loan.put(table, BigEndianKey(4), [4], mode: .insert)
      try loan.put(table, BigEndianKey(5), [7], mode: .overwrite)
      #expect(try loan.bytes(table, BigEndianKey(5)) == [7])
      #expect(try loan.entryCount(table) == 2)
    }
    // The refusals above left the transaction sound.
    #expect(try environment.statistics(table).entries == 2)
  }

  @Test func `keys of no bytes and of 512 are refused, those of 1 and 511 stored`() throws {
    let (environment, table) = try openQuickly(directory.path)
    try environment.write { (transaction) throws in
      let loan = transaction.loan
      expectError(.badValueSize) { try loan.put(table, [UInt8](), [1], mode: .overwrite) }
      expectError(.badValueSize) {
        try loan.put(table, [UInt8](repeating: 1, count: 512), [1], mode: .overwrite)
      }
      for count in [1, 511] {
        let key = [UInt8](repeating: 1, count: count)
        try loan.put(table, key, [UInt8](), mode: .insert)
        #expect(try loan.bytes(table, key) == [])
      }
    }
  }

  @Test func `reserved room holds what was written into it`() throws {
    let (environment, table) = try openQuickly(directory.path)
    let value = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
    try environment.write { (transaction) throws in
      try transaction.loan.reserve(table, BigEndianKey(1), count: 5_000, mode: .append) {
        $0.copyBytes(from: value)
      }
      try transaction.loan.reserve(table, BigEndianKey(2), count: 0, mode: .append) { _ in }
      #expect(
        throws: LMDBError(.keyExists, in: "mdb_put"),
        performing: {
          try transaction.loan.reserve(table, BigEndianKey(2), count: 1, mode: .append) { _ in }
        })
    }
    try environment.read { (transaction) throws in
      #expect(try transaction.loan.bytes(table, BigEndianKey(1)) == value)
      #expect(try transaction.loan.bytes(table, BigEndianKey(2)) == [])
    }
  }

  @Test func `clear empties a table and no other`() throws {
    let (environment, _) = try openQuickly(directory.path)
    let tables = try environment.openTables(["one", "two"], create: true)
    try environment.write { (transaction) throws in
      for table in tables {
        for number in 0..<100 {
          try transaction.loan.put(
            table, BigEndianKey(UInt64(number)), [UInt8(number)], mode: .append)
        }
      }
      try transaction.loan.clear(tables[0])
    }
    #expect(try environment.statistics(tables[0]).entries == 0)
    #expect(try environment.statistics(tables[1]).entries == 100)
  }

  @Test func `every form of bytes names the same key`() throws {
    let (environment, table) = try openQuickly(directory.path)
    let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 0]
    let inline: [8 of UInt8] = [0, 0, 0, 0, 0, 0, 1, 0]
    try environment.write { (transaction) throws in
      let loan = transaction.loan
      try loan.put(table, BigEndianKey(256), bytes.span.bytes, mode: .insert)
      #expect(try loan.bytes(table, bytes) == bytes)
      #expect(try loan.bytes(table, bytes[...]) == bytes)
      #expect(try loan.bytes(table, inline) == bytes)
      #expect(try loan.bytes(table, bytes.span.bytes) == bytes)
      #expect(try bytes.withUnsafeBytes { try loan.bytes(table, $0) } == bytes)
      #expect(try loan.get(table, bytes) { BigEndianKey($0) } == BigEndianKey(256))
    }
  }

  @Test func `a loan used after its transaction stops the process`() async {
    let sentence = "A transaction was used after it had ended."
    await expectStop(
      saying: sentence,
      #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [path = directory.path as String] in
        let (environment, table) = try openQuickly(path)
        let loan = environment.keptLoan()
        _ = try loan.contains(table, BigEndianKey(1))
      })
    await expectStop(
      saying: sentence,
      #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [path = directory.path as String] in
        let (environment, table) = try openQuickly(path)
        var kept: WriteLoan?
        try environment.write { kept = $0.loan }
        try kept?.put(table, BigEndianKey(1), [1], mode: .insert)
      })
  }

  @Test func `a loan used within its transaction does not stop the process`() async {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let (environment, table) = try openQuickly(path)
      try environment.write { (transaction) throws in
        let kept = transaction.loan
        try kept.put(table, BigEndianKey(1), [1], mode: .insert)
      }
    }
  }

  @Test func `a write inside a write on one thread stops the process instead of hanging`() async {
    await expectStop(
      saying: "A write transaction was begun inside another one on the same thread.",
      #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [path = directory.path as String] in
        let (environment, _) = try openQuickly(path)
        try environment.write { (_) throws in try environment.write { _ in } }
      })
  }

  @Test func `a table of another environment stops the process`() async {
    await expectStop(
      saying: "A table was used in a transaction of another environment.",
      #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [path = directory.path as String] in
        mkdir(path + "/one", 0o700)
        mkdir(path + "/two", 0o700)
        let (_, table) = try openQuickly(path + "/one")
        let (other, _) = try openQuickly(path + "/two")
        try other.read { (transaction) throws in _ = try transaction.loan.contains(table, [1]) }
      })
  }

  @Test func `errors compare by code and operation and speak in a sentence`() {
    let error = LMDBError(.mapFull, in: "mdb_put")
    #expect(error == LMDBError(.init(rawValue: -30_792), in: "mdb_put"))
    #expect(error != LMDBError(.mapFull, in: "mdb_txn_commit"))
    #expect(error.description.hasPrefix("mdb_put failed: MDB_MAP_FULL"))
    #expect(error.description.hasSuffix("(-30792)."))
  }
}

extension Environment {
  fileprivate func keptLoan() -> Loan {
    var kept: Loan?
    try? read { kept = $0.loan }
    return kept!
  }
}
