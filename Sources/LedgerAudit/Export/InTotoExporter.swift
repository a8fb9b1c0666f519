// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// Why no statements were made.
public enum AttestationFailure: Error, Equatable {
  /// The private half of the ledger's key is not at hand; why.
  case noKey(String)
}

/// Writes in-toto statements (v1) in DSSE envelopes, one a line, signed with the ledger's key.
///
/// One for each version that was trained or imported (predicate SLSA provenance v1), each completed
/// evaluation, each decision. Subjects are the artifacts of the version.
public enum InTotoExporter {
  private static let types: [FactCode] = [
    .versionTrained, .versionImported, .versionEvaluated, .versionApproved, .versionRejected,
  ]
  private static let payloadType = "application/vnd.in-toto+json"

  /// Calls `write` with the envelopes that positions `since`…size−1 stand for, and tells how many.
  ///
  /// `tool` names the program and its version. Throws ``AttestationFailure`` before anything is
  /// written if there is no key; damage ends the export with a ``ReadingError``.
  @discardableResult
  public static func export(
    _ reader: LedgerReader, since first: LedgerSize = LedgerSize(0), through size: LedgerSize,
    about subject: SubjectID? = nil, tool: String, _ write: ([UInt8]) throws -> Void,
    progress: (UInt64) -> Void = { _ in }
  ) throws -> UInt64 {
    let head = try reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    // Signed now, so with the key that signs now, whatever size this is about.
    let key = try LedgerKeys(reader).key(for: head)
    let (signer, why) = LedgerKeys.signer(key, in: reader)
    guard let signer else { throw AttestationFailure.noKey(why ?? "no key is here") }
    var history = try VerifiedHistory(reader, asOf: size)
    let form = InTotoStatements(origin: history.origin, ledger: reader.identity.id, tool: tool)
    return try withoutActuallyEscaping(write) { write in
      var lines = LineWriter(write)
      try history.forEachEvent(of: types, since: first, about: subject) {
        event, snapshot, history in
        if let statement = try form.statement(of: event, &history, in: snapshot) {
          let payload = try CanonicalJSON.encode(statement)
          try lines.line(DSSEEnvelope.sign(payload, type: payloadType, by: signer))
        }
        progress(event.position.value + 1)
      }
      try lines.flush()
      return lines.count
    }
  }
}
