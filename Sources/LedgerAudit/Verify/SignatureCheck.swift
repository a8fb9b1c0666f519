// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import Transparency

/// Whether a person's signature is of what its event says, by a key that the person had.
enum SignatureCheck {
  /// What is wrong with the signature of an event; nothing where it holds.
  ///
  /// - Parameters:
  ///   - begun: when the event's job was created, or the event recorded: what it must be close to;
  ///     nil where that is not known.
  ///   - isGranted: whether the person had the key of a fingerprint then.
  static func faults(
    of signature: Signature, in event: Event, origin: Text?, begun: Timestamp?,
    isGranted: (Text) -> Bool
  ) -> [String] {
    var faults: [String] = []
    if event.actor.authentication != .ssh {
      faults.append("its actor is known by \(event.actor.authentication.rawValue)")
    }
    guard let origin, let signedAt = signature.signedAt,
      let object = SignedStatement.make(of: event, origin: origin),
      let statement = try? CanonicalJSON.encode(.object(object))
    else { return faults + ["it does not say when it was made"] }
    let parsed: SSHSignature
    do throws(SSHError) {
      parsed = try SSHSignature(armored: signature.armored.string.utf8)
      try parsed.verify(statement)
    } catch {
      return faults + ["\(error)"]
    }
    if !parsed.armored.utf8.elementsEqual(signature.armored.string.utf8) {
      faults.append("it is not in its stored form")
    }
    let fingerprint = Text(parsed.key.fingerprint)
    if !isGranted(fingerprint) {
      faults.append(
        "the key \(fingerprint.string) was not granted to \(event.actor.person) at that position")
    }
    if let begun, !Signature.isTimely(signedAt, at: begun) {
      faults.append("it was made at \(signedAt), and recorded more than 15 minutes from then")
    }
    return faults
  }

  /// What is wrong by the views as they were before an event, with the kind of finding that it is.
  ///
  /// - Parameter isRepeated: whether it is an erasure that a restoration did again.
  static func faults(
    of event: Event, given views: inout some ViewSource, isRepeated: Bool
  ) -> [(code: Finding.Code, detail: String)] {
    let position = event.position.value
    guard let signature = event.fact.signature else {
      return isRepeated ? [] : missing(event, given: &views).map { [(.signatureMissing, $0)] } ?? []
    }
    let grants = views.member(event.actor.person)?.grants(in: event.project) ?? []
    let begun = event.job.flatMap { views.job($0) }?.created.time ?? event.time
    let faults = faults(
      of: signature, in: event, origin: views.ledger()?.origin, begun: begun
    ) { fingerprint in grants.contains { $0.keyFingerprints.contains(fingerprint) } }
    return faults.map {
      (.signatureWrong, "the signature of event #\(position) does not hold: \($0)")
    }
  }

  /// A login by key comes with its signature, and so does what the policy in force asks it for.
  private static func missing(_ event: Event, given views: inout some ViewSource) -> String? {
    guard let act = event.fact.signedAct else { return nil }
    if case .deploymentRetired(let fact) = event.fact, fact.replacedBy != nil {
      // Its deployment's signature names what it replaces, in the same transaction.
      return nil
    }
    let position = event.position.value
    if event.actor.authentication == .ssh {
      return "event #\(position) has an actor known by key, and no signature"
    }
    guard views.policy().policy.signed.contains(act) else { return nil }
    return "event #\(position) has no signature, and the policy in force asked for one on what is "
      + act.rawValue
  }
}
