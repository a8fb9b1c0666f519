// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// What anchors answered: a receipt of another history is a fork that somebody else has seen.

/// A receipt that was read, before the root of its size is known.
struct ReadReceipt {
  var name: String
  var size: LedgerSize
  var note: UnverifiedCheckpoint
  var bytes: [UInt8]
  var stamp: [UInt8]?
}

extension Auditor {
  /// Reads all receipts, so that the roots of their sizes are computed.
  func readReceipts() {
    let receipts = Receipts(directory)
    for anchor in receipts.anchors() {
      for size in receipts.sizes(of: anchor) {
        let name = "the receipt \(anchor)/\(size.value).checkpoint"
        do throws(DirectoryError) {
          guard let bytes = try receipts.read(anchor, size, .checkpoint) else { continue }
          let note: UnverifiedCheckpoint
          do throws(NoteError) { note = try UnverifiedCheckpoint(bytes) } catch {
            log.add(.receiptWrong, nil, "\(name) is no signed checkpoint: \(error)")
            continue
          }
          guard note.unchecked.size == size.value else {
            log.add(.receiptWrong, nil, "\(name) is of size \(note.unchecked.size)")
            continue
          }
          self.receipts.append(
            ReadReceipt(
              name: name, size: size, note: note, bytes: bytes,
              stamp: try receipts.read(anchor, size, .stamp)))
        } catch {
          log.add(.receiptWrong, nil, "\(error.path): \(error.reason)")
        }
      }
    }
  }

  func noteWitnesses(of event: Event) {
    guard case .policySet(let fact) = event.fact else { return }
    noteWitnesses(of: fact.policy)
  }

  private func noteWitnesses(of policy: Policy) {
    for anchor in policy.anchors {
      guard case .witness(_, let vkey) = anchor.way,
        let key = try? CosignerKey(bytes: Array(vkey.string.utf8)), !witnesses.contains(key)
      else { continue }
      witnesses.append(key)
    }
  }

  /// Holds every receipt against the log: signature, size, root, cosignatures, what was stamped.
  func checkReceipts() {
    if options.isQuick {
      // No event was decoded; the policy in force names its witnesses.
      let entity = try? source.read { (snapshot) throws(ReadingError) in
        try snapshot.entity(.policy, asOf: snapshot.size)
      }
      if let entity, case .policy(let state) = entity { noteWitnesses(of: state.policy) }
    }
    for receipt in receipts {
      report.checked.receipts += 1
      if let compared = check(receipt.bytes, receipt.name) { comparedReceipts.append(compared) }
      report.checked.checkpoints -= 1
      checkCosignatures(of: receipt)
      if let stamp = receipt.stamp { checkStamp(stamp, of: receipt) }
    }
  }

  private func checkCosignatures(of receipt: ReadReceipt) {
    guard let key = keys?.key(for: receipt.size), !witnesses.isEmpty else { return }
    do throws(NoteError) {
      let note = try receipt.note.verified(by: [key], origin: .unchecked, cosigners: witnesses)
      report.checked.signatures += UInt64(note.cosignatures.count)
    } catch {
      // A log's signature that fails was told of.
      guard whySignatureFails(receipt.note) == nil else { return }
      log.add(.receiptWrong, nil, "\(receipt.name) has a cosignature that does not hold: \(error)")
    }
  }

  /// The stamp has to be of this note: its digest stands in it. Who made it is for `openssl` to
  /// say.
  private func checkStamp(_ stamp: [UInt8], of receipt: ReadReceipt) {
    let digest = MerkleTree.sha256(receipt.bytes).bytes
    // An OCTET STRING of 32 bytes, as in the message imprint of RFC 3161 §2.4.1.
    if stamp.firstRange(of: [0x04, 0x20] + digest) == nil {
      log.add(.receiptWrong, nil, "\(receipt.name) has a time stamp of something else")
    }
  }
}
