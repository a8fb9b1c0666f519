// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct KeyTests {
  /// RFC 8032 §7.1: secret, public, message, signature.
  static let vectors = [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
        + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
        + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ),
  ]

  @Test(arguments: vectors)
  func `the vectors of RFC 8032 hold`(
    secret: String, publicKey: String, message: String, signature: String
  ) throws {
    let key = try SigningKey(rawRepresentation: try #require(Hex.decode(Array(secret.utf8))))
    let message = try #require(Hex.decode(Array(message.utf8)))
    let signature = try #require(Hex.decode(Array(signature.utf8)))
    #expect(key.publicKey.rawRepresentation == Hex.decode(Array(publicKey.utf8)))
    #expect(key.rawRepresentation == Hex.decode(Array(secret.utf8)))
    #expect(key.signature(for: message) == signature)
    #expect(key.publicKey.isValidSignature(signature, for: message))
    #expect(!key.publicKey.isValidSignature(signature, for: message + [0]))
    #expect(!key.publicKey.isValidSignature(signature.dropLast(), for: message))
    #expect(!key.publicKey.isValidSignature(signature + [0], for: message))
    #expect(!key.publicKey.isValidSignature([], for: message))
  }

  @Test func `a key is generated from the generator it is given`() {
    var random = SplitMix64(seed: 1)
    let first = SigningKey.generate(using: &random)
    let second = SigningKey.generate(using: &random)
    #expect(first.publicKey != second.publicKey)
    random = SplitMix64(seed: 1)
    #expect(SigningKey.generate(using: &random).rawRepresentation == first.rawRepresentation)
  }

  @Test func `keys of a wrong length are refused`() {
    for count in [0, 31, 33, 64] {
      let bytes = Samples.bytes(count, seed: 1)
      #expect(throws: NoteError.self) { try SigningKey(rawRepresentation: bytes) }
      #expect(throws: NoteError.self) { try PublicKey(rawRepresentation: bytes) }
    }
  }

  @Test func `a signing key prints without its secret`() throws {
    let key = try Samples.key(1)
    let secret = key.rawRepresentation
    let forms = [
      secret.withUnsafeBytes { Hex.string($0) }, Base64.string(secret, as: .standardUnpadded),
      secret.map(String.init).joined(separator: ", "),
    ]
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(text.contains(key.publicKey.fingerprint) || text.contains("publicKey"))
      for form in forms { #expect(!text.contains(form)) }
    }
  }

  @Test func `a fingerprint is the unpadded digest of the 32 bytes`() throws {
    let key = try VerifierKey(Vectors.vkey).publicKey
    let digest = MerkleTree.sha256(key.rawRepresentation)
    #expect(key.fingerprint == "SHA256:" + digest.base64.dropLast())
    #expect(key.fingerprint.utf8.count == 7 + 43)
  }

  @Test func `a verifier key reads back what it prints`() throws {
    for seed in UInt64(0)..<64 {
      let key = try Samples.signer("example.org/ключ-\(seed)", seed: seed).verifierKey
      #expect(try VerifierKey(key.description) == key)
    }
  }

  @Test(arguments: [
    ("", NoteError.Reason.malformedKey, 0),
    ("example.com/foo", .malformedKey, 15),
    ("example.com/foo+530d903a", .malformedKey, 16),
    ("example.com/foo+530d903a+", .malformedKey, 16),
    ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .malformedKey, 16),
    ("example.com/foo+0530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .malformedKey, 16),
    ("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .keyIDMismatch, 16),
    ("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .keyIDMismatch, 16),
    ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .invalidName, 0),
    ("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .invalidName, 1),
    ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", .invalidBase64, 69),
    ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", .invalidBase64, 68),
    (
      "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
      .unsupportedKeyType(4), 25
    ),
    (
      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv", .invalidKeyLength(29), 25
    ),
  ])
  func `a text that is no verifier key is refused, with the place`(
    vkey: String, reason: NoteError.Reason, offset: Int
  ) {
    let error = #expect(throws: NoteError.self) { try VerifierKey(vkey) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
  }

  @Test func `a verifier key with any byte changed is refused`() throws {
    let good = try VerifierKey(Vectors.vkey)
    let bytes = Array(Vectors.vkey.utf8)
    for offset in bytes.indices {
      #expect(throws: NoteError.self) { try VerifierKey(bytes: Array(bytes[..<offset])) }
      for bit in 0..<8 {
        var changed = bytes
        changed[offset] ^= 1 << bit
        #expect((try? VerifierKey(bytes: changed)) != good)
        #expect(throws: NoteError.self) { try VerifierKey(bytes: changed) }
      }
    }
  }

  @Test(arguments: ["", " ", "a b", "a+b", "a\u{85}b", "a\u{A0}b", "a\u{2028}", "\u{3000}", "a\nb"])
  func `a name with space or plus, or none, is refused`(name: String) {
    let error = #expect(throws: NoteError.self) { try KeyName(name) }
    #expect(error?.reason == .invalidName)
  }

  @Test func `names are their bytes, whatever Unicode calls equal`() throws {
    let composed = try KeyName("example.org/caf\u{E9}")
    let decomposed = try KeyName("example.org/cafe\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(throws: NoteError.self) { try KeyName(bytes: [0x61, 0xC3]) }
    #expect(throws: NoteError.self) { try KeyName("a\tb") }
    #expect(throws: NoteError.self) { try KeyName(String(repeating: "a", count: 1025)) }
  }

  @Test func `request digests follow RFC 4231`() {
    let digest = Authentication.requestDigest(
      key: Array("Jefe".utf8), bytes: Array("what do ya want for nothing?".utf8))
    #expect(digest.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = Authentication.requestDigest(
      key: [UInt8](repeating: 0xAA, count: 131),
      bytes: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
    #expect(long.hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    #expect(
      Authentication.requestDigest(key: Array("k".utf8), bytes: [])
        != MerkleTree.sha256([UInt8]()))
  }
}
