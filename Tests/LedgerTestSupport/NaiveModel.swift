// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What the first N events say, told in the plainest way: for each thing, look at all its events.
///
/// Written from the design's words, not from the reducer. Nothing is carried from one size to the
/// next; every answer is a search through the events. O(events) for each entity.
public struct NaiveModel: Sendable {
  /// A job, as its events tell.
  public struct Job: Sendable {
    /// Its identifier.
    public var id: JobID
    /// The `job.created`.
    public var created: Event
    /// What that says.
    public var request: JobCreated
    /// The `job.started`.
    public var started: Event?
    /// The first `job.stop_requested`.
    public var stopRequested: Event?
    /// The terminal event.
    public var ended: Event?
    /// What that says.
    public var ending: JobEnding?
    /// The runner that `job.started` names.
    public var runner: RunnerIdentity?
    /// Its status.
    public var status: JobStatus
    /// Lines by level, as the log holds them: a line in parts is one line.
    public var log: LogCounts
    /// The first of its events.
    public var first: Position
    /// The last of its events.
    public var last: Position
    /// The words of its creation.
    public var text: EventText
  }

  /// A version, as its events tell.
  public struct Version: Sendable {
    /// Subject and number.
    public var id: VersionID
    /// The `job.created` of the job that makes it.
    public var created: Event
    /// Its status.
    public var status: VersionStatus
    /// The `version.trained` or `version.imported`.
    public var made: Event?
    /// What that says.
    public var artifacts: VersionMade?
    /// Completed evaluations, or runs of a feature task.
    public var evaluations: [Event]
    /// The metrics of the latest evaluation.
    public var metrics: [Metric]
    /// The latest statistics for it.
    public var statistics: Event?
    /// Its decisions, oldest first.
    public var decisions: [Decision]
    /// Its deployments, oldest first.
    public var deployments: [DeploymentID]
    /// Those that are active.
    public var active: [DeploymentID]
    /// The latest retirement of one.
    public var retired: Event?
    /// The latest event that a decider must have seen.
    public var evidenceChanged: Position
  }

  /// An approval or rejection.
  public struct Decision: Sendable {
    /// The event.
    public var event: Event
    /// Which of the two.
    public var verdict: Verdict
    /// What it says.
    public var fact: Decided
    /// Why.
    public var reason: Text?
  }

  /// A deployment, as its events tell.
  public struct Deployment: Sendable {
    /// Its identifier.
    public var id: DeploymentID
    /// The version.
    public var version: VersionID
    /// The `version.deployed`.
    public var deployed: Event
    /// What that says.
    public var fact: VersionDeployed
    /// The `deployment.retired`.
    public var retired: Event?
    /// What that says.
    public var retirement: DeploymentRetired?
    /// Why it was retired.
    public var reason: Text?
    /// The latest outputs made with it.
    public var lastPrediction: Event?
    /// The latest measurement of drift of data or predictions.
    public var lastDrift: Event?
    /// The latest of performance.
    public var lastPerformance: Event?
    /// The latest of either in alert.
    public var lastAlert: Event?
    /// The latest answer to one.
    public var lastAnswer: Event?
    /// The metrics of the approval that it rests on.
    public var metrics: [Metric]
    /// The statistics of its version that came before it.
    public var baseline: Event?
  }

  /// A member, as grants and revocations tell.
  public struct Member: Sendable {
    /// Who.
    public var id: ActorID
    /// The latest grant of each scope since the latest revocation.
    public var grants: [(project: Name?, fact: MemberGranted)]
    /// The first grant ever.
    public var since: Event
    /// The latest grant or revocation.
    public var changed: Event
    /// Every key of every grant.
    public var keys: Set<Text> = []
  }

  /// A subject, as its events tell.
  public struct Subject: Sendable {
    /// Its name.
    public var id: SubjectID
    /// Model or feature task.
    public var kind: SubjectKind
    /// The `subject.registered`.
    public var registered: Event
    /// What the latest registration or update says.
    public var described: SubjectDescribed
    /// The latest of them with words, else the registration.
    public var worded: Event
    /// The numbers given out, ascending.
    public var numbers: [VersionNumber]
  }

  /// A project, as its events tell.
  public struct Project: Sendable {
    /// Its name.
    public var name: Name
    /// The `project.created`.
    public var created: Event
    /// The latest event with its words, else the creation.
    public var worded: Event
  }

  /// A schedule, as its events tell.
  public struct Schedule: Sendable {
    /// Its project.
    public var project: Name
    /// What the latest `schedule.created` says.
    public var fact: ScheduleCreated
    /// That event.
    public var created: Event
    /// The removal after it.
    public var removed: Event?
    /// The latest tick of it, missed or run.
    public var lastTick: Timestamp?
  }

