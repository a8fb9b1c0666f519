// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerTestSupport
import Testing

/// Random work on a table, and the same on an array of sorted entries.
@Suite struct ModelTests {
  private struct Model: Equatable {
    var entries: [(key: [UInt8], value: [UInt8])] = []

    /// The index of the least key that is `key` or above.
    func place(_ key: [UInt8]) -> Int {
      entries.firstIndex { !$0.key.lexicographicallyPrecedes(key) } ?? entries.count
    }

    func value(_ key: [UInt8]) -> [UInt8]? {
      let place = place(key)
      return place < entries.count && entries[place].key == key ? entries[place].value : nil
    }

    /// False where the mode forbids it.
    mutating func put(_ key: [UInt8], _ value: [UInt8], _ mode: PutMode) -> Bool {
      let place = place(key)
      let isThere = place < entries.count && entries[place].key == key
      switch mode {
      case .insert where isThere: return false
      case .append where place < entries.count: return false
      default: break
      }
      if isThere { entries[place].value = value } else { entries.insert((key, value), at: place) }
      return true
    }

    mutating func delete(_ key: [UInt8]) -> Bool {
      let place = place(key)
      guard place < entries.count, entries[place].key == key else { return false }
      entries.remove(at: place)
      return true
    }

    static func == (left: Model, right: Model) -> Bool {
      left.entries.elementsEqual(right.entries) { $0.key == $1.key && $0.value == $1.value }
    }
  }

  private struct Undone: Error {}

  @Test(arguments: UInt64(0)..<40)
  func `a table behaves as a sorted array does`(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    var generator = SplitMix64(seed: seed)
    var (environment, table) = try openQuickly(directory.path)
    var model = Model()
    for _ in 0..<12 {
      let before = model
      let undo = Int.random(in: 0..<5, using: &generator) == 0
      do {
        try environment.write { (transaction) throws in
          for _ in 0..<Int.random(in: 0..<120, using: &generator) {
            try change(transaction.loan, table, &model, &generator)
          }
          if undo { throw Undone() }
        }
      } catch WriteFailure<any Error>.body(is Undone) {
        model = before
      }
      try environment.read { (transaction) throws in
        #expect(try contents(transaction.loan, table) == model)
        #expect(try transaction.loan.entryCount(table) == model.entries.count)
        for _ in 0..<60 { try look(transaction.loan, table, model, &generator) }
      }
      if Int.random(in: 0..<3, using: &generator) == 0 {
        try environment.close()
        (environment, table) = try reopen(directory.path)
      }
    }
  }

  private func key(_ generator: inout SplitMix64) -> [UInt8] {
    let count = Int.random(in: 1...4, using: &generator)
    return (0..<count).map { _ in UInt8.random(in: 0..<6, using: &generator) &* 51 }
  }

  private func value(_ generator: inout SplitMix64) -> [UInt8] {
    let longest = Int.random(in: 0..<10, using: &generator) == 0 ? 20_000 : 300
    let count = Int.random(in: 0...longest, using: &generator)
    return [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: count)
  }

  private func change(
    _ loan: WriteLoan, _ table: Table, _ model: inout Model, _ generator: inout SplitMix64
  ) throws {
    let key = key(&generator)
    switch Int.random(in: 0..<200, using: &generator) {
    case 0:
      try loan.clear(table)
      model = Model()
    case 1..<60:
      #expect(try loan.delete(table, key) == model.delete(key))
    case 60..<80:
      #expect(try loan.bytes(table, key) == model.value(key))
    default:
      let value = value(&generator)
      let mode = [PutMode.insert, .append, .overwrite].randomElement(using: &generator)!
      let expected = model.put(key, value, mode)
      do {
        if Bool.random(using: &generator) {
          try loan.put(table, key, value, mode: mode)
        } else {
          try loan.reserve(table, key, count: value.count, mode: mode) {
            $0.copyBytes(from: value)
          }
        }
        #expect(expected)
      } catch {
        #expect(error == LMDBError(.keyExists, in: "mdb_put"))
        #expect(!expected)
      }
    }
  }

  private func contents(_ loan: Loan, _ table: Table) throws -> Model {
    try loan.withCursor(table) { cursor in
      var model = Model()
      while let entry = try cursor.next() {
        model.entries.append(([UInt8](entry.key), [UInt8](entry.value)))
      }
      return model
    }
  }

  private func look(
    _ loan: Loan, _ table: Table, _ model: Model, _ generator: inout SplitMix64
  ) throws {
    let key = key(&generator)
    let place = model.place(key)
    let isThere = model.value(key) != nil
    #expect(try loan.bytes(table, key) == model.value(key))
    #expect(try loan.contains(table, key) == isThere)
    func expect(
      _ entry: Entry?, _ index: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let expected = model.entries.indices.contains(index) ? model.entries[index] : nil
      #expect(entry.map { [UInt8]($0.key) } == expected?.key, sourceLocation: sourceLocation)
      #expect(entry.map { [UInt8]($0.value) } == expected?.value, sourceLocation: sourceLocation)
    }
    try loan.withCursor(table) { cursor in
      expect(try cursor.current(), -1)
      expect(try cursor.seek(atOrAfter: key), place)
      if place < model.entries.count {
        expect(try cursor.current(), place)
        expect(try cursor.next(), place + 1)
      }
      expect(try cursor.seek(atOrBefore: key), isThere ? place : place - 1)
      if isThere || place > 0 { expect(try cursor.next(), isThere ? place + 1 : place) }
      expect(try cursor.seek(before: key), place - 1)
      if place > 0 { expect(try cursor.previous(), place - 2) }
      expect(try cursor.seek(exactly: key), isThere ? place : -1)
      expect(try cursor.first(), 0)
      expect(try cursor.last(), model.entries.count - 1)
      expect(try cursor.seek(atOrAfter: [UInt8]()), 0)
      expect(try cursor.seek(atOrBefore: [UInt8]()), -1)
    }
    try loan.withCursor(table) { cursor in
      expect(try cursor.previous(), model.entries.count - 1)
    }
  }
}
