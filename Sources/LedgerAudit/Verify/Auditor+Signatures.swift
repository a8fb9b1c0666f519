// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

// Whether each signature is of what the event says, by a key that its actor had then.

extension Auditor {
  /// Checks the signature of an event against the views as they were before it.
  func checkSignature(of event: Event, at position: UInt64) {
    var views = folder.views
    guard let signature = event.fact.signature else {
      return checkUnsigned(event, at: position, &views)
    }
    report.checked.signatures += 1
    func found(_ why: String) {
      log.add(
        .signatureWrong, position, "the signature of event #\(position) does not hold: \(why)")
    }
    if event.actor.authentication != .ssh {
      found("its actor is known by \(event.actor.authentication.rawValue)")
    }
    guard let origin = views.ledger()?.origin, let signedAt = signature.signedAt,
      let object = SignedStatement.make(of: event, origin: origin),
      let statement = try? CanonicalJSON.encode(.object(object))
    else { return found("it does not say when it was made") }
    let parsed: SSHSignature
    do throws(SSHError) {
      parsed = try SSHSignature(armored: signature.armored.string.utf8)
      try parsed.verify(statement)
    } catch {
      return found("\(error)")
    }
    if !parsed.armored.utf8.elementsEqual(signature.armored.string.utf8) {
      found("it is not in its stored form")
    }
    let fingerprint = Text(parsed.key.fingerprint)
    let grants = views.member(event.actor.person)?.grants(in: event.project) ?? []
    if !grants.contains(where: { $0.keyFingerprints.contains(fingerprint) }) {
      found(
        "the key \(fingerprint.string) was not granted to \(event.actor.person) at that position")
    }
    let begun = event.job.flatMap { views.job($0) }?.created.time ?? event.time
    if !Signature.isTimely(signedAt, at: begun) {
      found("it was made at \(signedAt), and recorded more than 15 minutes from then")
    }
  }

  /// A login by key comes with its signature, and so does what the policy in force asks it for.
  private func checkUnsigned(_ event: Event, at position: UInt64, _ views: inout MemoryViews) {
    guard let act = event.fact.signedAct else { return }
    if case .deploymentRetired(let fact) = event.fact, fact.replacedBy != nil {
      // Its deployment's signature names what it replaces, in the same transaction.
      return
    }
    if event.actor.authentication == .ssh {
      log.add(
        .signatureMissing, position,
        "event #\(position) has an actor known by key, and no signature")
    } else if views.policy().policy.signed.contains(act) {
      log.add(
        .signatureMissing, position,
        "event #\(position) has no signature, and the policy in force asked for one on what is "
          + act.rawValue)
    }
  }
}
