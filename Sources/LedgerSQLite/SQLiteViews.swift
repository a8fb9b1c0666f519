// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Writes the views as of a size, each thing where an event first tells of it.
struct SQLiteViews {
  /// How many positions one read transaction lasts for.
  private static let stretch: UInt64 = 65_536

  private let projects, subjects, jobs, versions, artifacts, evaluations, metrics: SQLiteStatement
  private let decisions, deployments, schedules, members, grants, policy, holds: SQLiteStatement

  init(_ file: SQLiteFile) throws {
    func insert(_ table: String, _ columns: Int) throws -> SQLiteStatement {
      let places = Array(repeating: "?", count: columns).joined(separator: ",")
      return try file.prepare("INSERT INTO \(table) VALUES (\(places))")
    }
    projects = try insert("projects", 3)
    subjects = try insert("subjects", 8)
    jobs = try insert("jobs", 24)
    versions = try insert("versions", 16)
    artifacts = try insert("artifacts", 5)
    evaluations = try insert("evaluations", 9)
    metrics = try insert("metrics", 5)
    decisions = try insert("decisions", 13)
    deployments = try insert("deployments", 14)
    schedules = try insert("schedules", 12)
    members = try insert("members", 6)
    grants = try insert("grants", 4)
    policy = try insert("policy", 3)
    holds = try insert("holds", 2)
  }

  mutating func write(_ reader: LedgerReader, asOf size: LedgerSize) throws {
    var start: UInt64 = 0
    while start < size.value {
      let end = min(size.value, start + SQLiteViews.stretch)
      try reader.withSnapshot { snapshot in
        var documents = Documents(
          snapshot, asOf: size, directory: reader.directory, verifying: true)
        var positions: [Position] = []
        for type in [
          FactCode.jobCreated, .versionEvaluated, .versionApproved, .versionRejected,
          .versionDeployed,
        ] {
          try snapshot.forEachPosition(
            of: type, asOf: LedgerSize(end), from: Position(start)
          ) {
            positions.append($0)
            return true
          }
        }
        for position in positions.sorted() { try write(position, &documents) }
      }
      start = end
    }
    try reader.withSnapshot { snapshot in
      var documents = Documents(
        snapshot, asOf: size, directory: reader.directory, verifying: true)
      try writeHouse(&documents)
    }
  }

  private func write(_ position: Position, _ documents: inout Documents) throws {
    guard let shown = try documents.event(showing: position) else { return }
    let event = shown.event
    switch event.fact {
    case .jobCreated(let request):
      guard let id = event.job else { return }
      if let job = try documents.job(id) { try write(job) }
      if request.kind.makesVersion, let version = event.versionID,
        let document = try documents.version(version)
      {
        try write(document)
      }
    case .versionEvaluated(let fact): try write(fact, shown)
    case .versionApproved, .versionRejected:
      if let decision = try documents.decision(at: position) { try write(decision) }
    case .versionDeployed(let fact):
      if let deployment = try documents.deployment(fact.deployment) { try write(deployment) }
    default: return
    }
  }

  private func write(_ document: JobDocument) throws {
    let job = document.job
    var row = SQLiteRow()
    row.add(job.id)
    row.add(job.project)
    row.add(job.kind.rawValue)
    row.add(job.subjectID?.description)
    row.add(number: job.number?.value)
    row.add(job.versionID?.description)
    row.add(document.deployment)
    row.add(job.status.rawValue)
    row.add(job.createdBy)
    row.add(job.created.time)
    row.add(job.started?.time)
    row.add(job.ended?.time)
    row.add(number: job.ending?.exit)
    row.add(job.ending?.signal)
    row.add(job.request.trigger.rawValue)
    row.add(job.request.schedule)
    row.add(job.request.nominalTime)
    row.add(job.request.retryOf)
    row.add(number: document.log.records.error)
    row.add(number: document.log.records.warning)
    row.add(document.first)
    row.add(document.last)
    row.add(document.words == .erased)
    try row.add(json: document.json)
    try jobs.run(row.values)
  }

  private func write(_ document: VersionDocument) throws {
    let version = document.version
    var row = SQLiteRow()
    row.add(version.id.description)
    row.add(version.id.subject.project)
    row.add(version.id.subject.name)
    row.add(version.kind.rawValue)
    row.add(number: version.id.number.value)
    row.add(version.status.rawValue)
    row.add(version.created.time)
    row.add(version.maker)
    row.add(version.job)
    row.add(version.made?.artifacts.digest)
    row.add(number: version.made?.artifacts.count)
    row.add(number: version.made?.artifacts.bytes)
    row.add(version.made?.format)
    row.add(number: version.made?.parent?.value)
    row.add(document.decision?.verdict.rawValue)
    try row.add(json: document.json)
    try versions.run(row.values)
    for file in (document.artifacts ?? []).compactMap(\.object) {
      guard let path = file["path"]?.text else { continue }
      var row = SQLiteRow()
      row.add(version.id.description)
      row.add(path)
      if case .number(let bytes)? = file["bytes"] {
        row.add(number: Int64(exactly: bytes))
      } else {
        row.add(file["bytes"]?.text)
      }
      row.add(file["digest"]?.text)
      row.add(file["erasure"] != nil)
      try artifacts.run(row.values)
    }
  }

