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
    var event: Event
    var fact: Decided
    var deployments: [Event] = []
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
        approvals[event.position] = Approval(event: event, fact: fact)
      case .versionDeployed(let fact) where event.position.value >= since.value:
        approvals[fact.decision]?.deployments.append(event)
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
    guard let id = approval.event.versionID,
      case .version(let version)? = try inquiry.snapshot.entity(
        .version(id), asOf: LedgerSize(after: approval.event.position))
    else { return }
    let label = try inquiry.documents.label(of: id)
    let (approver, position) = (approval.event.actor, approval.event.position)
    let made = version.created.position
    let fromTrainer = try separation(
      of: approver, from: version.maker, asOf: position, inquiry.snapshot)
    func row(_ deployed: Event?, _ fromDeployer: Separation?) -> [AnswerValue?] {
      [
        .name(label), .position(position), .time(approval.event.time), .actor(approver),
        .actor(version.maker), .word(fromTrainer.rawValue),
        (deployed?.job).map { .name($0.string) }, (deployed?.time).map { .time($0) },
        (deployed?.actor).map { .actor($0) }, fromDeployer.map { .word($0.rawValue) },
        .words(approval.fact.exceptions.map(\.rawValue)),
      ]
    }
    let recorded = approval.fact.exceptions
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
