// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerRunner

@Suite struct RowCountTests {
  @Test(
    "rows are counted as a reader of the format counts them",
    arguments: [
      ("a.csv", "", 0), ("a.csv", "id\n", 0), ("a.csv", "id\n1\n2\n", 2), ("a.csv", "id\n1\n2", 2),
      ("a.csv", "id\r\n1\r\n2\r\n", 2), ("a.csv", "id\r1\r2", 2), ("a.csv", "id\n\n1\n \n2\n\n", 2),
      ("a.CSV", "id,t\n1,\"two\nlines\"\n2,\"a \"\"word\"\"\n\"\n", 2),
      ("b/c.tsv", "id\tt\n1\tx\n", 1), ("a.jsonl", "{}\n{}\n", 2),
      ("a.ndjson", "{\"a\":\"\\\"\"}\n\n{}", 2),
    ])
  func counts(_ name: String, _ content: String, _ rows: UInt64) throws {
    let form = try #require(RowCount.Form(name))
    let bytes = Array(content.utf8)
    // However the pieces fall.
    for size in [1, 2, 3, max(1, bytes.count)] {
      var counter = RecordCounter(form)
      var rest = bytes[...]
      while !rest.isEmpty {
        Array(rest.prefix(size)).withUnsafeBytes { counter.take($0) }
        rest = rest.dropFirst(size)
      }
      #expect(counter.rows == rows)
    }
  }

  @Test func `other files have no rows, and rows of several files add up`() throws {
    let folder = try TemporaryFolder()
    let blobs = BlobStore(folder: folder.path)
    func entry(_ path: String, _ words: String) throws -> FileList.Entry {
      let bytes = Array(words.utf8)
      return FileList.Entry(
        path: path, bytes: UInt64(bytes.count), digest: try blobs.put(bytes))
    }
    let report = try entry("report.html", "<p>\n")
    let noEnd = try entry("csv", "a\nb\n")
    #expect(try RowCount.rows(of: FileList([report, noEnd]), in: blobs) == nil)
    let table = try entry("scores.csv", "id\n1\n")
    let lines = try entry("log/x.jsonl", "{}\n{}\n")
    #expect(try RowCount.rows(of: FileList([report, table, lines]), in: blobs) == 3)
  }
}
