// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@Suite struct RowsDamageTests {
  /// Bytes that are read are written back as they were. Speaks only when they are not: an
  /// expectation for each of so many would take most of the time.
  private func check(_ key: EntityKey, _ bytes: [UInt8]) {
    if let entity = try? decoded(key, bytes), row(entity) != bytes {
      Issue.record("\(bytes) is read as \(entity) and written back as \(row(entity))")
    }
  }

  @Test(
    "a row cut off anywhere is refused, and so is one with a byte more",
    arguments: UInt64(0)..<6)
  func truncation(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      let entity = generator.entity(kind)
      let bytes = row(entity)
      for count in 0..<bytes.count {
        let error = #expect(throws: RowError.self) {
          try decoded(entity.key, Array(bytes[..<count]))
        }
        #expect((error?.offset ?? .max) <= count)
      }
      #expect(throws: RowError(offset: bytes.count, reason: .trailingBytes)) {
        try decoded(entity.key, bytes + [0])
      }
    }
  }

  @Test(
    "a changed byte is refused, or is the one row of another state",
    arguments: UInt64(0)..<6)
  func flips(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      let entity = generator.entity(kind)
      var bytes = row(entity)
      for index in bytes.indices {
        for bit in 0..<8 {
          bytes[index] ^= 1 << UInt8(bit)
          check(entity.key, bytes)
          bytes[index] ^= 1 << UInt8(bit)
        }
        let kept = bytes[index]
        bytes[index] = UInt8(truncatingIfNeeded: generator.random.next())
        check(entity.key, bytes)
        bytes[index] = kept
      }
    }
  }

  @Test("any bytes under any key are read or refused", arguments: UInt64(0)..<100)
  func anyBytes(seed: UInt64) {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      var bytes: [UInt8] = [1]
      for _ in 0..<generator.random.below(80) {
        bytes.append(UInt8(generator.random.below(generator.random.pick([2, 8, 128, 256]))))
      }
      check(generator.key(kind), bytes)
    }
  }

  @Test("the first byte tells the format, and another format is refused by name")
  func format() {
    #expect(throws: RowError(offset: 0, reason: .unknownFormat(2))) {
      try decoded(.policy, [2])
    }
    #expect(throws: RowError(offset: 0, reason: .truncated)) { try decoded(.policy, []) }
  }

  @Test("each form beside the one that is written is refused where it begins")
  func otherForms() throws {
    let project = EntityKey.project(Name(unchecked: "churn"))
    // created: position 0, time 0; described: position 0, time 0.
    #expect(throws: Never.self) { try decoded(project, [1, 0, 0, 0, 0]) }
    #expect(throws: RowError(offset: 1, reason: .overlongInteger)) {
      try decoded(project, [1, 0x80, 0, 0, 0, 0])
    }
    let tooLarge = [UInt8](repeating: 0xff, count: 9) + [2]
    #expect(throws: RowError(offset: 1, reason: .integerOutOfRange)) {
      try decoded(project, [1] + tooLarge)
    }
    let slot = EntityKey.slot(
      SubjectID(project: Name(unchecked: "churn"), name: Name(unchecked: "lr")),
      target: Name(unchecked: "production"))
    #expect(throws: RowError(offset: 1, reason: .unknownFlags(4))) { try decoded(slot, [1, 4]) }
    #expect(throws: RowError(offset: 2, reason: .invalidIdentifier)) {
      try decoded(slot, [1, 1, 3, 0x61, 0x2d, 0x61])
    }
    #expect(throws: RowError(offset: 2, reason: .unknownWord(9))) {
      try decoded(.policy, [1, 0, 9])
    }
    #expect(throws: RowError(offset: 1, reason: .invalidText)) {
      try decoded(.ledger, [1, 1, 0xff])
    }
    // A count of elements for which the row has no room makes no array.
    #expect(throws: RowError(offset: 3, reason: .truncated)) {
      try decoded(.policy, [1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f])
    }
  }

  @Test(
    "a run of log lines cut off or changed anywhere is refused or read",
    arguments: UInt64(0)..<50)
  func logRuns(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    let run = generator.logRun()
    var bytes: [UInt8] = []
    run.encode(into: &bytes)
    func read(_ bytes: [UInt8]) throws -> LogRun {
      try bytes.withUnsafeBytes { try LogRun.decode(job: run.job, first: run.first, $0) }
    }
    for count in 0..<bytes.count {
      #expect(throws: RowError.self) { try read(Array(bytes[..<count])) }
    }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        guard let other = try? read(changed) else { continue }
        var again: [UInt8] = []
        other.encode(into: &again)
        #expect(again == changed)
      }
    }
  }
}
