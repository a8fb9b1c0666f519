// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain
public import LedgerReading

/// What an erasure of words would take, looked up from the events themselves.
///
/// One item for each subject, and one for what has none; more where more than 1,000 ranges are
/// needed. Words that are gone already are counted and named by no item.
public struct TextSurvey {
  /// What there is to erase, by first position.
  public private(set) var items: [ErasureItem] = []
  /// How many events were looked at whose words are gone already.
  public private(set) var goneAlready: UInt64 = 0
  /// How many events were looked at that never had words.
  public private(set) var wordless: UInt64 = 0

  /// How many ranges one event may name.
  public static let rangeLimit = 1000

  private let snapshot: Snapshot
  private var groups: [Group.Key: Group] = [:]
  private var jobs: [JobID: Job?] = [:]
  /// How many events with a digest of words were passed, of each job and of all: whether something
  /// stands between two events that a range must not name.
  private var passed: UInt64 = 0
  private var passedOfJob: [JobID: UInt64] = [:]

  /// Looks at the events in `ranges`, in order and apart from each other; at those of `job` alone,
  /// where it is given, and of those at the ones in `chosen`. One read of each event.
  ///
  /// `sparingErasures` leaves out why something was erased: that is named by itself, or stays.
  public init(
    _ snapshot: Snapshot, _ ranges: [PositionRange], job: JobID? = nil,
    chosen: Set<UInt64>? = nil, sparingErasures: Bool = false
  ) throws(ReadingError) {
    self.snapshot = snapshot
    for range in ranges {
      let end = min(range.to.value, snapshot.size.value &- 1)
      guard snapshot.size.value > 0, range.from.value <= end else { continue }
      for value in range.from.value...end {
        let event = try snapshot.event(at: Position(value))
        if let job, event.job != job { continue }
        let isChosen = chosen?.contains(value) ?? true
        try take(event, isChosen && !(sparingErasures && event.fact.isErasure))
      }
      // What lies between two ranges belongs to neither.
      passed += 1
      for name in passedOfJob.keys { passedOfJob[name, default: 0] += 1 }
    }
    items = groups.values.sorted { $0.first < $1.first }.flatMap(\.items)
  }

  /// Looks again at what an item names: the same, but for what was erased since.
  public static func refresh(
    _ item: ErasureItem, _ snapshot: Snapshot
  ) throws(ReadingError) -> [ErasureItem] {
    guard case .texts(let ranges) = item.what else { return [item] }
    return try TextSurvey(snapshot, ranges, job: item.job).items
  }

  private mutating func take(_ event: Event, _ isChosen: Bool) throws(ReadingError) {
    guard event.text != nil else {
      if isChosen { wordless += 1 }
      return
    }
    let job = try job(of: event)
    defer {
      passed += 1
      if let id = event.job { passedOfJob[id, default: 0] += 1 }
    }
    guard isChosen else { return }
    let isThere = try snapshot.hasDisclosure(at: event.position)
    guard isThere else {
      goneAlready += 1
      return
    }
    let subject = event.subjectID ?? job?.subjectID
    let key = Group.Key(subject: subject)
    var group = groups.removeValue(forKey: key) ?? Group(first: event.position)
    group.add(
      event, of: job, passed: passed,
      passedOfJob: event.job.map { passedOfJob[$0, default: 0] } ?? 0)
    groups[key] = group
  }

  private mutating func job(of event: Event) throws(ReadingError) -> Job? {
    guard let id = event.job else { return nil }
    if let known = jobs[id] { return known }
    var found: Job?
    if case .job(let job)? = try snapshot.entity(.job(id), asOf: snapshot.size) { found = job }
    jobs[id] = .some(found)
    return found
  }
}

/// The events of one subject, on their way into items.
private struct Group {
  struct Key: Hashable {
    var subject: SubjectID?
  }

  private struct Run {
    var range: PositionRange
    var count: UInt64
    var passed: UInt64
  }

  let first: Position
  /// Ranges that name no other event with words; of one job, none of that job.
  private var runs: [Run] = []
  private var jobRuns: [Run] = []
  private var projects: Set<Name?> = []
  private var subject: SubjectReference?
  private var numbers: Set<VersionNumber?> = []
  private var jobs: Set<JobID?> = []
  private var parts: Set<ErasureItem.Part> = []
  private var orderedParts: [ErasureItem.Part] = []
  private var latest = Timestamp(microseconds: .min)

  init(first: Position) { self.first = first }

  mutating func add(_ event: Event, of job: Job?, passed: UInt64, passedOfJob: UInt64) {
    let project = event.project ?? job?.project
    let number = event.number ?? job?.number
    subject = subject ?? event.subject ?? job?.subject
    projects.insert(project)
    numbers.insert(number)
    jobs.insert(event.job)
    latest = max(latest, event.time)
    let subjectID = event.subjectID ?? job?.subjectID
    let part = ErasureItem.Part(
      project: project, subject: subjectID,
      version: number.flatMap { number in
        subjectID.map { VersionID(subject: $0, number: number) }
      }, job: event.job)
    if parts.insert(part).inserted { orderedParts.append(part) }
    Group.extend(&runs, event.position, passed)
    Group.extend(&jobRuns, event.position, passedOfJob)
  }

  private static func extend(_ runs: inout [Run], _ position: Position, _ passed: UInt64) {
    if let last = runs.indices.last, runs[last].passed + 1 == passed {
      runs[last].range.to = position
      runs[last].count += 1
      runs[last].passed = passed
    } else {
      runs.append(
        Run(range: PositionRange(from: position, to: position), count: 1, passed: passed))
    }
  }

  var items: [ErasureItem] {
    let job = jobs.count == 1 ? jobs.first ?? nil : nil
    let runs = job == nil ? self.runs : jobRuns
    return stride(from: 0, to: runs.count, by: TextSurvey.rangeLimit).map { start in
      let piece = runs[start..<min(start + TextSurvey.rangeLimit, runs.count)]
      return ErasureItem(
        .texts(piece.map(\.range)), project: projects.count == 1 ? projects.first ?? nil : nil,
        subject: subject, number: numbers.count == 1 ? numbers.first ?? nil : nil, job: job,
        parts: orderedParts, latest: latest, count: piece.reduce(0) { $0 + $1.count })
    }
  }
}

extension Fact {
  fileprivate var isErasure: Bool {
    switch self {
    case .textErased, .artifactErased: true
    default: false
    }
  }
}

extension Snapshot {
  /// Whether the words of an event are there.
  fileprivate func hasDisclosure(at position: Position) throws(ReadingError) -> Bool {
    do throws(LMDBError) {
      return try loan.contains(tables.texts, BigEndianKey(position.value))
    } catch {
      throw ReadingError(lmdb: error)
    }
  }
}
