// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct DisclosureTests {
  @Test func `a disclosure is a salt and the words`() throws {
    let disclosure = Disclosure(
      salt: Salt(words: (0, 0xff)),
      values: EventText([.reason: .string("below \"0.9\""), .conditions: .string("none")]))
    let bytes = try disclosure.encode()
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"["AAAAAAAAAAAAAAAAAAAA_w",{"conditions":"none","reason":"below \"0.9\""}]"#)
    #expect(try Disclosure.decode(bytes) == disclosure)
  }

  @Test(arguments: UInt64(0)..<100)
  func `words come back, and a changed byte is refused or is what it now says`(
    seed: UInt64
  ) throws {
    var generator = EventGenerator(seed: seed)
    let disclosure = generator.disclosure()
    let bytes = try disclosure.encode()
    #expect(try Disclosure.decode(bytes) == disclosure)
    for at in bytes.indices {
      #expect(throws: CodecError.self) { try Disclosure.decode(Array(bytes[..<at])) }
      var changed = bytes
      changed[at] ^= UInt8(1 + generator.json.random.below(255))
      do throws(CodecError) {
        #expect(try Disclosure.decode(changed).encode() == changed)
      } catch {
        #expect((0...changed.count).contains(error.offset))
      }
    }
  }

  @Test(arguments: [
    "[]", "{}", #"["AAAAAAAAAAAAAAAAAAAAAA"]"#, #"["AAAAAAAAAAAAAAAAAAAAAA",{},1]"#,
    #"["AAAAAAAAAAAAAAAAAAAAAB",{}]"#, #"["AAAA",{}]"#, #"["AAAAAAAAAAAAAAAAAAAAAA",[]]"#,
    #"["AAAAAAAAAAAAAAAAAAAAAA",{"gossip":1}]"#,
  ])
  func `anything else is refused`(json: String) {
    #expect(throws: CodecError.self) { try Disclosure.decode(Array(json.utf8)) }
  }

  @Test(arguments: UInt64(0)..<100)
  func `the full form gives back the very bytes of leaf and words`(seed: UInt64) throws {
    var generator = EventGenerator(seed: seed)
    for _ in 0..<10 {
      let event = generator.event()
      let leaf = try EventCodec.encode(event)
      let disclosure = try generator.disclosure().encode()
      let plain = try FullForm.encode(leaf: leaf, disclosure: nil)
      #expect(
        try FullForm.split(plain)
          == FullForm.Parts(leaf: leaf, disclosure: nil, isErased: false))
      guard event.text != nil else {
        #expect(plain == leaf)
        #expect(throws: CodecError.self) {
          try FullForm.encode(leaf: leaf, disclosure: disclosure)
        }
        continue
      }
      let full = try FullForm.encode(leaf: leaf, disclosure: disclosure)
      let value = try CanonicalJSON.decode(full)
      #expect(
        try FullForm.split(generator.json.scrambled(value))
          == FullForm.Parts(leaf: leaf, disclosure: disclosure, isErased: false))
      let erased = try FullForm.encode(leaf: leaf, disclosure: nil, erased: true)
      _ = try CanonicalJSON.decode(erased)
      #expect(
        try FullForm.split(erased)
          == FullForm.Parts(leaf: leaf, disclosure: nil, isErased: true))
    }
  }
}