  /// The events 0…N−1.
  public let events: [Event]
  /// Their words; empty when nobody asks for them.
  public let texts: [EventText]
  /// Jobs by identifier.
  public private(set) var jobs: [JobID: Job] = [:]
  /// Versions by subject and number.
  public private(set) var versions: [VersionID: Version] = [:]
  /// Deployments by identifier.
  public private(set) var deployments: [DeploymentID: Deployment] = [:]
  /// Members, revoked ones included.
  public private(set) var members: [ActorID: Member] = [:]
  /// Subjects.
  public private(set) var subjects: [SubjectID: Subject] = [:]
  /// Projects.
  public private(set) var projects: [Name: Project] = [:]
  /// Schedules, removed ones included.
  public private(set) var schedules: [Schedule] = []
  /// The policy in force.
  public private(set) var policy = Policy.default
  /// The event that set it.
  public private(set) var policySet: Event?
  /// Every decision, oldest first.
  public private(set) var decisions: [Decision] = []

  /// Looks at all these events; `texts` holds their words at the same index, or nothing.
  public init(_ events: some Collection<Event>, texts: some Collection<EventText> = []) {
    self.events = Array(events)
    self.texts = Array(texts)
    let ofJob = Dictionary(grouping: self.events.filter { $0.job != nil }) { $0.job! }
    let ofSubject = Dictionary(grouping: self.events.filter { $0.subjectID != nil }) {
      $0.subjectID!
    }
    for event in self.events {
      switch event.fact {
      case .jobCreated(let fact):
        jobs[event.job!] = job(event, fact, ofJob[event.job!]!)
      case .versionDeployed(let fact):
        deployments[fact.deployment] = deployment(event, fact, ofSubject[event.subjectID!]!)
      case .versionApproved(let fact):
        decisions.append(
          Decision(event: event, verdict: .approved, fact: fact, reason: reason(event)))
      case .versionRejected(let fact):
        decisions.append(
          Decision(event: event, verdict: .rejected, fact: fact, reason: reason(event)))
      case .policySet(let fact): (self.policy, policySet) = (fact.policy, event)
      case .subjectRegistered:
        subjects[event.subjectID!] = subject(event, ofSubject[event.subjectID!]!)
      case .projectCreated(let fact): projects[fact.name] = project(event, fact.name)
      case .memberGranted(let fact):
        if members[fact.member] == nil { members[fact.member] = member(event, fact.member) }
      case .scheduleCreated(let fact):
        schedules.removeAll { $0.project == event.project && $0.fact.schedule == fact.schedule }
        schedules.append(schedule(event, fact))
      default: break
      }
    }
    // Last, because where a version stands depends on jobs, decisions and deployments.
    for event in self.events {
      guard case .jobCreated(let fact) = event.fact, let id = event.versionID,
        fact.kind == .training || fact.kind == .import
      else { continue }
      versions[id] = version(
        id, event,
        ofSubject[id.subject]!.filter { other in
          other.number == id.number
            || other.number == nil && other.position > event.position && isErasure(other)
        })
    }
  }

  /// The word of one member of an event's text.
  public func word(_ member: TextMember, of event: Event) -> Text? {
    let index = Int(event.position.value)
    return texts.indices.contains(index) ? texts[index].string(member) : nil
  }

  /// Of a subject as a whole, it is about each version that there was.
  private func isErasure(_ event: Event) -> Bool {
    switch event.fact {
    case .textErased, .artifactErased: true
    default: false
    }
  }

  private func reason(_ event: Event) -> Text? { word(.reason, of: event) }
}

extension NaiveModel {
  private func job(_ created: Event, _ request: JobCreated, _ own: [Event]) -> Job {
    var job = Job(
      id: created.job!, created: created, request: request, status: .created,
      log: LogCounts(), first: own.first!.position, last: own.last!.position,
      text: texts.isEmpty ? EventText() : texts[Int(created.position.value)])
    for event in own {
      switch event.fact {
      case .jobStarted(let runner):
        (job.started, job.runner, job.status) = (event, runner, .running)
      case .jobStopRequested where job.stopRequested == nil: job.stopRequested = event
      case .jobCompleted(let ending):
        (job.ended, job.ending, job.status) = (event, ending, .completed)
      case .jobFailed(let ending): (job.ended, job.ending, job.status) = (event, ending, .failed)
      case .jobStopped(let ending):
        (job.ended, job.ending, job.status) = (event, ending, .stopped)
      case .jobLost(let ending): (job.ended, job.ending, job.status) = (event, ending, .lost)
      case .jobLogged(let line) where (line.part ?? 1) == 1:
        job.log.lines[line.level] += 1
        if line.of == nil { job.log.records[line.level] += 1 }
      default: break
      }
    }
    return job
  }

