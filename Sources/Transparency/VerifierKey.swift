// SPDX-License-Identifier: Apache-2.0

/// A named Ed25519 key that verifies notes: what a reader has to trust (`c2sp.org/signed-note`).
///
/// Its text form, the vkey, is `<name>+<key ID, 8 hex digits>+<base64 of 0x01 and the key>`.
public struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
  /// The name that signature lines carry.
  public let name: KeyName

  /// The key.
  public let publicKey: PublicKey

  /// The first four bytes, big-endian, of the SHA-256 of name, line feed, 0x01 and key.
  public let keyID: UInt32

  /// Joins a name and a key.
  public init(name: KeyName, publicKey: PublicKey) {
    self.name = name
    self.publicKey = publicKey
    keyID = KeyText.identifier(name: name, type: .note, publicKey: publicKey)
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
    (name, publicKey, keyID) = try KeyText.parse(bytes, type: .note)
  }

  /// The vkey.
  public var description: String {
    KeyText.string(name: name, keyID: keyID, type: .note, publicKey: publicKey)
  }
}

/// What an Ed25519 key signs, and the byte that says so in its ID and its vkey.
enum KeyType: UInt8 {
  /// A note's text.
  case note = 0x01
  /// A checkpoint's text behind the time at which it was seen.
  case cosignature = 0x04
}

/// The text form of keys of both types.
enum KeyText {
  /// The longest vkey that is read, in bytes.
  private static let byteLimit = KeyName.byteLimit + 64

  /// Returns the ID: SHA-256(name || LF || type || key), the first four bytes, big-endian.
  static func identifier(name: KeyName, type: KeyType, publicKey: PublicKey) -> UInt32 {
    let named = name.bytes + [NoteText.lineFeed, type.rawValue] + publicKey.rawRepresentation
    return MerkleTree.sha256(named).withUnsafeBytes {
      UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self))
    }
  }

  static func string(
    name: KeyName, keyID: UInt32, type: KeyType, publicKey: PublicKey
  ) -> String {
    let identifier = keyID.bigEndianBytes.withUnsafeBytes { Hex.string($0) }
    let key = Base64.string([type.rawValue] + publicKey.rawRepresentation, as: .standard)
    return "\(name)+\(identifier)+\(key)"
  }

  static func parse(
    _ bytes: [UInt8], type: KeyType
  ) throws(NoteError) -> (KeyName, PublicKey, UInt32) {
    guard bytes.count <= byteLimit else { throw NoteError(.tooLong(limit: byteLimit)) }
    let plus = UInt8(ascii: "+")
    guard let first = bytes.firstIndex(of: plus) else {
      throw NoteError(.malformedKey, at: bytes.count)
    }
    let identifier = first + 1
    let body = identifier + 9
    guard bytes.count > body, bytes[body - 1] == plus,
      let stated = Hex.decode(Array(bytes[identifier..<body - 1]))
    else { throw NoteError(.malformedKey, at: identifier) }

    let name = try KeyName(bytes: bytes[..<first])
    let key: [UInt8]
    do { key = try Base64.decode(bytes[body...], as: .standard) } catch {
      throw NoteError(.invalidBase64, at: body + error.offset)
    }
    guard key.first == type.rawValue else {
      throw NoteError(.unsupportedKeyType(key.first ?? 0), at: body)
    }
    guard let publicKey = try? PublicKey(rawRepresentation: key.dropFirst()) else {
      throw NoteError(.invalidKeyLength(key.count - 1), at: body)
    }
    let keyID = self.identifier(name: name, type: type, publicKey: publicKey)
    guard keyID.bigEndianBytes == stated else { throw NoteError(.keyIDMismatch, at: identifier) }
    return (name, publicKey, keyID)
  }
}

extension UInt32 {
  /// The four bytes, most significant first.
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
