// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

extension Ledger {
  /// Signs a checkpoint of an earlier size, whose root the caller computed from a copy, with the key
  /// of that size, and publishes nothing: the ledger's own checkpoint may be of a later one.
  ///
  /// `failed` when the ledger's first events are not those of the copy, when it is poisoned, or when
  /// that key is not at hand, as after a rotation.
  func signCheckpoint(of size: LedgerSize, root: MerkleHash) -> CheckpointOutcome {
    let operation = "signing a checkpoint of the backup"
    do throws(StorageError) {
      let pass = try Ledger.checking(operation) { () throws(DirectoryError) in
        try door.enter(within: deadline, guarding: files)
      }
      let key = try keyOf(size, root, operation)
      pass.leave()
      // Outside of the door: an agent may take its time.
      let checkpoint = Checkpoint(origin: key.name, size: size.value, root: root)
      let signature = try signer.keys.key(key).key.signature(for: checkpoint.text)
      do throws(NoteError) {
        return .signed(try checkpoint.signed(signature, by: key), size: size)
      } catch {
        throw StorageError(.keyUnusable("the signature is none: \(error)"), operation)
      }
    } catch {
      return .failed(error)
    }
  }

  /// The key of a size, if the ledger's first events have this root.
  private func keyOf(
    _ size: LedgerSize, _ root: MerkleHash, _ operation: String
  ) throws(StorageError) -> VerifierKey {
    let key: VerifierKey?
    do throws(ReadingError) {
      key = try reader.read { (snapshot) throws(ReadingError) in
        guard try snapshot.root(at: size) == root else { return nil }
        return try snapshot.keyChain(of: identity).key(for: size)
      }
    } catch {
      throw StorageError(.reading(error), operation)
    }
    guard let key else {
      throw StorageError(.keyUnusable("the copy is not of this ledger's past"), operation)
    }
    return key
  }
}
