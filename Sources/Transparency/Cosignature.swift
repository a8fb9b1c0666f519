// SPDX-License-Identifier: Apache-2.0

/// A named Ed25519 key that cosigns checkpoints of others (`c2sp.org/tlog-cosignature`).
///
/// A type apart from `VerifierKey`: who has seen a log grow does not stand for the log. The vkey is
/// `<name>+<key ID, 8 hex digits>+<base64 of 0x04 and the key>`.
public struct CosignerKey: Hashable, Sendable, CustomStringConvertible {
  /// The name that signature lines carry.
  public let name: KeyName

  /// The key, used for nothing else.
  public let publicKey: PublicKey

  /// The first four bytes, big-endian, of the SHA-256 of name, line feed, 0x04 and key.
  public let keyID: UInt32

  /// Joins a name and a key.
  public init(name: KeyName, publicKey: PublicKey) {
    self.name = name
    self.publicKey = publicKey
    keyID = KeyText.identifier(name: name, type: .cosignature, publicKey: publicKey)
  }

  /// Reads a vkey, and accepts no other text than the one that `description` prints.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(_ vkey: String) throws(NoteError) {
    try self.init(bytes: Array(vkey.utf8))
  }

  /// Reads the bytes of a vkey, without a line feed at the end.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(bytes: [UInt8]) throws(NoteError) {
    (name, publicKey, keyID) = try KeyText.parse(bytes, type: .cosignature)
  }

  /// The vkey.
  public var description: String {
    KeyText.string(name: name, keyID: keyID, type: .cosignature, publicKey: publicKey)
  }
}

/// That somebody had seen a checkpoint at a time, and no larger one of that log that it does not
/// agree with. Only verification makes one.
public struct Cosignature: Equatable, Sendable {
  /// Who says so.
  public let key: CosignerKey

  /// When, in seconds since 1970, by the cosigner's clock.
  public let seconds: UInt64

  /// The latest time that the format allows.
  public static let timeLimit = UInt64(Int64.max)

  /// Bytes behind the key ID: the time, eight bytes big-endian, and the Ed25519 signature.
  private static let byteCount = 8 + 64

  /// What is signed: two lines, then the whole text of the checkpoint.
  static func message(for text: [UInt8], at seconds: UInt64) -> [UInt8] {
    Array("cosignature/v1\ntime \(seconds)\n".utf8) + text
  }

  /// Checks what follows the key ID in a signature line; nil if the key did not make it.
  init?(_ signature: [UInt8], by key: CosignerKey, for text: [UInt8]) {
    guard signature.count == Self.byteCount else { return nil }
    let seconds = signature[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard seconds <= Self.timeLimit,
      key.publicKey.isValidSignature(
        Array(signature[8...]), for: Self.message(for: text, at: seconds))
    else { return nil }
    self.key = key
    self.seconds = seconds
  }
}

/// A named private key that cosigns checkpoints.
public struct Cosigner: Sendable {
  /// The secret.
  public let key: SigningKey

  /// What a reader needs to verify.
  public let cosignerKey: CosignerKey

  /// Joins a name and a key, which must not sign notes as well.
  public init(name: KeyName, key: SigningKey) {
    self.key = key
    cosignerKey = CosignerKey(name: name, publicKey: key.publicKey)
  }

  /// Returns the line `— <name> <base64>` with its line feed, to be put below the checkpoint's note.
  ///
  /// Whoever cosigns has first to see that the checkpoint extends the last one it cosigned.
  public func signatureLine(for checkpoint: VerifiedCheckpoint, at seconds: UInt64) -> [UInt8] {
    precondition(seconds <= Cosignature.timeLimit, "a time is below 2^63 seconds")
    let message = Cosignature.message(for: checkpoint.note.text, at: seconds)
    let time = withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
    return NoteSignature.line(
      name: cosignerKey.name, keyID: cosignerKey.keyID,
      signature: time + key.signature(for: message))
  }
}
