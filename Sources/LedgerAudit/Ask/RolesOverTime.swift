// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Which roles members held, looked up once between two changes of members.
struct RolesOverTime: Sendable {
  /// What was found, each once: roles in order, or nil for none.
  private(set) var found: [[Role]?] = []
  /// Where members changed.
  private let changes: [Position]
  private var indices: [[Role]?: Int] = [:]
  private var known: [Held: Int] = [:]
  private var last: (held: Held, index: Int)?
  /// Positions before which there were as many changes.
  private var stretch: (positions: Range<UInt64>, changes: Int) = (0..<0, 0)

  private struct Held: Hashable {
    var member: ActorID
    var project: Name?
    /// How many changes there were before.
    var changes: Int
  }

  init(_ snapshot: Snapshot, asOf size: LedgerSize) throws(ReadingError) {
    var changes: [Position] = []
    for type in [FactCode.memberGranted, .memberRevoked] {
      try snapshot.forEachPosition(of: type, asOf: size) { position in
        changes.append(position)
        return true
      }
    }
    self.changes = changes.sorted()
  }

  /// Whether there was any member before an event.
  func hasMembers(before position: Position) -> Bool {
    changes.first.map { $0 < position } ?? false
  }

  /// Which of ``found`` a member held in a project just before an event.
  mutating func index(
    of member: ActorID, in project: Name?, before position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> Int {
    let held = Held(member: member, project: project, changes: count(before: position))
    if let last, last.held == held { return last.index }
    let index =
      if let index = known[held] { index } else {
        try look(up: held, before: position, snapshot)
      }
    last = (held, index)
    return index
  }

  private mutating func look(
    up held: Held, before position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> Int {
    var roles: [Role]?
    if case .member(let state)? = try snapshot.entity(
      .member(held.member), asOf: LedgerSize(position.value))
    {
      let granted = Set(state.grants(in: held.project).flatMap(\.roles)).sorted()
      roles = granted.isEmpty ? nil : granted
    }
    let index = index(of: roles)
    known[held] = index
    return index
  }

  /// Which of ``found`` these roles are, from now on if they are new.
  mutating func index(of roles: [Role]?) -> Int {
    if let index = indices[roles] { return index }
    found.append(roles)
    indices[roles] = found.count - 1
    return found.count - 1
  }

  private mutating func count(before position: Position) -> Int {
    if stretch.positions.contains(position.value) { return stretch.changes }
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] < position { low = middle + 1 } else { high = middle }
    }
    let first = low == 0 ? 0 : changes[low - 1].value + 1
    let end = low == changes.count ? UInt64.max : changes[low].value + 1
    stretch = (first..<max(first, end), low)
    return low
  }
}
