// SPDX-License-Identifier: Apache-2.0

/// What a hold keeps from being erased.
public enum HoldTarget: Hashable, Sendable {
  /// All of the ledger.
  case ledger
  /// All of a project.
  case project(Name)
  /// A model or feature task with all its versions.
  case subject(SubjectID)
  /// A version.
  case version(VersionID)
  /// A job.
  case job(JobID)

  /// The reference that the event names: `ledger`, `churn`, `churn/churn-lr`, `churn/churn-lr@3`,
  /// `train-7k2pqx`. The envelope tells a project of the name `ledger` from the ledger.
  public var written: Text {
    switch self {
    case .ledger: "ledger"
    case .project(let name): Text(name.string)
    case .subject(let id): Text(id.description)
    case .version(let id): Text(id.description)
    case .job(let id): Text(id.string)
    }
  }

  /// What an event's envelope names, the narrowest first.
  init(_ event: Event) {
    if let job = event.job {
      self = .job(job)
    } else if let version = event.versionID {
      self = .version(version)
    } else if let subject = event.subjectID {
      self = .subject(subject)
    } else if let project = event.project {
      self = .project(project)
    } else {
      self = .ledger
    }
  }

  /// Whether a hold on this covers what has these: each is nil where it does not apply.
  public func covers(
    project: Name?, subject: SubjectID?, version: VersionID?, job: JobID?
  ) -> Bool {
    switch self {
    case .ledger: true
    case .project(let name): project == name
    case .subject(let id): subject == id
    case .version(let id): version == id
    case .job(let id): job == id
    }
  }
}

/// A hold in force.
public struct Hold: Equatable, Sendable {
  /// What it keeps.
  public var target: HoldTarget
  /// Where it was placed, oldest first: each time has its own reason. One release ends them all.
  public var placed: [Mark]
  /// Pairs the two.
  public init(target: HoldTarget, placed: [Mark]) {
    self.target = target
    self.placed = placed
  }
}

/// The holds in force, in the order in which they were first placed.
public struct HoldState: Equatable, Sendable {
  /// One for each thing that is held.
  public var holds: [Hold]
  /// Wraps the list.
  public init(holds: [Hold] = []) { self.holds = holds }

  /// The hold on exactly this.
  public subscript(_ target: HoldTarget) -> Hold? { holds.first { $0.target == target } }

  /// The holds that forbid the erasure of what has these (rule 8).
  public func covering(
    project: Name?, subject: SubjectID? = nil, version: VersionID? = nil, job: JobID? = nil
  ) -> [Hold] {
    holds.filter {
      $0.target.covers(project: project, subject: subject, version: version, job: job)
    }
  }

  mutating func place(_ target: HoldTarget, by mark: Mark) {
    if let index = holds.firstIndex(where: { $0.target == target }) {
      holds[index].placed.append(mark)
    } else {
      holds.append(Hold(target: target, placed: [mark]))
    }
  }

  mutating func release(_ target: HoldTarget) { holds.removeAll { $0.target == target } }
}

extension Policy {
  /// From when on something recorded at a moment may be erased (rule 8): the minimum retention.
  public func erasable(recorded: Timestamp) -> Timestamp {
    let (days, tooMany) = Int64(retentionMinimumDays).multipliedReportingOverflow(
      by: 86_400_000_000)
    let (end, tooLate) = recorded.microseconds.addingReportingOverflow(days)
    return Timestamp(microseconds: tooMany || tooLate ? .max : end)
  }
}

extension ViewSource {
  /// The holds in force.
  public mutating func holds() -> HoldState {
    if case .holds(let state)? = entity(.holds) { state } else { HoldState() }
  }

  /// The holds that forbid the erasure of a job's events (rule 8): those on it and around it.
  public mutating func holds(onJob id: JobID) -> [Hold] {
    let job = job(id)
    return holds().covering(
      project: job?.project, subject: job?.subjectID, version: job?.versionID, job: id)
  }
}
