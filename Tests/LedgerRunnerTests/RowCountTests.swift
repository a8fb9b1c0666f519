// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerRunner

@Suite struct RowCountTests {
  private let folder: TemporaryFolder
  private let blobs: BlobStore

  init() throws {
    folder = try TemporaryFolder()
    blobs = BlobStore(folder: folder.path)
  }

  private func entry(_ path: String, _ words: String) throws -> FileList.Entry {
    let bytes = Array(words.utf8)
    return FileList.Entry(path: path, bytes: UInt64(bytes.count), digest: try blobs.put(bytes))
  }

  @Test func `other files have no rows, and rows of several files add up`() throws {
    let report = try entry("report.html", "<p>\n")
    let noEnd = try entry("csv", "a\nb\n")
    #expect(try RowCount.rows(of: FileList([report, noEnd]), in: blobs) == nil)
    let table = try entry("scores.csv", "id\n1\n")
    let lines = try entry("log/x.jsonl", "{}\n{}\n")
    #expect(try RowCount.rows(of: FileList([report, table, lines]), in: blobs) == 3)
    let pipes = try entry("pipes.csv", "id,part\n1,5\" pipe\n2,tap\n")
    #expect(try RowCount.rows(of: FileList([pipes, table]), in: blobs) == 3)
  }

  @Test func `a table that cannot be read leaves the number of rows open`() throws {
    let table = try entry("scores.csv", "id\n1\n")
    for broken in ["id\n\"1\n", "PK\u{3}\u{4}\n\n"] {
      let other = try entry("x.csv", broken)
      #expect(try RowCount.rows(of: FileList([table, other]), in: blobs) == nil)
    }
  }
}
