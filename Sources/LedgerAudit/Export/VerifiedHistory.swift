// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// A ledger's events up to a size, each held against the tree, with their words.
///
/// What is read more than once is hashed once. Memory grows by 8 bytes for 256 events.
struct VerifiedHistory {
  /// How many positions one read transaction lasts for.
  private static let stretch: UInt64 = 65_536

  let reader: LedgerReader
  /// How many events there are.
  let size: LedgerSize
  /// What was erased of them, however late.
  let erasures: Erasures
  private let blobs: BlobReader
  private var checker = BlockChecker()

  init(_ reader: LedgerReader, asOf size: LedgerSize) throws(ReadingError) {
    self.reader = reader
    self.size = size
    blobs = BlobReader(reader.directory)
    erasures = try reader.read { (snapshot) throws(ReadingError) in
      guard size <= snapshot.size else {
        throw ReadingError(.beyondHead(asked: size, head: snapshot.size), "exporting events")
      }
      return try Erasures(snapshot)
    }
  }

  /// Where the events are from.
  var origin: String { reader.identity.origin }

  /// An event.
  mutating func event(
    at position: Position, in snapshot: Snapshot
  ) throws(ReadingError) -> Event {
    try snapshot.verifiedEvent(at: position, using: &checker)
  }

  /// The words of an event.
  func words(of event: Event, in snapshot: Snapshot) throws(ReadingError) -> ExportedWords {
    switch try snapshot.text(of: event) {
    case .none: return .none
    case .values(let text): return .values(text)
    case .erased:
      return erasures.erasure(of: event.position, job: event.job).map { .erased($0) } ?? .missing
    }
  }

  /// A list of files that an event names; nil where it was erased since, or is not at hand.
  func list(_ digest: Digest, namedAt position: Position) -> [JSONObject]? {
    if let erasure = erasures.artifacts[digest], erasure > position { return nil }
    return blobs.list(digest)?.compactMap(\.object)
  }

  /// Calls `body` with the events of some types from a size on, in order; of one subject alone, if
  /// one is given: then only its events are read.
  mutating func forEachEvent(
    of types: [FactCode], since first: LedgerSize = LedgerSize(0), about subject: SubjectID?,
    _ body: (Event, Snapshot, inout VerifiedHistory) throws -> Void
  ) throws {
    if let subject {
      return try forEachRevision(of: subject, Set(types), since: first, body)
    }
    var start = first.value
    while start < size.value {
      let end = min(size.value, start + VerifiedHistory.stretch)
      try reader.withSnapshot { snapshot in
        for position in try positions(of: types, from: start, to: end, in: snapshot) {
          try body(try event(at: position, in: snapshot), snapshot, &self)
        }
      }
      start = end
    }
  }

  private mutating func forEachRevision(
    of subject: SubjectID, _ types: Set<FactCode>, since first: LedgerSize,
    _ body: (Event, Snapshot, inout VerifiedHistory) throws -> Void
  ) throws {
    var positions: [Position] = []
    try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: subject, asOf: size) {
        if $0.value >= first.value { positions.append($0) }
        return true
      }
    }
    var rest = positions[...]
    while !rest.isEmpty {
      try reader.withSnapshot { snapshot in
        for position in rest.prefix(Int(VerifiedHistory.stretch)) {
          let event = try event(at: position, in: snapshot)
          if types.contains(FactCode(event.fact)) { try body(event, snapshot, &self) }
        }
      }
      rest = rest.dropFirst(Int(VerifiedHistory.stretch))
    }
  }

  private func positions(
    of types: [FactCode], from start: UInt64, to end: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) -> [Position] {
    var positions: [Position] = []
    for type in types {
      try snapshot.forEachPosition(of: type, asOf: LedgerSize(end), from: Position(start)) {
        positions.append($0)
        return true
      }
    }
    return positions.sorted()
  }
}

/// The words of an event as an export can have them.
enum ExportedWords: Equatable {
  /// The event has none.
  case none
  /// They are these.
  case values(EventText)
  /// They were erased, by the event there.
  case erased(Position)
  /// They are gone, and no erasure names them.
  case missing

  /// A member that is a string.
  func string(_ member: TextMember) -> Text? { self[member]?.text }

  /// The value of a member.
  subscript(_ member: TextMember) -> JSONValue? {
    if case .values(let text) = self { text[member] } else { nil }
  }

  /// Whether there is nothing in the place of what was said.
  var isGone: Bool {
    switch self {
    case .none, .values: false
    case .erased, .missing: true
    }
  }

  /// `{"erased":true,"erasedBy":…}` or `{"missing":true}`, beside what is left; nothing else.
  func mark(in object: inout DocumentObject) {
    switch self {
    case .none, .values: break
    case .erased(let position):
      object.put("erased", true)
      object.put("erasedBy", position)
    case .missing: object.put("missing", true)
    }
  }
}
