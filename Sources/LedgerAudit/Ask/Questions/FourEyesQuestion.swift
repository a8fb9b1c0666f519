// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Was the approver someone other than trainer and deployer? Every exception.
///
/// Two actors are compared by identifier, by the keys that they ever had, and by the kernel's user where
/// both are local; with the members and the policy of the moment of approval, or of deployment.
enum FourEyesQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .approval, .approved, .approver, .trainer, .fromTrainer, .deployment, .deployed,
    .deployer, .fromDeployer, .exceptions,
  ]
  static let fedBy: [FactCode] = [.versionApproved]

  private struct Approval {
    var version: VersionID
    var position: Position
    var time: Timestamp
    var actor: Actor
    var exceptions: [DecisionException]
    var deployments: [Deployed] = []
  }

  private struct Deployed {
    var position: Position
    var time: Timestamp
    var actor: Actor
    var job: JobID?
  }

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var approvals: [Position: Approval] = [:]
    let since = inquiry.since
    // A deployment in the window may rest on an approval before it.
    try inquiry.forEachEvent(of: [.versionApproved, .versionDeployed], fromTheStart: true) {
      (event, _) throws(ReadingError) in
      switch event.fact {
      case .versionApproved(let fact):
        guard let version = event.versionID else { return }
        approvals[event.position] = Approval(
          version: version, position: event.position, time: event.time, actor: event.actor,
          exceptions: fact.exceptions)
      case .versionDeployed(let fact) where event.position.value >= since.value:
        approvals[fact.decision]?.deployments.append(
          Deployed(
            position: event.position, time: event.time, actor: event.actor, job: event.job))
      default: break
      }
    }
    for (position, approval) in approvals.sorted(by: { $0.key < $1.key })
    where position.value >= since.value || !approval.deployments.isEmpty {
      try add(approval, inquiry: &inquiry, to: &answer)
    }
  }

  private static func add(
    _ approval: Approval, inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let (approver, position) = (approval.actor, approval.position)
    guard
      case .version(let version)? = try inquiry.snapshot.entity(
        .version(approval.version), asOf: LedgerSize(after: position))
    else { return }
    let label = try inquiry.documents.label(of: approval.version)
    let made = version.created.position
    let fromTrainer = try separation(
      of: approver, from: version.maker, asOf: position, inquiry.snapshot)
    func row(_ deployed: Deployed?, _ fromDeployer: Separation?) -> [AnswerValue?] {
      [
        .name(label), .position(position), .time(approval.time), .actor(approver),
        .actor(version.maker), .word(fromTrainer.rawValue),
        (deployed?.job).map { .name($0.string) }, (deployed?.time).map { .time($0) },
        (deployed?.actor).map { .actor($0) }, fromDeployer.map { .word($0.rawValue) },
        .words(approval.exceptions.map(\.rawValue)),
      ]
    }
    let recorded = approval.exceptions
    if fromTrainer == .same || recorded.contains(.selfApproval) {
      answer.except(.selfApproval, about: label, restingOn: [made, position])
    }
    if fromTrainer == .claimed || recorded.contains(.separationClaimed) {
      answer.except(.separationClaimed, about: label, restingOn: [made, position])
    }
    if approval.deployments.isEmpty {
      answer.add(row(nil, nil), restingOn: [made, position])
    }
    for deployed in approval.deployments {
      let fromDeployer = try separation(
        of: approver, from: deployed.actor, asOf: deployed.position, inquiry.snapshot)
      answer.add(row(deployed, fromDeployer), restingOn: [made, position, deployed.position])
      switch fromDeployer {
      case .separate: break
      case .claimed:
        answer.except(
          .separationClaimed, about: label, restingOn: [position, deployed.position])
      case .same:
        answer.except(.selfDeployment, about: label, restingOn: [position, deployed.position])
      }
    }
  }

  /// With the members and the policy just before an event.
  private static func separation(
    of one: Actor, from other: Actor, asOf position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) -> Separation {
    var views = SnapshotViews(snapshot, asOf: LedgerSize(position.value))
    let separation = one.separation(from: other, given: &views)
    if let failure = views.failure { throw failure }
    return separation
  }
}
