// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// Digests that only the holder of a key can make.
public enum Authentication {
  /// Returns HMAC-SHA-256 (RFC 2104) of the bytes under the key.
  ///
  /// It stands for a command's content without letting others guess that content.
  public static func requestDigest(
    key: UnsafeRawBufferPointer, bytes: UnsafeRawBufferPointer
  ) -> MerkleHash {
    let code = HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key))
    return code.withUnsafeBytes { MerkleHash(loading: $0.baseAddress!) }
  }

  /// Returns HMAC-SHA-256 (RFC 2104) of the bytes under the key.
  public static func requestDigest(key: [UInt8], bytes: [UInt8]) -> MerkleHash {
    key.withUnsafeBytes { key in bytes.withUnsafeBytes { requestDigest(key: key, bytes: $0) } }
  }
}
