// SPDX-License-Identifier: Apache-2.0

/// Erasures: by an admin, with a reason, past the minimum retention, where no hold forbids it
/// (rules 4, 8 and 9).
enum ErasureRules {
  static func decide(
    _ request: Erase, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    // Of nothing, too: who may not erase learns nothing of what is erased already.
    for project in request.items.isEmpty ? [nil] : request.items.map(\.project) {
      try Rights.require([.admin], of: command, in: project, given: &views)
    }
    try Rights.requireSignature(for: .erased, of: command, given: &views)
    try Limits.requireReason(request.reason)
    let policy = views.policy().policy
    let holds = views.holds()
    var drafts: [Draft] = []
    for item in request.items {
      for part in item.parts { try check(part, item, holds, given: &views) }
      let until = policy.erasable(recorded: item.latest)
      guard until <= circumstances.time else { throw .retained(until: until) }
      drafts.append(
        Draft(
          actor: command.actor, occurred: command.occurred, project: item.project,
          subject: item.subject, number: item.number, job: item.job,
          fact: fact(item, request.basis, command.signature),
          text: EventText([.reason: .string(request.reason)])))
    }
    return drafts
  }

  private static func fact(
    _ item: ErasureItem, _ basis: ErasureBasis, _ signature: Signature?
  ) -> Fact {
    switch item.what {
    case .texts(let ranges):
      .textErased(TextErased(ranges: ranges, basis: basis, signature: signature))
    case .blobs(let digests):
      .artifactErased(ArtifactErased(digests: digests, basis: basis, signature: signature))
    }
  }

  private static func check(
    _ part: ErasureItem.Part, _ item: ErasureItem, _ holds: HoldState,
    given views: inout some ViewSource
  ) throws(Refusal) {
    // A log line names its job alone, and a job's version may have files of another job's.
    var found = holds.covering(
      project: part.project, subject: part.subject, version: part.version, job: part.job)
    if let job = part.job { found += views.holds(onJob: job) }
    if let hold = found.first {
      throw .held(hold.target.written, since: hold.placed.last?.position ?? Position(0))
    }
    guard case .blobs = item.what, let version = part.version else { return }
    for id in views.version(version)?.deployments ?? [] {
      if let deployment = views.deployment(id), deployment.status == .active {
        throw .inProduction(version, id)
      }
    }
  }
}
