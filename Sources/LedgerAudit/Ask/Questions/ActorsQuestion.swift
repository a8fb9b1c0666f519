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
    var groups: [Group: Span] = [:]
    var claimed: [ActorID: [Position]] = [:]
    var withoutRole: [ActorID: [Position]] = [:]
    var isGathered = false
    try inquiry.forEachEvent(of: Inquiry.allTypes) { (event, documents) throws(ReadingError) in
      let held = try roles.held(by: event.actor.person, before: event)
      let group = Group(actor: event.actor, roles: held, type: EventType(event.fact))
      groups[group, default: Span(event)].last = event
      groups[group]?.count += 1
      if !isGathered {
        let about = try documents.about(event)
        let row = group.row(event.time, about: about, count: nil, until: nil)
        answer.add(row, restingOn: [event.position])
        isGathered = answer.rows.count > Inquiry.rowLimit
        if isGathered { answer.rows = [] }
      }
      if event.actor.authentication == .claimed {
        claimed[event.actor.id, default: []].append(event.position)
      }
      if held == nil, roles.hasMembers, ActorsQuestion.needsRole(event) {
        withoutRole[event.actor.person, default: []].append(event.position)
      }
    }
    if isGathered {
      for (group, span) in groups.sorted(by: { $0.value.first.position < $1.value.first.position })
      {
        answer.add(
          group.row(span.first.time, about: nil, count: span.count, until: span.last.time),
          restingOn: [span.first.position, span.last.position])
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
  private static func needsRole(_ event: Event) -> Bool {
    if case .commandRefused = event.fact { return false }
    return event.actor.authentication != .system
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

  private struct Span {
    var first: Event
    var last: Event
    var count: UInt64 = 0

    init(_ event: Event) { (first, last) = (event, event) }
  }
}

/// Which roles members held, event by event: looked up once between two changes of members.
private struct RolesOverTime {
  private let snapshot: Snapshot
  private var changes: [Position] = []
  private var next = 0
  private var known: [Held: [Role]?] = [:]

  private struct Held: Hashable {
    var member: ActorID
    var project: Name?
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

  /// Whether there was any member before the event that was asked about last.
  var hasMembers: Bool { next > 0 }

  /// The roles in the event's project; nil where there was none. Events come in order.
  mutating func held(
    by member: ActorID, before event: Event
  ) throws(ReadingError) -> [Role]? {
    while next < changes.count, changes[next] < event.position {
      next += 1
      known = [:]
    }
    let key = Held(member: member, project: event.project)
    if let roles = known[key] { return roles }
    var roles: [Role]?
    if case .member(let state)? = try snapshot.entity(
      .member(member), asOf: LedgerSize(event.position.value))
    {
      let granted = Set(state.grants(in: event.project).flatMap(\.roles)).sorted()
      roles = granted.isEmpty ? nil : granted
    }
    known[key] = .some(roles)
    return roles
  }
}
