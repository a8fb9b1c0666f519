// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport

/// Makes entities and keys by seed: every optional field both ways, extremes more often than
/// chance would have them. They need not be possible states, only possible values.
struct RowsGenerator {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func maybe<Value>(_ make: (inout RowsGenerator) -> Value) -> Value? {
    random.oneIn(2) ? make(&self) : nil
  }

  mutating func some<Value>(_ make: (inout RowsGenerator) -> Value) -> [Value] {
    (0..<random.below(4)).map { _ in make(&self) }
  }

  mutating func one<Word: CaseIterable>(of type: Word.Type) -> Word {
    random.pick(Array(Word.allCases))
  }

  /// A number of any length in bits, often an extreme.
  mutating func number() -> UInt64 {
    random.oneIn(8) ? .max : random.next() >> UInt64(random.below(64))
  }

  mutating func number32() -> UInt32 {
    random.oneIn(8) ? .max : UInt32(truncatingIfNeeded: random.next()) >> random.below(32)
  }

  mutating func count() -> UInt64 { random.next() >> UInt64(2 + random.below(62)) }

  mutating func position() -> Position {
    random.oneIn(8) ? Position(.max - 1) : Position(random.next() >> UInt64(1 + random.below(63)))
  }

  mutating func time() -> Timestamp {
    let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999
    return switch random.below(4) {
    case 0: Timestamp(microseconds: random.pick([range.lowerBound, range.upperBound, -1, 0]))
    case 1: Timestamp(microseconds: .random(in: range, using: &random))
    default: Timestamp(microseconds: .random(in: 0...2_000_000_000_000_000, using: &random))
    }
  }

  mutating func date() -> CalendarDate {
    CalendarDate(
      daysSinceEpoch: random.oneIn(4)
        ? random.pick([-719_528, 2_932_896, -1, 0]) : Int.random(in: 0...40_000, using: &random))
  }

  mutating func double() -> Double {
    random.oneIn(2)
      ? random.pick([0, 1, -1, .nan, -.nan, .infinity, -.infinity, .leastNonzeroMagnitude])
      : Double(bitPattern: random.next())
  }

  mutating func finite() -> Double { Double.random(in: -1e6...1e6, using: &random) }

  mutating func digest() -> Digest {
    Digest(words: (random.next(), random.next(), random.next(), random.next()))
  }

  mutating func text() -> Text {
    switch random.below(8) {
    case 0: return ""
    case 1: return random.pick(["é", "e\u{301}", "\u{1F40D}\u{0}\u{10FFFF}", "日本語"])
    case 2: return Text(String(repeating: "x", count: random.pick([15, 16, 127, 128, 300])))
    default: return Text(String(random.next(), radix: 36) + random.pick(["", " ü", "𝄞"]))
    }
  }

  mutating func name() -> Name {
    let characters = Array("abcXYZ019._-")
    let length = random.oneIn(8) ? 63 : 1 + random.below(20)
    var string = String(random.pick(Array("aZ0")))
    while string.count < length { string.append(random.pick(characters)) }
    return Name(unchecked: string)
  }

  mutating func actorID() -> ActorID {
    random.oneIn(4) ? ActorID("uid:\(number32())") ?? ActorID(name()) : ActorID(name())
  }

  mutating func job() -> JobID {
    JobID(kind: one(of: JobKind.self), bits: random.next(), characters: 6 + random.below(2))
  }

  mutating func subjectID() -> SubjectID { SubjectID(project: name(), name: name()) }

  mutating func versionNumber() -> VersionNumber { VersionNumber(max(1, number32())) }

  mutating func versionID() -> VersionID {
    VersionID(subject: subjectID(), number: versionNumber())
  }

  mutating func requestKey() -> RequestKey {
    let characters = Array("abcXYZ019._:/-")
    let string = String((0..<(1 + random.below(128))).map { _ in random.pick(characters) })
    guard let key = RequestKey(string) else { preconditionFailure("\(string) is no request key") }
    return key
  }

  mutating func mark() -> Mark { Mark(position: position(), time: time()) }
  mutating func metric() -> Metric { Metric(name: text(), value: double()) }

  mutating func list() -> ListDigest { ListDigest(count: number(), digest: digest()) }

  mutating func files() -> FilesDigest {
    FilesDigest(count: number(), bytes: number(), digest: digest())
  }

  mutating func actor() -> Actor {
    let id = actorID()
    var actor = Actor(id: id, authentication: one(of: Authentication.self))
    actor.host = maybe { $0.text() }
    actor.os = maybe {
      OSUser(
        login: $0.random.oneIn(2) ? Text(id.string) : $0.maybe { $0.text() }, uid: $0.number32())
    }
    actor.actsFor = maybe { $0.actorID() }
    actor.via = maybe {
      ServiceVia(
        host: $0.text(), os: OSUser(login: $0.maybe { $0.text() }, uid: $0.number32()))
    }
    return actor
  }

  mutating func lines() -> LineCounts {
    LineCounts(debug: count(), info: count(), warning: count(), error: count())
  }

  mutating func key(_ kind: EntityKind) -> EntityKey {
    switch kind {
    case .ledger: .ledger
    case .policy: .policy
    case .holds: .holds
    case .project: .project(name())
    case .subject: .subject(subjectID())
    case .version: .version(versionID())
    case .job: .job(job())
    case .deployment: .deployment(job())
    case .slot: .slot(subjectID(), target: name())
    case .member: .member(actorID())
    case .schedule: .schedule(project: name(), name: name())
    }
  }

  mutating func logRun() -> LogRun {
    let first = random.next() >> 1
    return LogRun(
      job: job(), first: Position(first), last: Position(first + count() / 2),
      firstLine: count(), soFar: LogCounts(lines: lines(), records: lines()))
  }
}
