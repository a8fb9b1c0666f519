// SPDX-License-Identifier: Apache-2.0

/// A named private key that signs notes.
public struct NoteSigner: Sendable {
  /// The secret.
  public let key: SigningKey

  /// What a reader needs to verify.
  public let verifierKey: VerifierKey

  /// Joins a name and a key.
  public init(name: KeyName, key: SigningKey) {
    self.key = key
    verifierKey = VerifierKey(name: name, publicKey: key.publicKey)
  }

  /// The name that signature lines carry.
  public var name: KeyName { verifierKey.name }

  /// Returns the line `— <name> <base64>` with its line feed, over a note's whole text.
  func signatureLine(for text: [UInt8]) -> [UInt8] {
    NoteSignature.line(name: name, keyID: verifierKey.keyID, signature: key.signature(for: text))
  }
}

/// Makes signed notes.
public enum SignedNote {
  /// Returns the note: the text, a blank line, and a signature line of each signer in order.
  ///
  /// - Parameter text: UTF-8 without control characters but line feeds, ending in a line feed.
  /// - Throws: `NoteError` if the text is not that, or no signer is given.
  public static func sign(_ text: [UInt8], by signers: [NoteSigner]) throws(NoteError) -> [UInt8] {
    try NoteText.check(text[...])
    guard text.last == NoteText.lineFeed else {
      throw NoteError(.textWithoutFinalNewline, at: text.count)
    }
    guard !signers.isEmpty else { throw NoteError(.noSignatures, at: text.count) }
    guard signers.count <= UnverifiedNote.signatureLimit else {
      throw NoteError(.tooManySignatures(limit: UnverifiedNote.signatureLimit), at: text.count)
    }
    var note = text
    note.append(NoteText.lineFeed)
    for signer in signers { note += signer.signatureLine(for: text) }
    return note
  }
}
