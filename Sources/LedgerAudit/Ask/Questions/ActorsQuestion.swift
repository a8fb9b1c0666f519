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
    let (snapshot, size) = (inquiry.snapshot, inquiry.size)
    var roles = try RolesOverTime(snapshot, asOf: size)
    var exceptions = ActorExceptions()
    if try inquiry.isLong() {
      let gathered = try inquiry.gather(from: ActorsGathered(roles))
      exceptions = gathered.exceptions
      for (group, span) in gathered.groups {
        let (first, last) = (try snapshot.time(at: span.first), try snapshot.time(at: span.last))
        answer.add(
          group.row(first, about: nil, count: span.count, until: last), restingOn: span.ends)
      }
    } else {
      try inquiry.forEachEvent(of: Inquiry.allTypes) { (event, documents) throws(ReadingError) in
        let held = try roles.index(
          of: event.actor.person, in: event.project, before: event.position, snapshot)
        let group = ActionGroup(
          actor: event.actor, roles: roles.found[held], type: EventType(event.fact))
        let about = try documents.about(event)
        let row = group.row(event.time, about: about, count: nil, until: nil)
        answer.add(row, restingOn: [event.position])
        exceptions.note(
          event.actor, group.type, at: event.position,
          lacksRole: group.roles == nil && roles.hasMembers(before: event.position))
      }
    }
    exceptions.tell(&answer)
  }
}

/// Actions of one actor in the same roles.
private struct ActionGroup {
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

/// Who claimed a name, and who acted without a role.
private struct ActorExceptions {
  private var claimed: [ActorID: [Position]] = [:]
  private var withoutRole: [ActorID: [Position]] = [:]

  mutating func note(
    _ actor: borrowing Actor, _ type: EventType, at position: Position, lacksRole: Bool
  ) {
    if actor.authentication == .claimed { claimed[actor.id, default: []].append(position) }
    // Whoever is refused needs none; the system ends what somebody with the right began.
    if lacksRole, type != .commandRefused, actor.authentication != .system {
      withoutRole[actor.person, default: []].append(position)
    }
  }

  mutating func add(_ other: ActorExceptions) {
    claimed.merge(other.claimed, uniquingKeysWith: +)
    withoutRole.merge(other.withoutRole, uniquingKeysWith: +)
  }

  func tell(_ answer: inout Answer) {
    for (id, positions) in claimed {
      answer.except(.claimedName, about: id.string, restingOn: positions)
    }
    for (id, positions) in withoutRole {
      answer.except(.withoutRole, about: id.string, restingOn: positions)
    }
  }
}

/// Actions by actor, roles and type; the first two by their numbers.
private struct ActorsGathered: PlaceGathering {
  private(set) var exceptions = ActorExceptions()
  private var roles: RolesOverTime
  private var actors = StoredActors()
  private var spans: [Key: PlaceSpan] = [:]

  private struct Key: Hashable {
    var actor: Int
    var roles: Int
    var type: EventType
  }

  init(_ roles: RolesOverTime) { self.roles = roles }

  mutating func add(_ place: EventPlace, _ documents: inout Documents) throws(ReadingError) {
    let position = place.position
    let (type, actor) = try documents.outline(at: position) {
      (type, outline, leaf) throws(ReadingError) in
      (type, try actors.index(of: outline, in: leaf, at: position))
    }
    let held = try roles.index(
      of: actors.actors[actor].person, in: place.project, before: position, documents.snapshot)
    spans[Key(actor: actor, roles: held, type: type), default: PlaceSpan(position)].add(position)
    exceptions.note(
      actors.actors[actor], type, at: position,
      lacksRole: roles.found[held] == nil && roles.hasMembers(before: position))
  }

  mutating func add(_ other: ActorsGathered) {
    let numbers = actors.add(other.actors)
    let held = other.roles.found.map { roles.index(of: $0) }
    for (key, span) in other.spans {
      let key = Key(actor: numbers[key.actor], roles: held[key.roles], type: key.type)
      if spans[key]?.add(span) == nil { spans[key] = span }
    }
    exceptions.add(other.exceptions)
  }

  /// In the order of the first of each.
  var groups: [(ActionGroup, PlaceSpan)] {
    spans.sorted { $0.value.first < $1.value.first }.map { key, span in
      (
        ActionGroup(
          actor: actors.actors[key.actor], roles: roles.found[key.roles], type: key.type), span
      )
    }
  }
}
