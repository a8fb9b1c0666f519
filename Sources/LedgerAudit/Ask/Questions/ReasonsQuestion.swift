// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Why: the reason of every approval, rejection, stop, retirement, override and erasure, and of whatever
/// else needs one; and which have none.
enum ReasonsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .action, .about, .actor, .exceptions, .reason,
  ]
  static let fedBy: [FactCode] = [
    .versionApproved, .versionRejected, .jobStopRequested, .jobStopped, .deploymentRetired,
    .versionDeployed, .textErased, .artifactErased, .holdPlaced, .holdReleased, .policySet,
    .memberRevoked, .scheduleRemoved, .alertAnswered, .changeAssessed, .keyRotated,
    .clockCorrected, .ledgerRestored, .ledgerUpgraded,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    try inquiry.forEachEvent(of: fedBy) { (event, documents) throws(ReadingError) in
      guard try needsReason(event, documents) else { return }
      let about = try documents.about(event)
      let reason = try documents.value(of: .reason, in: event)
      answer.add(
        [
          .time(event.time), .word(EventType(event.fact).name.description),
          about.map { .name($0) }, .actor(event.actor),
          event.fact.exceptions.map { .words($0.map(\.rawValue)) }, reason,
        ], restingOn: [event.position] + (reason?.erasure.map { [$0.position] } ?? []))
      switch reason {
      case .text(let text)? where !text.isBlank: break
      case .erased?: break
      default: answer.except(.noReason, about: about, restingOn: [event.position])
      }
    }
  }

  /// A stop stands with its request, and where there was none, with the end of the job; a deployment
  /// needs a reason where it takes the place of another.
  private static func needsReason(
    _ event: Event, _ documents: Documents
  ) throws(ReadingError) -> Bool {
    switch event.fact {
    case .versionDeployed(let fact): return fact.replaces != nil
    case .jobStopped:
      guard let id = event.job,
        case .job(let job)? = try documents.snapshot.entity(.job(id), asOf: documents.size)
      else { return true }
      return job.stopRequested == nil
    default: return true
    }
  }
}

extension Fact {
  /// What was unusual about a decision; nil for none, and for other events.
  var exceptions: [DecisionException]? {
    switch self {
    case .versionApproved(let fact), .versionRejected(let fact):
      fact.exceptions.isEmpty ? nil : fact.exceptions
    default: nil
    }
  }
}
