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
    var projects: [Name: Coverage] = [:]
    var subjects: [SubjectID: Coverage] = [:]
    var erased: [Position: [Position]] = [:]
    var missing: [Position] = []
    try inquiry.forEachPlace { (place, documents) throws(ReadingError) in
      let gap = try documents.gap(at: place.position)
      switch gap {
      case .erased(let mark): erased[mark.position, default: []].append(place.position)
      case .missing: missing.append(place.position)
      case nil: break
      }
      if let project = place.project {
        projects[project, default: Coverage(place.position)].add(place.position, gap)
      }
      if let subject = place.subject {
        subjects[subject, default: Coverage(place.position)].add(place.position, gap)
      }
      return true
    }
    let asked = inquiry
    try inquiry.forEachJob { (job) throws(ReadingError) in
      guard asked.includes(job) else { return }
      let lines = try lines(of: job.id, asked)
      if let project = job.project { projects[project]?.lines += lines }
      if let subject = job.subjectID { subjects[subject]?.lines += lines }
    }
    for (project, coverage) in projects.sorted(by: { $0.key < $1.key }) {
      answer.add(
        try coverage.row("project", project.string, versions: nil, inquiry.snapshot),
        restingOn: coverage.span.ends)
    }
    var versions: [SubjectID: [String]] = [:]
    try inquiry.forEachVersion { version in
      versions[version.id.subject, default: []].append("@\(version.id.number.value)")
    }
    for (subject, coverage) in subjects.sorted(by: { $0.key < $1.key }) {
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
    for (mark, positions) in erased {
      answer.except(.erased, about: nil, restingOn: positions + [mark])
    }
    if !missing.isEmpty { answer.except(.wordsMissing, about: nil, restingOn: missing) }
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

  /// The log lines of a job in the window.
  private static func lines(of job: JobID, _ inquiry: Inquiry) throws(ReadingError) -> UInt64 {
    let all = try inquiry.snapshot.logSummary(of: job, asOf: inquiry.size)?.counts.lines.total ?? 0
    guard inquiry.since.value > 0 else { return all }
    let before = try inquiry.snapshot.logSummary(of: job, asOf: inquiry.since)
    return all - min(all, before?.counts.lines.total ?? 0)
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

  /// What a row covers.
  private struct Coverage {
    var span: PlaceSpan
    var lines: UInt64 = 0
    var erased: UInt64 = 0
    var missing: UInt64 = 0

    init(_ position: Position) { span = PlaceSpan(position) }

    mutating func add(_ position: Position, _ gap: WordsGap?) {
      span.add(position)
      switch gap {
      case .erased: erased += 1
      case .missing: missing += 1
      case nil: break
      }
    }

    func row(
      _ kind: String, _ name: String, versions: [String]?, _ snapshot: Snapshot
    ) throws(ReadingError) -> [AnswerValue?] {
      [
        .word(kind), .name(name), nil, versions.map { .names($0) }, .count(span.count),
        .count(lines), .position(span.first), .position(span.last),
        .time(try snapshot.time(at: span.first)), .time(try snapshot.time(at: span.last)),
        .count(erased), .count(missing),
      ]
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
