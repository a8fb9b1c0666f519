// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// Who the ledger is, and what was signed of it.

extension Auditor {
  /// Reads the last signed checkpoint; before the head, since a later one may be of more events
  /// than are verified.
  func readCheckpoint() {
    do throws(DirectoryError) {
      storedCheckpoint = try CheckpointFile.read(directory)
      guard storedCheckpoint == nil else { return }
      log.add(
        .checkpointMissing, nil,
        "there is no signed checkpoint: nothing vouches for the size of this log")
    } catch {
      log.add(.directory, nil, "\(error.path): \(error.reason)")
    }
  }

  /// The sizes whose roots are needed, as far as the notes can be read; nothing is believed yet.
  func checkpointSizes() -> [UInt64] {
    rotationSizes + receipts.map(\.size.value)
      + [storedCheckpoint, options.against].compactMap { $0 }.compactMap {
        try? UnverifiedCheckpoint($0).unchecked.size
      }
  }

  /// Looks up where the key was rotated; the events themselves are read and judged later.
  func readRotationSizes() {
    try? source.read { (snapshot) throws(ReadingError) in
      try snapshot.forEachPosition(of: .keyRotated, asOf: LedgerSize(size)) { position in
        rotationSizes.append(position.value)
        return rotationSizes.count < 1000
      }
    }
  }

  func checkCheckpoints() {
    if let storedCheckpoint {
      report.checkpoint = check(storedCheckpoint, "the last signed checkpoint")
    }
    if let against = options.against {
      report.against = check(against, "the checkpoint that was kept")
    }
    checkReceipts()
    findKnownGood()
  }

  /// Looks for the largest size that a signature vouches for.
  ///
  /// Whoever signed two histories vouches for none of them from where they may differ: what is signed
  /// by the right key and does not fit bounds what else is believed.
  private func findKnownGood() {
    guard isKeyTrusted else { return }
    let compared = [report.checkpoint, report.against].compactMap { $0 } + comparedReceipts
    var good = compared.filter(\.isGood).map(\.size)
    for epoch in keys?.epochs ?? [] {
      // Both keys signed size and root, as a checkpoint does.
      guard let size = epoch.after, let root = tree.roots[size.value],
        rotations.contains(where: { $0.0 == epoch.position && $0.1.root == Digest(root) })
      else { continue }
      good.append(size)
    }
    let contradicted = compared.filter(\.isContradicted).map(\.size).min()
    report.knownGood = good.filter { size in contradicted.map { size < $0 } ?? true }.max()
  }

  func check(_ note: [UInt8], _ name: String) -> AuditReport.ComparedCheckpoint? {
    report.checked.checkpoints += 1
    let unverified: UnverifiedCheckpoint
    do { unverified = try UnverifiedCheckpoint(note) } catch {
      log.add(.checkpointMalformed, nil, "\(name) is no signed checkpoint: \(error)")
      return nil
    }
    let claim = unverified.unchecked
    var compared = AuditReport.ComparedCheckpoint(
      size: LedgerSize(claim.size), root: claim.root, isGood: false)
    var isGood = true
    if claim.origin.description != identity.origin {
      isGood = false
      log.add(
        .checkpointOrigin, nil,
        "\(name) is of '\(claim.origin)', and this ledger is '\(identity.origin)'")
    }
    if let why = whySignatureFails(unverified) {
      isGood = false
      log.add(.checkpointSignature, nil, "\(name) \(why)")
    } else {
      compared.signer = keys?.key(for: LedgerSize(claim.size)).publicKey.fingerprint
    }
    if claim.size > size {
      isGood = false
      log.add(
        .checkpointBeyondHead, nil,
        "\(name) is of \(claim.size) events, and there are \(size): events are gone")
    } else if let root = tree.roots[claim.size] {
      if root != claim.root {
        isGood = false
        compared.isContradicted = compared.signer != nil
        log.add(
          .checkpointRoot, nil,
          "the first \(claim.size) events are not those of \(name): they hash to "
            + "\(root.base64), and it says \(claim.root.base64)")
      }
    } else {
      // Events are missing before it, which was told.
      isGood = false
    }
    compared.isGood = isGood
    return compared
  }

  /// Compares `ledger.json` with the first event.
  func checkIdentity() {
    guard case .ledger(let state)? = folder.views.entity(.ledger) else {
      return log.add(.identity, 0, "no event says which ledger this is")
    }
    let pairs: [(String, String, String)] = [
      ("id", identity.id, state.id), ("origin", identity.origin, state.origin.string),
      ("vkey", identity.vkey, state.keys.first?.vkey.string ?? ""),
    ]
    for (name, said, recorded) in pairs where !said.utf8.elementsEqual(recorded.utf8) {
      log.add(
        .identity, 0, "ledger.json says \(name) '\(said)', and the events say '\(recorded)'")
    }
  }
}
