// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Proofs — single events with the proof that they are in the log that was signed.
// Reads: leaves, the tree, texts, the last checkpoint. Never: view rows.
// Invariant: a proof that does not verify is never given out.
// Start at: EventProof.make(of:in:by:). Tests: EventProofTests in LedgerAuditTests.

public import LedgerDomain
public import LedgerReading
public import Transparency

/// One event, its words, and the proof that a signed checkpoint covers it.
public struct EventProof: Equatable, Sendable {
  /// The stored bytes of the event: what is proved.
  public let leaf: [UInt8]

  /// Its salted words, whose digest is in the leaf; nil when it has none, or they were erased.
  public let disclosure: [UInt8]?

  /// What was confirmed before this was given out.
  public let proven: ProvenInclusion

  /// The proof file. Its `extra` holds the leaf and a line feed, then, if there is one, the disclosure
  /// and a line feed: canonical JSON has no line feed of its own.
  public let file: UnverifiedProofFile

  /// Why an event was not proved.
  public enum Failure: Error, Equatable {
    /// No checkpoint was ever signed.
    case noCheckpoint
    /// The checkpoint cannot be read, or no key of this ledger has signed it.
    case checkpoint(NoteError)
    /// The checkpoint covers only events before.
    case notCovered(Position, checkpoint: LedgerSize)
    /// The ledger could not be read.
    case reading(ReadingError)
  }

  /// Proves an event by a checkpoint of this ledger, by default the last one.
  ///
  /// Reads O(log n) stored roots and at most 256 leaves, whichever checkpoint it is.
  ///
  /// - Parameter note: the signed note of a checkpoint that somebody kept.
  public static func make(
    of position: Position, in reader: LedgerReader, by note: [UInt8]? = nil
  ) throws(Failure) -> EventProof {
    let checkpoint: VerifiedCheckpoint
    if let note {
      checkpoint = try verified(note, in: reader)
    } else {
      guard let last = reader.checkpoint else { throw .noCheckpoint }
      checkpoint = last
    }
    guard position.value < checkpoint.size else {
      throw .notCovered(position, checkpoint: LedgerSize(checkpoint.size))
    }
    do throws(ReadingError) {
      return try reader.read { (snapshot) throws(ReadingError) in
        try make(of: position, in: snapshot, at: checkpoint)
      }
    } catch {
      throw .reading(error)
    }
  }

  /// Place of the event.
  public var position: Position { Position(proven.index) }

  /// Number of events that the checkpoint covers.
  public var size: LedgerSize { LedgerSize(proven.checkpoint.size) }

  /// Root of the tree over them, as checkpoints write it.
  public var root: String { proven.checkpoint.root.base64 }

  /// The bytes of the proof file.
  public var bytes: [UInt8] { file.bytes }

  /// Believes a note that the key of its size has signed.
  private static func verified(
    _ note: [UInt8], in reader: LedgerReader
  ) throws(Failure) -> VerifiedCheckpoint {
    let chain: KeyChain
    do throws(ReadingError) { chain = try reader.keyChain() } catch { throw .reading(error) }
    do throws(NoteError) {
      let unverified = try UnverifiedCheckpoint(note)
      return try unverified.verified(
        by: [chain.key(for: LedgerSize(unverified.unchecked.size))],
        origin: .exactly(try KeyName(reader.identity.origin)))
    } catch {
      throw .checkpoint(error)
    }
  }

  private static func make(
    of position: Position, in snapshot: Snapshot, at checkpoint: VerifiedCheckpoint
  ) throws(ReadingError) -> EventProof {
    let operation = "proving event #\(position.value)"
    let (leaf, event) = try snapshot.leaf(at: position) { (bytes) throws(ReadingError) in
      (Array(bytes), try Snapshot.decode(bytes, at: position))
    }
    let proof = try snapshot.inclusionProof(of: position, in: LedgerSize(checkpoint.size))
    let proven: ProvenInclusion
    do throws(ProofError) {
      proven = try checkpoint.verify(proof, of: MerkleTree.leafHash(of: leaf))
    } catch {
      throw ReadingError(.leafAltered(position), operation)
    }
    let disclosure = try disclosure(of: event, in: snapshot, operation)
    let extra = leaf + [0x0A] + (disclosure.map { $0 + [0x0A] } ?? [])
    let head: UnverifiedCheckpoint
    do throws(NoteError) { head = try UnverifiedCheckpoint(checkpoint.note.bytes) } catch {
      throw ReadingError(.behindCheckpoint("its last checkpoint is none (\(error))"), operation)
    }
    return EventProof(
      leaf: leaf, disclosure: disclosure, proven: proven,
      file: UnverifiedProofFile(extra: extra, proof: proof, checkpoint: head))
  }

  /// The words of an event, held against its digest; nil when it has none, or an erasure names them.
  private static func disclosure(
    of event: Event, in snapshot: Snapshot, _ operation: String
  ) throws(ReadingError) -> [UInt8]? {
    guard let digest = event.text else { return nil }
    guard let bytes = try snapshot.disclosure(at: event.position) else {
      let erasures = try Erasures(snapshot)
      guard erasures.erasure(of: event.position, job: event.job) != nil else {
        throw ReadingError(.textMissing(event.position), operation)
      }
      return nil
    }
    guard Digest(MerkleTree.sha256(bytes)) == digest else {
      throw ReadingError(.textAltered(event.position), operation)
    }
    return bytes
  }
}
