// SPDX-License-Identifier: Apache-2.0

extension Fact {
  /// The stored files that it names, lists of files among them.
  public var blobs: [Digest] {
    switch self {
    case .subjectRegistered(let fact), .subjectUpdated(let fact):
      [fact.manifestDigest].compactMap { $0 }
    case .jobCreated(let fact):
      [fact.inputs?.digest, fact.code?.digest, fact.environmentDigest].compactMap { $0 }
    case .versionTrained(let fact), .versionImported(let fact): [fact.artifacts.digest]
    case .versionEvaluated(let fact): [fact.dataDigest, fact.reportDigest].compactMap { $0 }
    case .statisticsComputed(let fact): [fact.dataDigest, fact.columns.digest]
    case .predictionCompleted(let fact), .runCompleted(let fact): [fact.outputs.digest]
    case .driftMeasured(let fact):
      if case .list(let list) = fact.psi { [list.digest] } else { [] }
    default: []
    }
  }
}
