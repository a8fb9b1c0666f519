// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// The bytes of a row's key.
private func bytes(_ key: EntityKey, _ position: Position) -> [UInt8] {
  withRowKey(key, at: position) { [UInt8]($0) }
}

/// A key as the parts by which it sorts, without its bytes.
private func parts(_ key: EntityKey) -> (names: [String], number: UInt32) {
  switch key {
  case .ledger, .policy, .holds: ([], 0)
  case .project(let name): ([name.string], 0)
  case .subject(let id): ([id.project.string, id.name.string], 0)
  case .version(let id): ([id.subject.project.string, id.subject.name.string], id.number.value)
  case .job(let id), .deployment(let id): ([id.string], 0)
  case .slot(let id, let target): ([id.project.string, id.name.string, target.string], 0)
  case .member(let id): ([id.string], 0)
  case .schedule(let project, let name): ([project.string, name.string], 0)
  }
}

@Suite struct RowsKeyTests {
  @Test(
    "a key parses to entity and position, and begins with the entity's prefix",
    arguments: UInt64(0)..<200)
  func roundTrip(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      let key = generator.key(kind)
      let position = Position(generator.number())
      let stored = bytes(key, position)
      let parsed = try #require(stored.withUnsafeBytes { RowKey.parse($0) })
      #expect(parsed == (key, position))
      #expect(EntityKind(key) == kind)
      #expect(RowKey.kindRange(kind).contains(stored[0]))
      #expect(RowKey.kindRange(kind).count == 1)
      #expect(stored.withUnsafeBytes { RowKey.position($0) } == position.value)
      var prefix: [UInt8] = []
      RowKey.prefix(of: key, into: &prefix)
      RowKey.append(position.value, to: &prefix)
      #expect(prefix == stored)
    }
  }

  @Test("keys sort by kind, then names and number, then position", arguments: UInt64(0)..<10)
  func order(seed: UInt64) {
    var generator = RowsGenerator(seed: seed)
    var keys: [(EntityKey, Position)] = []
    for kind in EntityKind.allCases {
      // Short names meet often, also as beginnings of one another.
      let names = ["a", "a-b", "a.b", "aa", "A", "b"].map(Name.init(unchecked:))
      for _ in 0..<3 {
        let subject = SubjectID(
          project: generator.random.pick(names), name: generator.random.pick(names))
        let position = Position(generator.number())
        keys.append((generator.key(kind), position))
        keys.append((.subject(subject), position))
        keys.append((.slot(subject, target: generator.random.pick(names)), position))
        let number = VersionNumber(UInt32(1 + generator.random.below(300)))
        keys.append((.version(VersionID(subject: subject, number: number)), position))
      }
    }
    for left in keys {
      for right in keys {
        let (leftParts, rightParts) = (parts(left.0), parts(right.0))
        let kinds = (EntityKind(left.0).rawValue, EntityKind(right.0).rawValue)
        let expected: Bool
        if kinds.0 != kinds.1 {
          expected = kinds.0 < kinds.1
        } else if leftParts.names != rightParts.names {
          expected = leftParts.names.lexicographicallyPrecedes(rightParts.names)
        } else {
          expected = (leftParts.number, left.1) < (rightParts.number, right.1)
        }
        let stored = (bytes(left.0, left.1), bytes(right.0, right.1))
        #expect(stored.0.lexicographicallyPrecedes(stored.1) == expected)
        let isSame = stored.0.withUnsafeBytes { left in
          stored.1.withUnsafeBytes { RowKey.hasSameEntity(left, $0) }
        }
        #expect(isSame == (left.0 == right.0))
      }
    }
  }

  @Test("a key cut off or changed anywhere is another key or none", arguments: UInt64(0)..<20)
  func damage(seed: UInt64) {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      let stored = bytes(generator.key(kind), generator.position())
      for count in 0..<stored.count {
        let cut = Array(stored[..<count])
        if let (key, position) = cut.withUnsafeBytes({ RowKey.parse($0) }) {
          #expect(bytes(key, position) == cut)
        }
      }
      for index in stored.indices {
        for bit in 0..<8 {
          var changed = stored
          changed[index] ^= 1 << UInt8(bit)
          if let (key, position) = changed.withUnsafeBytes({ RowKey.parse($0) }),
            bytes(key, position) != changed
          {
            Issue.record("\(changed) is read as \(key)")
          }
        }
      }
    }
    #expect([UInt8]().withUnsafeBytes { RowKey.parse($0) } == nil)
    #expect([UInt8]([1, 2]).withUnsafeBytes { RowKey.position($0) } == .max)
    #expect([UInt8](repeating: 0, count: 8).withUnsafeBytes { !RowKey.hasSameEntity($0, $0) })
  }

  @Test("index keys parse to what they were made of", arguments: UInt64(0)..<200)
  func indexes(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    let (subject, revision) = (generator.subjectID(), Revision(generator.number()))
    let position = Position(generator.number())
    #expect(
      try #require(IndexKey.revision(subject, revision) { IndexKey.parseRevision($0) })
        == (subject, revision))
    let code = UInt16(truncatingIfNeeded: generator.random.next())
    #expect(
      try #require(IndexKey.type(code: code, position) { IndexKey.parseType($0) })
        == (code, position))
    let job = generator.job()
    #expect(
      try #require(IndexKey.job(job, position) { IndexKey.parseJob($0) }) == (job, position))
    let (actor, key) = (generator.actorID(), generator.requestKey())
    #expect(
      try #require(IndexKey.request(actor, key) { IndexKey.parseRequest($0) }) == (actor, key))
    let height = UInt8(generator.random.below(63))
    let index = position.value & (UInt64.max >> UInt64(height + 1))
    #expect(
      try #require(
        IndexKey.treeNode(height: height, index: index) { IndexKey.parseTreeNode($0) })
        == (height, index))
    #expect(IndexKey.position(position) { IndexKey.parsePosition($0) } == position)
  }

  @Test("index keys have the bytes that are promised")
  func indexBytes() {
    let subject = SubjectID(project: Name(unchecked: "p"), name: Name(unchecked: "m"))
    #expect(
      IndexKey.revision(subject, Revision(258)) { [UInt8]($0) }
        == [0x70, 0, 0x6d, 0, 0, 0, 0, 0, 0, 0, 1, 2])
    #expect(
      IndexKey.type(code: 0x0102, Position(3)) { [UInt8]($0) } == [1, 2, 0, 0, 0, 0, 0, 0, 0, 3])
    #expect(
      IndexKey.job(JobID(kind: .run, bits: 0), Position(1)) { [UInt8]($0) }
        == Array("run-000000".utf8) + [0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(
      IndexKey.treeNode(height: 8, index: 1) { [UInt8]($0) } == [0, 0, 0, 0, 0, 0, 2, 0, 8])
    for bytes in [
      [0, 0, 0, 0, 0, 0, 2, 128, 8], [0, 0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 0, 0, 0, 0, 2, 0, 63],
    ] {
      #expect(bytes.withUnsafeBytes { IndexKey.parseTreeNode(UnsafeRawBufferPointer($0)) } == nil)
    }
    #expect(IndexKey.position(Position(.max)) { [UInt8]($0) } == Array(repeating: 255, count: 8))
  }

  @Test(
    "identifiers are taken from bytes exactly when they are taken from strings",
    arguments: UInt64(0)..<300)
  func identifiers(seed: UInt64) {
    var generator = RowsGenerator(seed: seed)
    let made = [
      generator.name().string, generator.actorID().string, generator.job().string,
      generator.requestKey().string,
    ]
    for string in made + ["", "uid:", "uid:01", "-a", "train-", "train-iiiiii", "run-0000000"] {
      var utf8 = Array(string.utf8)
      if !utf8.isEmpty, generator.random.oneIn(2) {
        utf8[generator.random.below(utf8.count)] = UInt8(generator.random.below(256))
      }
      let changed = String(decoding: utf8, as: UTF8.self)
      utf8.withUnsafeBytes { bytes in
        #expect(Name(utf8: bytes) == Name(changed))
        #expect(ActorID(utf8: bytes) == ActorID(changed))
        #expect(JobID(utf8: bytes) == JobID(changed))
        #expect(RequestKey(utf8: bytes) == RequestKey(changed))
      }
    }
  }
}
