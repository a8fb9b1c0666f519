// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct EventCodecTests {
  @Test func `the leaf of the design document is written as shown there`() throws {
    let digest = Digest(words: (0, 1, 2, 3))
    let event = Event(
      position: Position(41), time: Timestamp("2026-11-21T08:00:00.123456Z")!,
      actor: Actor(
        id: ActorID("alice")!, authentication: .os, host: "gpu7",
        os: OSUser(login: "alice", uid: 1000)),
      project: Name("churn"), subject: SubjectReference(kind: .model, name: Name("churn-lr")!),
      number: VersionNumber(3), revision: Revision(6), job: JobID("train-7k2pqx"), text: digest,
      fact: .jobCreated(JobCreated(kind: .training, queued: true)))
    let leaf =
      #"{"actor":{"auth":"os","host":"gpu7","id":"alice","os":{"login":"alice","uid":1000}},"#
      + #""data":{"kind":"training","number":3,"queued":true,"#
      + #""subject":{"kind":"model","name":"churn-lr"},"trigger":"manual"},"#
      + #""job":"train-7k2pqx","position":41,"project":"churn","revision":6,"#
      + #""text":"AAAAAAAAAAAAAAAAAAAAAQAAAAAAAAACAAAAAAAAAAM","#
      + #""time":"2026-11-21T08:00:00.123456Z","type":"job.created","v":1}"#
    #expect(try String(decoding: EventCodec.encode(event), as: UTF8.self) == leaf)
    #expect(try EventCodec.decode(Array(leaf.utf8)) == event)
  }

  @Test(arguments: UInt64(0)..<60)
  func `events of every type come back, and their bytes too`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    for type in EventType.allCases {
      let event = generator.event(type)
      let leaf = try EventCodec.encode(event)
      #expect(try EventCodec.decode(leaf) == event)
      #expect(try CanonicalJSON.encode(CanonicalJSON.decode(leaf)) == leaf)
      leaf.withUnsafeBytes {
        #expect(EventCodec.type(of: $0) == type)
        #expect(EventCodec.time(of: $0) == event.time)
      }
    }
  }

  @Test(arguments: EventType.allCases)
  func `a leaf that is cut short is refused at every byte`(type: EventType) throws {
    var generator = EventGenerator(seed: 7)
    let leaf = try EventCodec.encode(generator.event(type))
    for length in leaf.indices {
      #expect(throws: CodecError.self) { try EventCodec.decode(Array(leaf[..<length])) }
    }
    #expect(throws: CodecError.self) { try EventCodec.decode(leaf + [0x20]) }
  }

  @Test(arguments: EventType.allCases)
  func `a changed byte is refused or is what its event now says`(type: EventType) throws {
    var generator = EventGenerator(seed: 8)
    let leaf = try EventCodec.encode(generator.event(type))
    for at in leaf.indices {
      for _ in 0..<2 {
        var changed = leaf
        changed[at] ^= UInt8(1 + generator.json.random.below(255))
        do throws(CodecError) {
          #expect(try EventCodec.encode(EventCodec.decode(changed)) == changed)
        } catch {
          #expect((0...changed.count).contains(error.offset))
        }
      }
    }
  }

  @Test func `rfc8785 writes thousands of events as we do`() throws {
    var generator = EventGenerator(seed: 9)
    var leaves: [[UInt8]] = []
    var disguised: [[UInt8]] = []
    for index in 0..<4400 {
      let leaf = try EventCodec.encode(
        generator.event(EventType.allCases[index % EventType.allCases.count]))
      leaves.append(leaf)
      disguised.append(generator.json.scrambled(try CanonicalJSON.decode(leaf)))
    }
    let answers = try PythonOracle.lines(
      """
      import json, sys, rfc8785
      for line in sys.stdin.buffer.read().split(b"\\n")[:-1]:
          sys.stdout.buffer.write(rfc8785.dumps(json.loads(line)) + b"\\n")
      """, disguised)
    #expect(answers == leaves)
  }

  // MARK: Precise errors

  private func failure(_ leaf: String) -> CodecError? {
    do throws(CodecError) {
      _ = try EventCodec.decode(Array(leaf.utf8))
      return nil
    } catch {
      return error
    }
  }

  private func leaf(
    data: String = #"{"name":"churn"}"#, extra: String = "", type: String = "project.created",
    v: String = "1"
  ) -> String {
    #"{"actor":{"auth":"os","id":"alice"},"data":\#(data),"position":1\#(extra),"#
      + #""time":"2026-11-21T08:00:00.123456Z","type":"\#(type)","v":\#(v)}"#
  }

  @Test func `an unknown type, version or member is named with its place`() {
    #expect(failure(leaf()) == nil)
    #expect(failure(leaf(type: "job.dreamt"))?.reason == .unknownType("job.dreamt"))
    #expect(
      failure(leaf(v: "2"))?.reason == .unknownVersion(type: "project.created", version: 2))
    #expect(
      failure(leaf(data: #"{"name":"churn","newer":1}"#))
        == CodecError(offset: 59, reason: .unknownMember("newer")))
    #expect(failure(leaf(data: #"{"newer":1}"#))?.reason == .missingMember("name"))
    #expect(failure(leaf(extra: #","quorum":3"#))?.reason == .missingMember("time"))
    #expect(failure(leaf(v: #"1,"w":2"#))?.reason == .unknownMember("w"))
    #expect(failure("{}")?.reason == .missingMember("actor"))
    #expect(failure("")?.reason == .unexpectedEnd)
    #expect(failure("[]")?.reason == .expected("an object"))
  }

  @Test func `numbers that others would read as integers are strings of their digits`() {
    func reason(_ done: String) -> CodecError.Reason? {
      failure(
        leaf(
          data: #"{"done":\#(done),"of":1e+21},"job":"exec-000000""#, type: "job.progressed"))?
        .reason
    }
    for accepted in [
      "9007199254740991", "\"9007199254740992\"", "\"-100000000000000000000\"", "1e+21",
    ] {
      #expect(reason(accepted) == nil, "\(accepted)")
    }
    for refused in [
      "9007199254740992", "\"9007199254740991\"", "\"1e+21\"", "\"9007199254740993\"",
    ] {
      #expect(reason(refused) != nil, "\(refused)")
    }
  }

  @Test func `members that belong together stand together`() {
    let about = #"{"on":"x","subject":{"kind":"model","name":"x"}}"#
    let note = leaf(data: about, extra: #","project":"p","revision":0"#, type: "note.added")
    #expect(failure(note) == nil)
    #expect(
      failure(leaf(extra: #","revision":3"#))?.reason
        == .inconsistent("an event of this type has no revision"))
    #expect(
      failure(leaf(data: about, extra: #","project":"p""#, type: "note.added"))?.reason
        == .inconsistent("a subject and a revision stand together"))
    #expect(
      failure(leaf(data: about, extra: #","revision":0"#, type: "note.added"))?.reason
        == .inconsistent("a subject needs a project"))
    #expect(
      failure(leaf(data: #"{"number":1,"on":"x"}"#, type: "note.added"))?.reason
        == .inconsistent("a version number needs a subject"))
    #expect(
      failure(leaf(data: "{}", type: "job.stop_requested"))?.reason
        == .inconsistent("an event of this type needs a job"))
  }

  @Test func `an event beyond 65,535 bytes is refused and the buffer stays as it was`() throws {
    var generator = EventGenerator(seed: 3)
    var event = generator.event(.noteAdded)
    var buffer = ByteBuffer()
    buffer.append("before")
    event.fact = .noteAdded(NoteAdded(on: Text(String(repeating: "x", count: 70_000))))
    var refusal: CodecError.Reason?
    do throws(CodecError) {
      try EventCodec.encode(event, into: &buffer)
    } catch {
      refusal = error.reason
    }
    #expect(refusal == .tooLarge(bytes: try encodedCount(event), limit: 65_535))
    #expect(buffer.array() == Array("before".utf8))
    event.fact = .noteAdded(NoteAdded(on: "x"))
    let base = try EventCodec.encode(event).count
    event.fact = .noteAdded(NoteAdded(on: Text(String(repeating: "x", count: 65_536 - base))))
    #expect(try EventCodec.decode(EventCodec.encode(event)) == event)
    event.fact = .noteAdded(NoteAdded(on: Text(String(repeating: "x", count: 65_537 - base))))
    #expect(throws: CodecError.self) { try EventCodec.encode(event) }
  }

  private func encodedCount(_ event: Event) throws -> Int {
    var shorter = event
    shorter.fact = .noteAdded(NoteAdded(on: ""))
    return try EventCodec.encode(shorter).count + 70_000
  }

  @Test func `what has no stored form is refused by its member's name`() {
    var generator = EventGenerator(seed: 4)
    func reason(_ type: EventType, _ fact: Fact) -> CodecError.Reason? {
      var event = generator.event(type)
      event.fact = fact
      do throws(CodecError) {
        _ = try EventCodec.encode(event)
        return nil
      } catch {
        return error.reason
      }
    }
    func refuses(_ reason: CodecError.Reason?, _ member: String) -> Bool {
      if case .invalidValue(member, _) = reason { true } else { false }
    }
    let digest = Digest(words: (0, 0, 0, 0))
    let many = (10..<75).map { Metric(name: Text(String($0)), value: 1) }
    let twice = [Metric(name: "a", value: 1), Metric(name: "a", value: 2)]
    for metrics in [many, twice] {
      let fact = Fact.versionEvaluated(VersionEvaluated(metrics: metrics, dataDigest: digest))
      #expect(refuses(reason(.versionEvaluated, fact), "metrics"))
    }
    #expect(reason(.jobProgressed, .jobProgressed(Progress(done: .nan, of: 1))) == .notFinite)
    let roles = MemberGranted(member: ActorID("a")!, roles: [.viewer, .admin], leastAuth: .os)
    #expect(refuses(reason(.memberGranted, .memberGranted(roles)), "roles"))
    let line = LogLine(stream: .stdout, line: 0, level: .info, detector: 1)
    #expect(refuses(reason(.jobLogged, .jobLogged(line)), "line"))
    let range = PositionRange(from: Position(2), to: Position(1))
    #expect(
      refuses(
        reason(.textErased, .textErased(TextErased(ranges: [range], basis: .other))), "ranges"))
    let ranges = [PositionRange](
      repeating: PositionRange(from: Position(1), to: Position(1)), count: 1001)
    #expect(
      refuses(
        reason(.textErased, .textErased(TextErased(ranges: ranges, basis: .other))), "ranges"))
    let far = ClockCorrected(from: Timestamp(microseconds: .max))
    #expect(refuses(reason(.clockCorrected, .clockCorrected(far)), "from"))
  }

  @Test func `no type name is stored twice and each is found`() {
    #expect(Set(EventType.allCases.map(\.name.description)).count == EventType.allCases.count)
    for type in EventType.allCases { #expect(EventType(name: type.name.description) == type) }
    #expect(EventType(name: "job.") == nil)
  }
}
