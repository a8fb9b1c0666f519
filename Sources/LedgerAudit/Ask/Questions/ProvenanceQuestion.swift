// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Provenance: code commit, parameters, data, environment and parent of every version.
enum ProvenanceQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .status, .created, .actor, .job, .parent, .commit, .dirty, .codeDigest,
    .parameters, .dataDigest, .data, .environmentDigest, .artifactsDigest,
  ]
  static let fedBy: [FactCode] = [.versionTrained, .versionImported, .jobCreated]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let blobs = inquiry.documents.blobs
    let asked = inquiry
    try asked.forEachVersion { (version) throws(ReadingError) in
      guard
        case .job(let job)? = try inquiry.snapshot.entity(.job(version.job), asOf: inquiry.size)
      else { return }
      let created = try inquiry.event(at: version.created.position)
      let label = try inquiry.documents.label(of: version.id)
      var parent: String?
      if let number = version.made?.parent {
        parent = try inquiry.documents.label(
          of: VersionID(subject: version.id.subject, number: number))
      }
      let parameters = try inquiry.documents.value(of: .parameters, in: created)
      let data = job.request.inputs.flatMap { blobs?.list($0.digest) }
      let request = job.request
      var positions = [version.created.position]
      if let made = try inquiry.documents.madePosition(of: version) { positions.append(made) }
      answer.add(
        [
          .name(label), .word(version.status.rawValue), .time(version.created.time),
          .actor(version.maker), .name(version.job.string), parent.map { .name($0) },
          request.commit.map { .word($0) }, request.dirty.map { .flag($0) },
          (request.code?.digest).map { .digest($0) }, parameters,
          (request.inputs?.digest).map { .digest($0) }, data.map { .json(.array($0)) },
          request.environmentDigest.map { .digest($0) },
          (version.made?.artifacts.digest).map { .digest($0) },
        ], restingOn: positions + (parameters?.erasure.map { [$0.position] } ?? []))
      // Where an imported version comes from is another question.
      guard version.making == .built, request.kind == .training else { return }
      for rule in gaps(in: request, data) {
        answer.except(rule, about: label, restingOn: positions)
      }
    }
  }

  private static func gaps(in request: JobCreated, _ data: [JSONValue]?) -> [ExceptionRule] {
    var gaps: [ExceptionRule] = []
    if request.commit == nil, request.code == nil { gaps.append(.codeUnknown) }
    if request.dirty == true { gaps.append(.codeNotCommitted) }
    let isUndigested = data?.contains { $0.object?["undigested"] != nil } ?? false
    if (request.inputs?.count ?? 0) == 0 || isUndigested { gaps.append(.dataUnknown) }
    if request.environmentDigest == nil { gaps.append(.environmentUnknown) }
    return gaps
  }
}
