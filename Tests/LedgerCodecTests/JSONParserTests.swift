// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import Testing

@Suite struct JSONParserTests {
  private func parse(_ json: String) throws(CodecError) -> JSONValue {
    try JSONParser.parse(Array(json.utf8))
  }

  @Test func `white space, escapes and any order are accepted`() throws {
    let value = try parse(
      " {\n\t\"b\" : [ 1.50 , -0 , 1E2 ] , \"a\\u0041\\/\" : \"\\ud83d\\ude00\" }\r\n")
    #expect(value.object?["b"] == .array([.number(1.5), .number(0), .number(100)]))
    #expect(value.object?["aA/"] == .string("\u{1f600}"))
  }

  @Test(arguments: [
    "", " ", "{", "[1 2]", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "'a'", "01", "1.", ".1", "+1", "1e",
    "--1", "tru", "nulll", "1 1", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u12g4\"",
    "\"\t\"", "\"\\q\"", "\"", "NaN", "Infinity", "-Infinity", "1e999", "[1}", "\u{feff}1", "//",
    "0x1",
  ])
  func `what is no JSON is refused`(json: String) {
    #expect(throws: CodecError.self) { try parse(json) }
  }

  @Test func `a member that occurs twice is refused, however it is spelled`() {
    #expect(throws: CodecError(offset: 7, reason: .duplicateMember("a"))) {
      try parse("{\"a\":1,\"\\u0061\":2}")
    }
    #expect(throws: Never.self) { try parse("{\"e\u{301}\":1,\"\u{e9}\":2}") }
  }

  @Test func `whole numbers that a double would not keep become strings of their digits`() throws {
    #expect(try parse("9007199254740991") == .number(9_007_199_254_740_991))
    #expect(try parse("9007199254740992") == .string("9007199254740992"))
    #expect(try parse("-12345678901234567890123") == .string("-12345678901234567890123"))
    #expect(try parse("1.5e17") == .string("150000000000000000"))
    #expect(try parse("1e30") == .number(1e30))
    let canonical = Array("9007199254740992".utf8)
    #expect(
      try JSONParser.parse(canonical, options: .doublesOnly) == .number(9_007_199_254_740_992))
  }

  @Test func `Python's words for what is not finite are strings where allowed`() throws {
    let bytes = Array("[NaN,Infinity,-Infinity,-1]".utf8)
    #expect(
      try JSONParser.parse(bytes, options: .nonFiniteWords)
        == .array([.string("NaN"), .string("Infinity"), .string("-Infinity"), .number(-1)]))
  }
}
