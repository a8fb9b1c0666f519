// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
import LedgerReading
import Transparency

/// What became of the wish for a checkpoint.
public enum CheckpointOutcome: Equatable, Sendable {
  /// This signed note is on disk and covers every event.
  case signed([UInt8], size: LedgerSize)
  /// It could not be signed or written; the commits stand.
  case failed(StorageError)
}

/// Signs the head of the log and publishes it in the ledger's directory.
struct CheckpointSigner: Sendable {
  let directory: LedgerDirectory
  let identity: LedgerIdentity

  /// Signs and stores a checkpoint, never one smaller than the stored. The door is held.
  ///
  /// The key is read at each use, so that it can be kept elsewhere and mounted when needed. A
  /// crash before the rename leaves the old checkpoint, which the log extends.
  func sign(_ frontier: Frontier) throws(StorageError) -> [UInt8] {
    let operation = "signing a checkpoint"
    let secret = try privateKey(operation)
    let signer: NoteSigner
    do throws(NoteError) {
      signer = NoteSigner(
        name: try KeyName(identity.origin), key: try SigningKey(rawRepresentation: secret))
    } catch {
      throw StorageError(.keyUnusable("the key cannot be used: \(error)"), operation)
    }
    guard signer.verifierKey.description == identity.vkey else {
      throw StorageError(
        .keyUnusable("keys/log is not the key that ledger.json names"), operation)
    }
    let note = Checkpoint(origin: signer.name, size: frontier.size, root: frontier.root())
      .signed(by: signer)
    do throws(DirectoryError) {
      try CheckpointFile.replace(directory, with: note) { stored in
        guard let stored else { return true }
        guard let old = try? UnverifiedCheckpoint(stored).unchecked else { return false }
        return old.size < frontier.size
          || (old.size == frontier.size && old.root == frontier.root())
      }
    } catch {
      throw StorageError(.directory(error), operation)
    }
    return note
  }

  private func privateKey(_ operation: String) throws(StorageError) -> [UInt8] {
    do throws(DirectoryError) { return try directory.key(directory.logKeyFile) } catch {
      throw StorageError(.keyUnusable("\(error)"), operation)
    }
  }
}
