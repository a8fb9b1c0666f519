// SPDX-License-Identifier: Apache-2.0

/// Folds events into views: the one reducer, used by the writer, every rebuild and every check.
public enum Reducer {
  /// The version of these rules and of the rows they make. A change of either raises it,
  /// from the first release on; `doctor` makes the views of an earlier build anew.
  public static let version: UInt32 = 1

  /// Folds one event: looks up what it changes and stores the new states, at most five; of an
  /// erasure about a whole subject, as many as that has versions.
  ///
  /// Log lines and progress change nothing; no state depends on them or on texts.
  public static func fold(
    _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    switch event.fact {
    case .jobLogged, .jobProgressed, .noteAdded, .commandRefused,
      .reportExported, .ledgerRestored, .clockCorrected, .ledgerUpgraded:
      break
    case .ledgerCreated(let fact):
      try requireNew(.ledger, event, in: &views)
      views.store(.ledger(.created(fact, by: event)))
    case .keyRotated(let fact):
      guard var ledger = views.ledger() else { throw missing(.ledger, event) }
      ledger.evolve(fact)
      views.store(.ledger(ledger))
    case .projectCreated(let fact):
      try requireNew(.project(fact.name), event, in: &views)
      views.store(
        .project(Project(name: fact.name, created: Mark(event), described: Mark(event))))
    case .projectUpdated(let fact):
      guard var project = views.project(fact.name) else {
        throw missing(.project(fact.name), event)
      }
      if event.text != nil { project.described = Mark(event) }
      views.store(.project(project))
    case .memberGranted(let fact):
      views.store(.member(Member.evolve(views.member(fact.member), with: fact, by: event)))
    case .memberRevoked(let fact):
      guard var member = views.member(fact.member) else {
        throw missing(.member(fact.member), event)
      }
      member.revoke(by: event)
      views.store(.member(member))
    case .holdPlaced, .holdReleased:
      var state = views.holds()
      let target = HoldTarget(event)
      if case .holdPlaced = event.fact {
        state.place(target, by: Mark(event))
      } else {
        state.release(target)
      }
      views.store(.holds(state))
    case .policySet(let fact):
      views.store(.policy(PolicyState(policy: fact.policy, set: Mark(event))))
    case .subjectRegistered(let fact), .subjectUpdated(let fact):
      try foldSubject(fact, event, into: &views)
    case .jobCreated(let fact): try foldCreation(fact, event, into: &views)
    case .jobStarted, .jobStopRequested, .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      try foldProgress(event, into: &views)
    case .versionTrained, .versionImported, .versionEvaluated, .statisticsComputed,
      .versionApproved, .versionRejected:
      try changeVersion(event, in: &views)
    case .changeAssessed:
      if event.number != nil { try changeVersion(event, in: &views) }
    case .textErased, .artifactErased: try foldErasure(event, into: &views)
    case .versionDeployed(let fact): try foldDeployment(fact, event, into: &views)
    case .deploymentRetired(let fact): try foldRetirement(fact, event, into: &views)
    case .predictionCompleted(let fact): try changeDeployment(fact.deployment, event, in: &views)
    case .runCompleted(let fact):
      if fact.deployment == nil { try changeVersion(event, in: &views) }
      try changeDeployment(fact.deployment, event, in: &views)
    case .driftMeasured(let fact):
      try changeVersion(event, in: &views)
      try changeDeployment(fact.deployment, event, in: &views)
    case .alertAnswered(let fact): try changeDeployment(fact.deployment, event, in: &views)
    case .scheduleCreated, .scheduleRemoved, .scheduleMissed:
      try foldSchedule(event, into: &views)
    }
  }

  private static func foldSubject(
    _ fact: SubjectDescribed, _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let id = event.subjectID, let reference = event.subject else {
      throw incomplete("subject", event)
    }
    guard case .subjectUpdated = event.fact else {
      try requireNew(.subject(id), event, in: &views)
      views.store(
        .subject(
          Subject(
            id: id, kind: reference.kind, latestNumber: 0, described: fact,
            registered: Mark(event), changed: Mark(event))))
      return
    }
    guard var subject = views.subject(id) else { throw missing(.subject(id), event) }
    subject.described = fact
    // A training that finds a new manifest says nothing in words: the earlier words stand.
    if event.text != nil { subject.changed = Mark(event) }
    views.store(.subject(subject))
  }

  private static func foldCreation(
    _ fact: JobCreated, _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let id = event.job else { throw incomplete("job", event) }
    try requireNew(.job(id), event, in: &views)
    let job = Job.created(fact, id: id, by: event)
    views.store(.job(job))
    if let subject = job.subjectID, let target = fact.target, fact.kind == .deployment {
      var slot = views.slot(subject, target: target)
      slot.reservedBy = id
      views.store(.slot(slot))
    }
    if let schedule = fact.schedule, let nominal = fact.nominalTime, let project = job.project {
      guard var state = views.schedule(project: project, name: schedule) else {
        throw missing(.schedule(project: project, name: schedule), event)
      }
      // Later than before, but where the ledger's clock was corrected meanwhile.
      state.lastTick = nominal
      views.store(.schedule(state))
    }
    guard job.makesVersion, let version = job.versionID, let reference = job.subject else {
      return
    }
    guard var subject = views.subject(version.subject) else {
      throw missing(.subject(version.subject), event)
    }
    try requireNew(.version(version), event, in: &views)
    subject.latestNumber = max(subject.latestNumber, version.number.value)
    views.store(.subject(subject))
    views.store(
      .version(
        Version(
          id: version, kind: reference.kind, job: id, maker: event.actor, created: Mark(event),
          evidenceChanged: event.position)))
  }

