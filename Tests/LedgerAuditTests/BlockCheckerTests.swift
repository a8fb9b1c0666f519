// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

struct BlockCheckerTests {
  /// The positions, of some, at which an event is refused as altered.
  private static func refused(
    _ positions: Range<UInt64>, _ snapshot: Snapshot, _ checker: inout BlockChecker
  ) throws(ReadingError) -> [UInt64] {
    var refused: [UInt64] = []
    for position in positions {
      do throws(ReadingError) {
        _ = try snapshot.verifiedEvent(at: Position(position), using: &checker)
      } catch {
        guard error == ReadingError(.leafAltered(Position(position)), "") else { throw error }
        refused.append(position)
      }
    }
    return refused
  }

  /// Turns another time into a leaf, which stays as long as it was.
  private static func alter(
    _ position: UInt64, _ loan: WriteLoan, _ tables: Tables
  ) throws(LMDBError) {
    let key = BigEndianKey(position)
    var leaf = try loan.bytes(tables.leaves, key) ?? []
    let time = Array("\"time\":\"2".utf8)
    for start in leaf.indices where leaf[start...].starts(with: time) {
      leaf[start + time.count] ^= 1
    }
    try loan.put(tables.leaves, key, leaf, mode: .overwrite)
  }

  @Test func `an altered event takes its whole block with it, and no other`() throws {
    let history = HistoryGenerator.history(seed: 71, length: 700)
    let size = try Store(history).head().size.value
    try #require(size > 384 && size % 128 > 1)
    let last = size - size % 128
    for (altered, block) in [
      (0, 0..<128), (127, 0..<128), (128, 128..<256), (last - 1, last - 128..<last),
      (last, last..<size), (size - 1, last..<size),
    ] as [(UInt64, Range<UInt64>)] {
      let store = try Store(history)
      try store.tamper { (loan, tables) throws(LMDBError) in
        try BlockCheckerTests.alter(altered, loan, tables)
      }
      let reader = try store.reader()
      defer { reader.close() }
      try reader.read { (snapshot) throws(ReadingError) in
        var checker = BlockChecker()
        for _ in 0..<2 {
          #expect(try BlockCheckerTests.refused(0..<size, snapshot, &checker) == Array(block))
        }
      }
    }
  }

  @Test func `an unfinished block is checked again when it has grown`() throws {
    let house = try House()
    func grow(to size: UInt64) throws {
      while try house.size.value < size {
        let name = try #require(ActorID("member-\(try house.size.value)"))
        try house.ask(.alice, .grant(GrantRoles(member: name, roles: [.operator])))
      }
    }
    let reader = house.ledger.reader
    var checker = BlockChecker()
    func refused(_ positions: Range<UInt64>) throws -> [UInt64] {
      try reader.withSnapshot { try BlockCheckerTests.refused(positions, $0, &checker) }
    }
    try grow(to: 9)
    #expect(try refused(0..<9) == [])
    try grow(to: 16)
    _ = try reader.environment.write(growing: false) {
      (transaction) throws(LMDBError) in
      try BlockCheckerTests.alter(12, transaction.loan, reader.tables)
    }
    #expect(try refused(0..<16) == Array(0..<16))
  }
}
