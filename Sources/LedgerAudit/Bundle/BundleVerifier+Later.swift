// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// What became of the words later: `later/`, single events under a later checkpoint or the same.

extension BundleVerifier {
  /// Where it is.
  static let later = "later/"

  /// Takes the erasures of `later/`, if all of it holds: a checkpoint that the key of its size signed,
  /// the proof that it extends this one, and of each event the proof that it is covered.
  func checkLater(_ head: UnverifiedCheckpoint, signedBy key: VerifierKey) throws {
    let folder = BundleVerifier.later
    guard files.files.contains(where: { $0.string.utf8.starts(with: folder.utf8) }) else { return }
    let part = BundleVerifier(within: folder, of: self)
    let bytes = try files.read(folder + "checkpoint", limit: UnverifiedCheckpoint.byteLimit)
    let later: UnverifiedCheckpoint
    do throws(NoteError) { later = try UnverifiedCheckpoint(bytes) } catch {
      throw BundleFault(
        .checkpointMalformed, "later/checkpoint is no signed checkpoint: \(error)")
    }
    guard later.unchecked.origin == head.unchecked.origin,
      try isConsistent(head.unchecked, later.unchecked, by: folder + "consistency")
    else {
      throw BundleFault(
        .checkpointRoot, "later/checkpoint is not proved to be of the same history")
    }
    try part.checkPart(under: later)
    events.add(rotations: part.events.rotations)
    let signer = follow(from: key, to: LedgerSize(later.unchecked.size))
    do throws(NoteError) { _ = try later.verified(by: [signer]) } catch {
      throw BundleFault(
        .checkpointSignature, "later/checkpoint is not signed by \(signer) (\(error))")
    }
    report.checked.checkpoints += 1
    report.checked.add(part.report.checked)
    guard part.log.counts.isEmpty else { return }
    events.add(erasures: part.events.erasures)
    for remark in part.events.skipped.sorted() { skip("later/: \(remark)") }
  }
}
