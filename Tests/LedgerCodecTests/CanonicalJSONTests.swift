// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct CanonicalJSONTests {
  private func reason(_ json: String) -> CodecError.Reason? { failure(Array(json.utf8))?.reason }

  private func failure(_ bytes: [UInt8]) -> CodecError? {
    do throws(CodecError) {
      _ = try CanonicalJSON.decode(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    "{}", "[]", "\"\"", "0", "-1", "null", "true", "false", "1e+21", "1e-7", "0.000001",
    "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0000\\u000b\\u001f/\u{7f}\"", "{\"\":1,\"a\":[{},[]],\"b\":-0.5}",
    "[1,2,3]", "9007199254740991", "100000000000000000000", "\"\u{1f600}e\u{301}\u{e9}\"",
  ])
  func `canonical text is accepted and written back`(json: String) throws {
    #expect(try CanonicalJSON.encode(CanonicalJSON.decode(Array(json.utf8))) == Array(json.utf8))
  }

  @Test(arguments: [
    "", " 1", "1 ", "1\n", "[1, 2]", "{ }", "[1,]", "[,1]", "{\"a\":1,}", "{,\"a\":1}",
    "{\"a\" :1}",
    "{\"a\": 1}", "01", "-0", "1.0", "1.50", "1e5", "1E21", "1e21", "1e+021", "1.", ".5", "+1",
    "0.0000001", "1000000000000000000000", "9007199254740993", "-", "1e", "1e400", "nul", "True",
    "\"\\/\"", "\"\\u0041\"", "\"\\u000A\"", "\"\\u000a\"", "\"\\u001F\"", "\"\\ud800\"",
    "\"\\ud83d\\ude00\"", "\"\\u0022\"", "\"\\x\"", "\"\n\"", "\"abc", "\"\\", "\"\\u00", "[", "{",
    "{\"a\"", "{\"a\":", "{\"a\":1", "[1", "[1}", "{\"a\":1]", "NaN", "1 1", "{}{}", "{1:2}",
  ])
  func `text that is not canonical is refused`(json: String) {
    #expect(failure(Array(json.utf8)) != nil)
  }

  @Test func `members must be sorted by UTF-16 and unique`() {
    #expect(reason("{\"a\":1,\"a\":2}") == .duplicateMember("a"))
    #expect(reason("{\"b\":1,\"a\":2}") == .unsortedMember("a"))
    #expect(reason("{\"\u{1f600}\":1,\"\u{e000}\":2}") == nil)
    #expect(reason("{\"\u{e000}\":1,\"\u{1f600}\":2}") == .unsortedMember("\u{1f600}"))
    #expect(reason("{\"e\u{301}\":1,\"\u{e9}\":2}") == nil)
  }

  @Test func `an error names the byte`() {
    #expect(
      failure(Array("[1,2,x]".utf8)) == CodecError(offset: 5, reason: .expected("a value")))
    #expect(
      failure(Array("{\"a\":1,\"a\":2}".utf8))
        == CodecError(offset: 7, reason: .duplicateMember("a")))
    #expect(failure(Array("{}x".utf8)) == CodecError(offset: 2, reason: .trailingBytes))
    #expect(failure([0x22, 0x61, 0xff, 0x22]) == CodecError(offset: 2, reason: .invalidUnicode))
  }

  @Test(
    arguments: [
      [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xff], [0xe2, 0x28, 0xa1], [0xf0, 0x9f, 0x28, 0x80],
    ] as [[UInt8]])
  func `ill-formed UTF-8 is refused wherever it stands`(bad: [UInt8]) {
    for padding in 0..<17 {
      let plain = [UInt8](repeating: 0x61, count: padding)
      for tail in [[], plain] {
        let bytes = [0x22] + plain + bad + tail + [0x22]
        #expect(failure(bytes)?.reason == .invalidUnicode)
        #expect(failure(bytes)?.offset == padding + 1)
        #expect(throws: CodecError.self) { try JSONParser.parse(bytes) }
      }
    }
  }

  @Test func `every byte of a string is escaped or kept wherever it stands`() throws {
    for scalar in 0..<UInt8(0x80) {
      for padding in 0..<17 {
        let plain = String(repeating: "x", count: padding)
        let value = JSONValue.string(plain + String(Unicode.Scalar(scalar)) + plain)
        #expect(try CanonicalJSON.decode(CanonicalJSON.encode(value)) == value)
      }
    }
  }

  @Test func `nesting is allowed to 64 and refused beyond`() throws {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    let value = try CanonicalJSON.decode(Array(deep.utf8))
    #expect(try CanonicalJSON.encode(value) == Array(deep.utf8))
    #expect(try JSONParser.parse(Array(deep.utf8)) == value)
    let deeper = Array(("[" + deep + "]").utf8)
    #expect(failure(deeper) == CodecError(offset: 64, reason: .tooDeep))
    #expect(throws: CodecError(offset: 64, reason: .tooDeep)) { try JSONParser.parse(deeper) }
    #expect(throws: CodecError.self) { try CanonicalJSON.encode(.array([value])) }
    let flood = [UInt8](repeating: 0x5b, count: 1_000_000)
    #expect(failure(flood)?.reason == .tooDeep)
  }

  @Test func `numbers that JSON lacks are refused`() {
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(throws: CodecError(offset: 1, reason: .notFinite)) {
        try CanonicalJSON.encode(.array([.number(value)]))
      }
    }
  }

  @Test(arguments: UInt64(0)..<100)
  func `a flipped byte is refused or reads as what it now says`(seed: UInt64) throws {
    var generator = JSONGenerator(seed: seed)
    let bytes = try CanonicalJSON.encode(.object(generator.object()))
    for at in bytes.indices {
      #expect(failure(Array(bytes[..<at])) != nil, "truncated at \(at)")
      var changed = bytes
      changed[at] ^= UInt8(1 + generator.random.below(255))
      do throws(CodecError) {
        #expect(try CanonicalJSON.encode(CanonicalJSON.decode(changed)) == changed)
      } catch {
        #expect(error.offset <= changed.count)
      }
    }
  }
}
