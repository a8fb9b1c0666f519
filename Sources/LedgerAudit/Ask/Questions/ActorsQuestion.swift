// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Who did each action: authenticated how, in what role, on whose behalf?
///
/// Above ``Inquiry/rowLimit`` actions they are gathered by actor, roles and type, each row with the first
/// and the last of them. The roles are those of the moment before the action.
enum ActorsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .actor, .authentication, .roles, .onBehalfOf, .via, .action, .about, .count, .until,
  ]
  static let fedBy = Inquiry.allTypes

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var roles = try RolesOverTime(inquiry)
    var claimed: [ActorID: [Position]] = [:]
    var withoutRole: [ActorID: [Position]] = [:]
    func note(_ actor: Actor, _ held: [Role]?, _ type: EventType, at position: Position) {
      if actor.authentication == .claimed { claimed[actor.id, default: []].append(position) }
      if held == nil, roles.hasMembers(before: position), needsRole(actor, for: type) {
        withoutRole[actor.person, default: []].append(position)
      }
    }
    if try inquiry.isLong() {
      var spans: [StoredGroup: PlaceSpan] = [:]
      var actors = StoredActors()
      try inquiry.forEachPlace { (place, documents) throws(ReadingError) in
        let position = place.position
        let (type, index) = try documents.outline(at: position) {
          (type, outline, leaf) throws(ReadingError) in
          (type, try actors.index(of: outline, in: leaf, at: position))
        }
        let actor = actors.actors[index]
        let held = try roles.held(by: actor.person, in: place.project, before: position)
        let group = StoredGroup(actor: index, roles: held, type: type)
        spans[group, default: PlaceSpan(position)].add(position)
        note(actor, held, type, at: position)
        return true
      }
      for (stored, span) in spans.sorted(by: { $0.value.first < $1.value.first }) {
        let group = Group(
          actor: actors.actors[stored.actor], roles: stored.roles, type: stored.type)
        let (first, last) = (
          try inquiry.snapshot.time(at: span.first), try inquiry.snapshot.time(at: span.last)
        )
        answer.add(
          group.row(first, about: nil, count: span.count, until: last), restingOn: span.ends)
      }
    } else {
      try inquiry.forEachEvent(of: Inquiry.allTypes) { (event, documents) throws(ReadingError) in
        let held = try roles.held(
          by: event.actor.person, in: event.project, before: event.position)
        let group = Group(actor: event.actor, roles: held, type: EventType(event.fact))
        let about = try documents.about(event)
        let row = group.row(event.time, about: about, count: nil, until: nil)
        answer.add(row, restingOn: [event.position])
        note(event.actor, held, group.type, at: event.position)
      }
    }
    for (id, positions) in claimed {
      answer.except(.claimedName, about: id.string, restingOn: positions)
    }
    for (id, positions) in withoutRole {
      answer.except(.withoutRole, about: id.string, restingOn: positions)
    }
  }

  /// Whoever is refused needs none; the system ends what somebody with the right began.
  private static func needsRole(_ actor: Actor, for type: EventType) -> Bool {
    type != .commandRefused && actor.authentication != .system
  }

  private struct Group: Hashable {
    var actor: Actor
    var roles: [Role]?
    var type: EventType

    func row(
      _ time: Timestamp, about: String?, count: UInt64?, until: Timestamp?
    ) -> [AnswerValue?] {
      [
        .time(time), .actor(actor), .word(actor.authentication.rawValue),
        roles.map { .words($0.map(\.rawValue)) },
        actor.authentication == .system ? actor.actsFor.map { .name($0.string) } : nil,
        actor.via.map { .text($0.host) }, .word(type.name.description),
        about.map { .name($0) }, count.map { .count($0) }, until.map { .time($0) },
      ]
    }
  }
}

/// A group while events are passed: the actor is one of ``StoredActors``.
private struct StoredGroup: Hashable {
  var actor: Int
  var roles: [Role]?
  var type: EventType
}

/// The actors of events that are not decoded: each once, by the bytes that it has in a leaf.
private struct StoredActors {
  private(set) var actors: [Actor] = []
  private var indices: [[UInt8]: Int] = [:]
  private var last: (bytes: [UInt8], index: Int)?

  /// Which of the actors a leaf names; those of one job follow each other.
  mutating func index(
    of outline: LeafOutline, in leaf: UnsafeRawBufferPointer, at position: Position
  ) throws(ReadingError) -> Int {
    if let last, LeafOutline.hasActor(last.bytes, in: leaf) { return last.index }
    guard let range = outline.actor(in: leaf) else {
      throw Documents.altered(leaf, at: position)
    }
    let key = Array(leaf[range])
    if let index = indices[key] {
      last = (key, index)
      return index
    }
    guard let actor = EventCodec.actor(UnsafeRawBufferPointer(rebasing: leaf[range])) else {
      throw Documents.altered(leaf, at: position)
    }
    actors.append(actor)
    indices[key] = actors.count - 1
    last = (key, actors.count - 1)
    return actors.count - 1
  }
}

/// Which roles members held, looked up once between two changes of members.
private struct RolesOverTime {
  private let snapshot: Snapshot
  private var changes: [Position] = []
  private var known: [Held: [Role]?] = [:]
  private var last: (key: Held, roles: [Role]?)?

  private struct Held: Hashable {
    var member: ActorID
    var project: Name?
    /// How many changes there were before.
    var changes: Int
  }

  init(_ inquiry: Inquiry) throws(ReadingError) {
    snapshot = inquiry.snapshot
    for type in [FactCode.memberGranted, .memberRevoked] {
      try snapshot.forEachPosition(of: type, asOf: inquiry.size) { position in
        changes.append(position)
        return true
      }
    }
    changes.sort()
  }

  /// Whether there was any member before an event.
  func hasMembers(before position: Position) -> Bool {
    changes.first.map { $0 < position } ?? false
  }

  /// The roles in a project just before an event; nil where there was none.
  mutating func held(
    by member: ActorID, in project: Name?, before position: Position
  ) throws(ReadingError) -> [Role]? {
    let key = Held(member: member, project: project, changes: count(before: position))
    if let last, last.key == key { return last.roles }
    let roles = try look(up: key, before: position)
    last = (key, roles)
    return roles
  }

  private mutating func look(
    up key: Held, before position: Position
  ) throws(ReadingError) -> [Role]? {
    if let roles = known[key] { return roles }
    var roles: [Role]?
    if case .member(let state)? = try snapshot.entity(
      .member(key.member), asOf: LedgerSize(position.value))
    {
      let granted = Set(state.grants(in: key.project).flatMap(\.roles)).sorted()
      roles = granted.isEmpty ? nil : granted
    }
    known[key] = .some(roles)
    return roles
  }

  private func count(before position: Position) -> Int {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
