// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What a trail is about.
public enum TrailScope: Hashable, Sendable {
  /// The whole ledger.
  case ledger
  /// Everything in a project.
  case project(Name)
  /// A model or feature task.
  case subject(SubjectID)
  /// A version.
  case version(VersionID)
  /// A job.
  case job(JobID)
  /// A deployment: its job, its schedules and their ticks, and whatever names it.
  case deployment(DeploymentID, of: SubjectID)
  /// A schedule: its ticks, run, missed or out of turn.
  case schedule(ScheduleID)
  /// What somebody did, or the system for them.
  case actor(ActorID)

  /// The scope in words.
  public var words: String {
    switch self {
    case .ledger: "the whole ledger"
    case .project(let name): "project \(name)"
    case .subject(let id): "\(id)"
    case .version(let id): "version \(id)"
    case .job(let id): "job \(id)"
    case .deployment(let id, _): "deployment \(id)"
    case .schedule(let id): "schedule \(id)"
    case .actor(let id): "actor \(id)"
    }
  }

  /// `{"kind","name"}`
  var json: JSONValue {
    let (kind, name): (String, String?) =
      switch self {
      case .ledger: ("ledger", nil)
      case .project(let name): ("project", name.string)
      case .subject(let id): ("subject", id.description)
      case .version(let id): ("version", id.description)
      case .job(let id): ("job", id.string)
      case .deployment(let id, _): ("deployment", id.string)
      case .schedule(let id): ("schedule", id.description)
      case .actor(let id): ("actor", id.string)
      }
    var object = DocumentObject()
    object.put("kind", kind)
    object.put("name", name)
    return object.json
  }

  /// Whether an event that the index gave belongs here; the events before it were asked about.
  func includes(_ event: Event, _ followed: inout TrailFollowed) -> Bool {
    switch self {
    case .ledger, .subject, .job: return true
    case .actor(let id): return event.actor.isOrActsFor(id)
    case .project(let name): return event.project == name
    case .version(let id): return event.number == id.number
    case .deployment(let id, _):
      if event.fact.deployment == id {
        followed.follow(event)
        return true
      }
      if let name = event.fact.schedule, followed.schedules.contains(name) {
        // The name was given to another deployment's schedule, after the first was removed.
        if case .scheduleCreated = event.fact {
          followed.schedules.remove(name)
          return false
        }
        return true
      }
      guard let job = event.job else { return false }
      return job == id || followed.jobs.contains(job)
    case .schedule(let id):
      if event.project == id.project, event.fact.schedule == id.name {
        followed.follow(event)
        return true
      }
      return event.job.map { followed.jobs.contains($0) } ?? false
    }
  }
}

/// What a trail has met and goes on following.
struct TrailFollowed {
  /// Jobs whose later events belong to it.
  var jobs: Set<JobID> = []
  /// Schedules, within one project, whose ticks do.
  var schedules: Set<Name> = []

  mutating func follow(_ event: Event) {
    if let job = event.job { jobs.insert(job) }
    if case .scheduleCreated(let fact) = event.fact { schedules.insert(fact.schedule) }
  }
}

extension Fact {
  /// The deployment that the fact names.
  var deployment: DeploymentID? {
    switch self {
    case .jobCreated(let fact): fact.deployment
    case .versionDeployed(let fact): fact.deployment
    case .deploymentRetired(let fact): fact.deployment
    case .predictionCompleted(let fact), .runCompleted(let fact): fact.deployment
    case .driftMeasured(let fact): fact.deployment
    case .alertAnswered(let fact): fact.deployment
    case .scheduleCreated(let fact): fact.deployment
    default: nil
    }
  }

  /// The schedule that the fact names, within the event's project.
  var schedule: Name? {
    switch self {
    case .jobCreated(let fact): fact.schedule
    case .scheduleCreated(let fact): fact.schedule
    case .scheduleRemoved(let fact): fact.schedule
    case .scheduleMissed(let fact): fact.schedule
    default: nil
    }
  }
}