  private static func foldProgress(
    _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let id = event.job else { throw incomplete("job", event) }
    guard var job = views.job(id) else { throw missing(.job(id), event) }
    job.evolve(with: event)
    views.store(.job(job))
    guard job.status.isFinal else { return }
    if let subject = job.subjectID, let target = job.request.target {
      var slot = views.slot(subject, target: target)
      if slot.reservedBy == id {
        slot.reservedBy = nil
        views.store(.slot(slot))
      }
    }
    if job.makesVersion, job.status != .completed, let id = job.versionID {
      guard var version = views.version(id) else { throw missing(.version(id), event) }
      version.evolve(with: event)
      views.store(.version(version))
    }
  }

  private static func changeVersion(
    _ event: Event, in views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let id = event.versionID else { throw incomplete("number", event) }
    guard var version = views.version(id) else { throw missing(.version(id), event) }
    version.evolve(with: event)
    views.store(.version(version))
  }

  /// What is erased of a subject as a whole may be evidence of each of its versions.
  private static func foldErasure(
    _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    if event.number != nil { return try changeVersion(event, in: &views) }
    guard let id = event.subjectID else { return }
    guard let subject = views.subject(id) else { throw missing(.subject(id), event) }
    // Numbers are given out one after another, each with its version.
    for number in 1..<max(1, UInt64(subject.latestNumber) + 1) {
      let key = VersionID(subject: id, number: VersionNumber(UInt32(number)))
      guard var version = views.version(key) else { throw missing(.version(key), event) }
      version.evolve(with: event)
      views.store(.version(version))
    }
  }

  private static func changeDeployment(
    _ id: DeploymentID?, _ event: Event, in views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let id else { return }
    guard var deployment = views.deployment(id) else { throw missing(.deployment(id), event) }
    deployment.evolve(with: event)
    views.store(.deployment(deployment))
  }

  private static func foldDeployment(
    _ fact: VersionDeployed, _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let version = event.versionID, let reference = event.subject else {
      throw incomplete("number", event)
    }
    try requireNew(.deployment(fact.deployment), event, in: &views)
    let before = views.version(version)
    let approval = before?.decision
    try changeVersion(event, in: &views)
    // The view says what is where; who signed for it stands in the event.
    var unsigned = fact
    unsigned.signature = nil
    views.store(
      .deployment(
        Deployment(
          id: fact.deployment, version: version, kind: reference.kind, fact: unsigned,
          metrics: approval?.mark.position == fact.decision ? approval?.metrics ?? [] : [],
          baseline: before?.statistics,
          since: Mark(event), deployedBy: event.actor)))
    var slot = views.slot(version.subject, target: fact.target)
    slot.occupant = fact.deployment
    views.store(.slot(slot))
  }

  private static func foldRetirement(
    _ fact: DeploymentRetired, _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let subject = event.subjectID else { throw incomplete("subject", event) }
    try changeDeployment(fact.deployment, event, in: &views)
    try changeVersion(event, in: &views)
    var slot = views.slot(subject, target: fact.target)
    if slot.occupant == fact.deployment {
      slot.occupant = nil
      views.store(.slot(slot))
    }
  }

  private static func foldSchedule(
    _ event: Event, into views: inout some ViewStore
  ) throws(FoldFailure) {
    guard let project = event.project else { throw incomplete("project", event) }
    func existing(_ name: Name) throws(FoldFailure) -> Schedule {
      guard let state = views.schedule(project: project, name: name) else {
        throw missing(.schedule(project: project, name: name), event)
      }
      return state
    }
    switch event.fact {
    case .scheduleCreated(let fact):
      views.store(
        .schedule(
          Schedule(project: project, name: fact.schedule, fact: fact, created: Mark(event))))
    case .scheduleRemoved(let fact):
      var state = try existing(fact.schedule)
      state.removed = Mark(event)
      views.store(.schedule(state))
    case .scheduleMissed(let fact):
      var state = try existing(fact.schedule)
      state.lastTick = fact.nominalTime
      views.store(.schedule(state))
    default: break
    }
  }

  private static func requireNew(
    _ key: EntityKey, _ event: Event, in views: inout some ViewStore
  ) throws(FoldFailure) {
    if views.entity(key) != nil {
      throw FoldFailure(position: event.position, reason: .exists(key))
    }
  }

  private static func missing(_ key: EntityKey, _ event: Event) -> FoldFailure {
    FoldFailure(position: event.position, reason: .missing(key))
  }

  private static func incomplete(_ member: String, _ event: Event) -> FoldFailure {
    FoldFailure(position: event.position, reason: .incomplete(member))
  }
}

extension Fact {
  /// Whether an event of this type about a subject counts among that subject's revisions.
  public var bearsRevision: Bool {
    switch self {
    case .jobLogged, .jobProgressed, .ledgerCreated, .keyRotated, .ledgerRestored,
      .clockCorrected, .ledgerUpgraded, .projectCreated, .projectUpdated, .memberGranted,
      .memberRevoked, .policySet:
      false
    default: true
    }
  }

  /// Whether a checkpoint is signed right after it: decisions, deployments, retirements, members,
  /// policy, keys, erasures.
  public var asksForCheckpoint: Bool {
    switch self {
    case .ledgerCreated, .keyRotated, .ledgerRestored, .clockCorrected, .memberGranted,
      .memberRevoked, .policySet, .versionApproved, .versionRejected, .versionDeployed,
      .deploymentRetired, .textErased, .artifactErased:
      true
    default: false
    }
  }

  /// Whether it is an approval or a rejection.
  public var isDecision: Bool {
    switch self {
    case .versionApproved, .versionRejected: true
    default: false
    }
  }
}
