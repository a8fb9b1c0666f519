// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// Subjects and their versions.

private enum Has {
  static let made: UInt64 = 1 << 0
  static let format: UInt64 = 1 << 1
  static let parent: UInt64 = 1 << 2
  static let decision: UInt64 = 1 << 3
  static let validUntil: UInt64 = 1 << 4
  static let retired: UInt64 = 1 << 5
  static let statistics: UInt64 = 1 << 6
  static let all: UInt64 = 1 << 7 - 1
}

private enum Evaluated {
  static let job: UInt64 = 1 << 0
  static let data: UInt64 = 1 << 1
  static let all: UInt64 = 1 << 2 - 1
}

private enum Known {
  static let manifest: UInt64 = 1 << 0
  static let modelType: UInt64 = 1 << 1
  static let owner: UInt64 = 1 << 2
  static let tier: UInt64 = 1 << 3
  static let reviewBy: UInt64 = 1 << 4
  static let all: UInt64 = 1 << 5 - 1
}

extension RowWriter {
  mutating func subject(_ subject: Subject) {
    let described = subject.described
    flags(
      flag(Known.manifest, described.manifestDigest != nil)
        | flag(Known.modelType, described.modelType != nil)
        | flag(Known.owner, described.owner != nil) | flag(Known.tier, described.tier != nil)
        | flag(Known.reviewBy, described.reviewBy != nil))
    word(subject.kind)
    integer(subject.latestNumber)
    if let manifest = described.manifestDigest { digest(manifest) }
    if let modelType = described.modelType { name(modelType) }
    if let owner = described.owner { actorID(owner) }
    if let tier = described.tier { name(tier) }
    if let reviewBy = described.reviewBy { date(reviewBy) }
    mark(subject.registered)
    mark(subject.changed)
  }

  mutating func version(_ version: Version) {
    flags(
      flag(Has.made, version.made != nil) | flag(Has.format, version.made?.format != nil)
        | flag(Has.parent, version.made?.parent != nil)
        | flag(Has.decision, version.decision != nil)
        | flag(Has.validUntil, version.decision?.validUntil != nil)
        | flag(Has.retired, version.retired != nil)
        | flag(Has.statistics, version.statistics != nil))
    word(version.kind)
    word(version.making)
    job(version.job)
    actor(version.maker)
    mark(version.created)
    if let made = version.made {
      files(made.artifacts)
      if let format = made.format { name(format) }
      if let parent = made.parent { integer(parent.value) }
    }
    count(version.evaluations.count)
    for evaluation in version.evaluations { self.evaluation(evaluation) }
    metrics(version.metrics)
    if let statistics = version.statistics { mark(statistics) }
    if let decision = version.decision {
      mark(decision.mark)
      word(decision.verdict)
      digest(decision.artifactsDigest)
      if let validUntil = decision.validUntil { date(validUntil) }
      metrics(decision.metrics)
    }
    count(version.deployments.count)
    for deployment in version.deployments { job(deployment) }
    integer(version.activeDeployments)
    if let retired = version.retired { mark(retired) }
    position(version.evidenceChanged)
  }

  private mutating func evaluation(_ evaluation: Version.Evaluation) {
    flags(
      flag(Evaluated.job, evaluation.job != nil)
        | flag(Evaluated.data, evaluation.dataDigest != nil))
    mark(evaluation.mark)
    if let job = evaluation.job { self.job(job) }
    if let data = evaluation.dataDigest { digest(data) }
  }
}

extension RowReader {
  mutating func subject(_ id: SubjectID) throws(RowError) -> Subject {
    let flags = try flags(Known.all)
    return Subject(
      id: id, kind: try word(SubjectKind.self), latestNumber: try integer32(),
      described: SubjectDescribed(
        manifestDigest: try flags.has(Known.manifest) ? digest() : nil,
        modelType: try flags.has(Known.modelType) ? name() : nil,
        owner: try flags.has(Known.owner) ? actorID() : nil,
        tier: try flags.has(Known.tier) ? name() : nil,
        reviewBy: try flags.has(Known.reviewBy) ? date() : nil),
      registered: try mark(), changed: try mark())
  }

  mutating func version(_ id: VersionID) throws(RowError) -> Version {
    let flags = try flags(Has.all)
    try flags.check(Has.format | Has.parent, needs: Has.made)
    try flags.check(Has.validUntil, needs: Has.decision)
    let kind = try word(SubjectKind.self)
    let making = try word(Version.Making.self)
    return Version(
      id: id, kind: kind, job: try job(), maker: try actor(), created: try mark(),
      making: making,
      made: try flags.has(Has.made) ? made(flags) : nil,
      evaluations: try evaluations(),
      metrics: try metrics(),
      statistics: try flags.has(Has.statistics) ? mark() : nil,
      decision: try flags.has(Has.decision) ? decision(flags) : nil,
      deployments: try deployments(),
      activeDeployments: try integer32(),
      retired: try flags.has(Has.retired) ? mark() : nil,
      evidenceChanged: try position())
  }

  private mutating func made(_ flags: RowFlags) throws(RowError) -> VersionMade {
    VersionMade(
      artifacts: try files(),
      format: try flags.has(Has.format) ? name() : nil,
      parent: try flags.has(Has.parent) ? number() : nil)
  }

  private mutating func evaluations() throws(RowError) -> [Version.Evaluation] {
    let count = try count(ofAtLeast: 3)
    var evaluations: [Version.Evaluation] = []
    evaluations.reserveCapacity(count)
    for _ in 0..<count {
      let flags = try flags(Evaluated.all)
      evaluations.append(
        Version.Evaluation(
          mark: try mark(),
          job: try flags.has(Evaluated.job) ? job() : nil,
          dataDigest: try flags.has(Evaluated.data) ? digest() : nil))
    }
    return evaluations
  }

  private mutating func decision(_ flags: RowFlags) throws(RowError) -> Version.Decision {
    Version.Decision(
      mark: try mark(), verdict: try word(Verdict.self), artifactsDigest: try digest(),
      validUntil: try flags.has(Has.validUntil) ? date() : nil, metrics: try metrics())
  }

  private mutating func deployments() throws(RowError) -> [DeploymentID] {
    let count = try count(ofAtLeast: 2)
    var deployments: [DeploymentID] = []
    deployments.reserveCapacity(count)
    for _ in 0..<count { deployments.append(try job()) }
    return deployments
  }
}