  private func write(_ fact: VersionEvaluated, _ shown: EventDocument) throws {
    let event = shown.event
    var row = SQLiteRow()
    row.add(event.position)
    row.add(event.versionID?.description)
    row.add(event.job)
    row.add(event.time)
    row.add(event.actor)
    row.add(fact.responsible?.string)
    row.add(fact.dataDigest)
    row.add(shown.words.string(.procedure))
    row.add(shown.words == .erased)
    try evaluations.run(row.values)
    for metric in fact.metrics {
      var row = SQLiteRow()
      row.add(event.position)
      row.add(event.versionID?.description)
      row.add(metric.name)
      row.add(real: metric.value)
      row.add(Words.number(metric.value))
      try metrics.run(row.values)
    }
  }

  private func write(_ document: DecisionDocument) throws {
    let event = document.event
    var row = SQLiteRow()
    row.add(event.position)
    row.add(event.versionID?.description)
    row.add(document.verdict.rawValue)
    row.add(event.time)
    row.add(event.actor)
    row.add(event.actor.authentication.rawValue)
    row.add(event.job)
    row.add(document.fact.artifactsDigest)
    row.add(document.fact.validUntil?.description)
    row.add(document.fact.exceptions.map(\.rawValue).joined(separator: " "))
    row.add(document.reason)
    row.add(document.words == .erased)
    try row.add(json: document.json)
    try decisions.run(row.values)
  }

  private func write(_ document: DeploymentDocument) throws {
    let deployment = document.deployment
    var row = SQLiteRow()
    row.add(deployment.id)
    row.add(deployment.version.description)
    row.add(deployment.version.subject.description)
    row.add(deployment.target)
    row.add(deployment.fact.engine.rawValue)
    row.add(deployment.status.rawValue)
    row.add(deployment.since.time)
    row.add(deployment.until?.time)
    row.add(deployment.deployedBy)
    row.add(deployment.retiredBy)
    row.add(deployment.fact.decision)
    row.add(deployment.since.position)
    row.add(deployment.until?.position)
    try row.add(json: document.json)
    try deployments.run(row.values)
  }

  // MARK: The few

  private func writeHouse(_ documents: inout Documents) throws {
    for document in try documents.projects() {
      var row = SQLiteRow()
      row.add(document.project.name)
      row.add(document.project.created.time)
      try row.add(json: document.json)
      try projects.run(row.values)
    }
    for document in try documents.subjects() {
      let subject = document.subject
      var row = SQLiteRow()
      row.add(subject.id.description)
      row.add(subject.id.project)
      row.add(subject.id.name)
      row.add(subject.reference.kind.rawValue)
      row.add(subject.described.owner?.string)
      row.add(subject.described.tier)
      row.add(subject.described.reviewBy?.description)
      try row.add(json: document.json)
      try subjects.run(row.values)
    }
    for document in try documents.schedules() { try write(document) }
    for document in try documents.members() { try write(document) }
    let rules = try documents.policy()
    var row = SQLiteRow()
    row.add(rules.state.set?.position)
    row.add(rules.state.set?.time)
    try row.add(json: rules.json)
    try policy.run(row.values)
    for (index, document) in try documents.holds().enumerated() {
      var row = SQLiteRow()
      row.add(number: index)
      try row.add(json: document.json)
      try holds.run(row.values)
    }
  }

  private func write(_ document: ScheduleDocument) throws {
    let schedule = document.schedule
    var row = SQLiteRow()
    row.add(schedule.project)
    row.add(schedule.name)
    row.add(schedule.fact.cron)
    row.add(schedule.fact.zone)
    row.add(schedule.fact.kind.rawValue)
    row.add(schedule.fact.deployment)
    row.add(schedule.fact.owner.string)
    row.add(schedule.removed == nil ? "active" : "removed")
    row.add(schedule.created.time)
    row.add(schedule.removed?.time)
    row.add(schedule.lastTick)
    try row.add(json: document.json)
    try schedules.run(row.values)
  }

  private func write(_ document: MemberDocument) throws {
    let member = document.member
    var row = SQLiteRow()
    row.add(member.id.string)
    row.add(document.words.string(.displayName))
    row.add(member.isActive)
    row.add(member.since.time)
    row.add(member.changed.time)
    try row.add(json: document.json)
    try members.run(row.values)
    for grant in member.grants {
      for role in grant.roles {
        var row = SQLiteRow()
        row.add(member.id.string)
        row.add(grant.project)
        row.add(role.rawValue)
        row.add(grant.leastAuth.rawValue)
        try grants.run(row.values)
      }
    }
  }
}
