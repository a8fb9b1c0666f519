// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

/// Stored bytes are promises: these files change only when a format does.
@Suite struct GoldenLeafTests {
  @Test func `every stored leaf decodes and is written back byte for byte`() throws {
    var types: Set<EventType> = []
    for leaf in try Fixture.lines("events/leaves.jsonl") {
      let event = try EventCodec.decode(leaf)
      types.insert(EventType(event.fact))
      let again = try EventCodec.encode(event)
      #expect(again == leaf, "\(String(decoding: leaf, as: UTF8.self))")
    }
    #expect(types == Set(EventType.allCases))
  }

  @Test func `stored words decode and are written back byte for byte`() throws {
    for stored in try Fixture.lines("events/words.jsonl") {
      let disclosure = try Disclosure.decode(stored)
      #expect(try disclosure.encode() == stored)
      #expect(Set(disclosure.values.values.keys) == Set(TextMember.allCases))
    }
  }

  @Test func `rfc8785 finds every stored line canonical`() throws {
    for file in ["events/leaves.jsonl", "events/words.jsonl"] {
      let lines = try Fixture.lines(file)
      let answers = try PythonOracle.lines(
        """
        import json, sys, rfc8785
        for line in sys.stdin.buffer.read().split(b"\\n")[:-1]:
            sys.stdout.buffer.write(rfc8785.dumps(json.loads(line)) + b"\\n")
        """, lines)
      #expect(answers == lines)
    }
  }
}
