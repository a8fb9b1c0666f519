// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct LogReaderTests {
  private struct Line: Equatable {
    var position: UInt64
    var level: LogLevel
    var message: [UInt8]
    var json: [UInt8]
  }

  /// A job with lines of every level and form, in batches that make several runs.
  private func house(seed: UInt64) throws -> (House, JobID, [(LogLine, [UInt8])]) {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let job = try house.job(try house.ask(.olga, Scenario.job(.training)))
    var random = SplitMix64(seed: seed)
    var lines: [(LogLine, [UInt8])] = []
    let messages: [String] = [
      "plain", "", "tab\tquote\" backslash\\ bell\u{7} nul\0 del\u{7f}", "é 模型 🚀 \u{2028}",
      "line\r", "\u{8}\u{c}\u{1f}", String(repeating: "long ", count: 500),
    ]
    var number: UInt64 = 0
    for _ in 0..<12 {
      var batch: [(LogLine, [UInt8])] = []
      // Errors are rare, so that whole runs have none.
      let levels: [LogLevel] = random.oneIn(3) ? [.info, .error, .warning] : [.debug, .info]
      for _ in 0..<1 + random.below(60) {
        number += 1
        let level = random.pick(levels)
        var line = LogLine(
          stream: random.oneIn(2) ? .stdout : .stderr, line: number, level: level, detector: 1)
        if random.oneIn(8) {
          line.part = 1
          line.end = LineEnd.none
          batch.append((line, Array("first ".utf8)))
          line.part = 2
          line.end = nil
          batch.append((line, Array("second".utf8)))
          continue
        }
        if random.oneIn(10) { line.end = .crlf }
        if random.oneIn(10), number > 1 { line.of = number - 1 }
        if random.oneIn(10) { line.skipped = 3 }
        if random.oneIn(10) {
          line.isBase64 = true
          batch.append((line, [0xff, 0x00, 0xfe]))
        } else {
          batch.append((line, Array(random.pick(messages).utf8)))
        }
      }
      try house.log(job, batch)
      lines += batch
      if random.oneIn(2) { try house.ask(.alice, .setPolicy(.default, reason: "between runs")) }
    }
    return (house, job, lines)
  }

  private func read(
    _ house: House, _ job: JobID, asOf size: LedgerSize, from start: Position = Position(0),
    minimum: LogLevel = .debug
  ) throws -> [Line] {
    var lines: [Line] = []
    try house.ledger.reader.read { (snapshot) throws(ReadingError) in
      let reader = LogReader(snapshot, of: job, asOf: size)
      try reader.forEachLine(from: start, minimum: minimum) { (view) throws(ReadingError) in
        var message = ByteBuffer()
        view.appendMessage(to: &message)
        var json = ByteBuffer()
        view.appendJSON(to: &json)
        lines.append(
          Line(
            position: view.logged.position.value, level: view.logged.line.level,
            message: message.array(), json: json.array()))
        return true
      }
    }
    return lines
  }

  @Test(arguments: UInt64(0)..<4)
  func `every line comes back in order, at every size and level`(seed: UInt64) throws {
    let (house, job, written) = try house(seed: seed)
    let size = try house.size
    let all = try read(house, job, asOf: size)
    #expect(all.count == written.count)
    for (line, (fact, bytes)) in zip(all, written) {
      #expect(line.level == fact.level)
      #expect(line.message == (fact.isBase64 ? Array("/wD+".utf8) : bytes))
      let object = try #require(try CanonicalJSON.decode(line.json).object)
      #expect(object["job"] == .string(job.string))
      #expect(object["line"] == .integer(fact.line))
      #expect(object["level"] == .string(fact.level.rawValue))
      #expect(object["stream"] == .string(fact.stream.rawValue))
      #expect(object["position"] == .integer(line.position))
      #expect(object["part"] == fact.part.map { .integer($0) })
      #expect(object["of"] == fact.of.map { .integer($0) })
      #expect(object["skipped"] == fact.skipped.map { .integer($0) })
      #expect(object["end"] == fact.end.map { .string($0.rawValue) })
      #expect(object["encoding"] == (fact.isBase64 ? .string("base64") : nil))
      #expect(object["message"] == .string(String(decoding: line.message, as: UTF8.self)))
      #expect(object["time"] != nil)
    }
    for minimum in LogLevel.allCases {
      for reached in stride(from: UInt64(0), through: size.value, by: 7) {
        let some = try read(house, job, asOf: LedgerSize(reached), minimum: minimum)
        #expect(some == all.filter { $0.position < reached && $0.level >= minimum })
      }
      for start in stride(from: UInt64(0), through: size.value, by: 11) {
        let some = try read(house, job, asOf: size, from: Position(start), minimum: minimum)
        #expect(some == all.filter { $0.position >= start && $0.level >= minimum })
      }
    }
  }

  @Test func `the last lines begin where enough of them follow, and not much before`() throws {
    let (house, job, _) = try house(seed: 9)
    let size = try house.size
    for minimum in LogLevel.allCases {
      let all = try read(house, job, asOf: size, minimum: minimum)
      for count in [1, 5, 40, 100_000] {
        let start = try house.ledger.reader.withSnapshot {
          try LogReader($0, of: job, asOf: size).start(ofLast: UInt64(count), minimum: minimum)
        }
        let some = try read(house, job, asOf: size, from: start, minimum: minimum)
        #expect(some.suffix(count) == all.suffix(count))
      }
    }
  }

  @Test func `reading stops when told, and an unknown job has no lines`() throws {
    let (house, job, _) = try house(seed: 3)
    var seen = 0
    try house.ledger.reader.read { (snapshot) throws(ReadingError) in
      try LogReader(snapshot, of: job, asOf: snapshot.size).forEachLine { _ in
        seen += 1
        return seen < 3
      }
    }
    #expect(seen == 3)
    let unknown = try #require(JobID("train-zzzzzz"))
    #expect(try read(house, unknown, asOf: try house.size) == [])
  }

  // MARK: Messages alone

  private struct Message: Equatable {
    var position: UInt64
    var words: [UInt8]?
    var whole: [UInt8]
  }

  /// What messages alone say, and the whole line behind each.
  private func messages(
    _ house: House, _ job: JobID, asOf size: LedgerSize, from start: Position = Position(0)
  ) throws -> [Message] {
    var messages: [Message] = []
    try house.ledger.reader.read { (snapshot) throws(ReadingError) in
      let reader = LogReader(snapshot, of: job, asOf: size)
      try reader.forEachMessage(from: start) { (position, message, whole) throws(ReadingError) in
        var words = ByteBuffer()
        message.append(to: &words)
        var json = ByteBuffer()
        let line = try whole()
        line.appendJSON(to: &json)
        if line.logged.line.isBase64, line.message != nil { #expect(message.mayBeBase64) }
        messages.append(
          Message(
            position: position.value, words: message.stored.map { _ in words.array() },
            whole: json.array()))
        return true
      }
    }
    return messages
  }

  private func change(_ house: House, _ body: (WriteLoan, Table) throws(LMDBError) -> Void) throws {
    let texts = house.ledger.reader.tables.texts
    _ = try house.ledger.reader.environment.write(growing: true) {
      (transaction) throws(LMDBError) in
      try body(transaction.loan, texts)
    }
  }

  @Test(arguments: UInt64(0)..<4)
  func `messages alone are those of the lines, at every size, and erased ones are none`(
    seed: UInt64
  ) throws {
    let (house, job, written) = try house(seed: seed)
    let size = try house.size
    let positions = try read(house, job, asOf: size).map { $0.position }
    var random = SplitMix64(seed: seed)
    // The first and the last of a run among them, and neighbours.
    let erased = Set(positions.filter { _ in random.oneIn(4) } + positions.prefix(2))
      .union(positions.suffix(2))
    try change(house) { (loan, texts) throws(LMDBError) in
      for position in erased { try loan.delete(texts, BigEndianKey(position)) }
    }
    let lines = try read(house, job, asOf: size)
    let expected = lines.map { line in
      Message(
        position: line.position, words: erased.contains(line.position) ? nil : line.message,
        whole: line.json)
    }
    #expect(try messages(house, job, asOf: size) == expected)
    let firstPart = zip(positions, written).first { $1.0.part == 2 }.map { $0.0 } ?? .max
    for reached in stride(from: UInt64(0), through: size.value, by: 3) {
      let found = try messages(house, job, asOf: LedgerSize(reached))
      #expect(found == expected.filter { $0.position < reached })
      let isWhole = try house.ledger.reader.withSnapshot {
        try LogReader($0, of: job, asOf: LedgerSize(reached)).hasOnlyWholeLines()
      }
      #expect(isWhole == (reached <= firstPart))
    }
    for start in stride(from: UInt64(0), through: size.value, by: 5) {
      let found = try messages(house, job, asOf: size, from: Position(start))
      #expect(found == expected.filter { $0.position >= start })
    }
  }

  @Test func `no damage to a text stops the process`() throws {
    let (house, job, _) = try house(seed: 1)
    let size = try house.size
    let position = try #require(try read(house, job, asOf: size).first?.position)
    let text = try #require(
      try house.ledger.reader.withSnapshot { snapshot in
        try snapshot.loan.bytes(snapshot.tables.texts, BigEndianKey(position))
      })
    let inside = ["\\", "\\u", "\\u00", "\\u001", "\\uzzzz", "a\\"].map { words -> [UInt8] in
      Array(text[..<26]) + Array("{\"message\":\"\(words)\"}]".utf8)
    }
    let cut = (0..<text.count).map { Array(text[..<$0]) }
    for damaged in cut + inside {
      try change(house) { (loan, texts) throws(LMDBError) in
        try loan.put(texts, BigEndianKey(position), damaged, mode: .overwrite)
      }
      // Either an error that names the text, or words.
      do {
        _ = try messages(house, job, asOf: size)
        #expect(inside.contains(damaged))
      } catch let error as ReadingError {
        #expect(error.code == .textAltered(Position(position)))
      }
    }
  }
}
