// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// The keys of the log: each introduced by the one before it, each for its own sizes.

extension Auditor {
  func noteRotation(of event: Event) {
    if case .keyRotated(let fact) = event.fact { rotations.append((event.position, fact)) }
  }

  /// Follows the rotations from the first key on, which `ledger.json` names.
  ///
  /// One that does not hold introduces no key: what its new key signed is signed by nobody.
  func checkKeys() {
    let first: KeyChain
    do throws(NoteError) {
      first = try KeyChain(first: identity.vkey, origin: identity.origin)
    } catch {
      return log.add(.identity, nil, "the vkey in ledger.json is none: \(error)")
    }
    // In a quick verification no event was decoded, so those are read that the index names.
    if options.isQuick { readRotations() }
    var chain = first
    for (position, fact) in rotations {
      report.checked.signatures += 2
      let root = try? source.read { (snapshot) throws(ReadingError) in
        try snapshot.root(at: LedgerSize(min(position.value, snapshot.size.value)))
      }
      do throws(KeyChain.Fault) { try chain.add(fact, at: position, root: root) } catch {
        log.add(
          .keyRotation, position.value,
          "the key that #\(position.value) introduces is none of this ledger: \(error.words)")
      }
    }
    keys = chain
    checkTrustedKey(chain)
  }

  private func readRotations() {
    try? source.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: .keyRotated, asOf: LedgerSize(size)) {
        (position) throws(ReadingError) in
        if case .keyRotated(let fact) = try snapshot.event(at: position).fact {
          rotations.append((position, fact))
        }
        return true
      }
    }
  }

  /// Compares the keys with the one that somebody trusts: any of the chain will do, since it vouches
  /// for those after it by its signature, and for those before it by the events it signed.
  private func checkTrustedKey(_ chain: KeyChain) {
    guard let wanted = options.key else { return }
    let isKnown = chain.epochs.contains { epoch in
      epoch.key.description.utf8.elementsEqual(wanted.utf8)
        || epoch.key.publicKey.fingerprint.utf8.elementsEqual(wanted.utf8)
    }
    isKeyTrusted = isKnown
    if !isKnown {
      log.add(.keyUnknown, nil, "the key that you trust never signed for this ledger: \(wanted)")
    }
  }

  /// Why a checkpoint is not signed by the key of its size, as the end of a sentence; nil when it is.
  func whySignatureFails(_ note: UnverifiedCheckpoint) -> String? {
    guard let keys else { return "cannot be checked: the ledger's key cannot be read" }
    let size = LedgerSize(note.unchecked.size)
    let key = keys.key(for: size)
    do throws(NoteError) {
      _ = try note.verified(by: [key], origin: .unchecked)
      return nil
    } catch {
      // Old ranges signed with a newer key, and new ones with an older, are told as what they are.
      let other = keys.epochs.first { epoch in
        epoch.key != key && (try? note.verified(by: [epoch.key], origin: .unchecked)) != nil
      }
      guard let other else { return "is not signed by the key of this ledger (\(error))" }
      return "is of size \(size.value), and is signed by \(other.key.publicKey.fingerprint), which "
        + "signs for the sizes \(other.words)"
    }
  }
}
