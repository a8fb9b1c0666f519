// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
public import LedgerReading

/// What people read of everything as of one size: all that is in force, and of versions and jobs the
/// latest.
public struct StateOverview: Sendable {
  /// The latest of many things, and how many there are.
  public struct Latest<Thing: Sendable>: Sendable {
    /// The latest.
    public var things: [Thing] = []
    /// How many there are with those that are not shown.
    public var count = 0

    /// How many are not shown.
    public var hidden: Int { count - things.count }
  }

  /// The size.
  public var asOf: ResolvedSize
  /// What is in production, oldest first.
  public var inProduction: [DeploymentDocument] = []
  /// Versions by project, name and number.
  public var versions = Latest<VersionDocument>()
  /// Jobs, oldest first.
  public var jobs = Latest<JobDocument>()
  /// Schedules by project and name.
  public var schedules: [ScheduleDocument] = []
  /// Members by name.
  public var members: [MemberDocument] = []
  /// The holds in force.
  public var holds: [HoldDocument] = []
  /// The policy in force.
  public var policy: PolicyDocument
}

extension Documents {
  /// What is in force, with so many of the latest versions and jobs.
  ///
  /// The state of every version and deployment is passed, words are joined to what is shown alone.
  public mutating func overview(latest most: Int) throws(ReadingError) -> StateOverview {
    var overview = StateOverview(asOf: try asOf(), policy: try policy())
    overview.inProduction = try inProduction()
    overview.versions = try latestVersions(most)
    overview.jobs = try latestJobs(most)
    overview.schedules = try schedules()
    overview.members = try members()
    overview.holds = try holds()
    return overview
  }

  private mutating func inProduction() throws(ReadingError) -> [DeploymentDocument] {
    var active: [Deployment] = []
    try forEach(.deployment) { (entity) throws(ReadingError) in
      if case .deployment(let deployment) = entity, deployment.status == .active {
        active.append(deployment)
      }
    }
    active.sort { $0.since.position < $1.since.position }
    var documents: [DeploymentDocument] = []
    for deployment in active { documents.append(try document(of: deployment)) }
    return documents
  }

  private mutating func latestVersions(
    _ most: Int
  ) throws(ReadingError) -> StateOverview.Latest<VersionDocument> {
    var known: [(id: VersionID, created: Position)] = []
    try forEach(.version) { (entity) throws(ReadingError) in
      if case .version(let version) = entity {
        known.append((version.id, version.created.position))
      }
    }
    var latest = StateOverview.Latest<VersionDocument>(count: known.count)
    let places = known.map(\.created).sorted()
    let first = places.dropFirst(max(0, places.count - most)).first
    for (id, created) in known {
      guard let first, created >= first else { continue }
      guard let document = try version(id) else { throw Documents.missing("version \(id)") }
      latest.things.append(document)
    }
    return latest
  }

  private mutating func latestJobs(
    _ most: Int
  ) throws(ReadingError) -> StateOverview.Latest<JobDocument> {
    let created = try positions(of: .jobCreated)
    var latest = StateOverview.Latest<JobDocument>(count: created.count)
    for position in created.suffix(most) {
      latest.things.append(try job(createdAt: position))
    }
    return latest
  }
}
