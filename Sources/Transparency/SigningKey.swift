// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// An Ed25519 private key. It prints without its secret.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  private let key: Curve25519.Signing.PrivateKey

  /// The public half.
  public let publicKey: PublicKey

  /// Takes the 32 secret bytes (the seed of RFC 8032 §5.1.5).
  ///
  /// - Throws: `NoteError` with `invalidKeyLength`.
  public init(rawRepresentation bytes: some Collection<UInt8>) throws(NoteError) {
    let seed = Array(bytes)
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
      throw NoteError(.invalidKeyLength(seed.count))
    }
    self.init(key)
  }

  private init(_ key: Curve25519.Signing.PrivateKey) {
    self.key = key
    publicKey = PublicKey(key.publicKey)
  }

  /// Makes a new key from 32 bytes of the generator, which must be fit for secrets.
  ///
  /// `SystemRandomNumberGenerator` is; a seeded generator is for tests.
  public static func generate(using random: inout some RandomNumberGenerator) -> SigningKey {
    let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    // A seed of 32 bytes is the one thing the initialiser asks for.
    guard let key = try? SigningKey(rawRepresentation: seed) else {
      preconditionFailure("an Ed25519 seed is 32 bytes")
    }
    return key
  }

  /// The 32 secret bytes, for a file that only the owner reads.
  public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

  /// Signs the message: 64 bytes (RFC 8032 §5.1.6), the same each time.
  public func signature(for message: [UInt8]) -> [UInt8] {
    // BoringSSL fails to sign only when it cannot allocate.
    guard let signature = try? key.signature(for: message) else {
      preconditionFailure("out of memory while signing")
    }
    return Array(signature)
  }

  /// Names the key by its public fingerprint.
  public var description: String { "SigningKey(\(publicKey.fingerprint))" }

  /// Shows the public half only.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
