// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Words keep their bytes; objects keep one order.
@Suite struct TextTests {
  @Test func `texts that look alike are different when their bytes are`() {
    let composed: Text = "caf\u{e9}"
    let decomposed: Text = "cafe\u{301}"
    #expect(composed.string == decomposed.string)
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, "\u{212b}", "\u{c5}"]).count == 4)
    #expect(JSONValue.string(composed) != .string(decomposed))
    var object = JSONObject()
    object[composed] = .bool(true)
    #expect(object[decomposed] == nil)
    object[decomposed] = .bool(false)
    #expect(object.members.count == 2)
  }

  @Test(arguments: [
    "", " ", "\t\r\n", "\u{a0}", "\u{2003}", "\u{200b}", "\u{200d}\u{2060}", "\u{feff}",
    "\u{ad}", "\u{34f}", "\u{115f}\u{1160}", "\u{3164}", "\u{ffa0}", "\u{2028}\u{2029}", "\u{0}",
    "\u{7f}", "\u{202e}", "\u{e0041}", "\u{fe0f}", "\u{2800}", "\u{180e}", "\u{85}",
  ])
  func `what shows nothing is blank`(string: String) {
    #expect(Text(string).isBlank)
  }

  @Test(arguments: ["a", ".", "0", " x ", "\u{200b}ok", "é", "🙂", "не", "理由", "-", "\u{e000}"])
  func `what shows something is not blank`(string: String) {
    #expect(!Text(string).isBlank)
  }

  @Test func `members are ordered by UTF-16, as RFC 8785 has them`() {
    // §3.2.3: U+1F600 is D83D DE00 and comes before U+FB33.
    let sorted: [Text] = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"]
    let object = JSONObject(sorted.reversed().map { .init(name: $0, value: .null) })
    #expect(object?.members.map(\.name) == sorted)
    #expect(Text("\u{1f600}").precedes("\u{fb33}"))
    #expect(Text("").precedes("a"))
    #expect(!Text("a").precedes("a"))
    #expect(JSONObject([.init(name: "a", value: .null), .init(name: "a", value: .null)]) == nil)
  }

  @Test func `the order is that of the code units, whatever the characters and common beginnings`()
  {
    let scalars = "a~\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fb33}\u{ffff}\u{10000}\u{10ffff}"
      .unicodeScalars
    let texts = scalars.flatMap { first in
      [String(first)] + scalars.map { "a\(first)\($0)" }
    }
    for left in texts {
      for right in texts {
        #expect(
          Text(left).precedes(Text(right)) == left.utf16.lexicographicallyPrecedes(right.utf16))
        #expect((Text(left) == Text(right)) == left.utf8.elementsEqual(right.utf8))
      }
    }
  }

  @Test(arguments: UInt64(0)..<20)
  func `setting members one by one is sorting them at once`(seed: UInt64) {
    var generator = JSONGenerator(seed: seed)
    var object = JSONObject()
    var plain: [Text: JSONValue] = [:]
    for _ in 0..<60 {
      let name = generator.text(limit: 2)
      let value: JSONValue? = generator.random.oneIn(4) ? nil : .number(generator.number())
      object[name] = value
      plain[name] = value
    }
    #expect(object == JSONObject(plain.map { .init(name: $0.key, value: $0.value) }))
    for (name, value) in plain { #expect(object[name] == value) }
  }

  @Test func `integers beyond what a double holds are their digits`() {
    #expect(JSONValue.integer(9_007_199_254_740_991) == .number(9_007_199_254_740_991))
    #expect(JSONValue.integer(9_007_199_254_740_992) == .string("9007199254740992"))
    #expect(JSONValue.integer(-9_007_199_254_740_992) == .string("-9007199254740992"))
    #expect(JSONValue.integer(UInt64.max) == .string("18446744073709551615"))
    #expect(JSONValue.integer(Int64.min) == .string("-9223372036854775808"))
    #expect(JSONValue.integer(UInt8(7)) == .number(7))
  }

  @Test func `metrics compare names by bytes and NaN with NaN`() {
    #expect(Metric(name: "a", value: .nan) == Metric(name: "a", value: .nan))
    #expect(Metric(name: "a", value: 1) != Metric(name: "a", value: 2))
    #expect(Metric(name: "\u{e9}", value: 1) != Metric(name: "e\u{301}", value: 1))
  }
}
