// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// The member `text`: 32 bytes as 43 base64url characters, the way disclosures are named (RFC 9901).

extension ByteBuffer {
  /// Appends the 43 base64url characters of a digest.
  @inline(__always)
  mutating func append(base64url digest: Digest) {
    appendUpTo(43) { target in
      Self.write(base64url: digest, to: target)
      return 43
    }
  }

  @inline(__always)
  static func write(base64url digest: Digest, to target: UnsafeMutablePointer<UInt8>) {
    let words = (
      digest.words.0.bigEndian, digest.words.1.bigEndian, digest.words.2.bigEndian,
      digest.words.3.bigEndian
    )
    withUnsafeBytes(of: words) { Base64.url.encode($0, into: target) }
  }
}

extension Digest {
  /// Reads 43 base64url characters; nil where they are not canonical.
  @inline(__always)
  init?(base64url text: UnsafeRawBufferPointer) {
    guard text.count == 43 else { return nil }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    let decoded = withUnsafeMutableBytes(of: &words) { Base64.url.decode(text, into: $0) }
    guard decoded else { return nil }
    self.init(
      words: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian))
  }
}

extension CanonicalReader {
  /// The value of `text`.
  mutating func textDigest() throws(CodecError) -> Digest {
    let start = offset
    let raw = try rawString()
    guard let digest = Digest(base64url: bytes(raw.range)) else {
      throw refusal(Wire.text, "43 base64url characters", at: start)
    }
    return digest
  }
}
