// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

extension Signature {
  /// The fingerprint of the key that it says it is of; nil where it is no SSHSIG.
  public var fingerprint: String? {
    (try? SSHSignature(armored: armored.string.utf8))?.key.fingerprint
  }

  /// `key SHA256:… at 2026-…`, for people.
  public var words: String {
    "key \(fingerprint ?? "(none that can be read)")" + (signedAt.map { " at \($0)" } ?? "")
  }
}

extension DocumentObject {
  /// Puts the members that tell of a signature, if there is one.
  mutating func put(_ signature: Signature?) {
    guard let signature else { return }
    put("signature", signature.armored)
    put("signedAt", signature.signedAt)
    put("signedBy", signature.fingerprint)
  }
}

extension Documents {
  /// The very bytes that were signed for the event at a position; nil where none were.
  public mutating func statement(at position: Position) throws(ReadingError) -> [UInt8]? {
    let event = try event(at: position)
    guard case .ledger(let ledger)? = try snapshot.entity(.ledger, asOf: size),
      let object = SignedStatement.make(of: event, origin: ledger.origin)
    else { return nil }
    do throws(CodecError) { return try CanonicalJSON.encode(.object(object)) } catch {
      throw ReadingError(.rowDamaged("\(error)"), "making the statement of an event again")
    }
  }

  /// The event that a person signed for a job: its decision, deployment or retirement.
  public mutating func signedPosition(of job: JobID) throws(ReadingError) -> Position? {
    var positions: [Position] = []
    try snapshot.forEachPosition(of: job, asOf: size) { position in
      positions.append(position)
      return true
    }
    for position in positions where try event(at: position).fact.signature != nil {
      return position
    }
    return nil
  }
}
