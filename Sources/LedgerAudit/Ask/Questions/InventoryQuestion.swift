// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Every version ever, where it stands now, whether it was ever deployed, and what is overdue?
enum InventoryQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .kind, .status, .created, .actor, .verdict, .decided, .validUntil, .target,
    .deployment, .neverDeployed, .owner, .tier, .reviewBy, .artifactsDigest,
  ]
  static let fedBy: [FactCode] = [.jobCreated]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var subjects: [SubjectID: Subject] = [:]
    let asked = inquiry
    try asked.forEachVersion { (version) throws(ReadingError) in
      let id = version.id.subject
      if subjects[id] == nil,
        case .subject(let subject)? = try inquiry.snapshot.entity(.subject(id), asOf: inquiry.size)
      {
        subjects[id] = subject
        try exceptReview(subject, in: &inquiry, to: &answer)
      }
      try add(version, subjects[id]?.described, in: &inquiry, to: &answer)
    }
    answer.explainIfEmpty([.jobCreated], "no version was ever begun")
  }

  private static func add(
    _ version: Version, _ described: SubjectDescribed?, in inquiry: inout Inquiry,
    to answer: inout Answer
  ) throws(ReadingError) {
    let label = try inquiry.documents.label(of: version.id)
    var active: [Deployment] = []
    for id in version.activeDeployments > 0 ? version.deployments : [] {
      guard
        case .deployment(let one)? = try inquiry.snapshot.entity(
          .deployment(id), asOf: inquiry.size)
      else { throw Documents.missing("deployment \(id)") }
      if one.status == .active { active.append(one) }
    }
    let positions =
      [version.created.position] + [version.decision?.mark.position].compactMap { $0 }
      + active.map(\.since.position) + [version.retired?.position].compactMap { $0 }
    answer.add(
      [
        .name(label), .word(version.kind.rawValue), .word(version.status.rawValue),
        .time(version.created.time), .actor(version.maker),
        (version.decision?.verdict.rawValue).map { .word($0) },
        (version.decision?.mark.time).map { .time($0) },
        (version.decision?.validUntil).map { .date($0) },
        active.isEmpty ? nil : .names(active.map(\.target.string)),
        active.isEmpty ? nil : .names(active.map(\.id.string)),
        .flag(version.deployments.isEmpty), (described?.owner).map { .name($0.string) },
        (described?.tier).map { .name($0.string) }, (described?.reviewBy).map { .date($0) },
        (version.made?.artifacts.digest).map { .digest($0) },
      ], restingOn: positions)
    if let decision = version.decision, !active.isEmpty, decision.verdict == .approved,
      let until = decision.validUntil, until.lastMoment < inquiry.moment
    {
      answer.except(
        .approvalExpired, about: label,
        restingOn: [decision.mark.position] + active.map(\.since.position))
    }
  }

  /// A subject is reviewed by a day that it names; the event that names it is told.
  private static func exceptReview(
    _ subject: Subject, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard let day = subject.described.reviewBy, day.lastMoment < inquiry.moment else { return }
    var about = inquiry.about(.subject(subject.id))
    let positions = try about.positions(of: [.subjectRegistered, .subjectUpdated])
    answer.except(
      .reviewOverdue, about: try inquiry.documents.label(of: subject.id),
      restingOn: [positions.last ?? subject.registered.position])
  }
}
