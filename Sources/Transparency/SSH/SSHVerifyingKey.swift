// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// A public SSH key whose signatures this program can check.
///
/// Kinds: `ssh-ed25519`, `ecdsa-sha2-nistp256`, and both on a security key
/// (`sk-ssh-ed25519@openssh.com`, `sk-ecdsa-sha2-nistp256@openssh.com`; PROTOCOL.u2f of OpenSSH).
public struct SSHVerifyingKey: Hashable, Sendable {
  enum Kind: String, Sendable {
    case ed25519 = "ssh-ed25519"
    case ecdsa = "ecdsa-sha2-nistp256"
    case securityEd25519 = "sk-ssh-ed25519@openssh.com"
    case securityECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"

    var isSecurityKey: Bool { self == .securityEd25519 || self == .securityECDSA }
  }

  /// The binary form, as the second word of a public key's line holds it in base64.
  public let blob: [UInt8]
  let kind: Kind
  // 32 bytes (Ed25519), or the uncompressed point of 65 bytes (P-256).
  private let point: [UInt8]
  // What the security key was enrolled for, such as `ssh:`.
  private let application: [UInt8]

  /// Reads the binary form; throws for other kinds of key, and for anything that is none.
  public init(blob: [UInt8]) throws(SSHError) {
    self.blob = blob
    var reader = SSHReader(blob)
    let name = try reader.name()
    guard let kind = Kind(rawValue: name) else { throw SSHError(.unsupported(name)) }
    self.kind = kind
    switch kind {
    case .ed25519, .securityEd25519:
      point = try reader.string()
      guard point.count == 32 else { throw SSHError(.malformed) }
    case .ecdsa, .securityECDSA:
      guard try reader.name() == "nistp256" else { throw SSHError(.malformed) }
      point = try reader.string()
      guard (try? P256.Signing.PublicKey(x963Representation: point)) != nil, point.count == 65
      else { throw SSHError(.malformed) }
    }
    application = kind.isSecurityKey ? try reader.string() : []
    try reader.finish()
  }

  /// The name of its kind, such as `ssh-ed25519`.
  public var algorithm: String { kind.rawValue }

  /// `SHA256:` and the unpadded base64 of the binary form's SHA-256, as `ssh-keygen -l` prints it.
  public var fingerprint: String { SSHVerifyingKey.fingerprint(ofBlob: blob) }

  /// The fingerprint of any key's binary form.
  public static func fingerprint(ofBlob blob: [UInt8]) -> String {
    let digest = MerkleTree.sha256(blob)
    return "SHA256:" + digest.withUnsafeBytes { Base64.string($0, as: .standardUnpadded) }
  }

  /// Checks a signature in its binary form (RFC 8332 §3 and its kin) of bytes.
  func verify(_ signature: [UInt8], of bytes: [UInt8]) throws(SSHError) {
    var reader = SSHReader(signature)
    guard try reader.name() == kind.rawValue else { throw SSHError(.malformed) }
    let inner = try reader.string()
    var message = bytes
    var flags: UInt8 = 1
    if kind.isSecurityKey {
      flags = try reader.byte()
      let counter = try reader.bytes(4)
      message =
        MerkleTree.sha256(application).bytes + [flags] + counter
        + MerkleTree.sha256(bytes).bytes
    }
    try reader.finish()
    guard try isValid(inner, of: message) else { throw SSHError(.mismatch) }
    // Bit 0: somebody was there. A key that signs unattended speaks for nobody.
    guard flags & 1 == 1 else { throw SSHError(.untouched) }
  }

  private func isValid(_ signature: [UInt8], of message: [UInt8]) throws(SSHError) -> Bool {
    switch kind {
    case .ed25519, .securityEd25519:
      guard signature.count == 64,
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point)
      else { throw SSHError(.malformed) }
      return key.isValidSignature(signature, for: message)
    case .ecdsa, .securityECDSA:
      var reader = SSHReader(signature)
      let raw = try reader.scalar() + reader.scalar()
      try reader.finish()
      guard let key = try? P256.Signing.PublicKey(x963Representation: point),
        let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: raw)
      else { throw SSHError(.malformed) }
      return key.isValidSignature(parsed, for: message)
    }
  }
}
