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
  /// A deployment: its job, and whatever names it.
  case deployment(DeploymentID, of: SubjectID)

  /// The scope in words.
  public var words: String {
    switch self {
    case .ledger: "the whole ledger"
    case .project(let name): "project \(name)"
    case .subject(let id): "\(id)"
    case .version(let id): "version \(id)"
    case .job(let id): "job \(id)"
    case .deployment(let id, _): "deployment \(id)"
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
      }
    var object = DocumentObject()
    object.put("kind", kind)
    object.put("name", name)
    return object.json
  }

  /// Whether an event that the index gave belongs here. `jobs` are those that were found to.
  func includes(_ event: Event, jobs: inout Set<JobID>) -> Bool {
    switch self {
    case .ledger, .subject, .job: return true
    case .project(let name): return event.project == name
    case .version(let id): return event.number == id.number
    case .deployment(let id, _):
      if event.fact.deployment == id {
        if let job = event.job { jobs.insert(job) }
        return true
      }
      guard let job = event.job else { return false }
      return job == id || jobs.contains(job)
    }
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
    case .scheduleCreated(let fact): fact.deployment
    default: nil
    }
  }
}
