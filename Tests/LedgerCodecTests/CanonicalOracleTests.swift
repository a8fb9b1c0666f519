// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

/// Comparison with the PyPI packages `rfc8785` and `jcs`, which share no code with ours.
@Suite struct CanonicalOracleTests {
  @Test func `numbers of every form print as rfc8785 prints them`() throws {
    var generator = JSONGenerator(seed: 1)
    let edges = [
      "0", "-0", "1", "-1", "0.1", "1e21", "1e20", "999999999999999900000", "1e-6", "1e-7",
      "9.999e-7", "5e-324", "-5e-324", "2.2250738585072014e-308", "1.7976931348623157e308",
      "9007199254740991", "9007199254740992", "9007199254740993", "333333333.33333329", "1e23",
      "2e-3", "295147905179352830000", "123456.789", "4.5", "1e30", "1e27", "0.00000123",
    ]
    var numbers = edges.map { Double($0)! }
    for exponent in -324...308 { numbers.append(Double("1e\(exponent)")!) }
    for _ in 0..<8000 { numbers.append(generator.number()) }
    let answers = try PythonOracle.lines(
      """
      import struct, sys, rfc8785
      for line in sys.stdin:
          value = struct.unpack(">d", bytes.fromhex(line.strip().zfill(16)))[0]
          sys.stdout.buffer.write(rfc8785.dumps(value) + b"\\n")
      """, numbers.map { Array(String($0.bitPattern, radix: 16).utf8) })
    for (number, answer) in zip(numbers, answers) {
      let ours = try CanonicalJSON.encode(.number(number))
      #expect(ours == answer, "\(number)")
      #expect(try CanonicalJSON.decode(ours) == .number(number))
    }
  }

  @Test func `values print as rfc8785 and jcs print them`() throws {
    var generator = JSONGenerator(seed: 2)
    var values: [JSONValue] = (0..<4000).map { _ in generator.value() }
    // Names in the order of UTF-16: surrogates stand before the end of the BMP.
    let names = [
      "\u{ffff}", "\u{10000}", "\u{e000}", "\u{1f600}", "\u{d7ff}", "e\u{301}", "\u{e9}",
    ]
    values.append(
      .object(JSONObject(names.map { JSONObject.Member(name: Text($0), value: .null) })!))
    let foreign = values.map { generator.scrambled($0) }
    let answers = try PythonOracle.lines(
      """
      import json, sys, rfc8785, jcs
      for line in sys.stdin.buffer.read().split(b"\\n")[:-1]:
          value = json.loads(line)
          canonical = rfc8785.dumps(value)
          assert jcs.canonicalize(value) == canonical, line
          sys.stdout.buffer.write(canonical + b"\\n")
      """, foreign)
    for (index, value) in values.enumerated() {
      #expect(try JSONParser.parse(foreign[index], options: .doublesOnly) == value)
      let ours = try CanonicalJSON.encode(value)
      #expect(ours == answers[index])
      #expect(try CanonicalJSON.decode(ours) == value)
    }
  }
}
