// SPDX-License-Identifier: Apache-2.0

import Testing
import Transparency

struct Base64Tests {
  static let forms: [Base64.Form] = [.standard, .standardUnpadded, .url]

  @Test func `the vectors of RFC 4648 hold`() throws {
    let vectors = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, text) in vectors {
      #expect(Base64.string(Array(plain.utf8), as: .standard) == text)
      #expect(try Base64.decode(text.utf8, as: .standard) == Array(plain.utf8))
      let bare = text.filter { $0 != "=" }
      #expect(Base64.string(Array(plain.utf8), as: .standardUnpadded) == bare)
      #expect(try Base64.decode(bare.utf8, as: .url) == Array(plain.utf8))
    }
    #expect(Base64.string([0xFB, 0xEF, 0xFF], as: .standard) == "++//")
    #expect(Base64.string([0xFB, 0xEF, 0xFF], as: .url) == "--__")
  }

  @Test(arguments: forms)
  func `bytes of every length come back`(form: Base64.Form) throws {
    for count in 0..<130 {
      let bytes = Samples.bytes(count, seed: UInt64(count))
      let text = bytes.withUnsafeBytes { Base64.encode($0, as: form) }
      #expect(text.count == Base64.encodedCount(count, as: form))
      #expect(try Base64.decode(text, as: form) == bytes)
    }
  }

  @Test(arguments: forms)
  func `a text that is read is the one that is written`(form: Base64.Form) {
    // Characters at both ends of each range of both alphabets, padding and what lies between.
    let characters = Array("AQYZaghwz059+/-_= \n".utf8) + [0x00, 0x7F, 0x80, 0xFF]
    var texts: [[UInt8]] = [[]]
    var read = 0
    for _ in 0..<4 {
      texts = texts.flatMap { text in characters.map { text + [$0] } }
      for text in texts {
        guard let bytes = try? Base64.decode(text, as: form) else { continue }
        read += 1
        if bytes.withUnsafeBytes({ Base64.encode($0, as: form) }) != text {
          Issue.record("\(text) is read but not written")
        }
      }
    }
    #expect(read > 1000)
  }

  @Test(arguments: [
    ("Zg", Base64.Form.standard, 2), ("Zg=", .standard, 2), ("Zg===", .standard, 2),
    ("Zh==", .standard, 1), ("Zm9=", .standard, 2), ("Z===", .standard, 1), ("====", .standard, 0),
    ("Zg==Zg==", .standard, 2), ("Zm9v\n", .standard, 4), ("Zm-v", .standard, 2),
    ("Zg==", .url, 2), ("Zm+v", .url, 2), ("Z", .url, 1), ("Zh", .url, 1), (" Zg", .url, 0),
  ])
  func `the first fault is named`(text: String, form: Base64.Form, offset: Int) throws {
    let failure = #expect(throws: Base64.Failure.self) { try Base64.decode(text.utf8, as: form) }
    #expect(failure?.offset == offset)
  }

  @Test func `hexadecimal is lower case, even and nothing else`() {
    let bytes = [UInt8](0...255)
    let text = bytes.withUnsafeBytes { Hex.string($0) }
    #expect(text.utf8.count == 512)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
    #expect(Hex.decode(Array(text.utf8)) == bytes)
    #expect(Hex.decode([]) == [])
    for wrong in ["0", "0G", "A0", "0A", "0x", " 0", "00 "] {
      #expect(Hex.decode(Array(wrong.utf8)) == nil)
    }
  }
}
