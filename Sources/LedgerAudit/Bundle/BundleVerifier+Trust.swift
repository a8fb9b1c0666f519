// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// Who signed, and whether it is the history that one knows.

extension BundleVerifier {
  /// The key that signed the checkpoint: the one that was brought along, else the one that is here,
  /// followed through rotations that both keys signed.
  func signer(of head: UnverifiedCheckpoint) throws -> (key: VerifierKey, isTrusted: Bool) {
    var known = [vkey, events.created.flatMap { try? VerifierKey($0.vkey.string) }]
      .compactMap { $0 }
    for rotation in events.rotations {
      known += [rotation.fact.old, rotation.fact.new].compactMap { try? VerifierKey($0.string) }
    }
    var brought: VerifierKey?
    switch options.key {
    case .vkey(let key): brought = key
    case .fingerprint(let fingerprint):
      brought = known.first { $0.publicKey.fingerprint.utf8.elementsEqual(fingerprint.utf8) }
      if brought == nil {
        find(.bundleKey, nil, "no key with this fingerprint is here: bring the vkey itself")
      }
    case nil: break
    }
    guard let first = brought ?? known.first else {
      throw BundleFault(.bundleKey, "there is no key here, and none was given")
    }
    let key = follow(from: first, to: LedgerSize(head.unchecked.size))
    guard key.name == head.unchecked.origin else {
      throw BundleFault(.checkpointOrigin, "the key is of '\(key.name)', and not of this ledger")
    }
    do throws(NoteError) { _ = try head.verified(by: [key]) } catch {
      throw BundleFault(
        .checkpointSignature, "the checkpoint is not signed by \(key) (\(error))")
    }
    report.checked.checkpoints += 1
    report.checkpoint = AuditReport.ComparedCheckpoint(
      size: LedgerSize(head.unchecked.size), root: head.unchecked.root, isGood: true)
    if head.note.signatures.count > 1 { skip("signatures of others on the checkpoint") }
    return (key, brought != nil)
  }

  /// The key that signs for a size, by the rotations that are here from a key on: each signed by both
  /// keys, and in a whole ledger by the root of the events before it.
  func follow(from first: VerifierKey, to size: LedgerSize) -> VerifierKey {
    guard var chain = try? KeyChain(first: "\(first)", origin: "\(first.name)") else {
      return first
    }
    for (position, fact) in events.rotations
    where fact.old.string.utf8.elementsEqual("\(chain.current)".utf8) {
      do throws(KeyChain.Fault) {
        try chain.add(fact, at: Position(position), root: rotationRoots[position])
      } catch {
        find(
          .keyRotation, position,
          "the key that #\(position) introduces is none of this ledger: \(error.words)")
      }
    }
    return chain.key(for: size)
  }

  /// The size of the checkpoint that one keeps, as it says.
  func keptSize() -> UInt64? {
    options.against.flatMap { try? UnverifiedCheckpoint($0).unchecked.size }
  }

  /// Whether it is the history of a checkpoint that one keeps; up to which size that vouches for it.
  func checkKept(_ head: UnverifiedCheckpoint, _ key: VerifierKey?) throws -> UInt64 {
    guard let note = options.against else { return 0 }
    report.checked.checkpoints += 1
    let kept: UnverifiedCheckpoint
    do throws(NoteError) { kept = try UnverifiedCheckpoint(note) } catch {
      throw BundleFault(.checkpointMalformed, "what you keep is no signed checkpoint: \(error)")
    }
    let claim = kept.unchecked
    report.against = AuditReport.ComparedCheckpoint(
      size: LedgerSize(claim.size), root: claim.root, isGood: false)
    guard claim.origin == head.unchecked.origin else {
      throw BundleFault(
        .checkpointOrigin,
        "the checkpoint that you keep is of '\(claim.origin)', and this is '\(head.unchecked.origin)'"
      )
    }
    // An older one may be signed by a key that was rotated since.
    var keys = [key, vkey].compactMap { $0 }
    keys += events.rotations.compactMap { try? VerifierKey($0.fact.old.string) }
    keys += [events.created].compactMap { $0.flatMap { try? VerifierKey($0.vkey.string) } }
    do throws(NoteError) { _ = try kept.verified(by: keys, origin: .unchecked) } catch {
      throw BundleFault(
        .checkpointSignature, "the checkpoint that you keep is not signed by this ledger (\(error))"
      )
    }
    guard let isSame = try compare(claim, with: head.unchecked) else {
      skip("whether it is the history of the checkpoint that you keep: no proof of it is here")
      return 0
    }
    guard isSame else {
      throw BundleFault(
        .checkpointRoot,
        "this is not the history that the checkpoint of size \(claim.size) that you keep is of")
    }
    report.against?.isGood = true
    return claim.size
  }

  /// Nil where there is nothing to tell by.
  private func compare(_ kept: Checkpoint, with head: Checkpoint) throws -> Bool? {
    if isWhole, kept.size <= tree.next { return tree.roots[kept.size] == kept.root }
    if kept.size == head.size { return kept.root == head.root }
    let (older, newer) = kept.size < head.size ? (kept, head) : (head, kept)
    if older.size == 0 { return older.root == MerkleTree.emptyRoot }
    let name = "consistency/\(kept.size)"
    return files.has(name) ? try isConsistent(older, newer, by: name) : nil
  }

  /// Whether the proof in a file leads from one checkpoint to a larger one, or they are the same.
  func isConsistent(
    _ older: Checkpoint, _ newer: Checkpoint, by name: String
  ) throws -> Bool {
    guard 0 < older.size, older.size < newer.size else {
      return older.size == newer.size && older.root == newer.root
    }
    let bytes = try files.read(name, limit: 1 << 16)
    var hashes: [MerkleHash] = []
    for line in bytes.split(separator: 0x0A) {
      guard let decoded = try? Base64.decode(line, as: .standard), let hash = MerkleHash(decoded)
      else { throw BundleFault(.checkpointRoot, "\(name) is no proof of consistency") }
      hashes.append(hash)
    }
    guard
      let roots = try? ConsistencyProof(hashes: hashes).roots(
        older: older.size, newer: newer.size, olderRoot: older.root)
    else { return false }
    return roots.older == older.root && roots.newer == newer.root
  }
}
