// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Every evaluation: procedure, data, metrics, date and responsible person; and what went into production
/// without one. Of a feature task, its runs are its evaluations.
enum EvaluationsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .time, .procedure, .dataDigest, .metrics, .responsible, .actor, .reportDigest,
    .job,
  ]
  static let fedBy: [FactCode] = [.versionEvaluated, .runCompleted, .versionDeployed]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    try inquiry.forEachEvent(of: [.versionEvaluated, .runCompleted]) {
      (event, documents) throws(ReadingError) in
      guard let version = event.versionID, event.fact.isEvaluation else { return }
      var fact: VersionEvaluated?
      if case .versionEvaluated(let evaluated) = event.fact { fact = evaluated }
      let label = try documents.label(of: version)
      let procedure = try documents.value(of: .procedure, in: event)
      answer.add(
        [
          .name(label), .time(event.time), procedure, (fact?.dataDigest).map { .digest($0) },
          fact.map { .metrics($0.metrics) }, (fact?.responsible).map { .name($0.string) },
          .actor(event.actor), (fact?.reportDigest).map { .digest($0) },
          event.job.map { .name($0.string) },
        ], restingOn: [event.position] + (procedure?.erasure.map { [$0.position] } ?? []))
      if let fact, fact.responsible == nil {
        answer.except(.responsibleUnknown, about: label, restingOn: [event.position])
      }
    }
    for deployment in try inquiry.deployments() {
      guard
        case .version(let version)? = try inquiry.snapshot.entity(
          .version(deployment.version), asOf: LedgerSize(after: deployment.since.position)),
        version.evaluations.isEmpty
      else { continue }
      answer.except(
        .neverEvaluated, about: try inquiry.documents.label(of: deployment.version),
        restingOn: [version.created.position, deployment.since.position])
    }
  }
}
