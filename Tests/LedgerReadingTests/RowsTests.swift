// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// The row of an entity.
func row(_ entity: Entity) -> [UInt8] {
  var bytes: [UInt8] = []
  RowCodec.encode(entity, into: &bytes)
  return bytes
}

/// The entity of a row.
func decoded(_ key: EntityKey, _ bytes: [UInt8]) throws(RowError) -> Entity {
  let result = bytes.withUnsafeBytes { buffer in
    Result { () throws(RowError) in try RowCodec.decode(key: key, buffer) }
  }
  return try result.get()
}

@Suite struct RowsTests {
  @Test("a row read back is the entity", arguments: UInt64(0)..<200)
  func roundTrip(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    for kind in EntityKind.allCases {
      let entity = generator.entity(kind)
      let bytes = row(entity)
      #expect(try decoded(entity.key, bytes) == entity)
      let key = withRowKey(entity.key, at: generator.position()) { [UInt8]($0) }
      let again = try key.withUnsafeBytes { key in
        try bytes.withUnsafeBytes { try RowCodec.decode(key: key, $0) }
      }
      #expect(again == entity)
    }
  }

  @Test("texts keep their bytes, composed or not")
  func normalisation() throws {
    for text in ["é", "e\u{301}", "\u{1F40D}", "\u{0}", ""] as [Text] {
      let state = LedgerState(
        id: "", origin: text, keys: [],
        created: Mark(position: Position(0), time: Timestamp(microseconds: 0)))
      guard case .ledger(let read) = try decoded(.ledger, row(.ledger(state))) else {
        Issue.record("another kind")
        return
      }
      #expect(Array(read.origin.string.utf8) == Array(text.string.utf8))
    }
  }

  @Test("a row is appended to what stands in the buffer")
  func appended() {
    var generator = RowsGenerator(seed: 7)
    let entity = generator.entity(.job)
    var bytes: [UInt8] = [1, 2, 3]
    RowCodec.encode(entity, into: &bytes)
    #expect(bytes == [1, 2, 3] + row(entity))
  }

  @Test("doubles that a leaf does not tell apart have one row")
  func doubles() throws {
    func version(_ value: Double) -> Entity {
      var generator = RowsGenerator(seed: 3)
      guard case .version(var version) = generator.entity(.version) else {
        preconditionFailure("the generator made another kind")
      }
      version.metrics = [Metric(name: "accuracy", value: value)]
      return .version(version)
    }
    #expect(row(version(-0.0)) == row(version(0.0)))
    #expect(row(version(-.nan)) == row(version(.nan)))
    #expect(row(version(Double(nan: 5, signaling: false))) == row(version(.nan)))
    #expect(row(version(1)) != row(version(.nan)))
  }

  @Test("a run of log lines read back is the run", arguments: UInt64(0)..<200)
  func logRuns(seed: UInt64) throws {
    var generator = RowsGenerator(seed: seed)
    let run = generator.logRun()
    var bytes: [UInt8] = []
    run.encode(into: &bytes)
    let read = try IndexKey.job(run.job, run.first) { key in
      try bytes.withUnsafeBytes { try LogRun.decode(key: key, $0) }
    }
    #expect(read == run)
  }
}
