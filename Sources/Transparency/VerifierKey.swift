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

  /// The type byte of Ed25519 signatures over a note's text.
  static let ed25519: UInt8 = 0x01

  /// The longest vkey that is read, in bytes.
  static let byteLimit = KeyName.byteLimit + 64

  /// Joins a name and a key.
  public init(name: KeyName, publicKey: PublicKey) {
    self.name = name
    self.publicKey = publicKey
    let named = name.bytes + [NoteText.lineFeed, Self.ed25519] + publicKey.rawRepresentation
    keyID = MerkleTree.sha256(named).withUnsafeBytes {
      UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self))
    }
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
    guard bytes.count <= Self.byteLimit else { throw NoteError(.tooLong(limit: Self.byteLimit)) }
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
    guard key.first == Self.ed25519 else {
      throw NoteError(.unsupportedKeyType(key.first ?? 0), at: body)
    }
    guard let publicKey = try? PublicKey(rawRepresentation: key.dropFirst()) else {
      throw NoteError(.invalidKeyLength(key.count - 1), at: body)
    }
    self.init(name: name, publicKey: publicKey)
    guard keyID.bigEndianBytes == stated else { throw NoteError(.keyIDMismatch, at: identifier) }
  }

  /// The vkey.
  public var description: String {
    let identifier = keyID.bigEndianBytes.withUnsafeBytes { Hex.string($0) }
    let key = Base64.string([Self.ed25519] + publicKey.rawRepresentation, as: .standard)
    return "\(name)+\(identifier)+\(key)"
  }
}

extension UInt32 {
  /// The four bytes, most significant first.
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
