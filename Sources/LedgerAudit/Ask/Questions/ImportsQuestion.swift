// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Every import: origin, format, digest, the name elsewhere, and who took it in.
enum ImportsQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .version, .time, .actor, .origin, .format, .externalId, .artifactsDigest, .count, .bytes,
    .job,
  ]
  static let fedBy: [FactCode] = [.versionImported]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    try inquiry.forEachEvent(of: fedBy) { (event, documents) throws(ReadingError) in
      guard case .versionImported(let fact) = event.fact, let version = event.versionID else {
        return
      }
      let label = try documents.label(of: version)
      let origin = try documents.value(of: .origin, in: event)
      answer.add(
        [
          .name(label), .time(event.time), .actor(event.actor), origin,
          fact.format.map { .word($0.string) },
          try documents.value(of: .externalId, in: event), .digest(fact.artifacts.digest),
          .count(fact.artifacts.count), .bytes(fact.artifacts.bytes),
          event.job.map { .name($0.string) },
        ], restingOn: [event.position] + (origin?.erasure.map { [$0.position] } ?? []))
      // The files of a feature task are the project's own.
      guard event.subject?.kind == .model else { return }
      if origin == nil { answer.except(.originUnknown, about: label, restingOn: [event.position]) }
      if fact.format == nil {
        answer.except(.formatUnknown, about: label, restingOn: [event.position])
      }
    }
  }
}
