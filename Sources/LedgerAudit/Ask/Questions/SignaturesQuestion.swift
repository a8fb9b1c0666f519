// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Every signature of a person: name, time, meaning, the digest that it covers, and whether it holds?
enum SignaturesQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .what, .about, .actor, .printedName, .meaning, .signedAt, .covers, .artifactsDigest,
    .key, .verified,
  ]
  static let fedBy: [FactCode] = [
    .versionApproved, .versionRejected, .versionDeployed, .deploymentRetired, .policySet,
    .textErased, .artifactErased,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var found: [Event] = []
    try inquiry.forEachEvent(of: fedBy) { event, _ in found.append(event) }
    for event in found {
      // What it had to be, by the views as they were before it.
      var views = SnapshotViews(inquiry.snapshot, asOf: LedgerSize(event.position.value))
      let faults = SignatureCheck.faults(
        of: event, given: &views,
        isRepeated: try RepeatedErasures.contain(event, in: inquiry.snapshot))
      if let failure = views.failure { throw failure }
      guard event.fact.signature != nil || !faults.isEmpty else { continue }
      try add(event, holds: faults.isEmpty, in: &inquiry, to: &answer)
      let label = try inquiry.documents.label(of: event)
      for code in Set(faults.map(\.code)) {
        answer.except(
          code == .signatureMissing ? .signatureMissing : .signatureWrong, about: label,
          restingOn: [event.position])
      }
    }
    if answer.rows.isEmpty {
      answer.notAnswerable =
        "no event in scope bears a signature, and no policy in force asked for one"
    }
  }

  private static func add(
    _ event: Event, holds: Bool, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let signature = event.fact.signature
    let statement = try inquiry.documents.statement(at: event.position)
    let object = statement.flatMap { try? CanonicalJSON.decode($0).object }
    var meaning = try inquiry.documents.value(of: .meaning, in: event)
    if meaning == nil, let word = object?["meaning"]?.text { meaning = .word(word.string) }
    answer.add(
      [
        .time(event.time), .word(EventType(event.fact).name.description),
        try inquiry.documents.label(of: event).map { .name($0) }, .actor(event.actor),
        try inquiry.documents.value(of: .printedName, in: event), meaning,
        (signature?.signedAt).map { .time($0) },
        statement.map { .digest(Digest(MerkleTree.sha256($0))) },
        event.fact.artifacts.map { .digest($0) },
        (signature?.fingerprint).map { .name($0) }, .flag(signature != nil && holds),
      ], restingOn: [event.position])
  }
}

extension Fact {
  /// The digest of the files that it is about.
  fileprivate var artifacts: Digest? {
    switch self {
    case .versionApproved(let fact), .versionRejected(let fact): fact.artifactsDigest
    case .versionDeployed(let fact): fact.artifactsDigest
    case .deploymentRetired(let fact): fact.artifactsDigest
    default: nil
    }
  }
}
