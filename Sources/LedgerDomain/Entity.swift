// SPDX-License-Identifier: Apache-2.0

/// What a view has a row for.
public enum EntityKey: Hashable, Sendable {
  /// The ledger itself.
  case ledger
  /// The policy in force.
  case policy
  /// The holds in force.
  case holds
  /// A project.
  case project(Name)
  /// A model or feature task.
  case subject(SubjectID)
  /// A version of a subject.
  case version(VersionID)
  /// A job.
  case job(JobID)
  /// A deployment.
  case deployment(DeploymentID)
  /// A target of a subject: who occupies or reserves it.
  case slot(SubjectID, target: Name)
  /// A member.
  case member(ActorID)
  /// A schedule of a project.
  case schedule(project: Name, name: Name)
}

/// The state of one entity as of some size.
public indirect enum Entity: Equatable, Sendable {
  /// The ledger itself.
  case ledger(LedgerState)
  /// The policy in force.
  case policy(PolicyState)
  /// The holds in force.
  case holds(HoldState)
  /// A project.
  case project(Project)
  /// A model or feature task.
  case subject(Subject)
  /// A version.
  case version(Version)
  /// A job.
  case job(Job)
  /// A deployment.
  case deployment(Deployment)
  /// A target of a subject.
  case slot(Slot)
  /// A member.
  case member(Member)
  /// A schedule.
  case schedule(Schedule)

  /// The key of its row.
  public var key: EntityKey {
    switch self {
    case .ledger: .ledger
    case .policy: .policy
    case .holds: .holds
    case .project(let project): .project(project.name)
    case .subject(let subject): .subject(subject.id)
    case .version(let version): .version(version.id)
    case .job(let job): .job(job.id)
    case .deployment(let deployment): .deployment(deployment.id)
    case .slot(let slot): .slot(slot.subject, target: slot.target)
    case .member(let member): .member(member.id)
    case .schedule(let schedule): .schedule(project: schedule.project, name: schedule.name)
    }
  }
}

/// Where `decide` and `fold` look things up: the state of each entity at the head.
///
/// A source that cannot read keeps the reason to itself and answers nil; its owner looks for that
/// before it trusts what was decided.
public protocol ViewSource {
  /// The entity's state, or nil when it does not exist.
  mutating func entity(_ key: EntityKey) -> Entity?
}

/// A source that also takes new states.
public protocol ViewStore: ViewSource {
  /// Keeps the new state of an entity, as of the event being folded.
  mutating func store(_ entity: Entity)
}

extension ViewSource {
  /// The ledger.
  public mutating func ledger() -> LedgerState? {
    if case .ledger(let state)? = entity(.ledger) { state } else { nil }
  }
  /// The policy in force; the default one where none was set.
  public mutating func policy() -> PolicyState {
    if case .policy(let state)? = entity(.policy) { state } else { .initial }
  }
  /// A project.
  public mutating func project(_ name: Name) -> Project? {
    if case .project(let state)? = entity(.project(name)) { state } else { nil }
  }
  /// A model or feature task.
  public mutating func subject(_ id: SubjectID) -> Subject? {
    if case .subject(let state)? = entity(.subject(id)) { state } else { nil }
  }
  /// A version.
  public mutating func version(_ id: VersionID) -> Version? {
    if case .version(let state)? = entity(.version(id)) { state } else { nil }
  }
  /// A job.
  public mutating func job(_ id: JobID) -> Job? {
    if case .job(let state)? = entity(.job(id)) { state } else { nil }
  }
  /// A deployment.
  public mutating func deployment(_ id: DeploymentID) -> Deployment? {
    if case .deployment(let state)? = entity(.deployment(id)) { state } else { nil }
  }
  /// A target of a subject.
  public mutating func slot(_ subject: SubjectID, target: Name) -> Slot {
    if case .slot(let state)? = entity(.slot(subject, target: target)) {
      state
    } else {
      Slot(subject: subject, target: target)
    }
  }
  /// A member.
  public mutating func member(_ id: ActorID) -> Member? {
    if case .member(let state)? = entity(.member(id)) { state } else { nil }
  }
  /// A schedule.
  public mutating func schedule(project: Name, name: Name) -> Schedule? {
    if case .schedule(let state)? = entity(.schedule(project: project, name: name)) {
      state
    } else {
      nil
    }
  }
}

/// Views held in memory: what a rebuild folds into, and the model that tests compare with.
public struct MemoryViews: ViewStore, Sendable {
  /// The latest state of every entity.
  public private(set) var current: [EntityKey: Entity] = [:]
  /// The entities stored since this was last emptied, in order.
  public var changes: [Entity] = []

  /// Views of an empty log.
  public init() {}

  /// The latest state of an entity.
  public func entity(_ key: EntityKey) -> Entity? { current[key] }

  /// Keeps a state and lists it among the changes.
  public mutating func store(_ entity: Entity) {
    current[entity.key] = entity
    changes.append(entity)
  }
}

/// An event as a view refers to it.
public struct Mark: Hashable, Sendable {
  /// Where it is.
  public var position: Position
  /// When it was recorded.
  public var time: Timestamp
  /// Pairs the two.
  public init(position: Position, time: Timestamp) {
    self.position = position
    self.time = time
  }
  /// Refers to an event.
  public init(_ event: Event) { self.init(position: event.position, time: event.time) }
}

/// A history that cannot be folded: damage, or a bug. Nothing is skipped.
public struct FoldFailure: Error, Equatable, Sendable {
  /// What is wrong with the event.
  public enum Reason: Equatable, Sendable {
    /// It is about an entity that no earlier event made.
    case missing(EntityKey)
    /// It lacks a member of the envelope that its type needs.
    case incomplete(String)
    /// It makes something that exists.
    case exists(EntityKey)
  }
  /// The event.
  public var position: Position
  /// What is wrong with it.
  public var reason: Reason
  /// Names event and reason.
  public init(position: Position, reason: Reason) {
    self.position = position
    self.reason = reason
  }
}
