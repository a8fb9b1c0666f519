// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

/// Scope: which ledger, models, time window and positions are covered; is anything missing, erased or cut off?
///
/// The first row is the ledger with the window, log lines included; then what the scope holds in it,
/// without them: each project, then each subject. Words of log lines are looked for by a verification.
enum ScopeQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .kind, .name, .id, .versions, .events, .lines, .first, .last, .since, .until, .erased,
    .missing,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.size.value > 0 else {
      answer.notAnswerable = "the ledger had no event yet"
      return
    }
    try addLedger(inquiry, to: &answer)
    let covered = try inquiry.gather(from: ScopeCoverage())
    for (project, coverage) in covered.projects.sorted(by: { $0.key < $1.key }) {
      answer.add(
        try coverage.row("project", project.string, versions: nil, inquiry.snapshot),
        restingOn: coverage.span.ends)
    }
    var versions: [SubjectID: [String]] = [:]
    for version in try inquiry.versionIDs() {
      versions[version.subject, default: []].append("@\(version.number.value)")
    }
    for (subject, coverage) in covered.subjects.sorted(by: { $0.key < $1.key }) {
      var kind = "subject"
      if case .subject(let known)? = try inquiry.snapshot.entity(
        .subject(subject), asOf: inquiry.size)
      {
        kind = known.kind.rawValue
      }
      answer.add(
        try coverage.row(
          kind, try inquiry.documents.label(of: subject), versions: versions[subject] ?? [],
          inquiry.snapshot), restingOn: coverage.span.ends)
    }
    for (mark, positions) in covered.erased {
      answer.except(.erased, about: nil, restingOn: positions + [mark])
    }
    if !covered.missing.isEmpty {
      answer.except(.wordsMissing, about: nil, restingOn: covered.missing)
    }
    try exceptEdges(&inquiry, &answer)
  }

  private static func addLedger(
    _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard
      case .ledger(let ledger)? = try inquiry.snapshot.entity(.ledger, asOf: inquiry.size)
    else { return }
    let count = inquiry.size.value - min(inquiry.since.value, inquiry.size.value)
    let first = count == 0 ? nil : Position(inquiry.since.value)
    let last = count == 0 ? nil : Position(inquiry.size.value - 1)
    var times: [Timestamp?] = []
    for position in [first, last] {
      if let position { times.append(try inquiry.snapshot.time(at: position)) }
    }
    answer.add(
      [
        .word("ledger"), .text(ledger.origin), .name(ledger.id), nil, .count(count), nil,
        first.map { .position($0) }, last.map { .position($0) },
        (times.first ?? nil).map { .time($0) }, (times.last ?? nil).map { .time($0) }, nil, nil,
      ], restingOn: [ledger.created.position] + [first, last].compactMap { $0 })
  }

  /// What lies beyond the window, and what no signature covers yet.
  private static func exceptEdges(
    _ inquiry: inout Inquiry, _ answer: inout Answer
  ) throws(ReadingError) {
    let (size, head, since) = (inquiry.size, inquiry.snapshot.size, inquiry.since)
    if try inquiry.hasEvents(from: Position(size.value), below: head) {
      answer.except(.cutOff, about: "after", restingOn: [Position(size.value - 1)])
    }
    if since.value > 0, try inquiry.hasEvents(from: Position(0), below: since) {
      answer.except(.cutOff, about: "before", restingOn: [Position(since.value)])
    }
    let signed = inquiry.checkpoint?.size ?? 0
    if signed < size.value {
      answer.except(
        .checkpointBehind, about: nil,
        restingOn: [Position(max(signed, since.value)), Position(size.value - 1)])
    }
  }
}

extension Inquiry {
  /// Whether any event in scope is at a position and below a size, log lines and progress left out but for
  /// the whole ledger.
  fileprivate func hasEvents(
    from start: Position, below end: LedgerSize
  ) throws(ReadingError) -> Bool {
    guard start.value < end.value else { return false }
    var positions: [Position] = []
    if let subject {
      try snapshot.forEachPosition(of: subject, asOf: end) { position in
        if position >= start { positions.append(position) }
        return true
      }
    } else if case .project = scope {
      for type in Inquiry.allTypes {
        try snapshot.forEachPosition(of: type, asOf: end, from: start) { position in
          positions.append(position)
          return true
        }
      }
    } else {
      return true
    }
    for position in positions where includes(try snapshot.event(at: position)) { return true }
    return false
  }
}
