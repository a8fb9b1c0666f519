// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading
import Transparency

/// The one checkpoint that a bundle is under, and who can sign for the rest of it.
struct BundleHead {
  /// Its head.
  let checkpoint: VerifiedCheckpoint
  /// The key that signed it.
  let vkey: VerifierKey
  /// The private half; nil where it cannot be reached.
  let signer: NoteSigner?
  /// Why it cannot.
  let whyUnsigned: String?

  /// Number of events that it covers.
  var size: LedgerSize { LedgerSize(checkpoint.size) }

  /// Takes the last checkpoint; or with a size, one of that size: signed by who kept it, else by the
  /// ledger's key, if that can be read here, over the history that the last checkpoint is of.
  static func find(
    in reader: LedgerReader, exactly size: LedgerSize?, kept note: [UInt8]? = nil
  ) throws -> BundleHead {
    guard let last = reader.checkpoint else { throw BundleFailure.noCheckpoint }
    guard let size, note != nil || size.value != last.size else {
      return try BundleHead(last, in: reader)
    }
    guard size.value <= last.size else {
      throw BundleFailure.notCovered(size, checkpoint: LedgerSize(last.size))
    }
    // Of the last size, too: it may have signatures of others, or be of another history.
    if let note {
      let kept = try LedgerKeys(reader).verified(note)
      guard kept.size == size.value else {
        throw BundleFailure.noCheckpointOfSize(size, "the one given is of size \(kept.size)")
      }
      try prove(kept, before: last, in: reader)
      return try BundleHead(kept, in: reader)
    }
    let key = try LedgerKeys(reader).key(for: size)
    let (signer, why) = LedgerKeys.signer(key, in: reader)
    guard let signer else {
      throw BundleFailure.noCheckpointOfSize(size, why ?? "no key is here to sign one")
    }
    let root = try reader.read { (snapshot) throws(ReadingError) in try snapshot.root(at: size) }
    let signed = try UnverifiedCheckpoint(
      Checkpoint(origin: last.origin, size: size.value, root: root).signed(by: signer)
    ).verified(by: [key], origin: .exactly(last.origin))
    // Never two that do not agree: nothing is given out that the last one does not extend.
    try prove(signed, before: last, in: reader)
    return try BundleHead(signed, in: reader)
  }

  private init(_ checkpoint: VerifiedCheckpoint, in reader: LedgerReader) throws {
    self.checkpoint = checkpoint
    guard let vkey = checkpoint.note.signers.first else { throw BundleFailure.noCheckpoint }
    self.vkey = vkey
    (signer, whyUnsigned) = LedgerKeys.signer(vkey, in: reader)
  }

  /// The proof that an older checkpoint of this ledger is of the same history, verified.
  @discardableResult
  static func prove(
    _ older: VerifiedCheckpoint, before newer: VerifiedCheckpoint, in reader: LedgerReader
  ) throws -> ConsistencyProof {
    let proof = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.consistencyProof(
        from: LedgerSize(older.size), to: LedgerSize(newer.size))
    }
    do throws(ProofError) { try newer.verify(proof, from: older) } catch {
      throw BundleFailure.otherHistory(LedgerSize(older.size))
    }
    return proof
  }
}

/// The keys of a ledger, for bundles of it.
struct LedgerKeys {
  private let chain: KeyChain

  init(_ reader: LedgerReader) throws { chain = try reader.keyChain() }

  /// The key that may have signed a checkpoint of this size.
  func key(for size: LedgerSize) -> VerifierKey { chain.key(for: size) }

  /// Believes a note that the key of its size has signed.
  func verified(_ note: [UInt8]) throws -> VerifiedCheckpoint {
    let unverified = try UnverifiedCheckpoint(note)
    let said = unverified.unchecked
    let origin = try KeyName(chain.origin)
    guard said.origin == origin else {
      throw BundleFailure.otherLedger(origin: said.origin.description)
    }
    do throws(NoteError) {
      return try unverified.verified(
        by: [chain.key(for: LedgerSize(said.size))], origin: .exactly(origin))
    } catch { throw BundleFailure.notSigned(LedgerSize(said.size), "\(error.reason)") }
  }

  /// The private half of a key, if it is in a file that can be read: `keys/log`, or the one that
  /// `keys/place` names. What an agent holds signs checkpoints, and nothing here.
  static func signer(
    _ key: VerifierKey, in reader: LedgerReader
  ) -> (NoteSigner?, why: String?) {
    let directory = reader.directory
    do {
      var file = directory.logKeyFile
      if statusOfLink(directory.keyPlaceFile) != nil {
        let place = try DurableFile.read(directory.keyPlaceFile, limit: 16_384, for: "read")
        guard let path = (try CanonicalJSON.decode(place)).object?["file"]?.text?.string else {
          return (nil, "the ledger's private key is in an agent")
        }
        file = path
      }
      let secret = try directory.key(file)
      let signer = NoteSigner(name: key.name, key: try SigningKey(rawRepresentation: secret))
      guard signer.verifierKey == key else {
        return (nil, "the private key that is here is not the one that signed the checkpoint")
      }
      return (signer, nil)
    } catch let error as DirectoryError {
      return (nil, "the ledger's private key cannot be read: \(error.reason)")
    } catch {
      return (nil, "the ledger's private key cannot be used: \(error)")
    }
  }
}

/// Why no bundle was made.
public enum BundleFailure: Error, Equatable {
  /// No checkpoint was ever signed.
  case noCheckpoint
  /// The checkpoint covers fewer events than were asked for.
  case notCovered(LedgerSize, checkpoint: LedgerSize)
  /// A whole ledger as of a size needs a checkpoint of exactly that size; why there is none.
  case noCheckpointOfSize(LedgerSize, String)
  /// The checkpoint that was kept is of another ledger.
  case otherLedger(origin: String)
  /// The checkpoint that was kept is not signed by the ledger's key of its size; why.
  case notSigned(LedgerSize, String)
  /// The checkpoint that was kept is not of this history.
  case otherHistory(LedgerSize)
  /// The checkpoint that was kept is of more events than the bundle.
  case keptBeyond(LedgerSize, bundle: LedgerSize)
  /// Words in it were erased by an event that no checkpoint covers yet.
  case erasedSince(Position, checkpoint: LedgerSize)
  /// The window ends before it begins.
  case backwards(LedgerSize, LedgerSize)
  /// There is no event to put in.
  case nothing
  /// The claim is not so; what contradicts it.
  case untrue([Contradiction])
  /// The claim may be so, and no part of the events can show it; why.
  case notProvable(String)
}
