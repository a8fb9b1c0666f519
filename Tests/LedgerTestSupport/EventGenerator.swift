// SPDX-License-Identifier: Apache-2.0

public import LedgerCodec
public import LedgerDomain

/// Random events of every type: each valid by itself, though no history links them.
public struct EventGenerator {
  /// The source of JSON values and words.
  public var json: JSONGenerator

  /// Starts the sequence of `seed`.
  public init(seed: UInt64) { self.json = JSONGenerator(seed: seed) }

  /// An event of any type.
  public mutating func event() -> Event { event(pick(EventType.allCases)) }

  /// An event of this type.
  public mutating func event(_ type: EventType) -> Event {
    let fact = fact(type)
    let hasSubject = type.needsSubject || oneIn(2)
    let hasNumber = type.needsVersion || (hasSubject && oneIn(2))
    return Event(
      position: Position(number()), time: time(), clock: maybe { $0.time() },
      occurred: maybe { $0.time() }, actor: actor(),
      project: hasSubject || oneIn(2) ? name() : nil,
      subject: hasSubject
        ? SubjectReference(kind: pick(SubjectKind.allCases), name: name()) : nil,
      number: hasNumber ? version() : nil,
      revision: hasSubject && !type.isExemptFromRevision ? Revision(number()) : nil,
      job: type.needsJob || oneIn(2) ? job() : nil, cause: maybe { Position($0.number()) },
      request: maybe { RequestMark(key: RequestKey($0.pick(Self.keys))!, digest: $0.digest()) },
      text: maybe { $0.digest() }, fact: fact)
  }

  private static let keys = ["a", "deploy-2026/11:21_x.y", String(repeating: "k", count: 128)]

  /// The words of some event with a salt.
  public mutating func disclosure() -> Disclosure {
    var values = EventText()
    for _ in 0..<json.random.below(4) { values[pick(TextMember.allCases)] = json.value() }
    return Disclosure(salt: Salt(using: &json.random), values: values)
  }

  // MARK: Choices

  mutating func oneIn(_ bound: Int) -> Bool { json.random.oneIn(bound) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { json.random.pick(elements) }

  mutating func maybe<Value>(_ make: (inout EventGenerator) -> Value) -> Value? {
    oneIn(2) ? make(&self) : nil
  }

  mutating func some<Value>(_ limit: Int, _ make: (inout EventGenerator) -> Value) -> [Value] {
    (0..<json.random.below(limit + 1)).map { _ in make(&self) }
  }

  mutating func subset<Word: CaseIterable & Comparable>(_ type: Word.Type) -> [Word] {
    type.allCases.filter { _ in oneIn(2) }.sorted()
  }

  // MARK: Values

  mutating func number() -> UInt64 {
    switch json.random.below(8) {
    case 0: 0
    case 1: pick([1, 9, 10, 0x1f_ffff_ffff_ffff, 0x20_0000_0000_0000, .max])
    default: json.random.next() >> UInt64(json.random.below(64))
    }
  }

  mutating func small() -> UInt32 {
    oneIn(8) ? pick([0, .max]) : UInt32(truncatingIfNeeded: number() >> 40)
  }

  mutating func ordinal() -> UInt64 { max(1, number()) }

  mutating func version() -> VersionNumber { VersionNumber(max(1, small())) }

  mutating func time() -> Timestamp {
    switch json.random.below(6) {
    case 0: Timestamp(microseconds: pick([0, -1, 253_402_300_799_999_999]))
    case 1: Timestamp(microseconds: -62_167_219_200_000_000)
    default:
      Timestamp(microseconds: 1_763_712_000_000_000 + Int64(json.random.below(1 << 50)))
    }
  }

  mutating func date() -> CalendarDate {
    CalendarDate(daysSinceEpoch: json.random.below(40_000) - 10_000)
  }

  mutating func digest() -> Digest {
    Digest(
      words: (json.random.next(), json.random.next(), json.random.next(), json.random.next()))
  }

  mutating func name() -> Name {
    Name(pick(["churn", "churn-lr", "a", "X.9_y-z", String(repeating: "n", count: 63)]))!
  }

  mutating func member() -> ActorID {
    oneIn(4) ? ActorID(pick(["uid:0", "uid:4294967295"]))! : ActorID(name())
  }

  mutating func job() -> JobID {
    JobID(
      kind: pick(JobKind.allCases), bits: json.random.next(), characters: oneIn(8) ? 7 : 6)
  }

  mutating func text() -> Text { json.text() }

  mutating func word() -> String { pick(["approve", "four-eyes", "SIGRTMIN+3", "trail"]) }

  mutating func hex(_ count: Int) -> String {
    String((0..<count).map { _ in pick(Array("0123456789abcdef")) })
  }

  mutating func osUser() -> OSUser { OSUser(login: maybe { $0.text() }, uid: small()) }

  mutating func actor() -> Actor {
    Actor(
      id: member(), authentication: pick(Authentication.allCases), host: maybe { $0.text() },
      os: maybe { $0.osUser() }, actsFor: maybe { $0.member() },
      via: maybe { ServiceVia(host: $0.text(), os: $0.osUser()) })
  }

  mutating func list() -> ListDigest { ListDigest(count: number(), digest: digest()) }

  mutating func files() -> FilesDigest {
    FilesDigest(count: number(), bytes: number(), digest: digest())
  }

  mutating func metrics(_ limit: Int = 5) -> [Metric] {
    var names: Set<Text> = []
    for _ in 0..<json.random.below(limit + 1) { names.insert(text()) }
    return names.sorted { $0.precedes($1) }.map {
      Metric(name: $0, value: oneIn(8) ? pick([.nan, .infinity, -.infinity]) : json.number())
    }
  }

  mutating func range() -> PositionRange {
    let ends = [number(), number()].sorted()
    return PositionRange(from: Position(ends[0]), to: Position(ends[1]))
  }
}
