// SPDX-License-Identifier: Apache-2.0
import LedgerStatistics
import Testing

@Suite struct RowCounterTests {
  /// The rows of a file, the same however its bytes fall into pieces.
  private func rows(_ name: String, _ content: String) throws -> UInt64 {
    let form = try #require(RowCounter.Form(path: name))
    let bytes = Array(content.utf8)
    var found: Set<UInt64> = []
    for size in [1, 2, 3, max(1, bytes.count)] {
      var counter = RowCounter(form)
      var rest = bytes[...]
      while !rest.isEmpty {
        try Array(rest.prefix(size)).withUnsafeBytes { try counter.consume($0) }
        rest = rest.dropFirst(size)
      }
      found.insert(try counter.finish())
    }
    #expect(found.count == 1)
    return try #require(found.first)
  }

  @Test(
    "rows are counted as a reader of the format counts them",
    arguments: [
      ("a.csv", "", 0), ("a.csv", "id\n", 0), ("a.csv", "id\n1\n2\n", 2), ("a.csv", "id\n1\n2", 2),
      ("a.csv", "id\r\n1\r\n2\r\n", 2), ("a.csv", "id\r1\r2", 2), ("a.csv", "id\n\n1\n\n2\n\n", 2),
      ("a.CSV", "id,t\n1,\"two\nlines\"\n2,\"a \"\"word\"\"\n\"\n", 2),
      ("b/c.tsv", "id\tt\n1\tx\n", 1), ("c.tsv", "a,b\tc\nd,e\t\"f\ng\"\n", 1),
      ("a.jsonl", "{}\n{}\n", 2), ("a.ndjson", "{\"a\":\"\\\"\"}\n\n \t\n{}", 2),
      ("a.jsonl", "\n", 0),
    ])
  func counts(_ name: String, _ content: String, _ expected: UInt64) throws {
    #expect(try rows(name, content) == expected)
  }

  @Test(
    "a quote within a field that does not begin with one ends no row",
    arguments: [
      ("id,part\n1,5\" pipe\n2,3\" pipe\n3,tap\n", 3), ("id,part\n1,5\" pipe\n2,tap\n3,tap", 3),
      ("part\n5\" pipe\n\n\"a\nb\"\n", 2),
    ])
  func quotesWithin(_ content: String, _ expected: UInt64) throws {
    #expect(try rows("parts.csv", content) == expected)
  }

  @Test(
    "a table has the rows that its statistics count",
    arguments: [
      "a;b\n1;\"x\ny\"\n2\n\n3;4;5\n", "\u{FEFF}a\n \n\t\n", "a\tb\r\n1\t2\r\n\r\n", "\"a\n\"\n1\n",
    ])
  func agrees(_ content: String) throws {
    #expect(try rows("t.csv", content) == DataStatistics.compute(Array(content.utf8)).rows)
  }

  @Test func `what cannot be read as a table is an error, not a number`() throws {
    #expect(throws: DataError.unclosedQuote(line: 2)) { try rows("a.csv", "id\n\"1\n2\n") }
    #expect(throws: DataError.notText("a zip archive")) { try rows("a.csv", "PK\u{3}\u{4}") }
    // JSON lines know no such rule.
    #expect(try rows("a.jsonl", "\"1\n2\n") == 2)
  }

  @Test(
    "a name that ends otherwise tells no form",
    arguments: ["report.html", "csv", "a.csv/b", "a.csv.gz", "", "/"])
  func otherNames(_ name: String) {
    #expect(RowCounter.Form(path: name) == nil)
  }
}
