// SPDX-License-Identifier: Apache-2.0

/// A signed checkpoint whose form is right and whose signatures nobody has checked.
public struct UnverifiedCheckpoint: Equatable, Sendable {
  /// The note that carries it.
  public let note: UnverifiedNote

  /// The head that the note claims, for showing and for looking up keys: not to be relied upon.
  public let unchecked: Checkpoint

  /// The longest checkpoint that is read, in bytes.
  public static let byteLimit = 1 << 16

  /// Which log a checkpoint has to be of.
  public enum OriginRule: Equatable, Sendable {
    /// The one whose name is that of a key which signed.
    case nameOfSigner
    /// This one, whatever the names of the keys.
    case exactly(KeyName)
    /// Any: the caller compares origins itself.
    case unchecked
  }

  /// Takes a signed note apart and reads the checkpoint in it.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(_ bytes: some Collection<UInt8>) throws(NoteError) {
    note = try UnverifiedNote(bytes, byteLimit: Self.byteLimit)
    unchecked = try Checkpoint(text: note.text)
  }

  /// Returns the checkpoint with further signature lines, each with its line feed: cosignatures.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset in the longer note.
  public func adding(signatureLines lines: [UInt8]) throws(NoteError) -> UnverifiedCheckpoint {
    try UnverifiedCheckpoint(
      note.adding(signatureLines: lines, byteLimit: Self.byteLimit).bytes)
  }

  /// Believes the checkpoint if the keys and the origin allow it.
  ///
  /// One of the keys has to have signed; cosignatures alone do not make a checkpoint. Which
  /// cosigners are enough is for the caller to say. A line that claims a known key or cosigner has to
  /// verify: a single one that does not makes the checkpoint worthless.
  ///
  /// - Throws: `NoteError`: the reasons of `UnverifiedNote.verified(by:)`, or `originMismatch`.
  public func verified(
    by keys: [VerifierKey], origin: OriginRule = .nameOfSigner, cosigners: [CosignerKey] = []
  ) throws(NoteError) -> VerifiedCheckpoint {
    let verified = try note.verified(by: keys)
    let matches =
      switch origin {
      case .nameOfSigner: verified.signers.contains { $0.name == unchecked.origin }
      case .exactly(let name): name == unchecked.origin
      case .unchecked: true
      }
    guard matches else { throw NoteError(.originMismatch) }
    return VerifiedCheckpoint(
      checkpoint: unchecked, note: verified,
      cosignatures: try cosignatures(by: cosigners, beside: keys))
  }

  private func cosignatures(
    by cosigners: [CosignerKey], beside keys: [VerifierKey]
  ) throws(NoteError) -> [Cosignature] {
    var found: [Cosignature] = []
    guard !cosigners.isEmpty else { return found }
    let text = note.text
    for line in note.signatures {
      let claimed = cosigners.filter { $0.keyID == line.keyID && $0.name == line.name }
      guard let key = claimed.first else { continue }
      guard claimed.allSatisfy({ $0 == key }),
        !keys.contains(where: { $0.keyID == line.keyID && $0.name == line.name })
      else { throw NoteError(.ambiguousKey, at: line.offset) }
      guard let cosignature = Cosignature(line.signature, by: key, for: text) else {
        throw NoteError(.invalidSignature, at: line.offset)
      }
      if let index = found.firstIndex(where: { $0.key == key }) {
        if found[index].seconds < cosignature.seconds { found[index] = cosignature }
      } else {
        found.append(cosignature)
      }
    }
    return found
  }
}

/// A checkpoint that a known key has signed. Only verification makes one.
public struct VerifiedCheckpoint: Equatable, Sendable {
  /// The head.
  public let checkpoint: Checkpoint

  /// The note that carries it, and who signed.
  public let note: VerifiedNote

  /// What the known cosigners say of it: of each the latest, in the order of their lines.
  public let cosignatures: [Cosignature]

  /// Which log.
  public var origin: KeyName { checkpoint.origin }

  /// Number of leaves.
  public var size: UInt64 { checkpoint.size }

  /// Root of the tree over those leaves.
  public var root: MerkleHash { checkpoint.root }
}
