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
///
/// Never two that contradict each other: what was published last is looked up in the tree that is
/// to be signed, and where it is not in it, nothing is signed at all.
struct CheckpointSigner: Sendable {
  let directory: LedgerDirectory
  let identity: LedgerIdentity
  /// Where the private key is.
  let keys: LogKeys
  /// Called at each step of a rotation; tests end the process there.
  var step: @Sendable (KeyStep) -> Void = { _ in }

  init(directory: LedgerDirectory, identity: LedgerIdentity) {
    self.directory = directory
    self.identity = identity
    keys = LogKeys(directory: directory)
  }

  private static let operation = "signing a checkpoint"

  /// A head that may be signed: the tree holds what was published before.
  struct Basis {
    /// The head.
    var checkpoint: Checkpoint
    /// The key of its size.
    var key: VerifierKey
    /// The checkpoint that is published, which this one extends; nil for the first.
    var published: [UInt8]?
    /// The size of that one.
    var publishedSize: LedgerSize?

    /// Whether the published checkpoint is of this very head.
    var isPublished: Bool { publishedSize?.value == checkpoint.size }
  }

  /// Looks at the tree of a snapshot, by default at its head, and at what was published of it.
  ///
  /// The root of the published size is computed again from the tree: O(log n) nodes and at most 255
  /// leaves. `behind` where that is another, or there are fewer events.
  func basis(
    _ snapshot: Snapshot, at size: LedgerSize? = nil
  ) throws(ReadingError) -> Basis {
    let frontier =
      try size.map { (size) throws(ReadingError) in try snapshot.frontier(at: size) }
      ?? snapshot.head.frontier
    let chain = try snapshot.keyChain(of: identity)
    let head = Checkpoint(
      origin: chain.current.name, size: frontier.size, root: frontier.root())
    let key = chain.key(for: LedgerSize(head.size))
    let stored: [UInt8]?
    do throws(DirectoryError) { stored = try CheckpointFile.read(directory) } catch {
      throw ReadingError(.directory(error), CheckpointSigner.operation)
    }
    guard let stored else {
      return Basis(checkpoint: head, key: key)
    }
    let published: VerifiedCheckpoint
    do throws(NoteError) {
      let note = try UnverifiedCheckpoint(stored)
      published = try note.verified(
        by: [chain.key(for: LedgerSize(note.unchecked.size))], origin: .exactly(head.origin))
    } catch {
      throw refusal("the published one is not signed by this ledger's key (\(error))")
    }
    guard published.size <= head.size else {
      throw refusal(
        "the published one is of \(published.size) events, and there are \(head.size) to sign")
    }
    let root = try snapshot.root(at: LedgerSize(published.size))
    guard root == published.root else {
      throw refusal(
        "the first \(published.size) events are not those that were signed and published: they "
          + "hash to \(root.base64), and the published checkpoint says \(published.root.base64)")
    }
    return Basis(
      checkpoint: head, key: key, published: stored, publishedSize: LedgerSize(published.size))
  }

  private func refusal(_ why: String) -> ReadingError {
    ReadingError(
      .directory(
        DirectoryError(
          .behind, "sign a checkpoint", directory.checkpointFile, why,
          whatNext: "nothing was signed; run 'jobledger replay verify', and compare with the "
            + "checkpoints that are kept elsewhere")), CheckpointSigner.operation)
  }

  /// Signs a head. Reads the private key, or asks the agent that has it.
  func sign(_ basis: Basis) throws(StorageError) -> (note: [UInt8], isNext: Bool) {
    let found = try keys.key(basis.key)
    return (try sign(basis, with: found.key), found.isNext)
  }

  /// Signs a head with a key that was looked up before.
  func sign(_ basis: Basis, with key: LogKey) throws(StorageError) -> [UInt8] {
    let signature = try key.signature(for: basis.checkpoint.text)
    do throws(NoteError) { return try basis.checkpoint.signed(signature, by: basis.key) } catch {
      throw StorageError(.keyUnusable("the signature is none: \(error)"), Self.operation)
    }
  }

  /// Publishes a signed head. The door is held, and has been since the basis was read: nobody else
  /// publishes. A crash before the rename leaves the old checkpoint, which this one extends.
  func publish(_ note: [UInt8], _ basis: Basis) throws(StorageError) {
    do throws(DirectoryError) {
      try CheckpointFile.replace(directory, with: note) { $0 == basis.published }
    } catch {
      throw StorageError(.directory(error), Self.operation)
    }
  }

  /// Gives a new key that has just signed in public the place of the old one, which is destroyed.
  func settle() throws(StorageError) {
    do throws(DirectoryError) { try keys.settle(step: step) } catch {
      throw StorageError(.directory(error), "replacing the old key")
    }
  }
}
