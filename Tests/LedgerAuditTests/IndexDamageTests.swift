// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// Index pages whose entries are out of order, as after a write that went to the wrong place.
@Suite struct IndexDamageTests {
  @Test func `entries out of order are told of, and never passed again and again`() throws {
    let store = try Store(HistoryGenerator.history(seed: 901, length: 300))
    store.close()
    let sound = try Places(store)
    let bytes = try #require(TemporaryFolder.read(store.dataFile))
    var told = 0
    for (left, right) in Self.neighbours(in: bytes) {
      var damaged = bytes
      damaged.swapAt(left, right)
      damaged.swapAt(left + 1, right + 1)
      TemporaryFolder.write(damaged, to: store.dataFile)
      // Pages that are not used any more have entries as well.
      guard let found = try? Places(store) else {
        told += 1
        continue
      }
      #expect(found == sound, "entries at \(left) and \(right)")
    }
    #expect(told > 5)
  }

  /// What the index of types says, passed and looked up.
  private struct Places: Equatable {
    var passed: [FactCode: [Position]] = [:]
    var among: [FactCode: [Position]] = [:]

    init(_ store: Store) throws {
      let reader = try store.reader()
      defer { reader.close() }
      try reader.withSnapshot { snapshot in
        let all = (0..<snapshot.size.value).map { Position($0) }
        for type in FactCode.allCases where type.isIndexed {
          try snapshot.forEachPosition(of: type, asOf: snapshot.size) { position in
            passed[type, default: []].append(position)
            return true
          }
          among[type] = try snapshot.places(of: type, among: all[...])
        }
      }
    }
  }

  /// Where a leaf page says that two neighbours stand, both of one type: two bytes each.
  private static func neighbours(in file: [UInt8]) -> [(Int, Int)] {
    func number(_ place: Int) -> Int { Int(file[place]) | Int(file[place + 1]) << 8 }
    /// The type in the key of an entry, where it is of the index: type (2), position (8).
    func type(_ page: Int, _ index: Int) -> Int? {
      let node = page + number(page + 16 + 2 * index)
      guard node + 18 <= file.count, number(node + 6) == 10 else { return nil }
      return number(node + 8)
    }
    return stride(from: 8192, to: file.count, by: 4096).flatMap { page in
      guard number(page + 10) == 0x02 else { return [(Int, Int)]() }
      let count = (number(page + 12) - 16) / 2
      return (1..<max(1, count)).filter { index in
        type(page, index - 1) != nil && type(page, index - 1) == type(page, index)
      }.prefix(20).map { (page + 16 + 2 * ($0 - 1), page + 16 + 2 * $0) }
    }
  }
}
