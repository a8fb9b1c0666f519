// SPDX-License-Identifier: Apache-2.0

/// Holds: what must not be erased until an auditor lets it go (rules 4, 8 and 9).
enum HoldRules {
  static func decide(
    _ target: HoldTarget, places: Bool, reason: Text, _ command: Command,
    given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    var draft = Draft(
      actor: command.actor, occurred: command.occurred,
      fact: places
        ? .holdPlaced(HoldScope(scope: target.written))
        : .holdReleased(HoldScope(scope: target.written)),
      text: EventText([.reason: .string(reason)]))
    try locate(target, in: &draft, given: &views)
    try Rights.require([.auditor], of: command, in: draft.project, given: &views)
    try Limits.requireReason(reason)
    if !places, views.holds()[target] == nil { throw .notHeld(target.written) }
    return [draft]
  }

  /// Names what is held in the envelope; refuses what does not exist.
  private static func locate(
    _ target: HoldTarget, in draft: inout Draft, given views: inout some ViewSource
  ) throws(Refusal) {
    func name(_ id: SubjectID, _ views: inout some ViewSource) throws(Refusal) {
      guard let subject = views.subject(id) else { throw .subjectNotFound(id) }
      draft.project = id.project
      draft.subject = subject.reference
    }
    switch target {
    case .ledger: break
    case .project(let name):
      guard views.project(name) != nil else { throw .projectNotFound(name) }
      draft.project = name
    case .subject(let id): try name(id, &views)
    case .version(let id):
      guard views.version(id) != nil else { throw .versionNotFound(id) }
      try name(id.subject, &views)
      draft.number = id.number
    case .job(let id):
      guard let job = views.job(id) else { throw .jobNotFound(id) }
      (draft.job, draft.project, draft.subject, draft.number) = (
        id, job.project, job.subject, job.number
      )
    }
  }
}
