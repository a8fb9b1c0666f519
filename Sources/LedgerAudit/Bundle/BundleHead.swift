// SPDX-License-Identifier: Apache-2.0
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
    guard let size, size.value != last.size else { return try BundleHead(last, in: reader) }
    guard size.value < last.size else {
      throw BundleFailure.notCovered(size, checkpoint: LedgerSize(last.size))
    }
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

/// The keys that a ledger's own events name.
struct LedgerKeys {
  let origin: KeyName
  let epochs: [LedgerState.Epoch]
  private let vkey: String

  init(_ reader: LedgerReader) throws {
    origin = try KeyName(reader.identity.origin)
    vkey = reader.identity.vkey
    let entity = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.entity(.ledger, asOf: snapshot.size)
    }
    if case .ledger(let state)? = entity { epochs = state.keys } else { epochs = [] }
  }

  /// The key that may have signed a checkpoint of this size.
  func key(for size: LedgerSize) throws -> VerifierKey {
    let epoch = epochs.first { key in key.until.map { size <= $0 } ?? true }
    return try VerifierKey(epoch?.vkey.string ?? vkey)
  }

  /// Believes a note that the key of its size has signed.
  func verified(_ note: [UInt8]) throws -> VerifiedCheckpoint {
    let unverified = try UnverifiedCheckpoint(note)
    return try unverified.verified(
      by: [try key(for: LedgerSize(unverified.unchecked.size))], origin: .exactly(origin))
  }

  /// The private half of a key, if the ledger's key file can be read and is that.
  static func signer(
    _ key: VerifierKey, in reader: LedgerReader
  ) -> (NoteSigner?, why: String?) {
    do {
      let secret = try reader.directory.key(reader.directory.logKeyFile)
      let signer = NoteSigner(name: key.name, key: try SigningKey(rawRepresentation: secret))
      guard signer.verifierKey == key else {
        return (nil, "the key in the ledger's directory is not the one of its checkpoint")
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
  /// The checkpoint that was kept is not of this history.
  case otherHistory(LedgerSize)
  /// The checkpoint that was kept is of more events than the bundle.
  case keptBeyond(LedgerSize, bundle: LedgerSize)
  /// There is no event to put in.
  case nothing
  /// The claim is not so; what contradicts it.
  case untrue([Contradiction])
  /// The claim may be so, and no part of the events can show it; why.
  case notProvable(String)
}
