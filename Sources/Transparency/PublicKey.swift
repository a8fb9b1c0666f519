// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// An Ed25519 public key (RFC 8032).
public struct PublicKey: Hashable, Sendable {
  // Thirty-two bytes without a heap object; no hash of anything.
  private let value: MerkleHash

  /// Takes the 32 bytes of RFC 8032 §5.1.5.
  ///
  /// - Throws: `NoteError` with `invalidKeyLength`.
  public init(rawRepresentation bytes: some Collection<UInt8>) throws(NoteError) {
    guard let value = MerkleHash(bytes) else { throw NoteError(.invalidKeyLength(bytes.count)) }
    self.value = value
  }

  init(_ key: Curve25519.Signing.PublicKey) {
    value = Array(key.rawRepresentation).withUnsafeBytes { MerkleHash(loading: $0.baseAddress!) }
  }

  /// The 32 bytes of the key.
  public var rawRepresentation: [UInt8] { value.bytes }

  /// `SHA256:` and the unpadded base64 of the SHA-256 of the 32 bytes: what people compare.
  public var fingerprint: String {
    let digest = value.withUnsafeBytes { MerkleTree.sha256($0) }
    return "SHA256:" + digest.withUnsafeBytes { Base64.string($0, as: .standardUnpadded) }
  }

  /// The SubjectPublicKeyInfo of RFC 8410 in PEM, as `openssl pkeyutl -pubin` reads it.
  public var pem: String {
    // SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING (no unused bits) of 32 bytes }.
    let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    let body = Base64.string(prefix + rawRepresentation, as: .standard)
    return "-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----\n"
  }

  /// Says whether the 64 bytes are this key's signature of the message.
  public func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: rawRepresentation) else {
      return false
    }
    return key.isValidSignature(signature, for: message)
  }
}
