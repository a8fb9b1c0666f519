// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import Testing

@Suite struct CopyTests {
  private let directory = TemporaryDirectory()

  private func open(_ name: String) throws -> (Environment, Table) {
    let path = directory.path + "/" + name
    mkdir(path, 0o700)
    let (environment, table) = try openQuickly(path)
    try environment.write { (transaction) throws in
      for number in UInt64(0)..<500 {
        try transaction.loan.put(
          table, BigEndianKey(number), [UInt8](repeating: 3, count: 900), mode: .append)
      }
    }
    try environment.write { (transaction) throws in
      for number in UInt64(100)..<400 { try transaction.loan.delete(table, BigEndianKey(number)) }
    }
    return (environment, table)
  }

  private func entries(_ environment: Environment, _ table: Table) throws -> [[UInt8]] {
    try environment.read { (transaction) throws in
      try transaction.loan.withCursor(table) { (cursor) throws in
        var entries: [[UInt8]] = []
        while let entry = try cursor.next() { entries.append(Array(entry.key) + entry.value) }
        return entries
      }
    }
  }

  @Test(arguments: [false, true])
  func `a copy holds the same entries`(compacting: Bool) throws {
    let (environment, table) = try open("original")
    let path = directory.path + "/copy"
    try environment.copy(to: path, compacting: compacting)
    let (copy, copied) = try reopen(path)
    #expect(try entries(copy, copied) == entries(environment, table))
    let sizes = try (
      copy: #require(fileSize(path + "/data.mdb")),
      original: #require(fileSize(environment.path + "/data.mdb"))
    )
    #expect(compacting ? sizes.copy < sizes.original / 2 : sizes.copy <= sizes.original)
  }

  @Test func `a copy replaces nothing and never waits for its own thread`() throws {
    let (environment, _) = try open("original")
    let path = directory.path + "/copy"
    mkdir(path, 0o700)
    writeFile(path + "/data.mdb", [1, 2, 3])
    expectError(.fileExists) { try environment.copy(to: path, compacting: false) }
    #expect(fileContents(path + "/data.mdb") == [1, 2, 3])
    expectError(.noSuchFile) {
      try environment.copy(to: directory.path + "/none/copy", compacting: false)
    }
    try environment.read { (_) throws in
      expectError(.transactionOpen) {
        try environment.copy(to: directory.path + "/other", compacting: false)
      }
    }
    #expect(fileSize(directory.path + "/other") == nil)
  }

  @Test func `figures describe the environment and its tables`() throws {
    let (environment, table) = try open("original")
    let info = try environment.info
    #expect(info.lastTransaction == 3)
    #expect(info.maximumReaders >= 32)
    #expect(info.mapSizeBytes == 64 << 20)
    let statistics = try environment.statistics(table)
    #expect(statistics.entries == 200)
    #expect(statistics.depth == 2)
    #expect(statistics.branchPages == 1)
    #expect(statistics.overflowPages == 0)
    #expect(statistics.pageSizeBytes == 4096)
    #expect(try environment.readers().count == 1)
  }
}
