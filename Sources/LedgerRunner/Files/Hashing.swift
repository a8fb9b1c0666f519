// SPDX-License-Identifier: Apache-2.0
import Crypto
import LedgerDomain

/// SHA-256 over bytes that arrive in pieces.
struct Hashing {
  private var state = SHA256()

  mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  /// The digest of everything so far.
  func digest() -> LedgerDomain.Digest { Self.wrap(state.finalize()) }

  /// The digest of bytes that are all there.
  static func digest(_ bytes: [UInt8]) -> LedgerDomain.Digest { wrap(SHA256.hash(data: bytes)) }

  private static func wrap(_ digest: SHA256.Digest) -> LedgerDomain.Digest {
    digest.withUnsafeBytes { bytes in
      func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
      return LedgerDomain.Digest(words: (word(0), word(1), word(2), word(3)))
    }
  }
}
