// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// As of a moment: which version of each subject was in production, on which target and engine, since when?
enum InProductionQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .subject, .version, .target, .engine, .since, .actor, .approval, .deployment,
  ]
  static let fedBy: [FactCode] = [.versionDeployed]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    for deployment in try inquiry.deployments(.active) {
      let label = try inquiry.documents.label(of: deployment.version)
      let decision = deployment.fact.decision
      answer.add(
        [
          .name(try inquiry.documents.label(of: deployment.version.subject)), .name(label),
          .name(deployment.target.string), .word(deployment.fact.engine.rawValue),
          .time(deployment.since.time), .actor(deployment.deployedBy), .position(decision),
          .name(deployment.id.string),
        ], restingOn: [decision, deployment.since.position])
      guard
        case .version(let version)? = try inquiry.snapshot.entity(
          .version(deployment.version), asOf: inquiry.size), let latest = version.decision
      else { continue }
      if latest.verdict == .rejected {
        answer.except(
          .rejectedSince, about: label,
          restingOn: [deployment.since.position, latest.mark.position])
      } else if let until = latest.validUntil, until.lastMoment < inquiry.moment {
        answer.except(
          .approvalExpired, about: label,
          restingOn: [deployment.since.position, latest.mark.position])
      }
    }
  }
}
