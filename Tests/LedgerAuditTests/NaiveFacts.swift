// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// What a naive model says of every thing as of one size, in plain words: the values that differences
/// and blames of views are held against.
struct NaiveFacts {
  /// By thing, such as `version churn/churn-lr@3`, then by the name of the value.
  private(set) var values: [String: [String: String]] = [:]

  init(_ model: NaiveModel) {
    for project in model.projects.values {
      put("project \(project.name)", ["created": time(project.created)])
    }
    for subject in model.subjects.values {
      let described = subject.described
      put(
        "subject \(subject.id)",
        [
          "kind": subject.kind.rawValue, "registered": time(subject.registered),
          "latest": subject.numbers.last.map { "\($0.value)" },
          "owner": described.owner?.string, "tier": described.tier?.string,
          "reviewBy": described.reviewBy?.description,
        ])
    }
    for version in model.versions.values { self.version(version) }
    for job in model.jobs.values {
      put(
        "job \(job.id)",
        [
          "status": job.status.rawValue, "kind": job.request.kind.rawValue,
          "created": time(job.created), "started": job.started.map(time),
          "ended": job.ended.map(time), "stopRequested": job.stopRequested.map(time),
          "exit": job.ending?.exit.map { "\($0)" }, "signal": job.ending?.signal,
          "trigger": job.request.trigger.rawValue, "target": job.request.target?.string,
          "effectRemaining": job.ending?.effectRemaining?.rawValue,
        ])
    }
    for deployment in model.deployments.values { self.deployment(deployment) }
    for member in model.members.values {
      var facts = ["active": "\(!member.grants.isEmpty)", "since": time(member.since)]
      for (project, grant) in member.grants {
        let scope = project.map { "in \($0)." } ?? ""
        facts["\(scope)roles"] = grant.roles.map(\.rawValue).joined(separator: " ")
        facts["\(scope)leastAuth"] = grant.leastAuth.rawValue
      }
      put("member \(member.id)", facts)
    }
    for schedule in model.schedules {
      put(
        "schedule \(schedule.project)/\(schedule.fact.schedule)",
        [
          "status": schedule.removed == nil ? "active" : "removed",
          "cron": schedule.fact.cron.string, "owner": schedule.fact.owner.string,
          "deployment": schedule.fact.deployment.string,
          "created": time(schedule.created), "removed": schedule.removed.map(time),
          "lastTick": schedule.lastTick?.description,
        ])
    }
    let policy = model.policy
    put(
      "policy",
      [
        "claims": "\(policy.claims)", "fourEyes": "\(policy.fourEyes)",
        "requireEvaluation": "\(policy.requireEvaluation)",
        "decisionAuth": policy.decisionAuth.rawValue,
        "drift.psi": NaiveFacts.plain(.number(policy.driftPSI)),
        "retention.minimumDays": "\(policy.retentionMinimumDays)",
      ])
  }

  private mutating func version(_ version: NaiveModel.Version) {
    var facts: [String: String?] = [
      "status": version.status.rawValue, "created": time(version.created),
      "job": version.created.job?.string,
      "artifactsDigest": version.artifacts?.artifacts.digest.description,
      "statistics": version.statistics.map(reference),
      "decision": version.decisions.last.map { reference($0.event) },
      "decision.verdict": version.decisions.last?.verdict.rawValue,
      "decision.validUntil": version.decisions.last?.fact.validUntil?.description,
      "retired": version.retired.map(time),
      "evidenceChanged": "#\(version.evidenceChanged.value)",
    ]
    for metric in version.metrics {
      facts["metrics.\(metric.name.string)"] = NaiveFacts.plain(
        Metric.json([metric]).object?.members.first?.value)
    }
    for (index, evaluation) in version.evaluations.enumerated() {
      facts["evaluations.\(index + 1)"] = reference(evaluation)
    }
    for (index, deployment) in version.deployments.enumerated() {
      facts["deployments.\(index + 1)"] = deployment.string
    }
    put("version \(version.id)", facts)
  }

  private mutating func deployment(_ deployment: NaiveModel.Deployment) {
    put(
      "deployment \(deployment.id)",
      [
        "status": deployment.retired == nil ? "active" : "retired",
        "version": deployment.version.description, "target": deployment.fact.target.string,
        "since": time(deployment.deployed), "until": deployment.retired.map(time),
        "replacedBy": deployment.retirement?.replacedBy?.string,
        "decision": "#\(deployment.fact.decision.value)",
        "baseline": deployment.baseline.map(reference),
        "lastPrediction": deployment.lastPrediction.map(reference),
        "lastDrift": deployment.lastDrift.map(reference),
        "lastPerformance": deployment.lastPerformance.map(reference),
        "lastAlert": deployment.lastAlert.map(reference),
        "lastAnswer": deployment.lastAnswer.map(reference),
      ])
  }

  private mutating func put(_ thing: String, _ facts: [String: String?]) {
    values[thing] = facts.compactMapValues { $0 }
  }

  private func time(_ event: Event) -> String { event.time.description }
  private func reference(_ event: Event) -> String { "#\(event.position.value)" }

  /// A value as one line.
  static func plain(_ value: JSONValue?) -> String {
    guard let value else { return "nothing" }
    return value.text?.string
      ?? (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }

  /// The names of the values that this knows of things of a kind; metrics and the like by their
  /// beginnings.
  static func knows(_ field: String, of kind: String) -> Bool {
    let names: [String: Set<String>] = [
      "project": ["created"],
      "subject": ["kind", "registered", "latest", "owner", "tier", "reviewBy"],
      "version": [
        "status", "created", "job", "artifactsDigest", "statistics", "decision",
        "decision.verdict", "decision.validUntil", "retired", "evidenceChanged",
      ],
      "job": [
        "status", "kind", "created", "started", "ended", "stopRequested", "exit", "signal",
        "trigger", "target", "effectRemaining",
      ],
      "deployment": [
        "status", "version", "target", "since", "until", "replacedBy", "decision", "baseline",
        "lastPrediction", "lastDrift", "lastPerformance", "lastAlert", "lastAnswer",
      ],
      "member": ["active", "since"],
      "schedule": [
        "status", "cron", "owner", "deployment", "created", "removed", "lastTick",
      ],
      "policy": [
        "claims", "fourEyes", "requireEvaluation", "decisionAuth", "drift.psi",
        "retention.minimumDays",
      ],
    ]
    if names[kind]?.contains(field) == true { return true }
    switch kind {
    case "version":
      return ["metrics.", "evaluations.", "deployments."].contains { field.hasPrefix($0) }
    case "member": return field.hasSuffix("roles") || field.hasSuffix("leastAuth")
    default: return false
    }
  }
}

/// A stored history with its naive facts at every size.
struct NaiveHistory {
  let store: Store
  let reader: LedgerReader
  let events: [Event]
  /// At index N: as of size N.
  let facts: [NaiveFacts]

  init(seed: UInt64, length: Int) throws {
    store = try Store(HistoryGenerator.history(seed: seed, length: length), rotations: true)
    reader = try #require(store.ledger?.reader)
    events = try reader.withSnapshot { snapshot in
      try (0..<snapshot.size.value).map { try snapshot.event(at: Position($0)) }
    }
    let stored = events
    facts = (0...events.count).map { NaiveFacts(NaiveModel(stored[..<$0])) }
  }

  /// The events of a range after which a value is another one than before them.
  func setters(of field: String, of thing: String, in range: Range<Int>) -> [UInt64] {
    range.filter { index in
      facts[index].values[thing]?[field] != facts[index + 1].values[thing]?[field]
    }.map { UInt64($0) }
  }
}