  private func deployment(
    _ deployed: Event, _ fact: VersionDeployed, _ ofSubject: [Event]
  ) -> Deployment {
    var state = Deployment(
      id: fact.deployment, version: deployed.versionID!, deployed: deployed, fact: fact,
      metrics: decisions.first { $0.event.position == fact.decision }?.fact.evidence.metrics ?? [])
    state.baseline = ofSubject.last { event in
      guard case .statisticsComputed = event.fact else { return false }
      return event.versionID == state.version && event.position < deployed.position
    }
    for event in ofSubject {
      switch event.fact {
      case .deploymentRetired(let retirement) where retirement.deployment == fact.deployment:
        (state.retired, state.retirement) = (event, retirement)
        state.reason = reason(event)
      case .predictionCompleted(let outputs) where outputs.deployment == fact.deployment:
        state.lastPrediction = event
      case .runCompleted(let outputs) where outputs.deployment == fact.deployment:
        state.lastPrediction = event
      case .driftMeasured(let drift) where drift.deployment == fact.deployment:
        if drift.predictionDrift != nil || drift.psi != .inline([]) { state.lastDrift = event }
        if drift.performanceDrift != nil { state.lastPerformance = event }
        if drift.alert { state.lastAlert = event }
      case .alertAnswered(let answer) where answer.deployment == fact.deployment:
        state.lastAnswer = event
      default: break
      }
    }
    return state
  }

  private func version(_ id: VersionID, _ created: Event, _ own: [Event]) -> Version {
    var version = Version(
      id: id, created: created, status: .building, evaluations: [], metrics: [],
      decisions: decisions.filter { $0.event.versionID == id }, deployments: [], active: [],
      evidenceChanged: created.position)
    for event in own {
      switch event.fact {
      case .versionTrained(let fact), .versionImported(let fact):
        (version.made, version.artifacts) = (event, fact)
      case .versionEvaluated(let fact):
        version.evaluations.append(event)
        version.metrics = fact.metrics
      case .statisticsComputed:
        version.statistics = event
        continue
      case .runCompleted(let outputs):
        // A batch run uses what is in production; only a run shows whether the task works.
        if outputs.deployment != nil { continue }
        version.evaluations.append(event)
      case .versionApproved, .versionRejected, .driftMeasured, .changeAssessed, .textErased,
        .artifactErased:
        break
      case .versionDeployed(let fact): version.deployments.append(fact.deployment)
      case .deploymentRetired:
        version.retired = event
        continue
      default: continue
      }
      version.evidenceChanged = event.position
    }
    version.active = version.deployments.filter { deployments[$0]?.retired == nil }
    version.status = status(of: version)
    return version
  }

  /// DESIGN §7: the first that applies.
  private func status(of version: Version) -> VersionStatus {
    if !version.active.isEmpty { return .deployed }
    let decided = version.decisions.last
    if let retired = version.retired,
      decided == nil || decided!.event.position < retired.position
    {
      return .retired
    }
    if let decided { return decided.verdict == .rejected ? .rejected : .approved }
    if !version.evaluations.isEmpty { return .evaluated }
    if version.made != nil { return .built }
    let job = jobs[version.created.job!]!
    return [.failed, .stopped, .lost].contains(job.status) ? .failed : .building
  }

  private func subject(_ registered: Event, _ own: [Event]) -> Subject {
    var described = SubjectDescribed()
    var worded = registered
    var numbers: [VersionNumber] = []
    for event in own {
      switch event.fact {
      case .subjectRegistered(let fact): described = fact
      case .subjectUpdated(let fact):
        described = fact
        if event.text != nil { worded = event }
      case .jobCreated(let fact):
        if fact.kind == .training || fact.kind == .import, let number = event.number {
          numbers.append(number)
        }
      default: break
      }
    }
    return Subject(
      id: registered.subjectID!, kind: registered.subject!.kind, registered: registered,
      described: described, worded: worded, numbers: numbers.sorted())
  }

  private func project(_ created: Event, _ name: Name) -> Project {
    let updates = events.filter { $0.fact == .projectUpdated(ProjectNamed(name: name)) }
    return Project(
      name: name, created: created, worded: updates.last { $0.text != nil } ?? created)
  }

  private func member(_ since: Event, _ id: ActorID) -> Member {
    var member = Member(id: id, grants: [], since: since, changed: since)
    for event in events {
      switch event.fact {
      case .memberGranted(let fact) where fact.member == id:
        member.grants.removeAll { $0.project == event.project }
        member.grants.append((event.project, fact))
        member.keys.formUnion(fact.keyFingerprints)
        member.changed = event
      case .memberRevoked(let fact) where fact.member == id:
        member.grants = []
        member.changed = event
      default: break
      }
    }
    return member
  }

  private func schedule(_ created: Event, _ fact: ScheduleCreated) -> Schedule {
    var schedule = Schedule(project: created.project!, fact: fact, created: created)
    var ticks: [Timestamp] = []
    for event in events where event.project == created.project && event.position > created.position
    {
      switch event.fact {
      case .scheduleRemoved(let removed) where removed.schedule == fact.schedule:
        schedule.removed = event
      case .scheduleMissed(let missed) where missed.schedule == fact.schedule:
        ticks.append(missed.nominalTime)
      case .jobCreated(let job) where job.schedule == fact.schedule:
        if let time = job.nominalTime { ticks.append(time) }
      default: break
      }
    }
    schedule.lastTick = ticks.last
    return schedule
  }
}
