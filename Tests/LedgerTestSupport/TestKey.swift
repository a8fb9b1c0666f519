// SPDX-License-Identifier: Apache-2.0

import Transparency

/// An SSH key of a test that signs as `ssh-keygen -Y sign` does, without starting it.
public struct TestKey: Sendable {
  private let key: SigningKey

  /// The key of a seed.
  public init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    key = SigningKey.generate(using: &random)
  }

  /// The binary form of the public half.
  public var blob: [UInt8] {
    Self.string(Array("ssh-ed25519".utf8)) + Self.string(key.publicKey.rawRepresentation)
  }

  /// What grants name it by.
  public var fingerprint: String { SSHVerifyingKey.fingerprint(ofBlob: blob) }

  /// The armored SSHSIG of a message.
  public func sign(_ message: [UInt8], namespace: String = "jobledger") -> [UInt8] {
    let purpose =
      Self.string(Array(namespace.utf8)) + Self.string([]) + Self.string(Array("sha256".utf8))
    let inner =
      Array("SSHSIG".utf8) + purpose + Self.string(MerkleTree.sha256(message).bytes)
    let signature =
      Self.string(Array("ssh-ed25519".utf8)) + Self.string(key.signature(for: inner))
    let whole =
      Array("SSHSIG".utf8) + [0, 0, 0, 1] + Self.string(blob) + purpose + Self.string(signature)
    let words = Base64.string(whole, as: .standard)
    return Array(
      "-----BEGIN SSH SIGNATURE-----\n\(words)\n-----END SSH SIGNATURE-----\n".utf8)
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
  }
}
