// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct LogLineTests {
  /// A leaf as the general codec writes it, and the event that it holds.
  private func general(_ generator: inout EventGenerator) throws -> (event: Event, leaf: [UInt8]) {
    var event = generator.event(.jobLogged)
    event.subject = nil
    event.number = nil
    event.cause = nil
    event.request = nil
    if event.text == nil { event.text = Digest(words: (1, 2, 3, 4)) }
    return (event, try EventCodec.encode(event))
  }

  @Test(arguments: UInt64(0)..<200)
  func `the hot path writes what the general codec writes`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    var event = try general(&generator).event
    var encoder = try LogLineEncoder(
      actor: event.actor, project: event.project, job: event.job!)
    var buffer = ByteBuffer()
    for _ in 0..<5 {
      let line = generator.logLine()
      event.fact = .jobLogged(line)
      event.position = Position(generator.json.random.next())
      event.time = Timestamp(
        microseconds: event.time.microseconds / 2 + Int64(generator.json.random.below(900_000)))
      let leaf = try EventCodec.encode(event)
      buffer.removeAll()
      try encoder.appendLeaf(
        line, at: event.position, time: event.time, clock: event.clock,
        occurred: event.occurred, text: event.text!, to: &buffer)
      #expect(buffer.array() == leaf)
    }
  }

  @Test func `every word of a log line has its constant`() throws {
    let actor = Actor(id: ActorID("alice")!, authentication: .os)
    var encoder = try LogLineEncoder(actor: actor, project: nil, job: JobID("exec-000000")!)
    var decoder = LogLineDecoder()
    var buffer = ByteBuffer()
    let ends: [LineEnd?] = [nil] + LineEnd.allCases
    for (stream, level) in LogStream.allCases.flatMap({ stream in
      LogLevel.allCases.map { (stream, $0) }
    }) {
      for end in ends {
        let line = LogLine(stream: stream, line: 1, level: level, detector: 1, end: end)
        buffer.removeAll()
        try encoder.appendLeaf(
          line, at: Position(7), time: Timestamp(microseconds: 0),
          text: Digest(words: (0, 0, 0, 0)), to: &buffer)
        guard case .jobLogged(let read) = try EventCodec.decode(buffer.array()).fact else {
          Issue.record("another type")
          continue
        }
        #expect(read == line)
        #expect(try buffer.withBytes { try decoder.decode($0) }?.line == line)
      }
    }
  }

  @Test func `lines that have no stored form are refused and leave the buffer alone`() throws {
    let actor = Actor(id: ActorID("alice")!, authentication: .os)
    var encoder = try LogLineEncoder(actor: actor, project: nil, job: JobID("exec-000000")!)
    var buffer = ByteBuffer()
    let zero = LogLine(stream: .stdout, line: 0, level: .info, detector: 1)
    let one = LogLine(stream: .stdout, line: 1, level: .info, detector: 1)
    let far = Timestamp(microseconds: .max)
    for (line, time) in [(zero, Timestamp(microseconds: 0)), (one, far)] {
      var refused = false
      do throws(CodecError) {
        try encoder.appendLeaf(
          line, at: Position(0), time: time, text: Digest(words: (0, 0, 0, 0)), to: &buffer)
      } catch {
        refused = true
      }
      #expect(refused)
    }
    var reason: CodecError.Reason?
    let bytes: [UInt8] = [0x61, 0xff]
    bytes.withUnsafeBytes {
      do throws(CodecError) {
        try LogLineEncoder.appendDisclosure(
          of: $0, isBase64: false, salt: Salt(words: (0, 0)), to: &buffer)
      } catch {
        reason = error.reason
      }
    }
    #expect(reason == .invalidUnicode)
    #expect(buffer.count == 0)
    let giant = Actor(
      id: ActorID("a")!, authentication: .os, host: Text(String(repeating: "h", count: 65_000)))
    #expect(throws: CodecError.self) {
      try LogLineEncoder(actor: giant, project: nil, job: JobID("exec-000000")!)
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `a message's disclosure is what the general codec writes`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    let salt = Salt(using: &generator.json.random)
    let message = generator.json.text(limit: 40)
    let bytes = Array(message.string.utf8)
    var buffer = ByteBuffer()
    try bytes.withUnsafeBytes {
      try LogLineEncoder.appendDisclosure(of: $0, isBase64: false, salt: salt, to: &buffer)
    }
    let plain = Disclosure(salt: salt, values: EventText([.message: .string(message)]))
    #expect(try buffer.array() == plain.encode())
    buffer.removeAll()
    try bytes.withUnsafeBytes {
      try LogLineEncoder.appendDisclosure(of: $0, isBase64: true, salt: salt, to: &buffer)
    }
    let encoded = Disclosure(
      salt: salt, values: EventText([.message: .string(Base64.standard.encode(bytes))]))
    #expect(try buffer.array() == encoded.encode())
  }

  // MARK: Reading

  private enum Verdict: Equatable {
    case line(LoggedLine)
    case other
    case refused(CodecError)
  }

  private func verdict(_ decoder: inout LogLineDecoder, _ leaf: [UInt8]) -> Verdict {
    leaf.withUnsafeBytes {
      do throws(CodecError) {
        return try decoder.decode($0).map { .line($0) } ?? .other
      } catch {
        return .refused(error)
      }
    }
  }

  private func generalVerdict(_ leaf: [UInt8]) -> Verdict {
    do throws(CodecError) {
      return LoggedLine(try EventCodec.decode(leaf)).map { .line($0) } ?? .other
    } catch {
      return .refused(error)
    }
  }

  @Test(arguments: UInt64(0)..<20)
  func `the quick reader agrees with the general one on leaves of many jobs`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    var decoder = LogLineDecoder()
    var leaves: [[UInt8]] = []
    for _ in 0..<24 { leaves.append(try general(&generator).leaf) }
    for _ in 0..<24 { leaves.append(try EventCodec.encode(generator.event())) }
    for _ in 0..<400 {
      let leaf = generator.json.random.pick(leaves)
      #expect(verdict(&decoder, leaf) == generalVerdict(leaf))
    }
  }

  @Test(arguments: UInt64(0)..<12)
  func `the quick reader agrees with the general one on every changed byte`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    let leaf = try general(&generator).leaf
    var decoder = LogLineDecoder()
    for at in leaf.indices {
      for change in [1, 2, 0x10, 0x20, 0x80, UInt8(1 + generator.json.random.below(255))] {
        // The valid leaf in between keeps what is remembered fresh.
        #expect(verdict(&decoder, leaf) == generalVerdict(leaf))
        var changed = leaf
        changed[at] ^= change
        #expect(verdict(&decoder, changed) == generalVerdict(changed))
      }
      var shorter = leaf
      shorter.remove(at: at)
      #expect(verdict(&decoder, shorter) == generalVerdict(shorter))
      var longer = leaf
      longer.insert(generator.json.random.pick(Array("0 \",}{1".utf8)), at: at)
      #expect(verdict(&decoder, longer) == generalVerdict(longer))
      #expect(verdict(&decoder, Array(leaf[..<at])) == generalVerdict(Array(leaf[..<at])))
    }
  }
}
