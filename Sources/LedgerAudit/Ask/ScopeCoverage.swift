// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What the events of a scope cover, and the gaps in their words.
struct ScopeCoverage: PlaceGathering {
  /// Events whose words were erased, by the event that did it.
  private(set) var erased: [Position: [Position]] = [:]
  /// Events whose words are missing.
  private(set) var missing: [Position] = []
  private var owners: [SubjectID] = []
  private var byOwner: [Coverage?] = []
  /// Of events that no owner is known of.
  private var bySubject: [SubjectID: Coverage] = [:]
  private var byProject: [Name: Coverage] = [:]
  private var subjectLines: [SubjectID: UInt64] = [:]
  private var projectLines: [Name: UInt64] = [:]

  mutating func begin(_ subjects: [SubjectID]) {
    owners = subjects
    byOwner = Array(repeating: nil, count: subjects.count)
  }

  mutating func add(_ place: EventPlace, _ documents: inout Documents) throws(ReadingError) {
    let position = place.position
    let gap = try documents.gap(at: position)
    switch gap {
    case .erased(let mark): erased[mark.position, default: []].append(position)
    case .missing: missing.append(position)
    case nil: break
    }
    if let owner = place.owner {
      if byOwner[owner]?.add(position, gap) == nil {
        byOwner[owner] = Coverage(position)
        byOwner[owner]?.add(position, gap)
      }
      return
    }
    if let project = place.project {
      byProject[project, default: Coverage(position)].add(position, gap)
    }
    if let subject = place.subject {
      bySubject[subject, default: Coverage(position)].add(position, gap)
    }
  }

  /// The lines of logs, which are counted without them.
  mutating func addRest(_ inquiry: inout Inquiry) throws(ReadingError) {
    try inquiry.forEachJobLog { job in
      if let project = job.project { projectLines[project, default: 0] += job.lines }
      if let subject = job.subject { subjectLines[subject, default: 0] += job.lines }
    }
  }

  mutating func add(_ other: ScopeCoverage) {
    for (mark, positions) in other.erased { erased[mark, default: []] += positions }
    missing += other.missing
    for (owner, coverage) in other.byOwner.enumerated() {
      guard let coverage else { continue }
      byOwner[owner] = byOwner[owner].map { $0.adding(coverage) } ?? coverage
    }
    bySubject.merge(other.bySubject) { $0.adding($1) }
    byProject.merge(other.byProject) { $0.adding($1) }
    subjectLines.merge(other.subjectLines, uniquingKeysWith: +)
    projectLines.merge(other.projectLines, uniquingKeysWith: +)
  }

  /// By subject.
  var subjects: [SubjectID: Coverage] {
    var subjects = bySubject
    for case (let owner, let coverage?) in zip(owners, byOwner) {
      subjects.merge([owner: coverage]) { $0.adding($1) }
    }
    for (subject, lines) in subjectLines { subjects[subject]?.lines = lines }
    return subjects
  }

  /// By project.
  var projects: [Name: Coverage] {
    var projects = byProject
    for case (let owner, let coverage?) in zip(owners, byOwner) {
      projects.merge([owner.project: coverage]) { $0.adding($1) }
    }
    for (project, lines) in projectLines { projects[project]?.lines = lines }
    return projects
  }
}

/// What a row of the answer covers: a project or a subject.
struct Coverage: Sendable {
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

  func adding(_ other: Coverage) -> Coverage {
    var sum = self
    sum.span.add(other.span)
    sum.erased += other.erased
    sum.missing += other.missing
    return sum
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
