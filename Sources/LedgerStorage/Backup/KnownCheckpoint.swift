// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
import LedgerReading
import Transparency

/// A checkpoint that somebody kept, as compared with a backup.
public struct KnownCheckpoint: Equatable, Sendable {
  /// How many events it is of.
  public var size: LedgerSize
  /// Whether a key that the backup knows has signed it; a later one may have followed since.
  public var isByKnownKey: Bool
}

extension Restoration {
  /// Compares a signed checkpoint with the backup.
  ///
  /// `malformed` where it is none, or is not signed by the key of its size; `otherLedger`;
  /// `otherHistory` where the backup's first events are not those that it signed. One of more events
  /// than the backup has cannot be compared any further: whether those may be lost is for the
  /// caller to ask.
  public func compare(
    _ note: [UInt8], from source: String
  ) throws(BackupError) -> KnownCheckpoint {
    let unverified: UnverifiedCheckpoint
    do throws(NoteError) { unverified = try UnverifiedCheckpoint(note) } catch {
      throw BackupError(.malformed, source, "it is no signed checkpoint: \(error)")
    }
    let claim = unverified.unchecked
    guard claim.origin.description.utf8.elementsEqual(manifest.origin.utf8) else {
      throw BackupError(
        .otherLedger, source, "it is of '\(claim.origin)', and the backup of '\(manifest.origin)'")
    }
    let isLater = claim.size > manifest.size.value
    let epoch = keys.first { $0.until == nil || claim.size <= $0.until!.value } ?? keys.last
    var known = KnownCheckpoint(size: LedgerSize(claim.size), isByKnownKey: true)
    do throws(NoteError) {
      let key = try VerifierKey(epoch?.vkey.string ?? manifest.vkey)
      _ = try unverified.verified(by: [key], origin: .unchecked)
    } catch {
      guard isLater, error.reason == .noKnownKey else {
        throw BackupError(
          .malformed, source, "it is not signed by the ledger's key of that size: \(error)")
      }
      known.isByKnownKey = false
    }
    guard !isLater else { return known }
    guard try root(at: known.size) == claim.root else {
      throw BackupError(
        .otherHistory, source,
        "the first \(claim.size) events of the backup are not those that it signed")
    }
    return known
  }
}
