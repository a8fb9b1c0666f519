// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct AsOfResolutionTests {
  private func resolve(
    _ text: String, in house: House, now: String = "2026-07-01T00:00:00.000000Z",
    zone: TimeZoneRules = .utc, origin: String = "example.org/house"
  ) throws -> UInt64 {
    let asOf = try AsOf(text)
    let now = try #require(Timestamp(now))
    let result = try house.ledger.reader.withSnapshot {
      try asOf.resolve(in: $0, origin: origin, zone: zone, now: now)
    }
    return try result.get().size.value
  }

  @Test func `each form means its size`() throws {
    let house = try House()
    try house.live()
    let size = try house.size.value
    #expect(try resolve("0", in: house) == 0)
    #expect(try resolve("7", in: house) == 7)
    #expect(try resolve("#6", in: house) == 7)
    #expect(try resolve("\(size)", in: house) == size)
    // The ledger was made at 08:00:00; every step came a second later.
    #expect(try resolve("2026-06-30T07:59:59.999999Z", in: house) == 0)
    #expect(try resolve("2026-06-30T08:00:00Z", in: house) == 2)
    #expect(try resolve("2026-06-30T08:00:01Z", in: house) == 3)
    #expect(try resolve("2026-06-30T08:00:01.999999Z", in: house) == 3)
    #expect(try resolve("2026-06-30T10:00:01+02:00", in: house) == 3)
    let east = TimeZoneRules(initialOffset: 7200)
    #expect(try resolve("2026-06-30T10:00:01", in: house, zone: east) == 3)
    #expect(try resolve("2026-06-29", in: house) == 0)
    #expect(try resolve("2026-06-30", in: house) == size)
  }

  @Test func `the resolved size tells the time of its last event`() throws {
    let house = try House()
    let now = try #require(Timestamp("2026-07-01T00:00:00.000000Z"))
    try house.ledger.reader.withSnapshot { snapshot in
      let asOf = try AsOf("#0").resolve(
        in: snapshot, origin: "example.org/house", zone: .utc, now: now)
      #expect(
        try asOf.get()
          == ResolvedSize(
            size: LedgerSize(1), time: Timestamp("2026-06-30T08:00:00.000000Z")))
      #expect(
        try AsOf("0").resolve(in: snapshot, origin: "example.org/house", zone: .utc, now: now)
          .get().time == nil)
    }
  }

  @Test func `what lies beyond the last event is refused, but for a day that has begun`() throws {
    let house = try House()
    let size = try house.size
    #expect(throws: AsOfError.beyondHead(asked: LedgerSize(3), head: size)) {
      try resolve("3", in: house)
    }
    #expect(throws: AsOfError.beyondHead(asked: LedgerSize(3), head: size)) {
      try resolve("#2", in: house)
    }
    let now = "2026-06-30T12:00:00.000000Z"
    #expect(try resolve("2026-06-30T12:00:00Z", in: house, now: now) == 2)
    #expect(throws: AsOfError.self) { try resolve("2026-06-30T12:00:01Z", in: house, now: now) }
    #expect(try resolve("2026-06-30", in: house, now: now) == 2)
    #expect(throws: AsOfError.self) { try resolve("2026-07-01", in: house, now: now) }
    // A reader whose clock is behind the ledger's last event may still name that event's time.
    let behind = "2026-06-30T07:00:00.000000Z"
    #expect(try resolve("2026-06-30T08:00:00Z", in: house, now: behind) == 2)
  }

  @Test func `a moment is said beside the size, as far as it has come`() throws {
    let house = try House()
    func resolved(_ text: String) throws -> ResolvedSize {
      try house.ledger.reader.withSnapshot {
        try AsOf(text).resolve(
          in: $0, origin: "example.org/house", zone: .utc,
          now: Timestamp("2026-06-30T12:00:00.000000Z")!)
      }.get()
    }
    let last = Timestamp("2026-06-30T08:00:00.000000Z")
    let day = try resolved("2026-06-30 Europe/Berlin")
    #expect(day.size == LedgerSize(2) && day.time == last)
    #expect(day.moment == Timestamp("2026-06-30T12:00:00.000000Z"))
    #expect(day.words == "size 2, \(last!) (up to 2026-06-30T12:00:00.000000Z)")
    let yesterday = try resolved("yesterday")
    #expect(yesterday.words == "size 0 (up to 2026-06-29T23:59:59.999999Z)")
    #expect(
      yesterday.json
        == .object(
          JSONObject([
            .init(name: "moment", value: .string("2026-06-29T23:59:59.999999Z")),
            .init(name: "size", value: .number(0)),
          ])!))
    #expect(try resolved("1 hour ago").moment == Timestamp("2026-06-30T11:00:00.000000Z"))
    #expect(try resolved("#1").moment == nil)
    #expect(try resolved("2").words == "size 2, \(last!)")
  }

  @Test func `since means what came then and later, of a day all of it`() throws {
    let house = try House()
    try house.live()
    func start(_ text: String) throws -> UInt64 {
      try house.ledger.reader.withSnapshot {
        try AsOf(text).resolveStart(
          in: $0, origin: "example.org/house", zone: .utc,
          now: Timestamp("2026-07-01T00:00:00.000000Z")!)
      }.get().size.value
    }
    #expect(try start("7") == 7)
    #expect(try start("#7") == 7)
    #expect(try start("2026-06-30") == 0)
    #expect(try start("2026-06-30T08:00:00Z") == 0)
    #expect(try start("2026-06-30T08:00:01Z") == 2)
    #expect(try start("2026-06-30T08:00:00.000001Z") == 2)
    #expect(try start("2026-07-01") == (try house.size.value))
    #expect(throws: AsOfError.self) { try start("2026-07-02") }
    #expect(throws: AsOfError.self) { try start("9999") }
  }

  @Test func `a checkpoint is its size, if it is of this history`() throws {
    let house = try House()
    try house.live()
    house.advance(seconds: 5)
    _ = house.ledger.signCheckpoint()
    let file = house.folder.file("checkpoint")
    let bytes = try #require(TemporaryFolder.read(house.ledger.directory.checkpointFile))
    TemporaryFolder.write(bytes, to: file)
    let signed = try house.size.value
    try house.ask(.alice, .setPolicy(.default, reason: "again"))
    #expect(try resolve(file, in: house) == signed)
    #expect(throws: AsOfError.otherLedger(path: file, origin: "example.org/house")) {
      try resolve(file, in: house, origin: "example.org/other")
    }
    let other = try House()
    #expect(throws: AsOfError.self) { try resolve(file, in: other) }
    try other.live()
    #expect(throws: AsOfError.otherHistory(path: file, size: LedgerSize(signed))) {
      try resolve(file, in: other)
    }
    TemporaryFolder.write(Array("no checkpoint\n".utf8), to: file)
    #expect(throws: AsOfError.self) { try resolve(file, in: house) }
    #expect(throws: AsOfError.self) { try resolve(house.folder.file("none"), in: house) }
  }
}
