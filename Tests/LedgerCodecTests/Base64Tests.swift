// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerTestSupport
import Testing

@Suite struct Base64Tests {
  @Test func `the vectors of RFC 4648 hold`() {
    let vectors = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, text) in vectors {
      let bytes = Array(plain.utf8)
      let bare = String(text.prefix { $0 != "=" })
      #expect(Base64.standard.encode(bytes) == text)
      #expect(Base64.url.encode(bytes) == bare)
      #expect(Base64.standard.decode(text) == bytes)
      #expect(Base64.url.decode(bare) == bytes)
    }
    #expect(Base64.url.encode([0xfb, 0xff]) == "-_8")
    #expect(Base64.standard.encode([0xfb, 0xff]) == "+/8=")
  }

  @Test(arguments: UInt64(0)..<50)
  func `bytes of any length come back`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let bytes = (0..<Int(seed)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    for alphabet in [Base64.standard, .url] {
      #expect(alphabet.decode(alphabet.encode(bytes)) == bytes)
    }
    let hex = bytes.withUnsafeBytes { Hex.encode($0) }
    #expect(Array(hex.utf8).withUnsafeBytes { Hex.decode($0) } == bytes)
  }

  @Test func `each run of bytes has one accepted text`() {
    for text in ["A", "AB", "AAB", "AA=", "AA==", "+A", "/A", "A A", "AAAAA", "é"] {
      #expect(Base64.url.decode(text) == nil, "\(text)")
    }
    for text in ["A", "AA", "AB==", "AAB=", "A===", "====", "=", "-A==", "AA==AA==", "AA=A"] {
      #expect(Base64.standard.decode(text) == nil, "\(text)")
    }
    for text in ["a", "AA", "0g", "zz"] {
      #expect(Array(text.utf8).withUnsafeBytes { Hex.decode($0) } == nil, "\(text)")
    }
  }
}
